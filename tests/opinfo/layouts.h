// Memory layouts: the same numbers, laid out so that a kernel which assumes dense rows reads
// others.
#pragma once

#include <array>

#include "tensor/tensor.h"

namespace gradian::opinfo {

enum class Layout {
  contiguous,
  transposed,  // the axes in the opposite order in memory
  sliced,      // every second one of a larger array, whose other entries would be noticed
  // Stride 0 along axes whose entries repeat, negative strides along the others.
  expanded_or_flipped,
};

inline constexpr std::array<Layout, 4> kLayouts{Layout::contiguous, Layout::transposed,
                                                Layout::sliced, Layout::expanded_or_flipped};

const char* name(Layout layout);

// A copy of x in that layout.
Tensor laid_out(const Tensor& x, Layout layout);

}  // namespace gradian::opinfo
