// CenterLoss: by its gradient and by the paper's rule, with one step of the paper's Algorithm 1 by
// hand.
#include <cmath>

#include "autograd/gradcheck.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "nn/optimizer.h"
#include "tensor/runtime/memory.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// Three classes in the plane. Class 0 has one sample, class 1 has two, class 2 has none:
//   x - c:  {1, 0} - {0, 0} = {1, 0},  {3, 1} - {1, 1} = {2, 0},  {1, 3} - {1, 1} = {0, 2}
// with squared lengths 1, 4, 4 and their mean 3.
struct Example {
  explicit Example(double weight, CenterUpdate update) : loss(3, 2, weight, update) {
    loss.to(DType::float64);
    loss.centers.set_value(doubles({0, 0, 1, 1, 5, 5}, {3, 2}));
  }
  Variable value() const { return loss(features, labels); }

  CenterLoss loss;
  Variable features = leaf({1, 0, 3, 1, 1, 3}, {3, 2});
  Tensor labels = integers({0, 1, 1});
};

}  // namespace

TEST_CASE("CenterLoss: by gradient it is weight * mean ||x - c||^2, with its plain gradient") {
  for (const double weight : {1.0, 0.5}) {
    const Example example(weight, CenterUpdate::gradient);
    const Variable loss = example.value();
    CHECK(loss.shape() == Shape{});
    check_values(loss, {weight * 3});
    loss.backward();
    const double f = weight * 2 / 3;  // 2 weight / N
    check_values(example.features.grad(), {f, 0, 2 * f, 0, 0, 2 * f});
    // Each centre gets the sum over its samples of f (c - x): {-1, 0}; {-2, 0} + {0, -2}; nothing.
    check_values(example.loss.centers.grad(), {-f, 0, -2 * f, -2 * f, 0, 0});
  }
}

TEST_CASE("CenterLoss: the paper's form is half of it, and its features' gradient too") {
  for (const double weight : {1.0, 0.003}) {
    const Example example(weight, CenterUpdate::paper);
    const Variable loss = example.value();
    check_values(loss, {weight * 1.5});
    loss.backward();
    const double f = weight / 3;
    check_values(example.features.grad(), {f, 0, 2 * f, 0, 0, 2 * f});
  }
}

TEST_CASE("CenterLoss: one step of SGD with lr = alpha is Algorithm 1, whatever the weight") {
  // Eq. 4, the sum of c - x over the class, divided by 1 + its number of samples:
  //   class 0: {-1, 0} / 2;  class 1: {-2, -2} / 3;  class 2: {0, 0} / 1
  // c -= 0.5 of that: {0.25, 0}, {1 + 1/3, 1 + 1/3}, and {5, 5} stays.
  for (const double weight : {1.0, 0.003, 0.0}) {
    CAPTURE(weight);
    Example example(weight, CenterUpdate::paper);
    nn::SGD sgd(example.loss.named_parameters(), {.lr = 0.5});
    example.value().backward();
    check_values(example.loss.centers.grad(), {-1.0 / 2, 0, -2.0 / 3, -2.0 / 3, 0, 0});
    sgd.step();
    check_values(example.loss.centers, {0.25, 0, 4.0 / 3, 4.0 / 3, 5, 5});
  }
}

TEST_CASE("CenterLoss: the paper's centres close in on the mean of their class") {
  // n samples move a centre by the share alpha n / (1 + n) of the way to their mean {2, 2}: with
  // n = 2 and alpha = 0.5 that is 1/3, so 2/3 of the distance {-1, -1} are left each time.
  Example example(0.003, CenterUpdate::paper);
  nn::SGD sgd(example.loss.named_parameters(), {.lr = 0.5});
  double left = 1;
  for (int step = 0; step < 10; ++step) {
    sgd.zero_grad();
    example.value().backward();
    sgd.step();
    left *= 2.0 / 3;
    check_values(slice(example.loss.centers, 0, 1, 2), {2 - left, 2 - left});
  }
}

