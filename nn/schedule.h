// Learning-rate schedules as plain functions: a schedule maps the step (or epoch) number, from 0,
// to a factor of the base learning rate. PyTorch's closed forms.
//
//   auto schedule = nn::warm_up(100, nn::cosine(1000));
//   optimizer.set_lr_factor(schedule(step));
//
// ReduceLROnPlateau alone needs a memory: it answers to a loss or an accuracy.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gradian::files {
class Entries;
}

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
// PyTorch's OneCycleLR, whose max_lr is the optimiser's lr: from 1 / div_factor to 1 in the first
// pct_start of the steps, then down to 1 / (div_factor final_div_factor) at the last one, and
// constant after it. With three_phase it comes down to 1 / div_factor as long as it rose, and then
// falls. The momentum does not cycle. Smith & Topin 2018.
enum class Anneal { cos, linear };
struct OneCycleOptions {
  double pct_start = 0.3;
  Anneal anneal_strategy = Anneal::cos;
  double div_factor = 25, final_div_factor = 1e4;
  bool three_phase = false;
};
Schedule one_cycle(int64_t total_steps, const OneCycleOptions& options = {});
// Rises linearly, (t + 1) / steps for t < steps, then follows `after`, which counts from 0 again.
Schedule warm_up(int64_t steps, Schedule after = constant());

// Multiplies the factor by `factor` when the metric has not improved for more than `patience`
// steps:
//   optimizer.set_lr_factor(plateau.step(validation_loss));
// Better is less than best (1 - threshold), or more than best (1 + threshold) with Mode::max; an
// absolute threshold is subtracted or added. No worse step counts in the `cooldown` that follows.
class ReduceLROnPlateau {
 public:
  enum class Mode { min, max };
  enum class Threshold { rel, abs };
  struct Options {
    Mode mode = Mode::min;
    double factor = 0.1;
    int64_t patience = 10;
    double threshold = 1e-4;
    Threshold threshold_mode = Threshold::rel;
    int64_t cooldown = 0;
    double min_factor = 0;  // PyTorch's min_lr, in shares of lr
  };
  ReduceLROnPlateau() : ReduceLROnPlateau(Options()) {}
  explicit ReduceLROnPlateau(const Options& options);
  // Takes the metric, once an epoch as a rule, and returns the factor from now on. NaN is worse.
  double step(double metric);

 private:
  friend class Checkpoint;
  void list(files::Entries& entries, const std::string& prefix);
  bool is_better(double metric) const;

  Options options_;
  double best_;
  double factor_ = 1;
  int64_t bad_steps_ = 0, cooldown_left_ = 0;
};

}  // namespace gradian::nn
