// The geometry that convolution and pooling share: windows that slide over padded rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace gradian {

// Positions of a kernel along an axis.
inline int64_t output_size(int64_t size, int64_t kernel, int64_t stride, int64_t padding,
                           int64_t dilation) {
  return (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

// The output columns first..last-1 that read the image at column * stride + shift, inside it.
inline std::pair<int64_t, int64_t> columns_inside(int64_t shift, int64_t stride, int64_t width,
                                                  int64_t out_width) {
  const int64_t first = shift < 0 ? (-shift + stride - 1) / stride : 0;
  const int64_t last = shift < width ? (width - shift - 1) / stride + 1 : 0;
  return {std::min(first, out_width), std::min(last, out_width)};
}

}  // namespace gradian
