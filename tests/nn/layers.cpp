// The layers: values by hand, running statistics, randomness, texts of errors.
#include <cmath>

#include "nn/layers.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// A float64 constant.
Variable input(const std::vector<double>& values, const Shape& shape) {
  return Variable(doubles(values, shape));
}

std::vector<double> counting(int count) {
  std::vector<double> values;
  for (int i = 1; i <= count; ++i) values.push_back(i);
  return values;
}

// A float64 layer with these values in its weight, and in its bias.
template <class Layer>
Layer with_values(Layer layer, const std::vector<double>& weight) {
  layer.to(DType::float64);
  layer.weight.set_value(doubles(weight, layer.weight.shape()));
  return layer;
}
template <class Layer>
Layer with_values(Layer layer, const std::vector<double>& weight, const std::vector<double>& bias) {
  Layer result = with_values(std::move(layer), weight);
  result.bias.set_value(doubles(bias));
  return result;
}

}  // namespace

TEST_CASE("Linear: y = x W^T + b, whatever axes stand before the last") {
  // {1, 1}: {1 + 2 + 10, 3 + 4 + 20};  {2, 0}: {2 + 10, 6 + 20}
  nn::Linear layer = with_values(nn::Linear(2, 2), {1, 2, 3, 4}, {10, 20});
  for (const auto& [in, out] : std::vector<std::pair<Shape, Shape>>{
           {{2, 2}, {2, 2}}, {{2, 1, 2}, {2, 1, 2}}, {{1, 2, 2}, {1, 2, 2}}}) {
    const Variable y = layer(input({1, 1, 2, 0}, in));
    CHECK(y.shape() == out);
    check_values(y, {13, 27, 12, 26});
  }
  const Variable of_vector = layer(input({1, 1}, {2}));
  CHECK(of_vector.shape() == Shape{2});
  check_values(of_vector, {13, 27});
}

TEST_CASE("Linear: without bias there is none, neither in the value nor among the parameters") {
  nn::Linear layer = with_values(nn::Linear(2, 2, false), {1, 2, 3, 4});
  check_values(layer(input({1, 1}, {1, 2})), {3, 7});
  CHECK(!layer.bias.defined());
  CHECK(names(layer.named_parameters()) == std::vector<std::string>{"weight"});
}

TEST_CASE("Conv2d: options by hand") {
  // The 3x3 image {1 2 3, 4 5 6, 7 8 9} under the kernel {1 2, 3 4}, not flipped: the first window
  // {1 2, 4 5} gives 1 + 4 + 12 + 20 = 37, a step to the right adds 1 + 2 + 3 + 4 = 10, a step down
  // three times that.
  using Options = nn::Conv2d::Options;
  struct Case {
    const char* label;
    Options options;
    Shape shape;
    std::vector<double> expected;
  };
  const std::vector<Case> cases = {
      {"plain", {}, {1, 1, 2, 2}, {37, 47, 67, 77}},
      {"stride 2", {.stride = 2}, {1, 1, 1, 1}, {37}},
      {"stride of the height only", {.stride = {2, 1}}, {1, 1, 1, 2}, {37, 47}},
      // Above: 3 4 on the first row, 3 + 8 = 11 and 6 + 12 = 18; below: 1 2 on the last row,
      // 7 + 16 = 23 and 8 + 18 = 26.
      {"zeros above and below",
       {.padding = {1, 0}},
       {1, 1, 4, 2},
       {11, 18, 37, 47, 67, 77, 23, 26}},
      // Each window holds one corner: 4 on 1, 3 on 3, 2 on 7, 1 on 9.
      {"zeros around, stride 3", {.stride = 3, .padding = 1}, {1, 1, 2, 2}, {4, 9, 14, 9}},
      // The corners: 1 + 2 3 + 3 7 + 4 9 = 64.
      {"dilated", {.dilation = 2}, {1, 1, 1, 1}, {64}}};
  for (const Case& c : cases) {
    CAPTURE(c.label);
    const Variable image = input(counting(9), {1, 1, 3, 3});
    nn::Conv2d layer = with_values(nn::Conv2d(1, 1, 2, c.options), {1, 2, 3, 4}, {0});
    const Variable y = layer(image);
    CHECK(y.shape() == c.shape);
    check_values(y, c.expected);
    // The bias is one number a channel, added everywhere.
    layer.bias.set_value(doubles({0.5}));
    check_close(layer(image).value(), (y + 0.5).value());
  }
}

