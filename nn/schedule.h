// Learning-rate schedules as plain functions: a schedule maps the step (or epoch) number, from 0,
// to a factor of the base learning rate. PyTorch's closed forms.
//
//   auto schedule = nn::warm_up(100, nn::cosine(1000));
//   optimizer.set_learning_rate_factor(schedule(step));
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace gradian::nn {

// Steps and rates that make no sense are refused: when a schedule is made, and negative steps when
// it is asked.
using Schedule = std::function<double(int64_t step)>;

Schedule constant();
// gamma^floor(t / step_size)
Schedule step_decay(int64_t step_size, double gamma = 0.1);
// gamma^(number of milestones <= t)
Schedule multi_step(std::vector<int64_t> milestones, double gamma = 0.1);
// final_factor + (1 - final_factor) (1 + cos(pi t / steps)) / 2, constant after `steps`.
// Loshchilov & Hutter 2017, without restarts.
Schedule cosine(int64_t steps, double final_factor = 0);
// (1 - t / steps)^power, 0 after `steps`.
Schedule polynomial(int64_t steps, double power = 1);
// Rises linearly, (t + 1) / steps for t < steps, then follows `after`, which counts from 0 again.
Schedule warm_up(int64_t steps, Schedule after = constant());

}  // namespace gradian::nn
