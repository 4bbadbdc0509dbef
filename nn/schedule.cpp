#include "nn/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "autograd/ops/arguments.h"
#include "tensor/files/entries.h"

namespace gradian::nn {
namespace {

void check_steps(int64_t steps) {
  check(steps > 0, "the number of steps must be positive, got ", steps);
}

// How far t is on the way to `steps`, at most 1.
double fraction(int64_t t, int64_t steps) {
  return std::min(1.0, static_cast<double>(t) / static_cast<double>(steps));
}

// The schedule `factor`, which refuses negative steps, by the name of what makes it.
template <class Factor>
Schedule from_step_0(const Factor& factor) {
  return [=, name = std::string(Calling::current())](int64_t t) {
    const Calling calling(name.c_str());
    check(t >= 0, "steps count from 0, got ", t);
    return factor(t);
  };
}

}  // namespace

Schedule constant() {
  const Calling calling("constant");
  return from_step_0([](int64_t) { return 1.0; });
}

Schedule step_decay(int64_t step_size, double gamma) {
  const Calling calling("step_decay");
  check_steps(step_size);
  check_not_negative("gamma", gamma);
  return from_step_0(
      [=](int64_t t) { return std::pow(gamma, static_cast<double>(t / step_size)); });
}

Schedule multi_step(std::vector<int64_t> milestones, double gamma) {
  const Calling calling("multi_step");
  check_not_negative("gamma", gamma);
  std::sort(milestones.begin(), milestones.end());
  check(milestones.empty() || milestones.front() >= 0, "a milestone must not be negative, got ",
        milestones.empty() ? 0 : milestones.front());
  return from_step_0([=](int64_t t) {
    const auto passed =
        std::upper_bound(milestones.begin(), milestones.end(), t) - milestones.begin();
    return std::pow(gamma, static_cast<double>(passed));
  });
}

Schedule cosine(int64_t steps, double final_factor) {
  const Calling calling("cosine");
  check_steps(steps);
  check_not_negative("final_factor", final_factor);
  return from_step_0([=](int64_t t) {
    const double wave = (1 + std::cos(std::numbers::pi * fraction(t, steps))) / 2;
    return final_factor + (1 - final_factor) * wave;
  });
}

Schedule polynomial(int64_t steps, double power) {
  const Calling calling("polynomial");
  check_steps(steps);
  check_not_negative("power", power);
  return from_step_0([=](int64_t t) { return std::pow(1 - fraction(t, steps), power); });
}

Schedule one_cycle(int64_t total_steps, const OneCycleOptions& options) {
  const Calling calling("one_cycle");
  check_steps(total_steps);
  const auto& [pct_start, anneal, div_factor, final_div_factor, three_phase] = options;
  check(pct_start >= 0 && pct_start <= (three_phase ? 0.5 : 1.0), "pct_start must be ",
        "between 0 and ", three_phase ? 0.5 : 1.0, ", got ", pct_start);
  check(anneal == Anneal::cos || anneal == Anneal::linear, "unknown anneal_strategy ",
        static_cast<int>(anneal));
  check_positive("div_factor", div_factor);
  check_positive("final_div_factor", final_div_factor);
  struct Phase {
    double last_step, factor;  // where it ends
  };
  const double start = 1 / div_factor, steps = static_cast<double>(total_steps);
  std::vector<Phase> phases{{pct_start * steps - 1, 1}};
  if (three_phase) phases.push_back({2 * pct_start * steps - 2, start});
  phases.push_back({steps - 1, start / final_div_factor});
  const bool linear = anneal == Anneal::linear;
  return from_step_0([=](int64_t t) {
    const double step = std::min(static_cast<double>(t), steps - 1);
    Phase from{0, start};
    for (const Phase& to : phases) {
      if (step > to.last_step) {
        from = to;
        continue;
      }
      const double length = to.last_step - from.last_step;
      const double way = length > 0 ? (step - from.last_step) / length : 1;
      const double share = linear ? way : (1 - std::cos(std::numbers::pi * way)) / 2;
      return from.factor + share * (to.factor - from.factor);
    }
    return phases.back().factor;
  });
}

Schedule warm_up(int64_t steps, Schedule after) {
  const Calling calling("warm_up");
  check_steps(steps);
  check(after != nullptr, "the schedule that follows is empty");
  return from_step_0([=](int64_t t) {
    return t < steps ? static_cast<double>(t + 1) / static_cast<double>(steps) : after(t - steps);
  });
}

ReduceLROnPlateau::ReduceLROnPlateau(const Options& options)
    : options_(options),
      best_(std::numeric_limits<double>::infinity() * (options.mode == Mode::min ? 1 : -1)) {
  const Calling calling("ReduceLROnPlateau");
  check(options.factor >= 0 && options.factor < 1, "factor must be in [0, 1), got ",
        options.factor);
  check(options.mode == Mode::min || options.mode == Mode::max, "unknown mode ",
        static_cast<int>(options.mode));
  const Threshold rule = options.threshold_mode;
  check(rule == Threshold::rel || rule == Threshold::abs, "unknown threshold_mode ",
        static_cast<int>(rule));
  check_not_negative("threshold", options.threshold);
  check_not_negative("min_factor", options.min_factor);
  check(options.min_factor <= 1, "min_factor must be at most 1, got ", options.min_factor);
  check(options.patience >= 0 && options.cooldown >= 0,
        "patience and cooldown must not be negative, got ", options.patience, " and ",
        options.cooldown);
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const double sign = options_.mode == Mode::min ? -1 : 1, gap = sign * options_.threshold;
  const bool relative = options_.threshold_mode == Threshold::rel;
  return sign * metric > sign * (relative ? best_ * (1 + gap) : best_ + gap);
}

double ReduceLROnPlateau::step(double metric) {
  if (is_better(metric)) {
    best_ = metric;
    bad_steps_ = 0;
  } else {
    ++bad_steps_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_steps_ = 0;
  }
  if (bad_steps_ > options_.patience) {
    factor_ = std::max(factor_ * options_.factor, options_.min_factor);
    cooldown_left_ = options_.cooldown;
    bad_steps_ = 0;
  }
  return factor_;
}

void ReduceLROnPlateau::list(files::Entries& entries, const std::string& prefix) {
  entries.number(prefix + "best", best_);
  entries.number(prefix + "factor", factor_);
  entries.number(prefix + "bad_steps", bad_steps_);
  entries.number(prefix + "cooldown_left", cooldown_left_);
  entries.checked_by([this] {
    check(factor_ >= 0 && factor_ <= 1, "the factor must be in [0, 1], got ", factor_);
    check(bad_steps_ >= 0 && cooldown_left_ >= 0,
          "bad_steps and cooldown_left must not be negative, got ", bad_steps_, " and ",
          cooldown_left_);
  });
}

}  // namespace gradian::nn
