// The training of the examples, from drawn images to accuracy.
#include "examples/training/train.h"

#include <doctest/doctest.h>

#include <limits>
#include <sstream>

#include "examples/data/synthetic.h"
#include "examples/metrics/accuracy.h"
#include "tests/helpers.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

TEST_CASE("each objective learns to tell drawn images apart") {
  const DataSplit data = synthetic(/*num_classes=*/4, /*train_samples=*/640, /*test_samples=*/200,
                                   /*seed=*/1, /*image_size=*/16);
  const TrainOptions options{.epochs = 10, .batch_size = 64, .seed = 1};
  manual_seed(1);
  for (const Objective& objective : make_objectives(4)) {
    CAPTURE(objective.name);
    nn::Sequential network = make_network(16, 16);
    const auto accuracy_now = [&] {
      const Variable features(embed(network, data.test));
      return accuracy(objective.scores(features), data.test.labels);
    };
    CHECK(accuracy_now() < 0.6);
    std::ostringstream log;
    const LossCurve curve = train(network, objective, data.train, options, log);
    CHECK(accuracy_now() > 0.9);
    CHECK(curve.size() == 100);
    CHECK(curve.back().epoch == doctest::Approx(10));
    CHECK(lines_of(log.str()).size() == 10);
  }
}

TEST_CASE("training is the same to the last bit when it is repeated") {
  const DataSplit data = synthetic(3, 96, 30, 1, 16);
  const auto features = [&] {
    manual_seed(7);
    const std::vector<Objective> objectives = make_objectives(3);
    nn::Sequential network = make_network(16, 16);
    std::ostringstream log;
    train(network, objectives[3], data.train, {.epochs = 2, .batch_size = 32, .seed = 7}, log);
    return embed(network, data.test);
  };
  CHECK(identical(features(), features()));
}

namespace {

// A small CNN as train() knows it, its layers in training mode or in evaluation mode.
struct Trained {
  explicit Trained(bool training) : network(make_network(16, 16)) { network.train(training); }

  // Runs the training and gives the running mean of batch norm afterwards.
  std::vector<double> train_on(const Dataset& data) {
    std::ostringstream log;
    train(network, make_objectives(3)[0], data, {.epochs = 1, .batch_size = 32, .seed = 7}, log);
    return network.named_buffers()[0].variable.value().to_vector<double>();
  }
  nn::Sequential network;
};

}  // namespace

TEST_CASE("a network in evaluation mode is trained as in training mode, and is again as it was") {
  const Dataset data = synthetic(3, 96, 30, 1, 16).train;
  manual_seed(7);
  Trained in_training(true);
  const std::vector<double> expected = in_training.train_on(data);
  CHECK(in_training.network.training());
  manual_seed(7);
  Trained in_evaluation(false);
  CHECK(in_evaluation.train_on(data) == expected);
  CHECK_FALSE(in_evaluation.network.training());
}

TEST_CASE("embedding leaves the mode of a network as it was, after an error too") {
  const Dataset data = synthetic(3, 6, 6, 1, 16).train;
  const Dataset too_small = synthetic(3, 6, 6, 1, 8).train;
  for (const bool training : {true, false}) {
    nn::Sequential network = make_network(16, 16);
    network.train(training);
    embed(network, data);
    CHECK(network.training() == training);
    CHECK_THROWS_AS(embed(network, too_small), Error);
    CHECK(network.training() == training);
  }
}

TEST_CASE("embedding no image is an error") {
  Dataset data = synthetic(3, 6, 6, 1, 16).train;
  data.images = data.images.slice(0, 0, 0);
  data.labels = data.labels.slice(0, 0, 0);
  nn::Sequential network = make_network(16, 16);
  CHECK_THROWS_WITH_AS(embed(network, data), "embed: expected at least 1 image, got 0", Error);
}

TEST_CASE("a loss that is not finite ends the training with the step that had it") {
  Dataset data = synthetic(3, 96, 30, 1, 16).train;
  data.images = data.images.clone();
  data.images.fill(std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_WITH_AS(Trained(true).train_on(data),
                       "train: the loss is nan at epoch 1 of 1, step 1 of 3: the learning rate is "
                       "too large, or an input is not finite",
                       Error);
}

TEST_CASE("an objective says what it is made of") {
  const std::vector<Objective> objectives = make_objectives(10);
  CHECK(objectives[0].description() == "cross entropy");
  CHECK(objectives[3].description() ==
        "ArcFaceLoss(2 -> 10, s 10, m1 1, m2 0.2 rad, m3 0, mirror) + CenterLoss(10 classes, 2-d, "
        "weight 0.1)");
}
