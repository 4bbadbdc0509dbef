// Convolution, its two gradients and max-pooling against plain loops over their definitions, over a
// table of geometries, layouts and dtypes; the adjoint identity; the texts of errors.
#include <doctest/doctest.h>

#include "autograd/ops.h"
#include "tensor/conv/pooling.h"
#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::error_over_bound;
using reference::identical;
using reference::sample;

constexpr DType kFloating[] = {DType::float32, DType::float64};

struct Case {
  const char* name;
  Shape input;   // [N, C, H, W]
  Shape weight;  // [O, C / groups, KH, KW]
  Conv2dOptions options;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"plain", {2, 3, 6, 7}, {4, 3, 3, 3}, {}},
      {"same size", {2, 3, 6, 7}, {4, 3, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}},
      {"1 x 1 kernel", {2, 5, 4, 3}, {6, 5, 1, 1}, {}},
      {"1 x 1 kernel, stride 2", {2, 5, 5, 4}, {6, 5, 1, 1}, {{2, 2}, {0, 0}, {1, 1}, 1}},
      {"1 x 1 image", {3, 4, 1, 1}, {5, 4, 1, 1}, {}},
      {"rectangular kernel", {2, 2, 8, 9}, {3, 2, 2, 5}, {}},
      {"rectangular everything", {2, 4, 9, 11}, {6, 2, 4, 2}, {{2, 3}, {1, 2}, {2, 1}, 2}},
      {"other way round", {2, 4, 11, 9}, {6, 2, 2, 4}, {{3, 2}, {2, 1}, {1, 2}, 2}},
      {"stride > kernel", {2, 2, 11, 12}, {3, 2, 2, 2}, {{3, 5}, {0, 0}, {1, 1}, 1}},
      {"stride > image", {2, 2, 3, 4}, {3, 2, 2, 2}, {{7, 9}, {1, 1}, {1, 1}, 1}},
      {"stride that leaves rows unread", {1, 2, 8, 8}, {2, 2, 3, 3}, {{4, 4}, {0, 0}, {1, 1}, 1}},
      {"padding > kernel", {2, 2, 4, 3}, {3, 2, 2, 2}, {{1, 1}, {4, 5}, {1, 1}, 1}},
      {"padding > kernel, stride 3", {1, 2, 4, 3}, {3, 2, 2, 2}, {{3, 3}, {5, 4}, {1, 1}, 1}},
      {"kernel > image", {2, 2, 3, 2}, {3, 2, 5, 5}, {{1, 1}, {2, 2}, {1, 1}, 1}},
      {"dilation", {2, 2, 9, 10}, {3, 2, 3, 3}, {{1, 1}, {2, 2}, {2, 3}, 1}},
      {"dilation > image", {1, 2, 3, 3}, {2, 2, 2, 2}, {{1, 1}, {3, 3}, {5, 5}, 1}},
      {"three groups", {2, 6, 5, 5}, {3, 2, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 3}},
      {"depthwise", {2, 4, 5, 5}, {4, 1, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 4}},
      {"depthwise, two filters a channel", {2, 3, 5, 5}, {6, 1, 2, 2}, {{1, 1}, {0, 0}, {1, 1}, 3}},
      {"one image", {1, 1, 5, 5}, {1, 1, 5, 5}, {}},
      {"more images than blocks", {35, 2, 4, 4}, {3, 2, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}},
      {"many images, all strided", {19, 3, 9, 8}, {5, 3, 3, 2}, {{3, 2}, {2, 1}, {1, 3}, 1}},
      {"several bands of rows", {17, 40, 33, 9}, {2, 40, 3, 3}, {{2, 2}, {1, 1}, {1, 1}, 1}},
      {"no image", {0, 3, 6, 7}, {4, 3, 3, 3}, {}},
      {"no filter", {2, 3, 6, 7}, {0, 3, 3, 3}, {}},
      {"no channel", {2, 0, 4, 4}, {3, 0, 3, 3}, {}},
      {"no row, padding alone", {2, 2, 0, 4}, {3, 2, 2, 2}, {{1, 1}, {2, 2}, {1, 1}, 1}},
      {"a row over 64 wide", {1, 2, 3, 67}, {2, 2, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}},
  };
  return all;
}