TEST_CASE("Conv2d: channels are summed, and with groups they do not mix") {
  const Variable image = input({1, 2, 3, 4}, {1, 2, 1, 2});  // channels {1, 2} and {3, 4}
  // 1x1 kernels. Weight rows {10, 1} and {0, 2}: 10 c0 + c1 and 2 c1, plus the biases 100 and 200.
  nn::Conv2d dense = with_values(nn::Conv2d(2, 2, 1), {10, 1, 0, 2}, {100, 200});
  check_values(dense(image), {113, 124, 206, 208});
  nn::Conv2d grouped = with_values(nn::Conv2d(2, 2, 1, {.groups = 2, .bias = false}), {10, 2});
  CHECK(grouped.weight.shape() == Shape{2, 1, 1, 1});
  check_values(grouped(image), {10, 20, 6, 8});
}

TEST_CASE("Conv2d: kernels may be rectangular") {
  nn::Conv2d layer = with_values(nn::Conv2d(1, 1, Pair{1, 2}, {.bias = false}), {1, -1});
  check_values(layer(input({5, 3, 4, 9}, {1, 1, 1, 4})), {2, -1, -5});
}

TEST_CASE("MaxPool2d: the largest of each window") {
  // {1 2 3 4, 5 6 7 8, 9 10 11 12, 13 14 15 16}
  const Variable x = input(counting(16), {1, 1, 4, 4});
  check_values(nn::MaxPool2d(2)(x), {6, 8, 14, 16});
  check_values(nn::MaxPool2d(3)(x), {11});  // what does not fill a window is left out
  check_values(nn::MaxPool2d({.kernel = 3, .stride = 1})(x), {11, 12, 15, 16});
  check_values(nn::MaxPool2d({.kernel = 2, .stride = 2, .dilation = 2})(x), {11});
  // Padding never wins, not even against negative values.
  check_values(nn::MaxPool2d({.kernel = 3, .stride = 3, .padding = 1})(x * -1.0),
               {-1, -3, -9, -11});
}

TEST_CASE("MaxPool2d: the gradient goes to the largest, to the first of equals, and adds up") {
  const Variable x = leaf({1, 7, 7, 2}, {1, 1, 1, 4});
  sum(nn::MaxPool2d({.kernel = {1, 2}, .stride = 1})(x)).backward();
  check_values(x.grad(), {0, 2, 1, 0});  // windows {1 7}, {7 7}, {7 2}
}

TEST_CASE("AvgPool2d: the mean of each window, padding counted or not") {
  const Variable x = input(counting(16), {1, 1, 4, 4});
  check_values(nn::AvgPool2d(2)(x), {3.5, 5.5, 11.5, 13.5});
  const Pool2dOptions padded{.kernel = 2, .stride = 2, .padding = 1};
  const Variable square = input({1, 2, 3, 4}, {1, 1, 2, 2});
  check_values(nn::AvgPool2d(padded)(square), {0.25, 0.5, 0.75, 1});  // each alone among zeros
  check_values(nn::AvgPool2d(padded, false)(square), {1, 2, 3, 4});
}

TEST_CASE("AdaptiveAvgPool2d: windows cover the input, overlapping where sizes do not divide") {
  // 5 -> 3: columns 0-1, 1-3, 3-4, hence 1.5, 3, 4.5
  check_values(nn::AdaptiveAvgPool2d({1, 3})(input(counting(5), {1, 1, 1, 5})), {1.5, 3, 4.5});
  // 3 -> 2 in both directions: {1 2 4 5}, {2 3 5 6}, {4 5 7 8}, {5 6 8 9}
  check_values(nn::AdaptiveAvgPool2d({2, 2})(input(counting(9), {1, 1, 3, 3})), {3, 4, 6, 7});
  // 2 -> 3, more than there is: columns 0, 0-1, 1
  check_values(nn::AdaptiveAvgPool2d({1, 3})(input({1, 2}, {1, 1, 1, 2})), {1, 1.5, 2});
  // The global mean of each channel.
  const Variable y = nn::AdaptiveAvgPool2d(1)(input(counting(8), {1, 2, 2, 2}));
  CHECK(y.shape() == Shape{1, 2, 1, 1});
  check_values(y, {2.5, 6.5});
}

TEST_CASE("PReLU: one slope for all, or one for each channel at axis 1") {
  nn::PReLU shared;
  check_values(shared(Variable(Tensor::from(std::vector<float>{-4, 0, 2}, {3}))), {-1, 0, 2});
  CHECK(shared(Variable(Tensor::scalar(-4))).shape() == Shape{});
  const Variable x = leaf({-1, -1, 2, -4}, {2, 2});
  nn::PReLU per_channel = with_values(nn::PReLU(2), {0.5, 0.25});
  const Variable y = per_channel(x);
  check_values(y, {-0.5, -0.25, 2, -1});
  sum(y).backward();
  check_values(x.grad(), {0.5, 0.25, 1, 0.25});
  check_values(per_channel.weight.grad(), {-1, -1 - 4});  // the sum of the channel's negatives
  // Channels of an image: axis 1 of four.
  check_values(per_channel(input({-1, -2, -3, -4}, {1, 2, 1, 2})), {-0.5, -1, -0.75, -1});
}

