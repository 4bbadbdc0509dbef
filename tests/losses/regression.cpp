// Losses on values and on distances between embeddings: values and gradients by hand.
#include <cmath>

#include "losses/pairs.h"
#include "losses/regression.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

double ln(double x) { return std::log(x); }

// Checks every reduction of a loss, and the gradient of its sum by x.
void check_loss(const std::function<Variable(const Variable& x, Reduction)>& loss,
                const Variable& x, const std::vector<double>& each,
                const std::vector<double>& gradient) {
  double total = 0;
  for (const double value : each) total += value;
  check_values(loss(x, Reduction::none), each);
  check_values(loss(x, Reduction::mean), {total / static_cast<double>(each.size())});
  const Variable sum = loss(x, Reduction::sum);
  check_values(sum, {total});
  check_values(grad({sum}, {x})[0], gradient);
}

}  // namespace

TEST_CASE("mse_loss, l1_loss, smooth_l1_loss: by hand") {
  // Differences -3, -0.5, 0, 0.5, 2.
  const Variable x = leaf({-2, 0.5, 1, 1.5, 3}, {5});
  const Variable target(doubles({1, 1, 1, 1, 1}));
  check_loss([&](const Variable& in, Reduction r) { return mse_loss(in, target, {r}); }, x,
             {9, 0.25, 0, 0.25, 4}, {-6, -1, 0, 1, 4});
  check_loss([&](const Variable& in, Reduction r) { return l1_loss(in, target, {r}); }, x,
             {3, 0.5, 0, 0.5, 2}, {-1, -1, 0, 1, 1});
  // d^2 / 2 below 1, d - 1/2 from there on.
  check_loss([&](const Variable& in, Reduction r) { return smooth_l1_loss(in, target, {r}); }, x,
             {2.5, 0.125, 0, 0.125, 1.5}, {-1, -0.5, 0, 0.5, 1});
  // beta 4: d^2 / 8 everywhere here, slope d / 4;  beta 0.25: d - 0.125;  beta 0: the l1 loss.
  const auto smooth = [&](double beta) {
    return [&target, beta](const Variable& in, Reduction r) {
      return smooth_l1_loss(in, target, {r, beta});
    };
  };
  check_loss(smooth(4), x, {9.0 / 8, 1.0 / 32, 0, 1.0 / 32, 0.5}, {-0.75, -0.125, 0, 0.125, 0.5});
  check_loss(smooth(0.25), x, {2.875, 0.375, 0, 0.375, 1.875}, {-1, -1, 0, 1, 1});
  check_loss(smooth(0), x, {3, 0.5, 0, 0.5, 2}, {-1, -1, 0, 1, 1});
}

TEST_CASE("smooth_l1_loss: both pieces meet at beta, in value and in slope") {
  const Variable target(doubles({0, 0}));
  const Variable x = leaf({2 - 1e-9, 2}, {2});  // beta = 2: 2^2 / 4 = 2 - 1
  check_loss(
      [&](const Variable& in, Reduction r) {
        return smooth_l1_loss(in, target, {r, 2});
      },
      x, {1 - 1e-9, 1}, {1 - 5e-10, 1});
}

TEST_CASE("losses reach the target too, when it requires grad") {
  const Variable x = leaf({3}, {1}), target = leaf({1}, {1});
  mse_loss(x, target).backward();
  check_values(target.grad(), {-4});
}

TEST_CASE("binary_cross_entropy_with_logits: by hand") {
  // sigmoid(0) = 1/2; sigmoid(ln 3) = 3/4. The gradient is p - t.
  const Variable x = leaf({0, ln(3), ln(3), ln(3)}, {4});
  const Variable target(doubles({1, 1, 0, 0.5}));
  const auto loss = [&](const Tensor& weight, const Tensor& pos_weight) {
    return [=](const Variable& in, Reduction r) {
      return binary_cross_entropy_with_logits(
          in, target, {.weight = weight, .pos_weight = pos_weight, .reduction = r});
    };
  };
  const double positive = ln(4.0 / 3), negative = ln(4);
  check_loss(loss({}, {}), x, {ln(2), positive, negative, (positive + negative) / 2},
             {-0.5, -0.25, 0.75, 0.25});
  // pos_weight 2 doubles the part of t: the gradient is (1 - t) p - 2 t (1 - p).
  check_loss(loss({}, doubles({2})), x,
             {2 * ln(2), 2 * positive, negative, positive + negative / 2},
             {-1, -0.5, 0.75, 0.375 - 0.25});
  check_loss(loss(doubles({1, 10, 0, 2}), {}), x, {ln(2), 10 * positive, 0, positive + negative},
             {-0.5, -2.5, 0, 0.5});
}