// Each result is a sum of products; how many at most is bounded by the number of all of them.
void check_sums(const Tensor& got, const Array& want, const Array& absolute_sum, int64_t terms) {
  const Array bound = reference::rounding_bound(absolute_sum, terms, got.dtype());
  CHECK(got.is_contiguous());
  CHECK(error_over_bound(got, want, bound) <= 1);
}

void check_conv2d(const Tensor& x, const Tensor& w, const Conv2dOptions& options) {
  const Array a(x), b(w);
  check_sums(conv2d(x, w, options), reference::conv2d(a, b, options),
             reference::conv2d(reference::absolute(a), reference::absolute(b), options),
             w.numel() / std::max<int64_t>(1, w.size(0)));
}

void check_input_gradient(const Tensor& dy, const Tensor& w, const Shape& input,
                          const Conv2dOptions& options) {
  const Array a(dy), b(w);
  check_sums(conv2d_input_gradient(dy, w, input, options),
             reference::conv2d_input_gradient(a, b, input, options),
             reference::conv2d_input_gradient(reference::absolute(a), reference::absolute(b), input,
                                              options),
             w.numel());
}

void check_weight_gradient(const Tensor& dy, const Tensor& x, const Shape& weight,
                           const Conv2dOptions& options) {
  const Array a(dy), b(x);
  check_sums(conv2d_weight_gradient(dy, x, weight, options),
             reference::conv2d_weight_gradient(a, b, weight, options),
             reference::conv2d_weight_gradient(reference::absolute(a), reference::absolute(b),
                                               weight, options),
             dy.numel());
}

TEST_CASE("conv2d gives the values of an example worked by hand") {
  const Tensor x = Tensor::arange(9, DType::float32).reshape({1, 1, 3, 3});
  const Tensor w = Tensor::from<float>({1, 2, 0, -1}, {1, 1, 2, 2});
  // x = 0 1 2    w = 1  2
  //     3 4 5        0 -1
  //     6 7 8
  CHECK(conv2d(x, w, {}).to_vector<float>() ==
        std::vector<float>{0 + 2 - 4, 1 + 4 - 5, 3 + 8 - 7, 4 + 10 - 8});
  const Conv2dOptions padded{{2, 2}, {1, 1}, {1, 1}, 1};  // windows at rows and columns -1 and 1
  CHECK(conv2d(x, w, padded).to_vector<float>() ==
        std::vector<float>{-0.0f, -2, 2 * 3 - 6, 4 + 10 - 8});
}

TEST_CASE("conv2d and both gradients match plain loops for every geometry and layout") {
  for (const Case& c : cases())
    for (const DType dtype : kFloating) {
      const Shape output = conv2d_shape(c.input, c.weight, c.options);
      for (const reference::Layout& layout : reference::layouts()) {
        INFO(text(c.name, ' ', dtype, ' ', layout.name));
        const Tensor x = layout.make(sample(c.input, dtype, -1, 1, 1));
        const Tensor w = layout.make(sample(c.weight, dtype, -1, 1, 2));
        const Tensor dy = layout.make(sample(output, dtype, -1, 1, 3));
        for (const ConvAlgorithm algorithm : {ConvAlgorithm::im2col, ConvAlgorithm::direct}) {
          const reference::ForcedAlgorithm forced(algorithm);
          check_conv2d(x, w, c.options);
          check_input_gradient(dy, w, c.input, c.options);
          check_weight_gradient(dy, x, c.weight, c.options);
        }
      }
    }
}

TEST_CASE("the three products of convolution are adjoint to each other") {
  for (const Case& c : cases()) {
    INFO(text(c.name));
    const Tensor x = sample(c.input, DType::float64, -1, 1, 1);
    const Tensor w = sample(c.weight, DType::float64, -1, 1, 2);
    const Tensor y = conv2d(x, w, c.options);
    const Tensor g = sample(y.shape(), DType::float64, -1, 1, 3);
    const double by_output = reference::dot(Array(y), Array(g));
    const double by_input =
        reference::dot(Array(x), Array(conv2d_input_gradient(g, w, c.input, c.options)));
    const double by_weight =
        reference::dot(Array(w), Array(conv2d_weight_gradient(g, x, c.weight, c.options)));
    const double scale =
        1 + reference::dot(reference::absolute(Array(y)), reference::absolute(Array(g)));
    CHECK(std::abs(by_output - by_input) <= 1e-12 * scale);
    CHECK(std::abs(by_output - by_weight) <= 1e-12 * scale);
  }
}

