// Convolution and its two gradients against plain loops over their definitions, over a table of
// geometries, layouts and dtypes; the adjoint identity; the texts of errors.
#include <doctest/doctest.h>

#include "tensor/conv/conv2d.h"
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
      {"stride far > image", {1, 2, 3, 4}, {3, 2, 2, 2}, {{1 << 20, 1 << 20}, {1, 1}, {1, 1}, 1}},
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
      {"several bands of rows", {17, 40, 33, 9}, {2, 40, 3, 3}, {{2, 3}, {1, 1}, {1, 1}, 1}},
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
  CHECK(conv2d(x, w).to_vector<float>() ==
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
}

}  // namespace
}  // namespace gradian