TEST_CASE("binary_cross_entropy_with_logits: logits of +-10000 give exact losses and gradients") {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x(doubles({1e4, 1e4, -1e4, -1e4}).to(dtype), true);
    const Variable target(doubles({0, 1, 0, 1}).to(dtype));
    check_loss(
        [&](const Variable& in, Reduction r) {
          return binary_cross_entropy_with_logits(in, target, {.reduction = r});
        },
        x, {1e4, 0, 0, 1e4}, {1, 0, 0, -1});
  }
}

TEST_CASE("binary_cross_entropy_with_logits: weights broadcast to the logits") {
  const std::vector<std::pair<Shape, Shape>> fit{
      {{4}, {4}}, {{1}, {4}}, {{}, {4}}, {{4, 1}, {4, 3}}, {{3}, {4, 3}}};
  for (const auto& shapes : fit) {
    const Variable x(Tensor::zeros(shapes.second));
    const Tensor twice = Tensor::full(shapes.first, 2);
    const Tensor all(Tensor::full(shapes.second, 2));
    const auto loss = [&](const BinaryCrossEntropyOptions& options) {
      return binary_cross_entropy_with_logits(x, x + 0.5, options).value();
    };
    CHECK(identical(loss({.weight = twice}), loss({.weight = all})));
    CHECK(identical(loss({.pos_weight = twice}), loss({.pos_weight = all})));
  }
}

TEST_CASE("contrastive_loss: pairs of one class attract, others repel up to the margin") {
  // Distances from {0, 0}: 5, 0.5, 0.5, 2. Same: d^2 / 2, pull d. Other: (1 - d)^2 / 2 inside the
  // margin 1, push along x with 1 - d; nothing outside.
  const Variable x = leaf({3, 4, 0.5, 0, 0.5, 0, 0, 2}, {4, 2});
  const Variable other(Tensor::zeros({4, 2}, DType::float64));
  check_loss(
      [&](const Variable& in, Reduction r) {
        return contrastive_loss(in, other, integers({1, 1, 0, 0}), {.reduction = r});
      },
      x, {12.5, 0.125, 0.125, 0}, {3, 4, 0.5, 0, -0.5, 0, 0, 0});
  // Two points in one place have no direction to part in: the full loss 2^2 / 2, but no gradient.
  const Variable same_place = leaf({7, 7}, {1, 2});
  check_loss(
      [&](const Variable& in, Reduction r) {
        return contrastive_loss(in, Variable(doubles({7, 7}, {1, 2})), integers({0}),
                                {.margin = 2, .reduction = r});
      },
      same_place, {2}, {0, 0});
}

TEST_CASE("triplet_margin_loss: the positive must be nearer than the negative by the margin") {
  // Anchor {0, 0}. Row 0: 5 - 2 + 1 = 4. Row 1: 1 - 3 + 1 < 0. eps is switched off.
  const Variable positive(doubles({3, 4, 1, 0}, {2, 2})), negative(doubles({0, 2, 0, 3}, {2, 2}));
  const Variable anchor = leaf({0, 0, 0, 0}, {2, 2});
  // d/da (||a - p|| - ||a - n||) = -{3, 4} / 5 + {0, 2} / 2
  check_loss(
      [&](const Variable& in, Reduction r) {
        return triplet_margin_loss(in, positive, negative, {.eps = 0, .reduction = r});
      },
      anchor, {4, 0}, {-0.6, -0.8 + 1, 0, 0});
  // The default eps is added to each coordinate of a difference, as in PyTorch.
  const double e = 1e-6;
  const double to_positive = std::hypot(-3 + e, -4 + e), to_negative = std::hypot(e, -2 + e);
  check_values(
      slice(triplet_margin_loss(anchor, positive, negative, {.reduction = Reduction::none}), 0, 0,
            1),
      {to_positive - to_negative + 1});
}

}  // namespace gradian::test