TEST_CASE("CenterLoss: repeated labels add up in their centre") {
  // A hundred copies of one sample: by gradient their mean is that of one; in the paper's
  // the sum 100 (c - x) is divided by 101.
  constexpr int64_t kCopies = 100;
  const Variable features(doubles({3, 1}, {1, 2}).expand({kCopies, 2}));
  const Tensor labels = Tensor::full({kCopies}, 1, DType::int64);
  const Example plain(1, CenterUpdate::gradient), paper(1, CenterUpdate::paper);
  plain.loss(features, labels).backward();
  check_values(plain.loss.centers.grad(), {0, 0, -4, 0, 0, 0});
  paper.loss(features, labels).backward();
  check_values(paper.loss.centers.grad(), {0, 0, -200.0 / 101, 0, 0, 0});
}

TEST_CASE("CenterLoss: at its centre a sample has loss 0 and gradient 0") {
  for (const CenterUpdate update : {CenterUpdate::gradient, CenterUpdate::paper}) {
    const Example example(1, update);
    const Variable x = leaf({5, 5}, {1, 2});
    const Variable loss = example.loss(x, integers({2}));
    check_values(loss, {0});
    loss.backward();
    check_values(x.grad(), {0, 0});
    check_values(example.loss.centers.grad(), {0, 0, 0, 0, 0, 0});
  }
}

TEST_CASE("CenterLoss: the paper's centre update is not the gradient of the paper's loss") {
  // So a numeric check by the centres has to fail, while one by the features passes.
  const Tensor x = doubles({1, 0, 3, 1, 1, 3}, {3, 2}), c = doubles({0, 0, 1, 1, 5, 5}, {3, 2});
  const auto loss_at = [](const Variable& features, const Variable& centers) {
    Example example(1, CenterUpdate::paper);
    example.loss.replace_parameter("centers", centers);  // gradients are to reach the argument
    return example.loss(features, example.labels);
  };
  CHECK(gradcheck("features",
                  [&](const std::vector<Variable>& in) { return loss_at(in[0], Variable(c)); }, {x})
            .passed);
  CHECK(!gradcheck("centers",
                   [&](const std::vector<Variable>& in) { return loss_at(Variable(x), in[0]); },
                   {c})
             .passed);
}

TEST_CASE("CenterLoss: with cross entropy it is one sum, and both gradients reach the features") {
  const Example example(1, CenterUpdate::gradient);
  const Variable& x = example.features;
  const Tensor labels = integers({0, 1, 1});
  const auto parts = [&](double lambda) {
    return grad({cross_entropy(x, labels) + lambda * example.value()}, {x})[0].value();
  };
  const Tensor alone = grad({example.value()}, {x})[0].value();
  check_close(sub(parts(0.1), parts(0)), mul(alone, doubles({0.1}, {1, 1})));
}

TEST_CASE("CenterLoss: centres start from N(0, 1), float32, as one parameter") {
  const CenterLoss loss(100, 64);
  CHECK(names(loss.named_parameters()) == std::vector<std::string>{"centers"});
  CHECK(loss.centers.shape() == Shape{100, 64});
  CHECK(loss.centers.dtype() == DType::float32);
  // Five standard deviations of either estimate.
  const double n = 6400;
  CHECK(std::abs(mean(loss.centers).item()) < 5 / std::sqrt(n));
  CHECK(std::abs(var(loss.centers).item() - 1) < 5 * std::sqrt(2 / n));
}

TEST_CASE(
    "CenterLoss: the paper's update takes the memory of the batch, not of batch times classes") {
  // Beside what the plain gradient takes: the samples of each class, and a few arrays of the batch.
  constexpr int64_t kBatch = 512, kClasses = 200000, kWidth = 8;
  const Variable features(Tensor::ones({kBatch, kWidth}), true);
  std::vector<int64_t> classes;
  for (int64_t i = 0; i < kBatch; ++i) classes.push_back(i * 371 % kClasses);
  const Tensor labels = integers(classes);
  const auto peak = [&](CenterUpdate update) {
    const CenterLoss loss(kClasses, kWidth, 1, update);
    reset_peak_memory();
    const size_t before = memory_stats().in_use;
    loss(features, labels).backward();
    return memory_stats().peak - before;
  };
  const size_t of_classes = kClasses * sizeof(float);
  const size_t of_batch = kBatch * kWidth * sizeof(float);
  CHECK(peak(CenterUpdate::paper) < peak(CenterUpdate::gradient) + of_classes + 16 * of_batch);
}

}  // namespace gradian::test
