#include "nn/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/error.h"

namespace gradian::nn {
namespace {

void check_steps(const char* schedule, int64_t steps) {
  check(steps > 0, schedule, ": the number of steps must be positive, got ", steps);
}

// How far t is on the way to `steps`, at most 1.
double fraction(int64_t t, int64_t steps) {
  return std::min(1.0, static_cast<double>(t) / static_cast<double>(steps));
}

}  // namespace

Schedule constant() {
  return [](int64_t) { return 1.0; };
}

Schedule step_decay(int64_t step_size, double gamma) {
  check_steps("step_decay", step_size);
  return [=](int64_t t) { return std::pow(gamma, static_cast<double>(t / step_size)); };
}

Schedule multi_step(std::vector<int64_t> milestones, double gamma) {
  std::sort(milestones.begin(), milestones.end());
  return [=](int64_t t) {
    const auto passed =
        std::upper_bound(milestones.begin(), milestones.end(), t) - milestones.begin();
    return std::pow(gamma, static_cast<double>(passed));
  };
}

Schedule cosine(int64_t steps, double final_factor) {
  check_steps("cosine", steps);
  return [=](int64_t t) {
    const double wave = (1 + std::cos(std::numbers::pi * fraction(t, steps))) / 2;
    return final_factor + (1 - final_factor) * wave;
  };
}

Schedule polynomial(int64_t steps, double power) {
  check_steps("polynomial", steps);
  return [=](int64_t t) { return std::pow(1 - fraction(t, steps), power); };
}

Schedule warm_up(int64_t steps, Schedule after) {
  check_steps("warm_up", steps);
  return [=](int64_t t) {
    return t < steps ? static_cast<double>(t + 1) / static_cast<double>(steps) : after(t - steps);
  };
}

}  // namespace gradian::nn
