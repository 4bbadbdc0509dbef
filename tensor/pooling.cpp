#include "tensor/pooling.h"

#include <limits>
#include <type_traits>
#include <vector>

#include "tensor/kernels.h"
#include "tensor/thread_pool.h"
#include "tensor/vector.h"
#include "tensor/windows.h"

namespace gradian {
namespace {

// What one tap of the kernel contributes to a row of outputs: output j reads the plane at
// start + j * stride, where first <= j < last; for the others it lies in the padding.
struct Tap {
  int64_t start, first, last;
};

// The largest of the taps, and where it lies. The taps come last to first, so that >= leaves the
// first of equals; a NaN wins and stays.
template <class T>
void pool_one(const T* plane, const std::vector<Tap>& taps, int64_t stride, int64_t j, T* largest,
              int64_t* index) {
  T top = -std::numeric_limits<T>::infinity();
  int64_t top_at = -1;
  for (const Tap& tap : taps) {
    if (j < tap.first || j >= tap.last) continue;
    const int64_t at = tap.start + j * stride;
    const bool wins = plane[at] >= top || plane[at] != plane[at];
    top = wins ? plane[at] : top;
    top_at = wins ? at : top_at;
  }
  *largest = top;
  *index = top_at;
}

template <int lanes>
struct Block;
template <>
struct Block<4> {
  using Values = Float4;
  using Positions = int32_t __attribute__((vector_size(16)));
  using Indices = int64_t __attribute__((vector_size(32)));
};
template <>
struct Block<8> {
  using Values = Float8;
  using Positions = int32_t __attribute__((vector_size(32)));
  using Indices = int64_t __attribute__((vector_size(64)));
};

// The same for `lanes` (4 or 8) outputs at once whose taps all lie in the plane, for strides 1
// and 2.
template <int lanes>
void pool_block(const float* plane, const std::vector<Tap>& taps, int64_t stride, int64_t j,
                float* largest, int64_t* index) {
  using Values = typename Block<lanes>::Values;
  using Positions = typename Block<lanes>::Positions;
  Positions steps;
  for (int lane = 0; lane < lanes; ++lane) steps[lane] = (int32_t(j) + lane) * int32_t(stride);
  Values top = Values{} - std::numeric_limits<float>::infinity();
  Positions top_at{};
  for (const Tap& tap : taps) {
    const float* const from = plane + tap.start + j * stride;
    auto value = load<Values>(from);
    if (stride == 2) {  // the second half overlaps, so as not to read past the last one wanted
      const auto more = load<Values>(from + lanes - 1);
      if constexpr (lanes == 8)
        value = __builtin_shufflevector(value, more, 0, 2, 4, 6, 9, 11, 13, 15);
      else
        value = __builtin_shufflevector(value, more, 0, 2, 5, 7);
    }
    const auto wins = (value >= top) | (value != value);
    top = wins ? value : top;
    top_at = wins ? steps + int32_t(tap.start) : top_at;
  }
  store(largest, top);
  store(index, __builtin_convertvector(top_at, typename Block<lanes>::Indices));
}

// The outputs first..last-1, at least `lanes`. Blocks may overlap: writing twice changes nothing.
template <int lanes>
void pool_blocks(const float* plane, const std::vector<Tap>& taps, int64_t stride, int64_t first,
                 int64_t last, float* largest, int64_t* index) {
  for (int64_t next = first; next < last; next += lanes) {
    const int64_t j = std::min(next, last - lanes);
    pool_block<lanes>(plane, taps, stride, j, largest + j, index + j);
  }
}

// All outputs of a row.
template <class T>
void pool_row(const T* plane, const std::vector<Tap>& taps, int64_t stride, int64_t count,
              T* largest, int64_t* index) {
  int64_t first = 0, last = taps.empty() ? 0 : count;  // where all taps lie in the plane
  for (const Tap& tap : taps) {
    first = std::max(first, tap.first);
    last = std::min(last, tap.last);
  }
  const bool in_blocks = std::is_same_v<T, float> && stride <= 2 && last - first >= 4;
  if (!in_blocks) last = first;
  if constexpr (std::is_same_v<T, float>) {
    if (last - first >= 8)
      pool_blocks<8>(plane, taps, stride, first, last, largest, index);
    else if (in_blocks)
      pool_blocks<4>(plane, taps, stride, first, last, largest, index);
  }
  for (int64_t j = 0; j < count; ++j) {
    if (j == first) j = last;
    if (j < count) pool_one(plane, taps, stride, j, largest + j, index + j);
  }
}

// All windows of one [height, width] plane.
template <class T>
void pool_plane(const Pool2dOptions& options, const T* plane, int64_t height, int64_t width,
                int64_t out_height, int64_t out_width, T* largest, int64_t* index) {
  const Pair kernel = options.kernel, stride = options.step();
  const Pair padding = options.padding, dilation = options.dilation;
  std::vector<Tap> columns;  // of one kernel row, last to first
  for (int64_t q = kernel[1] - 1; q >= 0; --q) {
    const int64_t shift = q * dilation[1] - padding[1];  // image column of output column 0
    const auto [first, last] = columns_inside(shift, stride[1], width, out_width);
    columns.push_back({shift, first, last});
  }
  std::vector<Tap> taps;
  for (int64_t i = 0; i < out_height; ++i, largest += out_width, index += out_width) {
    taps.clear();
    for (int64_t p = kernel[0] - 1; p >= 0; --p) {
      const int64_t y = i * stride[0] + p * dilation[0] - padding[0];
      if (y < 0 || y >= height) continue;
      for (const Tap& tap : columns) taps.push_back({y * width + tap.start, tap.first, tap.last});
    }
    pool_row(plane, taps, stride[1], out_width, largest, index);
  }
}

}  // namespace

MaxPool2dResult max_pool2d(const Tensor& input, const Pool2dOptions& options) {
  const Pair kernel = options.kernel, stride = options.step();
  const Pair padding = options.padding, dilation = options.dilation;
  check(input.dim() == 4, "max_pool2d: expected input [N, C, H, W], got ", input.shape());
  for (size_t axis = 0; axis < 2; ++axis) {
    check(kernel[axis] > 0 && stride[axis] > 0 && dilation[axis] > 0,
          "max_pool2d: kernel, stride and dilation must be positive");
    check(padding[axis] >= 0 && 2 * padding[axis] <= kernel[axis], "max_pool2d: padding ",
          padding[axis], " is not between 0 and half of the kernel ", kernel[axis]);
    check(input.size(2 + static_cast<int>(axis)) + 2 * padding[axis] >=
              dilation[axis] * (kernel[axis] - 1) + 1,
          "max_pool2d: kernel ", kernel[0], " x ", kernel[1], " is larger than the padded input ",
          input.shape());
  }
  check(input.size(2) * input.size(3) < INT32_MAX, "max_pool2d: planes of ", input.shape(),
        " are too large");
  const Tensor x = input.contiguous();
  const int64_t planes = x.size(0) * x.size(1), height = x.size(2), width = x.size(3);
  const int64_t out_height = output_size(height, kernel[0], stride[0], padding[0], dilation[0]);
  const int64_t out_width = output_size(width, kernel[1], stride[1], padding[1], dilation[1]);
  const Shape shape{x.size(0), x.size(1), out_height, out_width};
  MaxPool2dResult result{Tensor::empty(shape, x.dtype()), Tensor::empty(shape, DType::int64)};
  dispatch_floating(x.dtype(), "max_pool2d", [&]<class T>() {
    const T* const in = x.data<T>();
    T* const values = result.values.mutable_data<T>();
    int64_t* const indices = result.indices.mutable_data<int64_t>();
    parallel_ranges(planes, 8, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane)
        pool_plane(options, in + plane * height * width, height, width, out_height, out_width,
                   values + plane * out_height * out_width,
                   indices + plane * out_height * out_width);
    });
  });
  // All planes have the same windows: the first one tells.
  const int64_t* const first = result.indices.data<int64_t>();
  const int64_t* const last = first + (planes > 0 ? out_height * out_width : 0);
  check(std::find(first, last, -1) == last, "max_pool2d: a window holds padding alone: kernel ",
        kernel[0], " x ", kernel[1], ", input ", input.shape());
  return result;
}

}  // namespace gradian
