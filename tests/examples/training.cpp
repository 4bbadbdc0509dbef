// The training of the examples, from drawn images to accuracy.
#include "examples/training/train.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <sstream>

#include "examples/data/synthetic.h"
#include "examples/metrics/accuracy.h"
#include "examples/training/residual_network.h"
#include "tensor/files/safetensors.h"
#include "tests/child_process.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"
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
    // Sanitizers are slow: one that has all parts will do there.
    if (kSanitized && !(objective.margin && objective.center)) continue;
    CAPTURE(objective.name);
    nn::Sequential network = make_network(16, 16);
    const auto accuracy_now = [&] {
      const Variable features(embed(network, data.test));
      return accuracy(objective.scores(features), data.test.labels);
    };
    CHECK(accuracy_now() < 0.6);
    std::ostringstream log;
    const auto start = std::chrono::steady_clock::now();
    const auto [curve, snapshots, seconds] = train(network, objective, data.train, options, log);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    CHECK(seconds <= elapsed.count());
    CHECK(seconds > 0.5 * elapsed.count());
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
                       "train: the loss is NaN at epoch 1 of 1, step 1 of 3: the learning rate is "
                       "too large, or an input is not finite",
                       Error);
}

// Of images that are `scale` times too bright, by a network that may have been spoilt.
std::string error_of_training(double scale, const std::function<void(nn::Module&)>& spoil = {}) {
  Dataset data = synthetic(3, 96, 30, 1, 16).train;
  data.images *= scale;
  manual_seed(7);
  Trained trained(true);
  if (spoil) spoil(trained.network);
  return test::error_of([&] { trained.train_on(data); });
}

TEST_CASE("training that fails names the op that made the first number that is not finite") {
  const std::string forward = error_of_training(3e38);
  CAPTURE(forward);
  CHECK(forward.starts_with("train: the loss is NaN at epoch 1 of 1, step 1 of 3: "));
  CHECK(forward.find(" has infinity at [") != std::string::npos);
  CHECK(forward.find("although no input has one; input 0 is float32 [") != std::string::npos);

  // A loss that is finite, of a network that is too steep for the gradient of its first layer.
  const std::string backward = error_of_training(1e38, [](nn::Module& network) {
    for (const nn::Parameter& p : network.named_parameters()) {
      if (p.name == "0.weight") p.variable.set_value(full_like(p.variable.value(), 1e-39));
      if (p.name == "11.weight") p.variable.set_value(full_like(p.variable.value(), 1e6));
    }
  });
  CAPTURE(backward);
  CHECK(backward.starts_with(
      "train: clip_grad_norm: the gradient of '0.weight' is not finite at epoch 1 of 1, step 1"));
  CHECK(backward.find(": backward of ") != std::string::npos);
}

TEST_CASE("the last checkpoint of before a loss that is not finite is kept") {
  Dataset data = synthetic(3, 96, 30, 1, 16).train;
  data.images = data.images.clone();
  // The images of the third step, told by labels that count them.
  const Dataset counted{data.images, Tensor::arange(96), data.class_names};
  for (const int64_t i : ShuffledBatches(counted, 32, 7).at(2).labels.to_vector<int64_t>())
    data.images.slice(0, i, i + 1).fill(std::numeric_limits<double>::quiet_NaN());
  const TemporaryFolder folder;
  const auto file = folder.path() / "kept";
  Trained trained(true);
  std::ostringstream log;
  const TrainOptions options{
      .epochs = 1, .batch_size = 32, .seed = 7, .checkpoint = {.file = file, .every = 1}};
  const std::string error =
      error_of([&] { train(trained.network, make_objectives(3)[0], data, options, log); });
  CHECK(error.starts_with("train: the loss is NaN at epoch 1 of 1, step 3 of 3: "));
  const TensorFile kept = read_safetensors(file);
  CHECK(kept.metadata.at("step") == "2");
  for (const auto& array : kept.tensors) {
    CAPTURE(array.first);
    CHECK((array.second.dtype() == DType::int64 || all_finite(array.second)));
  }
}

TEST_CASE("an objective says what it is made of") {
  const std::vector<Objective> objectives = make_objectives(10);
  CHECK(objectives[0].description() == "cross entropy");
  CHECK(objectives[3].description() ==
        "ArcFaceLoss(2 -> 10, s 10, m1 1, m2 0.2 rad, m3 0, mirror) + CenterLoss(10 classes, 2-d, "
        "weight 0.1)");
}

