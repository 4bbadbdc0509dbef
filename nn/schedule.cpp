#include "nn/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/ops/arguments.h"

namespace gradian::nn {
namespace {

void check_steps(const char* schedule, int64_t steps) {
  check(steps > 0, schedule, ": the number of steps must be positive, got ", steps);
}

// How far t is on the way to `steps`, at most 1.
double fraction(int64_t t, int64_t steps) {
  return std::min(1.0, static_cast<double>(t) / static_cast<double>(steps));
}

// The schedule `factor`, which refuses negative steps.
template <class Factor>
Schedule from_step_0(const char* schedule, const Factor& factor) {
  return [=](int64_t t) {
    check(t >= 0, schedule, ": steps count from 0, got ", t);
    return factor(t);
  };
}

}  // namespace

Schedule constant() {
  return from_step_0("constant", [](int64_t) { return 1.0; });
}

Schedule step_decay(int64_t step_size, double gamma) {
  check_steps("step_decay", step_size);
  check_not_negative("step_decay", "gamma", gamma);
  return from_step_0(
      "step_decay", [=](int64_t t) { return std::pow(gamma, static_cast<double>(t / step_size)); });
}

Schedule multi_step(std::vector<int64_t> milestones, double gamma) {
  check_not_negative("multi_step", "gamma", gamma);
  std::sort(milestones.begin(), milestones.end());
  check(milestones.empty() || milestones.front() >= 0,
        "multi_step: a milestone must not be negative, got ",
        milestones.empty() ? 0 : milestones.front());
  return from_step_0("multi_step", [=](int64_t t) {
    const auto passed =
        std::upper_bound(milestones.begin(), milestones.end(), t) - milestones.begin();
    return std::pow(gamma, static_cast<double>(passed));
  });
}

Schedule cosine(int64_t steps, double final_factor) {
  check_steps("cosine", steps);
  check_not_negative("cosine", "final_factor", final_factor);
  return from_step_0("cosine", [=](int64_t t) {
    const double wave = (1 + std::cos(std::numbers::pi * fraction(t, steps))) / 2;
    return final_factor + (1 - final_factor) * wave;
  });
}

Schedule polynomial(int64_t steps, double power) {
  check_steps("polynomial", steps);
  check_not_negative("polynomial", "power", power);
  return from_step_0("polynomial",
                     [=](int64_t t) { return std::pow(1 - fraction(t, steps), power); });
}

Schedule warm_up(int64_t steps, Schedule after) {
  check_steps("warm_up", steps);
  check(after != nullptr, "warm_up: the schedule that follows is empty");
  return from_step_0("warm_up", [=](int64_t t) {
    return t < steps ? static_cast<double>(t + 1) / static_cast<double>(steps) : after(t - steps);
  });
}

}  // namespace gradian::nn
