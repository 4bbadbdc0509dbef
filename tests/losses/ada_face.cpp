// AdaFace: targets by hand for each z, the running statistics of lengths that z comes from, and
// what has no gradient.
#include "losses/ada_face.h"

#include <cmath>
#include <numbers>

#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// Rows along x and y, s = 2, m = 0.4.
AdaFaceLoss square(double h = 0.333) {
  AdaFaceLoss loss(2, 2, 2, 0.4, h);
  loss.to(DType::float64);
  loss.weight.set_value(doubles({1, 0, 0, 3}, {2, 2}));
  return loss;
}

void set_statistics(const AdaFaceLoss& loss, double mean, double std) {
  loss.running_mean.set_value(Tensor::scalar(mean, DType::float64));
  loss.running_std.set_value(Tensor::scalar(std, DType::float64));
}

// At `angle` from the first row, in radians.
Variable feature(double length, double angle) {
  return leaf({length * std::cos(angle), length * std::sin(angle)}, {1, 2});
}

// The loss of class 0 when its target is `target` and the other cosine sin(angle).
double entropy(double target, double angle) {
  return std::log1p(std::exp(2 * (std::sin(angle) - target)));
}

}  // namespace

TEST_CASE("AdaFace: from ArcFace's margin for short features to its opposite for long ones") {
  // mean 10, std 2 - 0.001, h 0.5: z = (length - 10) / 4.
  AdaFaceLoss loss = square(0.5);
  set_statistics(loss, 10, 2 - 1e-3);
  loss.eval();
  struct Row {
    double length, turn, drop;  // cos(theta + turn) - drop
  };
  const std::vector<Row> rows = {{1, 0.4, 0},     {6, 0.4, 0},     {8, 0.2, 0.2},  {10, 0, 0.4},
                                 {12, -0.2, 0.6}, {14, -0.4, 0.8}, {99, -0.4, 0.8}};
  for (const Row& row : rows)
    for (const double angle : {0.5, 1.2}) {
      CAPTURE(row.length);
      check_values(loss(feature(row.length, angle), integers({0})),
                   {entropy(std::cos(angle + row.turn) - row.drop, angle)});
    }
}

TEST_CASE(
    "AdaFace: theta - m z stays in [0, pi], with no pull on the feature by its own row there") {
  AdaFaceLoss loss = square();
  loss.eval();
  const auto check_target = [&](double length, double angle, double target) {
    const Variable x = feature(length, angle);
    const Variable value = loss(x, integers({0}));
    check_values(value, {entropy(target, angle)});
    // Of the gradient, s p (w - cos x) / |x|, the other row's part is left.
    const double p = 1 - std::exp(-value.item()), pull = 2 * p * std::cos(angle) / length;
    check_values(grad({value}, {x})[0], {-pull * std::sin(angle), pull * std::cos(angle)});
  };
  set_statistics(loss, 0, 1e-9);
  check_target(3, 0.3, 1 - 0.8);  // z = 1, 0.3 < m
  set_statistics(loss, 100, 1e-9);
  check_target(3, std::numbers::pi - 0.3, -1);  // z = -1
}

TEST_CASE("AdaFace: training batches move the statistics, evaluation and single rows do not") {
  AdaFaceLoss loss = square();
  const Variable x = leaf({3, 4, 0, 9}, {2, 2});  // lengths 5 and 9: mean 7, std sqrt(8)
  const Tensor labels = integers({0, 1});
  loss.eval();
  loss(x, labels);
  check_values(loss.running_std, {0});
  loss.train();
  loss(slice(x, 0, 0, 1), integers({0}));
  check_values(loss.running_std, {0});
  loss(x, labels);  // the first
  check_values(loss.running_mean, {7});
  check_values(loss.running_std, {std::sqrt(8.0)});
  loss(2 * x, labels);
  check_values(loss.running_mean, {0.99 * 7 + 0.01 * 14});
  check_values(loss.running_std, {0.99 * std::sqrt(8.0) + 0.01 * std::sqrt(32.0)});
  loss.eval();
  loss(5 * x, labels);
  check_values(loss.running_mean, {7.07});
  CHECK(names(loss.named_buffers()) == std::vector<std::string>{"running_mean", "running_std"});
}

TEST_CASE("AdaFace: a batch that is refused moves no statistics") {
  AdaFaceLoss loss = square();
  const Variable x = leaf({3, 4, 0, 9}, {2, 2});
  check_errors({{[&] {
                   loss(x, integers({0, 2}));
                 },
                 "AdaFaceLoss: label 2 at row 1, but there are 2 classes"},
                {[&] {
                   loss(Variable(x.value().to(DType::float32)), integers({0, 1}));
                 },
                 "AdaFaceLoss: dtypes differ: float32 and float64"}});
  check_values(loss.running_mean, {0});
}

TEST_CASE("AdaFace: lengths that are all equal make it CosFace") {
  Generator generator(2);
  const Variable directions(randn({5, 4}, DType::float64, 0, 1, generator));
  const Variable x((7 * normalize(directions)).value());
  const Tensor weight = randn({3, 4}, DType::float64, 0, 1, generator);
  const auto value = [&](MarginLoss&& loss) {
    loss.to(DType::float64);
    loss.weight.set_value(weight);
    return loss(x, integers({0, 1, 2, 2, 0}));
  };
  check_close(value(AdaFaceLoss(4, 3, 64, 0.3)).value(), value(CosFaceLoss(4, 3, 64, 0.3)).value(),
              1e-10);
}

TEST_CASE("AdaFace: no gradient flows through the lengths: it is at right angles to the features") {
  Generator generator(4);
  const Variable x(randn({8, 5}, DType::float64, 0, 1, generator), true);
  AdaFaceLoss loss(5, 4, 8);
  loss.to(DType::float64);
  loss.weight.set_value(randn({4, 5}, DType::float64, 0, 1, generator));
  const Tensor labels = integers({0, 1, 2, 3, 0, 1, 2, 3});
  const Variable gradient = grad({loss(x, labels)}, {x})[0];
  CHECK(norm(gradient).item() > 1e-2);
  check_values(sum(x * gradient, {1}), std::vector<double>(8, 0));
}

}  // namespace gradian::test