TEST_CASE("ReLU: max(x, 0); Flatten: the axes from start_axis on become one") {
  check_values(nn::ReLU()(input({-2, 0, 3}, {3})), {0, 0, 3});
  const Variable x = input(counting(24), {2, 3, 4});
  CHECK(nn::Flatten()(x).shape() == Shape{2, 12});
  CHECK(nn::Flatten(0)(x).shape() == Shape{24});
  check_values(nn::Flatten()(x), counting(24));
}

TEST_CASE("Dropout: zeroes a share p in training and scales the rest by 1 / (1 - p)") {
  manual_seed(1);
  constexpr int64_t kCount = 100'000;
  constexpr double p = 0.3;
  nn::Dropout layer(p);
  const Variable x(Tensor::ones({kCount}), true);
  const Variable y = layer(x);
  int64_t zeros = 0, scaled = 0;
  for (const float value : y.value().to_vector<float>()) {
    zeros += value == 0;
    scaled += std::abs(value - 1 / (1 - p)) < 1e-6;
  }
  CHECK(zeros + scaled == kCount);
  // The share is within five standard deviations, sqrt(p (1 - p) / n) = 0.0014 each, of p.
  const double share = static_cast<double>(zeros) / kCount;
  CHECK(std::abs(share - p) < 5 * std::sqrt(p * (1 - p) / kCount));
  // What was dropped gets no gradient, the rest 1 / (1 - p): with x = 1 that is y itself.
  sum(y).backward();
  CHECK(identical(x.grad().value(), y.value()));
}

TEST_CASE("Dropout: the identity in eval mode and for p = 0, zero for p = 1") {
  const Variable x = leaf({1, -2, 3}, {3});
  nn::Dropout half(0.5), never(0), always(1);
  check_values(never(x), {1, -2, 3});
  check_values(always(x), {0, 0, 0});
  for (nn::Dropout* layer : {&half, &never, &always}) {
    layer->eval();
    CHECK((*layer)(x).id() == x.id());
  }
}

TEST_CASE("Dropout: the same seed gives the same mask, the next call another one") {
  const Variable x(Tensor::ones({100}));
  nn::Dropout layer;
  manual_seed(7);
  const Tensor first = layer(x).value(), second = layer(x).value();
  manual_seed(7);
  CHECK(identical(layer(x).value(), first));
  CHECK(!identical(second, first));
}

TEST_CASE("Embedding: rows of the table, in the shape of the index; repeated rows add up") {
  nn::Embedding layer = with_values(nn::Embedding(3, 2), {1, 2, 3, 4, 5, 6});
  const Variable y = layer(integers({2, 0, 2, 1}).reshape({2, 2}));
  CHECK(y.shape() == Shape{2, 2, 2});
  check_values(y, {5, 6, 1, 2, 5, 6, 3, 4});
  sum(y).backward();
  check_values(layer.weight.grad(), {1, 1, 1, 1, 2, 2});
}

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
  check_values(nn::LayerNorm({2}, 1e-5, false)(input({5, 5}, {1, 2})), {0, 0});
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