TEST_CASE("conv2d_shape follows its formula") {
  // floor((H + 2 pad - dil (K - 1) - 1) / stride) + 1
  CHECK(conv2d_shape({5, 3, 28, 30}, {8, 3, 5, 3}, {}) == Shape{5, 8, 24, 28});
  CHECK(conv2d_shape({5, 3, 28, 30}, {8, 3, 5, 3}, {{2, 3}, {2, 1}, {1, 2}, 1}) ==
        Shape{5, 8, 14, 10});
  for (const Case& c : cases()) {
    INFO(text(c.name));
    CHECK(conv2d_shape(c.input, c.weight, c.options) ==
          reference::conv2d(Array(c.input), Array(c.weight), c.options).shape);
  }
}

TEST_CASE("conv2d and its gradients refuse what does not fit and name it") {
  const auto zeros = [](const Shape& shape, DType dtype = DType::float32) {
    return Tensor::zeros(shape, dtype);
  };
  const auto conv_fails = [&](const Shape& input, const Shape& weight, const Conv2dOptions& options,
                              const char* expected) {
    CHECK_THROWS_WITH_AS(conv2d(zeros(input), zeros(weight), options), doctest::Contains(expected),
                         Error);
  };
  conv_fails({3, 8, 8}, {4, 3, 3, 3}, {},
             "conv2d: expected input [N, C, H, W] and weight [O, C / groups, KH, KW], got input "
             "[3, 8, 8], weight [4, 3, 3, 3]");
  conv_fails({1, 3, 8, 8}, {4, 2, 3, 3}, {},
             "conv2d: channels do not fit: input [1, 3, 8, 8], weight [4, 2, 3, 3], groups 1");
  conv_fails({1, 4, 8, 8}, {3, 2, 3, 3}, {{1, 1}, {0, 0}, {1, 1}, 2},
             "conv2d: channels do not fit: input [1, 4, 8, 8], weight [3, 2, 3, 3], groups 2");
  conv_fails({1, 4, 8, 8}, {4, 4, 3, 3}, {.groups = 0},
             "conv2d: expected at least one group, got groups 0");
  conv_fails({1, 4, 8, 8}, {4, 4, 3, 3}, {.groups = -1},
             "conv2d: expected at least one group, got groups -1");
  conv_fails({1, 4, 8, 8}, {4, 2, 3, 3}, {.groups = (int64_t{1} << 63) + 2},
             "conv2d: expected at least one group, got groups");
  conv_fails({1, 3, 4, 8}, {4, 3, 5, 3}, {},
             "conv2d: a kernel [5, 3] with dilation [1, 1] is larger than the input [1, 3, 4, 8] "
             "with padding [0, 0]");
  conv_fails({1, 3, 8, 4}, {4, 3, 3, 3}, {.dilation = {1, 2}},
             "conv2d: a kernel [3, 3] with dilation [1, 2] is larger than the input");

  const Shape input{1, 3, 8, 8}, weight{4, 3, 3, 3};
  CHECK_THROWS_WITH_AS(conv2d(zeros(input), zeros(weight, DType::float64), {}),
                       "conv2d: dtypes differ: float32 and float64", Error);
  CHECK_THROWS_WITH_AS(conv2d(zeros(input, DType::int64), zeros(weight, DType::int64), {}),
                       "conv2d: expected float32 or float64, got int64", Error);
  CHECK_THROWS_WITH_AS(
      conv2d_input_gradient(zeros({1, 4, 6, 5}), zeros(weight), input, {}),
      "conv2d_input_gradient: expected a gradient of shape [1, 4, 6, 6], got [1, 4, 6, 5]", Error);
  CHECK_THROWS_WITH_AS(
      conv2d_weight_gradient(zeros({2, 4, 6, 6}), zeros(input), weight, {}),
      "conv2d_weight_gradient: expected a gradient of shape [1, 4, 6, 6], got [2, 4, 6, 6]", Error);
  CHECK_THROWS_WITH_AS(
      conv2d_input_gradient(zeros({1, 4, 6, 6}), zeros(weight, DType::float64), input, {}),
      "conv2d_input_gradient: dtypes differ: float32 and float64", Error);
}

