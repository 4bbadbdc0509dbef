// The layers: values by hand, running statistics, randomness, texts of errors.
#include <cmath>

#include "nn/layers.h"
#include "tensor/random.h"
#include "tests/nn/layer_values.h"

namespace gradian::test {
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
  CHECK(nn::AvgPool2d({.kernel = {4, 2}, .padding = {2, 1}}).description() ==
        "AvgPool2d(4x2, padding 2x1)");                               // up to half of each side
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

}  // namespace gradian::test
