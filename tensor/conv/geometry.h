// The geometry that convolution and pooling share: windows that slide over padded rows and columns.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <ostream>
#include <utility>

#include "tensor/shape.h"

namespace gradian {

// A number for the height and one for the width. One number stands for both, so that options read
// {.padding = 1} as well as {.padding = {1, 2}}. Fractions and truth values do not compile.
struct Pair {
  template <class T>
  static constexpr bool is_count = std::integral<T> && !std::same_as<T, bool>;

  template <class T>
  requires is_count<T>
  constexpr Pair(T both) : height(int64_t(both)), width(int64_t(both)) {}
  template <class H, class W>
  requires is_count<H> && is_count<W>
  constexpr Pair(H height_, W width_) : height(int64_t(height_)), width(int64_t(width_)) {}

  constexpr int64_t operator[](size_t axis) const { return axis == 0 ? height : width; }
  bool operator==(const Pair&) const = default;

  int64_t height, width;
};

// Prints as [2, 3].
std::ostream& operator<<(std::ostream& out, const Pair& pair);

// The sizes [OH, OW] of the result, floor((size + 2 padding - dilation (kernel - 1) - 1) / stride)
// + 1 each, for an input [N, C, H, W]. Fails, naming `op` and the option, when there is no such
// window: kernel, stride and dilation must be positive, padding not negative, none of them above
// 2^31 - 1, so that positions fit 64 bits, and the kernel no larger than the padded input.
Pair count_windows(const char* op, const Shape& input, Pair kernel, Pair stride, Pair padding,
                   Pair dilation);

// The output columns first..last-1 that read the image at column * stride + shift, inside it.
inline std::pair<int64_t, int64_t> columns_inside(int64_t shift, int64_t stride, int64_t width,
                                                  int64_t out_width) {
  const int64_t first = shift < 0 ? (-shift + stride - 1) / stride : 0;
  const int64_t last = shift < width ? (width - shift - 1) / stride + 1 : 0;
  return {std::min(first, out_width), std::min(last, out_width)};
}

}  // namespace gradian