struct PoolCase {
  const char* name;
  Shape input;
  Pool2dOptions options;
};

const PoolCase kPoolCases[] = {
    {"2 x 2", {2, 3, 6, 8}, {{2, 2}, Pair{2, 2}, {0, 0}, {1, 1}}},
    {"odd sizes leave a rest", {2, 3, 7, 9}, {{2, 2}, Pair{2, 2}, {0, 0}, {1, 1}}},
    {"overlapping, padded", {2, 3, 7, 6}, {{3, 3}, Pair{2, 2}, {1, 1}, {1, 1}}},
    {"rectangular", {2, 3, 9, 10}, {{2, 5}, Pair{3, 2}, {1, 2}, {1, 1}}},
    {"stride > kernel", {2, 3, 9, 10}, {{2, 1}, Pair{4, 3}, {0, 0}, {1, 1}}},
    {"dilated", {2, 3, 9, 10}, {{3, 2}, Pair{1, 1}, {1, 0}, {2, 3}}},
    {"1 x 1", {2, 3, 4, 5}, {{1, 1}, Pair{1, 1}, {0, 0}, {1, 1}}},
    {"whole image", {2, 3, 4, 5}, {{4, 5}, Pair{1, 1}, {0, 0}, {1, 1}}},
    {"kernel > image", {2, 3, 2, 1}, {{4, 3}, Pair{1, 1}, {2, 1}, {1, 1}}},
    {"many planes", {5, 7, 4, 4}, {{2, 2}, Pair{1, 1}, {1, 1}, {1, 1}}},
    {"no image", {0, 3, 6, 8}, {{2, 2}, Pair{2, 2}, {0, 0}, {1, 1}}},
    {"no channel", {2, 0, 6, 8}, {{2, 2}, Pair{2, 2}, {0, 0}, {1, 1}}},
    {"a row over 64 wide", {1, 2, 3, 67}, {{3, 3}, Pair{1, 2}, {1, 1}, {1, 1}}},
};

// `special` elements of the input become NaN, infinity and -infinity.
Tensor pool_input(const Shape& shape, DType dtype, bool special) {
  // Whole numbers in a small range: most windows have ties.
  Tensor x = sample(shape, DType::int64, -4, 4).to(dtype);
  const double values[] = {std::nan(""), HUGE_VAL, -HUGE_VAL, -HUGE_VAL, std::nan("")};
  Tensor flat = x.reshape({-1});
  for (int64_t i = 0; special && i < x.numel(); ++i)
    if (i % 5 < 2) flat.slice(0, i, i + 1).fill(values[i / 5 % 5]);
  return x;
}

TEST_CASE("max_pool2d finds the first largest element of every window, NaN above all") {
  for (const PoolCase& c : kPoolCases)
    for (const DType dtype : kFloating)
      for (const bool special : {false, true})
        for (const reference::Layout& layout : reference::layouts()) {
          INFO(text(c.name, ' ', dtype, ' ', layout.name, ", special values ", special));
          const Tensor x = layout.make(pool_input(c.input, dtype, special));
          const MaxPool2dResult got = max_pool2d(x, c.options);
          const reference::Pooled want = reference::max_pool2d(Array(x), c.options);
          CHECK(got.indices.dtype() == DType::int64);
          CHECK(got.values.dtype() == dtype);
          CHECK(identical(got.indices, want.indices));
          CHECK(identical(got.values, want.values));
        }
}

// The options of a window, as convolution and pooling are given them.
struct WindowOptions {
  Pair kernel, stride, padding, dilation;
  const char* error;
};

