// What a training keeps of itself as it goes: snapshots of features, and the numbers of each step.
#include "examples/training/snapshots.h"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

#include "examples/data/synthetic.h"
#include "examples/training/train.h"
#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

struct Trained {
  explicit Trained(const Tensor& followed) {
    objectives = make_objectives(3);
    std::ostringstream log;
    training = train(network, objectives[2], data.train, {.epochs = 2, .batch_size = 32, .seed = 7},
                     log, followed);
  }

  DataSplit data = synthetic(3, 96, 30, 1, 16);
  nn::Sequential network = (manual_seed(7), make_network(16, 16));
  std::vector<Objective> objectives;
  Training training;
};

}  // namespace

TEST_CASE("snapshots are taken at the start and at the end, and closer to each other before") {
  CHECK(snapshot_steps(100, 5) == std::vector<int64_t>{0, 6, 25, 56, 100});
  CHECK(snapshot_steps(2, 24) == std::vector<int64_t>{0, 1, 2});  // no step twice
  CHECK(snapshot_steps(1876).size() == kSnapshots);
  CHECK(error_of([] { snapshot_steps(0); }) ==
        "snapshots: expected at least 1 step and 2 snapshots, got 0 and 24");
}

TEST_CASE("the last snapshot is what the trained network makes of the images") {
  const Tensor images = synthetic(3, 96, 30, 1, 16).test.images;
  Trained trained(images);
  const Snapshots& snapshots = trained.training.snapshots;
  CHECK(snapshots.steps == snapshot_steps(6));
  CHECK(snapshots.features.shape() == Shape{7, 30, 2});
  CHECK(identical(snapshots.features.select(0, -1), embed(trained.network, trained.data.test)));
  CHECK(identical(snapshots.weights.select(0, -1), trained.objectives[2].class_weights().value()));
  manual_seed(7);
  nn::Sequential untrained = make_network(16, 16);
  CHECK(identical(snapshots.features.select(0, 0), embed(untrained, trained.data.test)));
}

TEST_CASE("a training that is followed is the same to the last bit as one that is not") {
  Trained followed(synthetic(3, 96, 30, 1, 16).test.images), alone{Tensor()};
  CHECK_FALSE(alone.training.snapshots.features.defined());
  CHECK(identical(embed(followed.network, followed.data.test),
                  embed(alone.network, alone.data.test)));
}

TEST_CASE("a step's accuracies and angle are those of its features and weights") {
  // Weights at 0, 90 and 180 degrees, features at 10 and 50 degrees, of class 0: the second one is
  // wrong, and with 0.7 radians, 40.1 degrees, the first is at 50.1 degrees, still the nearest.
  Objective objective = std::move(make_objectives(3)[2]);
  objective.class_weights().set_value(Tensor::from<float>({1, 0, 0, 1, -1, 0}, {3, 2}));
  const auto at = [](double degrees) {
    const double angle = degrees * std::acos(-1.0) / 180;
    return std::pair{static_cast<float>(2 * std::cos(angle)),
                     static_cast<float>(2 * std::sin(angle))};
  };
  const auto [x1, y1] = at(10);
  const auto [x2, y2] = at(50);
  const Variable features(Tensor::from<float>({x1, y1, x2, y2}, {2, 2}));
  objective.rule = {.m2 = 0.7};
  StepRecord record = measure_step(objective, features, integers({0, 0}));
  CHECK(record.accuracy == 0.5);
  CHECK(record.margin_accuracy == 0.5);
  CHECK(record.target_degrees == doctest::Approx(30));
  objective.rule = {.m2 = 1.3};  // 84.5 degrees, and the nearest other weight is at 80
  record = measure_step(objective, features, integers({0, 0}));
  CHECK(record.accuracy == 0.5);
  CHECK(record.margin_accuracy == 0);
}

TEST_CASE("each step tells its loss, its rate and how far it is") {
  const TrainingCurve curve = Trained{Tensor()}.training.curve;
  REQUIRE(curve.size() == 6);
  CHECK(curve[2].epoch == 1);
  CHECK(curve[0].rate == doctest::Approx(5e-3));  // one step of warm-up
  for (const StepRecord& step : curve) {
    CHECK(std::isfinite(step.loss));
    CHECK(step.margin_accuracy <= step.accuracy);
    CHECK(step.target_degrees > 0);
    CHECK(step.target_degrees < 180);
  }
}
