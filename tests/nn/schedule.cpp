// Learning-rate schedules: their closed forms at chosen steps.
#include <numbers>

#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tests/helpers.h"

namespace gradian::test {

TEST_CASE("schedules: values at chosen steps") {
  struct Point {
    int64_t step;
    double factor;
  };
  struct Case {
    const char* label;
    nn::Schedule schedule;
    std::vector<Point> values;
  };
  const double eighth = (1 + std::numbers::sqrt2 / 2) / 2;  // (1 + cos(pi / 4)) / 2
  const std::vector<Case> cases = {
      {"constant", nn::constant(), {{0, 1}, {1'000'000, 1}}},
      {"step_decay",
       nn::step_decay(10, 0.5),
       {{0, 1}, {9, 1}, {10, 0.5}, {19, 0.5}, {20, 0.25}, {35, 0.125}}},
      {"step_decay, default", nn::step_decay(1), {{0, 1}, {1, 0.1}, {2, 0.01}}},
      {"multi_step, milestones in any order",
       nn::multi_step({30, 10}, 0.1),
       {{0, 1}, {9, 1}, {10, 0.1}, {29, 0.1}, {30, 0.01}, {99, 0.01}}},
      {"multi_step without milestones", nn::multi_step({}), {{0, 1}, {99, 1}}},
      {"cosine",
       nn::cosine(100),
       {{0, 1}, {25, eighth}, {50, 0.5}, {75, 1 - eighth}, {100, 0}, {250, 0}}},
      {"cosine with a floor",
       nn::cosine(100, 0.2),
       {{0, 1}, {50, 0.6}, {75, 0.2 + 0.8 * (1 - eighth)}, {100, 0.2}, {250, 0.2}}},
      {"polynomial", nn::polynomial(100), {{0, 1}, {25, 0.75}, {99, 0.01}, {100, 0}, {250, 0}}},
      {"polynomial, power 2", nn::polynomial(100, 2), {{0, 1}, {25, 0.5625}, {50, 0.25}, {100, 0}}},
      {"warm_up", nn::warm_up(4), {{0, 0.25}, {1, 0.5}, {2, 0.75}, {3, 1}, {4, 1}, {99, 1}}},
      // The last step of the rise is at the full rate, and so is the first one of what follows.
      {"warm_up, then cosine",
       nn::warm_up(4, nn::cosine(10)),
       {{0, 0.25}, {3, 1}, {4, 1}, {9, 0.5}, {14, 0}, {99, 0}}},
      {"warm_up, then steps",
       nn::warm_up(2, nn::step_decay(3, 0.5)),
       {{0, 0.5}, {1, 1}, {2, 1}, {4, 1}, {5, 0.5}, {8, 0.25}}},
      // 0.3 10 - 1 = 2: up from 1 / 25 in two steps, then down in seven to 1 / (25 10^4).
      {"one_cycle, linear",
       nn::one_cycle(10, {.anneal_strategy = nn::Anneal::linear}),
       {{0, 0.04}, {1, 0.52}, {2, 1}, {9, 4e-6}, {99, 4e-6}}},
      {"one_cycle of one step is its end", nn::one_cycle(1), {{0, 4e-6}}},
      {"warm_up of one step is none", nn::warm_up(1), {{0, 1}, {1, 1}}}};
  for (const Case& c : cases) {
    CAPTURE(c.label);
    for (const Point& point : c.values) {
      CAPTURE(point.step);
      CHECK(c.schedule(point.step) == doctest::Approx(point.factor).epsilon(1e-14));
    }
  }
}

TEST_CASE("schedules: none rises but in its warm-up, none is negative") {
  for (const nn::Schedule& schedule :
       {nn::step_decay(7, 0.9), nn::multi_step({5, 50}), nn::cosine(60, 0.1),
        nn::polynomial(60, 0.9), nn::warm_up(1, nn::cosine(30))})
    for (int64_t t = 0; t < 100; ++t) {
      CHECK(schedule(t + 1) <= schedule(t));
      CHECK(schedule(t) >= 0);
    }
}

TEST_CASE("ReduceLROnPlateau: patience is how many worse steps are borne") {
  nn::ReduceLROnPlateau plateau({.factor = 0.5, .patience = 1});
  const std::vector<double> metrics = {2, 3, 3, 1, 1.5, 1.2, 0.9};
  const std::vector<double> expected = {1, 1, 0.5, 0.5, 0.5, 0.25, 0.25};
  for (size_t i = 0; i < metrics.size(); ++i) CHECK(plateau.step(metrics[i]) == expected[i]);
}

TEST_CASE("schedules: an optimiser multiplies the rate of every group by the factor") {
  const nn::Parameter slow{"slow", leaf(0)}, fast{"fast", leaf(0)};
  nn::SGD sgd(std::vector<nn::ParameterGroup>{{{slow}}, {{fast}, {.lr = 0.4}}}, {.lr = 0.1});
  const nn::Schedule schedule = nn::warm_up(2, nn::step_decay(1, 0.5));
  // Factors 0.5, 1, 1, 0.5: after four steps with the gradient 1 they add up to 3.
  for (int64_t t = 0; t < 4; ++t) {
    sgd.set_lr_factor(schedule(t));
    CHECK(sgd.lr() == doctest::Approx(0.1 * schedule(t)));
    CHECK(sgd.lr(1) == doctest::Approx(0.4 * schedule(t)));
    for (nn::Parameter p : {slow, fast}) p.variable.set_grad(leaf(1));
    sgd.step();
  }
  check_values(slow.variable, {-0.3});
  check_values(fast.variable, {-1.2});
}

}  // namespace gradian::test