TEST_CASE("convolution and pooling refuse kernels, strides, paddings and dilations out of range") {
  constexpr int64_t huge = int64_t{1} << 62;
  const WindowOptions cases[] = {
      {{0, 2}, 1, 0, 1, "expected a kernel from 1 to 2147483647, got [0, 2]"},
      {2, {1, 0}, 0, 1, "expected a stride from 1 to 2147483647, got [1, 0]"},
      {2, -1, 0, 1, "expected a stride from 1 to 2147483647, got [-1, -1]"},
      {2, huge, 0, 1, "expected a stride from 1 to 2147483647, got"},
      {2, 1, {0, -1}, 1, "expected a padding from 0 to 2147483647, got [0, -1]"},
      {2, 1, huge, 1, "expected a padding from 0 to 2147483647, got"},
      {2, 1, 0, {0, 1}, "expected a dilation from 1 to 2147483647, got [0, 1]"},
      {2, 1, 0, {1, huge}, "expected a dilation from 1 to 2147483647, got"},
  };
  const Tensor x = Tensor::zeros({1, 1, 4, 4});
  const Variable v(x);
  for (const auto& [kernel, stride, padding, dilation, error] : cases) {
    const Tensor weight = Tensor::zeros({1, 1, kernel.height, kernel.width});
    const Conv2dOptions conv{stride, padding, dilation};
    const Pool2dOptions pool{kernel, stride, padding, dilation};
    const auto fails = [error = error](const char* op, const auto& call) {
      CHECK_THROWS_WITH_AS(call(), doctest::Contains((text(op, ": ") + error).c_str()), Error);
    };
    fails("conv2d", [&] { conv2d(x, weight, conv); });
    fails("conv2d", [&] { conv2d_input_gradient(x, weight, x.shape(), conv); });
    fails("conv2d", [&] { conv2d_weight_gradient(x, x, weight.shape(), conv); });
    fails("max_pool2d", [&] { max_pool2d(x, pool); });
    fails("avg_pool2d", [&] { avg_pool2d(v, pool); });
  }
}

TEST_CASE("strides, paddings and dilations far beyond the image read what plain loops read") {
  constexpr int64_t most = INT32_MAX;
  struct FarCase {
    Shape input, weight;
    Conv2dOptions options;
    Conv2dOptions equivalent;  // with small numbers
  };
  const FarCase far_cases[] = {
      {{2, 3, 5, 6}, {4, 3, 3, 3}, {.stride = most}, {.stride = 100}},
      {{2, 3, 5, 6}, {4, 3, 1, 1}, {.dilation = most}, {}},
      {{1, 1, 2, 2},
       {1, 1, 2, 2},
       {.stride = most, .padding = (most - 1) / 2, .dilation = most - 1},
       {.stride = 9, .padding = 4, .dilation = 9}},
      {{1, 2, 4, 4},
       {3, 2, 1, 1},
       {.stride = 1000000, .padding = 3000000},
       {.stride = 10, .padding = 30}},
  };
  for (const FarCase& c : far_cases) {
    const Tensor x = sample(c.input, DType::float32),
                 w = sample(c.weight, DType::float32, -1, 1, 2);
    INFO(text(c.input, ' ', c.weight, ", stride ", c.options.stride, ", padding ",
              c.options.padding, ", dilation ", c.options.dilation));
    const Tensor y = conv2d(x, w, c.options);
    const Tensor dy = sample(y.shape(), DType::float32, -1, 1, 3);
    CHECK(identical(y, Array(conv2d(x, w, c.equivalent))));
    CHECK(identical(conv2d_input_gradient(dy, w, c.input, c.options),
                    Array(conv2d_input_gradient(dy, w, c.input, c.equivalent))));
    CHECK(identical(conv2d_weight_gradient(dy, x, c.weight, c.options),
                    Array(conv2d_weight_gradient(dy, x, c.weight, c.equivalent))));
  }
  CHECK_THROWS_WITH_AS(
      conv2d(Tensor::zeros({1, 1, 1, 1}), Tensor::zeros({1, 1, 1, 1}), {.padding = most}),
      "conv2d: too many elements in shape [1, 1, 4294967295, 4294967295]", Error);
}

TEST_CASE("a Pair is made of one number for both directions, or of two") {
  const Conv2dOptions one{.stride = 2, .padding = 1, .dilation = 3};
  CHECK(one.stride == Pair{2, 2});
  CHECK(one.padding == Pair{1, 1});
  CHECK(one.dilation == Pair{3, 3});
  const Conv2dOptions two{.stride = {2, 3}, .padding = {0, 1}, .dilation = {1, 4}};
  CHECK(two.stride == Pair{2, 3});
  CHECK(two.padding == Pair{0, 1});
  CHECK(two.dilation == Pair{1, 4});
  const Pool2dOptions pool{.kernel = {2, 3}};
  CHECK(pool.kernel == Pair{2, 3});
  CHECK(pool.stride == Pair{2, 3});  // the kernel's, unless given
  CHECK(Pool2dOptions{.kernel = 3, .stride = 2}.stride == Pair{2, 2});
  static_assert(std::is_convertible_v<int, Pair> && std::is_convertible_v<size_t, Pair>);
  static_assert(!std::is_convertible_v<double, Pair> && !std::is_convertible_v<bool, Pair>);
  static_assert(!std::is_constructible_v<Pair, double, int>);
}

