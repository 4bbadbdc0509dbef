// The idea: neighbouring outputs read neighbours for each tap of the kernel. So where no tap lies
// left or right of the image, eight of a row are made at once (float32, strides 1 and 2): for each
// tap a vector is loaded and kept where it wins, with its positions. The others are made singly.
#include "tensor/conv/pooling.h"

#include <limits>
#include <type_traits>
#include <vector>

#include "tensor/conv/geometry.h"
#include "tensor/kernels.h"
#include "tensor/runtime/thread_pool.h"
#include "tensor/simd/vector.h"

namespace gradian {
namespace {

using namespace conv;
using namespace runtime;
using namespace simd;

// What one tap of the kernel contributes to a row of outputs: output j reads the plane at
// start + j * stride from the row's origin on, where first <= j < last; for the others it lies in
// the padding.
struct Tap {
  int64_t start, first, last;
};

// The taps of the kernel on planes of a size, last to first.
struct Window {
  Window(const Pool2dOptions& o, const Images& in_, const Images& out_)
      : options(o), in(in_), out(out_), last(out.width) {
    for (int64_t p = o.kernel[0] - 1; p >= 0; --p)
      for (int64_t q = o.kernel[1] - 1; q >= 0; --q) {
        const int64_t shift = q * o.dilation[1] - o.padding[1];  // image column of output column 0
        const auto [begin, end] = columns_inside(shift, o.stride[1], in.width, out.width);
        taps.push_back({p * o.dilation[0] * in.width + shift, begin, end});
        first = std::max(first, begin);
        last = std::min(last, end);
      }
  }
  const Pool2dOptions& options;
  Images in, out;
  std::vector<Tap> taps;
  int64_t first = 0, last;  // the outputs of a row whose taps lie in no column of the padding
};

// The taps of one row of outputs that lie in no row of the padding.
struct Row {
  Row(const Window& window, int64_t i) {
    const auto& [kernel, stride_, padding, dilation, ceil_mode] = window.options;
    const int64_t top = i * stride_[0] - padding[0], step = dilation[0];
    int64_t p = 0, p_end = kernel[0];
    while (p < p_end && top + p * step < 0) ++p;
    while (p_end > p && top + (p_end - 1) * step >= window.in.height) --p_end;
    begin = window.taps.data() + (kernel[0] - p_end) * kernel[1];
    end = begin + (p_end - p) * kernel[1];
    origin = top * window.in.width;
    stride = stride_[1];
  }
  const Tap *begin, *end;
  int64_t origin, stride;
};

// The largest of the taps, and where it lies. The taps come last to first, so that >= leaves the
// first of equals; a NaN wins and stays.
template <class T>
void pool_one(const T* plane, const Row& row, int64_t j, T* largest, int64_t* index) {
  T top = -std::numeric_limits<T>::infinity();
  int64_t top_at = -1;
  for (const Tap* tap = row.begin; tap < row.end; ++tap) {
    if (j < tap->first || j >= tap->last) continue;
    const int64_t at = row.origin + tap->start + j * row.stride;
    const bool wins = plane[at] >= top || plane[at] != plane[at];
    top = wins ? plane[at] : top;
    top_at = wins ? at : top_at;
  }
  *largest = top;
  *index = top_at;
}

template <int lanes>
struct Block {
  typedef float Values __attribute__((vector_size(4 * lanes)));
  typedef int32_t Positions __attribute__((vector_size(4 * lanes)));
  typedef int64_t Indices __attribute__((vector_size(8 * lanes)));
};

// The same for the outputs first..last-1, which are at least `lanes` (4 or 8), in blocks: their
// taps all lie in the plane, and the stride is 1 or 2. Blocks may overlap: writing twice changes
// nothing.
template <int lanes>
void pool_blocks(const float* plane, const Row& row, int64_t first, int64_t last, float* largest,
                 int64_t* index) {
  using Values = typename Block<lanes>::Values;
  using Positions = typename Block<lanes>::Positions;
  Positions steps{};
  for (int lane = 0; lane < lanes; ++lane) steps[lane] = lane * int32_t(row.stride);
  for (int64_t next = first; next < last; next += lanes) {
    const int64_t j = std::min(next, last - lanes);
    Values top = Values{} - std::numeric_limits<float>::infinity();
    Positions top_at{};
    for (const Tap* tap = row.begin; tap < row.end; ++tap) {
      const int64_t at = row.origin + tap->start + j * row.stride;
      auto value = load<Values>(plane + at);
      if (row.stride == 2) {  // the second half overlaps, so as not to read past the last one
        const auto more = load<Values>(plane + at + lanes - 1);
        if constexpr (lanes == 8)
          value = __builtin_shufflevector(value, more, 0, 2, 4, 6, 9, 11, 13, 15);
        else
          value = __builtin_shufflevector(value, more, 0, 2, 5, 7);
      }
      const auto wins = (value >= top) | (value != value);
      top = wins ? value : top;
      top_at = wins ? steps + int32_t(at) : top_at;
    }
    store(largest + j, top);
    store(index + j, __builtin_convertvector(top_at, typename Block<lanes>::Indices));
  }
}

// All windows of one plane.
template <class T>
void pool_plane(const Window& window, const T* plane, T* largest, int64_t* index) {
  for (int64_t i = 0; i < window.out.height; ++i) {
    const Row row(window, i);
    int64_t blocks_end = window.first;  // where the outputs made in blocks end
    if constexpr (std::is_same_v<T, float>) {
      const int64_t inside = window.last - window.first;
      if (row.stride <= 2 && row.begin < row.end && inside >= 4) {
        blocks_end = window.last;
        inside >= 8 ? pool_blocks<8>(plane, row, window.first, blocks_end, largest, index)
                    : pool_blocks<4>(plane, row, window.first, blocks_end, largest, index);
      }
    }
    for (int64_t j = 0; j < window.first; ++j) pool_one(plane, row, j, largest + j, index + j);
    for (int64_t j = blocks_end; j < window.out.width; ++j)
      pool_one(plane, row, j, largest + j, index + j);
    largest += window.out.width;
    index += window.out.width;
  }
}

}  // namespace

Shape pool2d_shape(const Shape& input, const Pool2dOptions& options) {
  const Calling calling("pool2d_shape");
  const auto& [kernel, stride, padding, dilation, ceil_mode] = options;
  check_images(input);
  const Pair out = count_windows(input, kernel, stride, padding, dilation, ceil_mode);
  check(2 * padding.height <= kernel.height && 2 * padding.width <= kernel.width, "padding ",
        padding, " is more than half of the kernel ", kernel);
  return {input[0], input[1], out.height, out.width};
}

MaxPool2dResult max_pool2d(const Tensor& input, const Pool2dOptions& options) {
  const Calling calling("max_pool2d");
  check_defined(input);
  const Shape shape = pool2d_shape(input.shape(), options);
  check(input.size(2) * input.size(3) < INT32_MAX, "expected planes of less than ", INT32_MAX,
        " elements, got input ", input.shape());
  const Tensor x = input.contiguous();
  const Images in(x.shape()), out(shape);
  const Window window(options, in, out);
  const int64_t planes = in.count * in.channels;
  MaxPool2dResult result{Tensor::empty(shape, x.dtype()), Tensor::empty(shape, DType::int64)};
  dispatch_floating(x.dtype(), [&]<class T>() {
    const T* const from = x.data<T>();
    T* const values = result.values.mutable_data<T>();
    int64_t* const indices = result.indices.mutable_data<int64_t>();
    parallel_ranges(planes, 8, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane)
        pool_plane(window, from + plane * in.plane(), values + plane * out.plane(),
                   indices + plane * out.plane());
    });
  });
  // All planes have the same windows: the first one tells.
  const int64_t* const first = result.indices.data<int64_t>();
  const int64_t* const last = first + (planes > 0 ? out.plane() : 0);
  check(std::find(first, last, -1) == last, "a window holds padding alone: kernel ", options.kernel,
        ", dilation ", options.dilation, ", input ", input.shape());
  return result;
}

}  // namespace gradian
