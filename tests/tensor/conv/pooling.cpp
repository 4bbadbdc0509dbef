// Pooling: the largest of each window against plain loops over the definition, over a table of
// geometries, layouts and dtypes; last windows that the input does not fill; the texts of errors.
#include <doctest/doctest.h>

#include "autograd/ops.h"
#include "tensor/conv/pooling.h"
#include "tensor/fused/max_pool.h"
#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::identical;
using reference::sample;

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
    for (const DType dtype : {DType::float32, DType::float64})
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

TEST_CASE(
    "max_pool_2x2 and its gradient are max_pool2d and what its positions make of it, exactly") {
  const Pool2dOptions options{.kernel = 2};
  REQUIRE(fused::max_pool_2x2_applies(options));
  // Rows of one block or several, of 8, 4, 2 windows or 1, that meet or overlap.
  for (const int64_t width : {2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 32, 35})
    for (const int64_t height : {2, 4, 5})
      for (const DType dtype : {DType::float32, DType::float64})
        for (const bool special : {false, true})
          for (const reference::Layout& layout : reference::layouts()) {
            INFO(text(height, " x ", width, ' ', dtype, ' ', layout.name, ", special ", special));
            const Tensor x = layout.make(pool_input({3, 2, height, width}, dtype, special));
            const MaxPool2dResult want = max_pool2d(x, options);
            CHECK(identical(fused::max_pool_2x2(x), Array(want.values)));
            const Tensor grad = layout.make(sample(want.values.shape(), dtype));
            const Shape planes{3, 2, height * width};
            const Tensor added =
                scatter_add(planes, 2, want.indices.reshape({3, 2, -1}), grad.reshape({3, 2, -1}));
            CHECK(
                identical(fused::max_pool_2x2_gradient(grad, x), Array(added.reshape(x.shape()))));
          }
}

TEST_CASE("max_pool2d steps by the size of its kernel when no stride is given") {
  const Tensor x = sample({2, 3, 7, 9}, DType::float32);
  const MaxPool2dResult got = max_pool2d(x, {.kernel = {2, 3}});
  const reference::Pooled want =
      reference::max_pool2d(Array(x), {.kernel = {2, 3}, .stride = {2, 3}});
  CHECK(identical(got.values, want.values));
  CHECK(identical(got.indices, want.indices));
}

struct CeilCase {
  int64_t height, width;  // of the image 0, 1, 2, ...
  Pool2dOptions options;
  Shape shape;
  std::vector<double> largest, mean, mean_without_padding;
};

// The values are those of torch 2.15 (F.max_pool2d and F.avg_pool2d with ceil_mode=True).
const CeilCase kCeilCases[] = {
    {5,
     6,
     {2, 2},
     {1, 1, 3, 3},
     {7, 9, 11, 19, 21, 23, 25, 27, 29},
     {3.5, 5.5, 7.5, 15.5, 17.5, 19.5, 24.5, 26.5, 28.5},
     {3.5, 5.5, 7.5, 15.5, 17.5, 19.5, 24.5, 26.5, 28.5}},
    {5,
     5,
     {{2, 3}, Pair(3, 2), 1},
     {1, 1, 2, 3},
     {1, 3, 4, 16, 18, 19},
     {1 / 6.0, 1, 7 / 6.0, 52 / 6.0, 14.5, 64 / 6.0},
     {0.5, 2, 3.5, 13, 14.5, 16}},
    // A third window would begin in the padding behind the image.
    {4, 4, {2, 3, 1}, {1, 1, 2, 2}, {0, 3, 12, 15}, {0, 1.25, 5, 12.5}, {0, 2.5, 10, 12.5}},
    {1, 1, {2, 2, 1}, {1, 1, 1, 1}, {0}, {0}, {0}},
    // The only window is larger than the image.
    {2, 3, {{3, 2}, Pair(2, 3)}, {1, 1, 1, 1}, {4}, {2}, {2}},
};

TEST_CASE("with ceil_mode pooling has the last windows that PyTorch has, and its divisors") {
  for (const CeilCase& c : kCeilCases) {
    Pool2dOptions options = c.options;
    options.ceil_mode = true;
    INFO(text(c.height, " x ", c.width, ", kernel ", options.kernel, ", stride ", options.stride,
              ", padding ", options.padding));
    const Tensor x =
        Tensor::arange(c.height * c.width, DType::float64).reshape({1, 1, c.height, c.width});
    const MaxPool2dResult top = max_pool2d(x, options);
    CHECK(top.values.shape() == c.shape);
    CHECK(top.values.to_vector<double>() == c.largest);
    CHECK(top.indices.to_vector<double>() == c.largest);
    const auto check_means = [&](const std::vector<double>& want, bool count_include_pad) {
      const Variable got = avg_pool2d(Variable(x), options, count_include_pad);
      CHECK(reference::error_over_bound(got.value(), Array(Tensor::from(want, c.shape)),
                                        Array(Tensor::full(c.shape, 1e-14))) <= 1);
    };
    check_means(c.mean, true);
    check_means(c.mean_without_padding, false);
  }
  const Tensor x = Tensor::arange(25, DType::float64).reshape({1, 1, 5, 5});
  const Pool2dOptions dilated{.kernel = 2, .dilation = 2, .ceil_mode = true};
  CHECK(max_pool2d(x, dilated).values.to_vector<double>() == std::vector<double>{12, 14, 22, 24});
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

TEST_CASE("avg_pool2d: a window that holds padding alone is 0 where padding counts") {
  const Pool2dOptions around{.kernel = 2, .padding = 1, .dilation = 2};
  CHECK(avg_pool2d(Variable(Tensor::ones({1, 1, 1, 1})), around).item() == 0);
}

}  // namespace
}  // namespace gradian
