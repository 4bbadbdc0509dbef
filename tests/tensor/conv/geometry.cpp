// The geometry that convolution and pooling share: pairs, and windows that are refused.
#include <doctest/doctest.h>

#include "autograd/ops.h"
#include "tensor/conv/conv2d.h"
#include "tensor/conv/pooling.h"

namespace gradian {
namespace {

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
      {{2049, 2048}, 1, 2048, 1, "expected a kernel of at most 4194304 taps, got [2049, 2048]"},
      {{1, INT32_MAX}, 1, {0, INT32_MAX / 2}, 1, "expected a kernel of at most 4194304 taps"},
  };
  const Tensor x = Tensor::zeros({1, 1, 4, 4});
  const Variable v(x);
  for (const auto& [kernel, stride, padding, dilation, error] : cases) {
    const Shape weight_shape{1, 1, kernel.height, kernel.width};
    const Tensor weight = Tensor::zeros({1, 1, 1, 1}).expand(weight_shape);
    const Conv2dOptions conv{stride, padding, dilation};
    const Pool2dOptions pool{kernel, stride, padding, dilation};
    const auto fails = [error = error](const char* op, const auto& call) {
      CHECK_THROWS_WITH_AS(call(), doctest::Contains((text(op, ": ") + error).c_str()), Error);
    };
    fails("conv2d", [&] { conv2d(x, weight, conv); });
    fails("conv2d_input_gradient", [&] { conv2d_input_gradient(x, weight, x.shape(), conv); });
    fails("conv2d_weight_gradient", [&] { conv2d_weight_gradient(x, x, weight.shape(), conv); });
    fails("max_pool2d", [&] { max_pool2d(x, pool); });
    fails("avg_pool2d", [&] { avg_pool2d(v, pool); });
  }
}

}  // namespace
}  // namespace gradian