TEST_CASE("layers: functions as layers, of the library and of one's own") {
  const Variable x = input({-2, 0, 3}, {3});
  const double e2 = std::exp(2), e3 = std::exp(3);
  const double sigmoid2 = 1 / (1 + e2), sigmoid3 = e3 / (1 + e3);
  check_values(nn::Tanh()(x), {std::tanh(-2), 0, std::tanh(3)});
  check_values(nn::Sigmoid()(x), {sigmoid2, 0.5, sigmoid3});
  check_values(nn::SiLU()(x), {-2 * sigmoid2, 0, 3 * sigmoid3});
  check_values(nn::Softplus()(x), {std::log1p(1 / e2), std::log(2), std::log1p(e3)});
  check_values(nn::LeakyReLU()(x), {-0.02, 0, 3});
  check_values(nn::LeakyReLU(0.2)(x), {-0.4, 0, 3});
  const auto cdf = [](double z) { return std::erfc(-z / std::sqrt(2)) / 2; };
  check_values(nn::GELU()(x), {-2 * cdf(-2), 0, 3 * cdf(3)});
  check_values(nn::GELU(false)(x), {-2 * cdf(-2), 0, 3 * cdf(3)});
  check_close(nn::GELU(true)(x).value(), gelu(x, true).value());
  CHECK(nn::Identity()(x).id() == x.id());
  check_values(nn::Function("square", [](const Variable& v) { return v * v; })(x), {4, 0, 9});
  check_values(nn::Function("exp", exp)(x), {1 / e2, 1, e3});
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

TEST_CASE("layers: inputs that do not fit are refused with a reason") {
  const auto zeros = [](const Shape& shape) { return Variable(Tensor::zeros(shape)); };
  nn::Linear linear(4, 2);
  nn::Conv2d conv(3, 2, 5);
  nn::BatchNorm1d norm1d(2);
  nn::BatchNorm2d norm2d(2);
  nn::GroupNorm groups(2, 4);
  nn::Embedding table(3, 2);
  check_errors({
      {[&] {
         linear(zeros({2, 3}));
       },
       "linear: expected x [..., I] and weight [O, I], got x [2, 3], weight [2, 4]"},
      {[&] {
         linear(Variable(Tensor::zeros({2, 4}, DType::float64)));
       },
       "linear: dtypes differ: float64 and float32"},
      {[&] {
         conv(zeros({1, 1, 8, 8}));
       },
       "conv2d: channels do not fit: input [1, 1, 8, 8], weight [2, 3, 5, 5], groups 1"},
      {[&] {
         conv(zeros({3, 8, 8}));
       },
       "conv2d: expected input [N, C, H, W] and weight [O, C / groups, KH, KW], got input "
       "[3, 8, 8], weight [2, 3, 5, 5]"},
      {[&] {
         conv(zeros({1, 3, 4, 8}));
       },
       "conv2d: a kernel [5, 5] with dilation [1, 1] is larger than the input [1, 3, 4, 8] with "
       "padding [0, 0]"},
      {[&] {
         nn::MaxPool2d(3)(zeros({1, 1, 2, 8}));
       },
       "max_pool2d: a kernel [3, 3] with dilation [1, 1] is larger than the input [1, 1, 2, 8] "
       "with padding [0, 0]"},
      {[&] {
         nn::MaxPool2d(2)(zeros({2, 8}));
       },
       "max_pool2d: expected input [N, C, H, W], got [2, 8]"},
      {[&] {
         nn::AvgPool2d(2)(zeros({2, 8}));
       },
       "avg_pool2d: expected input [N, C, H, W], got [2, 8]"},
      {[&] {
         nn::AdaptiveAvgPool2d(1)(zeros({2, 8}));
       },
       "adaptive_avg_pool2d: expected input [N, C, H, W], got [2, 8]"},
      {[&] {
         nn::PReLU(3)(zeros({2, 4}));
       },
       "PReLU: expected 3 channels at axis 1, got shape [2, 4]"},
      {[&] {
         nn::LayerNorm({3})(zeros({2, 2}));
       },
       "layer_norm: expected the last axes to be [3], got shape [2, 2]"},
      {[&] {
         nn::LayerNorm({2, 2})(zeros({2}));
       },
       "layer_norm: expected the last axes to be [2, 2], got shape [2]"},
      {[&] { groups(zeros({4})); }, "GroupNorm: expected 4 channels at axis 1, got shape [4]"},
      {[&] {
         groups(zeros({2, 6, 1}));
       },
       "GroupNorm: expected 4 channels at axis 1, got shape [2, 6, 1]"},
      {[&] {
         norm1d(zeros({1, 2}));
       },
       "BatchNorm1d: the statistics of a batch need more than one value a channel, got shape [1, "
       "2]"},
      {[&] {
         norm2d(zeros({1, 2, 1, 1}));
       },
       "BatchNorm2d: the statistics of a batch need more than one value a channel, got shape [1, "
       "2, 1, 1]"},
      {[&] {
         norm1d(zeros({4, 3}));
       },
       "BatchNorm1d: expected 2 channels at axis 1 of an input with 2 or 3 axes, got [4, 3]"},
      {[&] {
         norm1d(zeros({4, 2, 3, 3}));
       },
       "BatchNorm1d: expected 2 channels at axis 1 of an input with 2 or 3 axes, got [4, 2, 3, 3]"},
      {[&] {
         norm2d(zeros({4, 2}));
       },
       "BatchNorm2d: expected 2 channels at axis 1 of an input with 4 axes, got [4, 2]"},
      {[&] {
         table(integers({0, 3}));
       },
       "embedding: index 3 is outside 0 to 2"},
      {[&] { table(integers({-1})); }, "embedding: index -1 is outside 0 to 2"},
      {[&] { table(Tensor::zeros({2})); }, "embedding: the index must be int64, got float32"},
  });
  check_values(norm1d.running_mean, {0, 0});  // refused batches have left no trace
}

}  // namespace gradian::test