TEST_CASE("max_pool2d steps by the size of its kernel when no stride is given") {
  const Tensor x = sample({2, 3, 7, 9}, DType::float32);
  const MaxPool2dResult got = max_pool2d(x, {.kernel = {2, 3}});
  const reference::Pooled want =
      reference::max_pool2d(Array(x), {.kernel = {2, 3}, .stride = {2, 3}});
  CHECK(identical(got.values, want.values));
  CHECK(identical(got.indices, want.indices));
}

TEST_CASE("pooling of no images or no channels is empty, and so is its gradient") {
  const Pool2dOptions options{.kernel = 2, .stride = 1, .padding = 1};
  for (const Shape& shape : {Shape{0, 3, 4, 5}, Shape{2, 0, 4, 5}}) {
    const Shape pooled{shape[0], shape[1], 5, 6};
    const auto check_empty = [&](const auto& pool) {
      const Variable x(Tensor::zeros(shape), true);
      const Variable y = pool(x);
      CHECK(y.shape() == pooled);
      sum(y).backward();
      CHECK(x.grad().shape() == shape);
    };
    check_empty([&](const Variable& x) { return max_pool2d(x, options); });
    check_empty([&](const Variable& x) { return avg_pool2d(x, options); });
    check_empty([&](const Variable& x) { return avg_pool2d(x, options, false); });
  }
}

TEST_CASE("max_pool2d never lets padding win, even over -inf") {
  const Tensor x = Tensor::full({1, 1, 3, 3}, -HUGE_VAL);
  const MaxPool2dResult result = max_pool2d(x, {{2, 2}, Pair{2, 2}, {1, 1}, {1, 1}});
  CHECK(result.indices.to_vector<int64_t>() == std::vector<int64_t>{0, 1, 3, 4});
  CHECK(reference::identical(result.values, Array(Tensor::full({1, 1, 2, 2}, -HUGE_VAL))));
}

TEST_CASE("max_pool2d refuses what does not fit and names it") {
  const auto pool_fails = [](const Shape& input, const Pool2dOptions& options,
                             const char* expected) {
    CHECK_THROWS_WITH_AS(max_pool2d(Tensor::zeros(input), options), doctest::Contains(expected),
                         Error);
  };
  pool_fails({3, 6, 6}, {{2, 2}, Pair{2, 2}},
             "max_pool2d: expected input [N, C, H, W], got [3, 6, 6]");
  pool_fails({1, 3, 6, 6}, {{3, 3}, Pair{2, 2}, {2, 2}},
             "max_pool2d: padding [2, 2] is more than half of the kernel [3, 3]");
  pool_fails({1, 3, 6, 2}, {{3, 3}, Pair{2, 2}},
             "max_pool2d: a kernel [3, 3] with dilation [1, 1] is larger than the input "
             "[1, 3, 6, 2] with padding [0, 0]");
  CHECK_THROWS_WITH_AS(max_pool2d(Tensor::zeros({1, 1, 4, 4}, DType::int64), {{2, 2}, Pair{2, 2}}),
                       "max_pool2d: expected float32 or float64, got int64", Error);
}

TEST_CASE("max_pool2d refuses windows that hold padding alone") {
  const char* expected = "max_pool2d: a window holds padding alone";
  // Taps at -1 and 2 of two rows; no rows at all.
  CHECK_THROWS_WITH_AS(
      max_pool2d(Tensor::zeros({1, 1, 2, 2}), {{2, 2}, Pair{1, 1}, {1, 1}, {3, 3}}),
      doctest::Contains(expected), Error);
  CHECK_THROWS_WITH_AS(
      max_pool2d(Tensor::zeros({1, 1, 0, 2}), {{2, 2}, Pair{1, 1}, {1, 1}, {1, 1}}),
      doctest::Contains(expected), Error);
}

}  // namespace
}  // namespace gradian
