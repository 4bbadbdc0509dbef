// Schedules: steps, rates and modes that make no sense.
#include "nn/schedule.h"

#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {
namespace {

using test::kInfinity, test::kNaN;
using Plateau = nn::ReduceLROnPlateau;

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();

// A schedule of `steps` steps, where it takes any.
struct Kind {
  const char* name;
  nn::Schedule (*of)(int64_t steps);
};

Rows steps() {
  const std::vector<Kind> kinds{
      {"step_decay", [](int64_t n) { return nn::step_decay(n); }},
      {"cosine", [](int64_t n) { return nn::cosine(n); }},
      {"polynomial", [](int64_t n) { return nn::polynomial(n); }},
      {"one_cycle", [](int64_t n) { return nn::one_cycle(n); }},
      {"warm_up", [](int64_t n) { return nn::warm_up(n); }},
  };
  const std::vector<Kind> without_steps{
      {"constant", [](int64_t) { return nn::constant(); }},
      {"multi_step", [](int64_t) { return nn::multi_step({3}); }},
  };
  Rows rows;
  for (const Kind& kind : kinds)
    for (const int64_t bad : {int64_t{0}, int64_t{-1}, kLowest})
      rows.push_back({[=] { kind.of(bad); },
                      text(kind.name, ": the number of steps must be positive, got ", bad)});
  for (const std::vector<Kind>& some : {kinds, without_steps})
    for (const Kind& kind : some)
      for (const int64_t bad : {int64_t{-1}, kLowest})
        rows.push_back(
            {[=] { kind.of(3)(bad); }, text(kind.name, ": steps count from 0, got ", bad)});
  return rows;
}

// Numbers that must be finite and not negative, or positive.
Rows numbers() {
  Rows rows;
  for (const double bad : {-0.1, kNaN, kInfinity}) {
    const std::string not_negative = text(" must be finite and not negative, got ", bad);
    const std::string positive = text(" must be positive and finite, got ", bad);
    const Rows of_this{
        {[=] { nn::step_decay(1, bad); }, "step_decay: gamma" + not_negative},
        {[=] { nn::multi_step({1}, bad); }, "multi_step: gamma" + not_negative},
        {[=] { nn::cosine(5, bad); }, "cosine: final_factor" + not_negative},
        {[=] { nn::polynomial(5, bad); }, "polynomial: power" + not_negative},
        {[=] { nn::one_cycle(5, {.div_factor = bad}); }, "one_cycle: div_factor" + positive},
        {[=] { nn::one_cycle(5, {.final_div_factor = bad}); },
         "one_cycle: final_div_factor" + positive},
        {[=] { nn::one_cycle(5, {.pct_start = bad}); },
         text("one_cycle: pct_start must be between 0 and 1, got ", bad)},
        {[=] { Plateau({.factor = bad}); },
         text("ReduceLROnPlateau: factor must be in [0, 1), got ", bad)},
        {[=] { Plateau({.threshold = bad}); }, "ReduceLROnPlateau: threshold" + not_negative},
        {[=] { Plateau({.min_factor = bad}); }, "ReduceLROnPlateau: min_factor" + not_negative},
    };
    rows.insert(rows.end(), of_this.begin(), of_this.end());
  }
  return rows;
}

}  // namespace

Rows schedule_rows() {
  Rows rows{
      {[] {
         nn::multi_step({3, -2});
       },
       "multi_step: a milestone must not be negative, got -2"},
      {[] { nn::warm_up(5, nullptr); }, "warm_up: the schedule that follows is empty"},
      {[] { nn::warm_up(5, nn::Schedule()); }, "warm_up: the schedule that follows is empty"},
      {[] { nn::one_cycle(5, {.pct_start = 2}); },
       "one_cycle: pct_start must be between 0 and 1, got 2"},
      {[] { nn::one_cycle(5, {.pct_start = 0.6, .three_phase = true}); },
       "one_cycle: pct_start must be between 0 and 0.5, got 0.6"},
      {[] { nn::one_cycle(5, {.div_factor = 0}); },
       "one_cycle: div_factor must be positive and finite, got 0"},
      {[] { nn::one_cycle(5, {.final_div_factor = 0}); },
       "one_cycle: final_div_factor must be positive and finite, got 0"},
      {[] { nn::one_cycle(5, {.anneal_strategy = static_cast<nn::Anneal>(7)}); },
       "one_cycle: unknown anneal_strategy 7"},
      {[] { Plateau({.mode = static_cast<Plateau::Mode>(7)}); },
       "ReduceLROnPlateau: unknown mode 7"},
      {[] { Plateau({.threshold_mode = static_cast<Plateau::Threshold>(7)}); },
       "ReduceLROnPlateau: unknown threshold_mode 7"},
      {[] { Plateau({.factor = 1}); }, "ReduceLROnPlateau: factor must be in [0, 1), got 1"},
      {[] { Plateau({.patience = -1}); },
       "ReduceLROnPlateau: patience and cooldown must not be negative, got -1 and 0"},
      {[] { Plateau({.cooldown = kLowest}); },
       "ReduceLROnPlateau: patience and cooldown must not be negative, got 10 and "
       "-9223372036854775808"},
      {[] { Plateau({.factor = 0.1, .min_factor = 2}); },
       "ReduceLROnPlateau: min_factor must be at most 1, got 2"},
  };
  for (const Rows& more : {steps(), numbers()}) rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace gradian::misuse
