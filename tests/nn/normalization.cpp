// Layer, group and batch norm: values by hand, and what running statistics do.
#include <cmath>

#include "autograd/node.h"
#include "nn/layers.h"
#include "tensor/random.h"
#include "tests/nn/layer_values.h"

namespace gradian::test {

TEST_CASE("LayerNorm: mean 0 and variance 1 over the last axes, then weight and bias") {
  // {1, 3}: mean 2, variance 1;  {10, 30}: mean 20, variance 100. With eps 0 both give {-1, 1}.
  nn::LayerNorm layer = with_values(nn::LayerNorm({2}, 0), {2, 3}, {10, 20});
  check_values(layer(input({1, 3, 10, 30}, {2, 2})), {-2 + 10, 3 + 20, -2 + 10, 3 + 20});
  // Over two axes: {1, 3, 10, 30} has mean 11 and variance (100 + 64 + 1 + 361) / 4 = 131.5.
  nn::LayerNorm both({2, 2}, 0, false);
  CHECK(both.parameter_count() == 0);
  const double deviation = std::sqrt(131.5);
  check_values(both(input({1, 3, 10, 30}, {1, 2, 2})),
               {-10 / deviation, -8 / deviation, -1 / deviation, 19 / deviation});
  // eps keeps a constant row finite: (5 - 5) / sqrt(0 + eps) = 0.
  check_values(nn::LayerNorm(2, 1e-5, false)(input({5, 5}, {1, 2})), {0, 0});
}

TEST_CASE("BatchNorm1d: batch statistics in training, running ones afterwards") {
  // Column 0 is {1, 3}: mean 2, variance 1 (divisor n) or 2 (divisor n - 1).
  // Column 1 is {10, 30}: mean 20, variance 100 or 200.
  nn::BatchNorm1d layer = with_values(nn::BatchNorm1d(2), {1, 2}, {0, 5});
  const double a = 1 / std::sqrt(1 + 1e-5), b = 10 / std::sqrt(100 + 1e-5);
  check_values(layer(input({1, 10, 3, 30}, {2, 2})), {-a, -2 * b + 5, a, 2 * b + 5});
  // The running mean starts at 0, the variance at 1; a tenth of the way to the batch's, the
  // variance being the one with divisor n - 1.
  check_values(layer.running_mean, {0.2, 2});
  check_values(layer.running_var, {0.9 + 0.2, 0.9 + 20});

  // A second batch, {5, 9} and {0, 0}: means 7 and 0, variances (n - 1) 8 and 0.
  layer(input({5, 0, 9, 0}, {2, 2}));
  check_values(layer.running_mean, {0.9 * 0.2 + 0.7, 0.9 * 2});
  check_values(layer.running_var, {0.9 * 1.1 + 0.8, 0.9 * 20.9});
  CHECK(layer.num_batches_tracked.item() == 2);

  // Evaluation uses them, leaves them, and takes a batch of one: 0.88 and 1.79 in column 0,
  // 1.8 and 18.81 in column 1.
  layer.eval();
  check_values(layer(input({1, 10}, {1, 2})),
               {(1 - 0.88) / std::sqrt(1.79 + 1e-5), (10 - 1.8) / std::sqrt(18.81 + 1e-5) * 2 + 5});
  check_values(layer.running_mean, {0.88, 1.8});
}

TEST_CASE("BatchNorm1d: momentum is the share of the new batch, eps is added to the variance") {
  nn::BatchNorm1d layer(1, {.eps = 3, .momentum = 0.5, .affine = false});
  layer.to(DType::float64);
  CHECK(layer.parameter_count() == 0);
  check_values(layer(input({1, 3}, {2, 1})), {-0.5, 0.5});  // -1 / sqrt(1 + 3)
  check_values(layer.running_mean, {1});                    // (0 + 2) / 2
  check_values(layer.running_var, {1.5});                   // (1 + 2) / 2
}

TEST_CASE("BatchNorm1d: without a momentum the running statistics are those of all batches") {
  nn::BatchNorm1d layer(1, {.momentum = {}});
  layer.to(DType::float64);
  // Means 2, 7 and 3; variances with divisor n - 1 2, 8 and 2: averages 2, 4.5, 4 and 2, 5, 4.
  layer(input({1, 3}, {2, 1}));
  check_values(layer.running_mean, {2});
  check_values(layer.running_var, {2});
  layer(input({5, 9}, {2, 1}));
  layer(input({2, 4}, {2, 1}));
  check_values(layer.running_mean, {4});
  check_values(layer.running_var, {4});
  CHECK(layer.num_batches_tracked.item() == 3);
  CHECK(layer.num_batches_tracked.dtype() == DType::int64);
}

TEST_CASE("BatchNorm1d: without running statistics evaluation takes the batch's") {
  nn::BatchNorm1d layer(1, {.eps = 3, .track_running_stats = false});
  layer.to(DType::float64);
  CHECK(layer.named_buffers().empty());
  for (const bool training : {true, false}) {
    layer.train(training);
    check_values(layer(input({1, 3}, {2, 1})), {-0.5, 0.5});  // -1 / sqrt(1 + 3)
  }
}

TEST_CASE("GroupNorm: mean 0 and variance 1 over a group of channels, then a weight a channel") {
  // Channels {1, 3}, {5, 7} and {2, 2}, {2, 2}. In two groups: {1, 3, 5, 7} has mean 4 and variance
  // (9 + 1 + 1 + 9) / 4 = 5, which with eps 4 gives a deviation of 3; four times 2 give 0.
  const Variable x = input({1, 3, 5, 7, 2, 2, 2, 2}, {1, 4, 2});
  nn::GroupNorm layer = with_values(nn::GroupNorm(2, 4, 4), {3, 6, 1, 1}, {0, 1, 7, 8});
  check_values(layer(x), {-3, -1, 3, 7, 7, 7, 8, 8});
  // One group is layer norm without the batch, as many as channels normalise each by itself: 1 and
  // 3 have the variance 1, 5 and 7 too.
  nn::GroupNorm each(4, 4, 3, false);
  check_values(each(x), {-0.5, 0.5, -0.5, 0.5, 0, 0, 0, 0});
  check_close(nn::GroupNorm(1, 4, 0.5, false)(x).value(),
              nn::LayerNorm({4, 2}, 0.5, false)(x).value());
}

TEST_CASE("BatchNorm: statistics run over all axes but the channels'") {
  // 1, 2 and 3, 6 are the two images' (or rows') values of the one channel: mean 3,
  // variance (4 + 1 + 0 + 9) / 4 = 3.5, or 14 / 3 with divisor n - 1.
  const double d = std::sqrt(3.5 + 1e-5);
  const auto check_layer = [&](nn::BatchNorm&& layer, const Shape& shape) {
    layer.to(DType::float64);
    check_values(layer(input({1, 2, 3, 6}, shape)), {-2 / d, -1 / d, 0, 3 / d});
    check_values(layer.running_mean, {0.3});
    check_values(layer.running_var, {0.9 + 1.4 / 3});
  };
  check_layer(nn::BatchNorm1d(1), {2, 1, 2});
  check_layer(nn::BatchNorm2d(1), {2, 1, 1, 2});
  check_layer(nn::BatchNorm2d(1), {1, 1, 2, 2});  // one image has several values a channel
}

TEST_CASE("BatchNorm: a refused batch leaves no trace in the running statistics") {
  nn::BatchNorm1d layer(2, {.momentum = {}});
  for (const Shape& shape : {Shape{1, 2}, Shape{4, 3}, Shape{0, 2}})
    CHECK_THROWS_AS(layer(Tensor::ones(shape)), Error);
  CHECK_THROWS_AS(layer(Tensor::ones({4, 2}, DType::float64)), Error);
  check_values(layer.running_mean, {0, 0});
  check_values(layer.running_var, {1, 1});
  check_values(layer.num_batches_tracked, {0});
}

TEST_CASE("BatchNorm: running statistics are no part of the graph") {
  nn::BatchNorm1d layer(1);
  layer.to(DType::float64);
  const Variable x = leaf({1, 3}, {2, 1});
  const Variable y = layer(x);
  CHECK(!layer.running_mean.requires_grad());
  layer(x);  // moves them once more, which the first graph does not mind
  sum(y * y).backward();
  // In training the output does not depend on a shift of the batch: the gradients sum to 0.
  check_values(sum(x.grad()), {0});

  // In evaluation the layer is affine, with slope weight / sqrt(running_var + eps).
  layer.eval();
  layer.running_var.set_value(doubles({4 - 1e-5}));
  layer.weight.set_value(doubles({3}));
  const Variable z = leaf({5, -5}, {2, 1});
  sum(layer(z)).backward();
  check_values(z.grad(), {1.5, 1.5});
}

struct Halved : nn::BatchNorm2d {
  using BatchNorm2d::BatchNorm2d;
  Variable forward(const Variable& x) override { return 0.5 * BatchNorm2d::forward(x); }
};
struct Doubled : nn::PReLU {
  using PReLU::PReLU;
  Variable forward(const Variable& x) override { return 2 * PReLU::forward(x); }
};

TEST_CASE("Sequential: BatchNorm2d and the PReLU behind it are one op, in training alone") {
  manual_seed(1);
  const Variable x(randn({4, 2, 3, 3}));
  const auto check_pair = [&]<class Norm, class Activation>(Norm norm, Activation activation,
                                                            bool together) {
    nn::Sequential network{Norm(2), Activation(activation.weight.numel())};
    for (const bool training : {true, false}) {
      CAPTURE(training);
      network.train(training), norm.train(training);
      const Variable y = network(x), apart = activation(norm(x));
      CHECK(identical(y.value(), apart.value()));
      CHECK((recorded_ops(y) == recorded_ops(apart)) == !(training && together));
    }
    CHECK(identical(network.named_buffers()[1].variable.value(), norm.running_var.value()));
  };
  check_pair(nn::BatchNorm2d(2), nn::PReLU(2), true);
  check_pair(nn::BatchNorm2d(2), nn::PReLU(), true);
  check_pair(Halved(2), nn::PReLU(2), false);
  check_pair(nn::BatchNorm2d(2), Doubled(2), false);
  nn::Sequential unfit{nn::BatchNorm2d(2), nn::PReLU(3)};
  CHECK(error_of([&] { unfit(x); }) ==
        "PReLU: expected 3 channels at axis 1, got shape [4, 2, 3, 3]");
  nn::PReLU exact(2);
  exact.to(DType::float64);
  nn::Sequential mixed{nn::BatchNorm2d(2), std::move(exact)};
  CHECK(error_of([&] { mixed(x); }).starts_with("PReLU: "));
}

}  // namespace gradian::test