TEST_CASE("the learning rate rises for a tenth of the steps, 1 to 50, and falls to 0") {
  struct Case {
    int64_t steps, rising;
  };
  for (const Case& c :
       {Case{1, 1}, Case{2, 1}, Case{39, 3}, Case{40, 4}, Case{510, 50}, Case{2000, 50}}) {
    CAPTURE(c.steps);
    const nn::Schedule factor = training_schedule(c.steps);
    CHECK(factor(0) == doctest::Approx(1.0 / static_cast<double>(c.rising)));
    CHECK(factor(c.rising - 1) == 1);
    CHECK(factor(c.rising) == 1);  // where the cosine begins
    CHECK(factor(std::max(c.steps, c.rising + 1)) == doctest::Approx(0));
    const int64_t middle = c.rising + (c.steps - c.rising) / 2;
    if (c.steps > 2 && (c.steps - c.rising) % 2 == 0) CHECK(factor(middle) == doctest::Approx(0.5));
  }
}

TEST_CASE("the report names the settings of the training") {
  CHECK(training_description({.epochs = 1, .batch_size = 32, .seed = 7}) ==
        "1 epoch, batches of 32, AdamW with learning rate 0.005 (softmax 0.02, centres 0.05), "
        "warm-up and cosine to 0, weight decay 0.001 and gradients cut to norm 5 for the network, "
        "seed 7");
  CHECK(training_description({.epochs = 2}).starts_with("2 epochs, "));
}

TEST_CASE("margins fit the plane: less than the angle between classes, however many") {
  const auto settings = [](int64_t classes, size_t objective) {
    return make_objectives(classes)[objective].description();
  };
  CHECK(settings(10, 4) == "CosFaceLoss(2 -> 10, s 10, m1 1, m2 0 rad, m3 0.1, mirror)");
  CHECK(settings(100, 2) == "ArcFaceLoss(2 -> 100, s 10, m1 1, m2 0.02 rad, m3 0, mirror)");
  CHECK(settings(100, 4) == "CosFaceLoss(2 -> 100, s 10, m1 1, m2 0 rad, m3 0.001, mirror)");
}

TEST_CASE("classes and centres begin on circles, evenly spread") {
  for (const Objective& objective : make_objectives(8)) {
    CAPTURE(objective.name);
    const auto check_circle = [](const Variable& rows, double radius) {
      for (int64_t k = 0; k < 8; ++k) {
        const double angle = std::numbers::pi / 4 * static_cast<double>(k);
        CHECK(rows.value().at({k, 0}) == doctest::Approx(radius * std::cos(angle)).epsilon(1e-6));
        CHECK(rows.value().at({k, 1}) == doctest::Approx(radius * std::sin(angle)).epsilon(1e-6));
      }
    };
    check_circle(objective.class_weights(), objective.margin ? 1 : 3);
    if (objective.center) check_circle(objective.center->centers, 3);
  }
}

TEST_CASE("only the network decays; softmax weights and centres have rates of their own") {
  nn::Sequential network = make_network(16, 16);
  for (const Objective& objective : make_objectives(3)) {
    CAPTURE(objective.name);
    const std::vector<nn::ParameterGroup> groups = objective.groups(network);
    REQUIRE(groups.size() == (objective.center ? 3 : 2));
    CHECK(groups[0].parameters.size() == network.parameters().size());
    CHECK(groups[0].options.lr == std::nullopt);
    CHECK(groups[0].options.weight_decay == std::nullopt);
    CHECK(groups[1].parameters.size() == 1);
    CHECK(groups[1].options.lr ==
          (objective.softmax ? std::optional(kSoftmaxLearningRate) : std::nullopt));
    for (size_t g = 1; g < groups.size(); ++g) CHECK(groups[g].options.weight_decay == 0.0);
    if (objective.center) CHECK(groups[2].options.lr == kCenterLearningRate);
  }
}

TEST_CASE("the residual network has the parameters of three blocks, two with a 1x1 shortcut") {
  const auto conv = [](int64_t in, int64_t out, int64_t kernel) {
    return in * out * kernel * kernel;
  };
  const auto block = [&](int64_t in, int64_t out) {
    const int64_t shortcut = in == out ? 0 : conv(in, out, 1) + 2 * out;
    return conv(in, out, 3) + conv(out, out, 3) + 4 * out + shortcut;
  };
  CHECK(residual_network(10).parameter_count() ==
        conv(1, 16, 3) + 2 * 16 + block(16, 16) + block(16, 32) + block(32, 64) + 64 * 10 + 10);
}
