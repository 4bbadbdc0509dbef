// The geometry of convolution and pooling: windows that slide over padded rows and columns.
// Whatever follows from shapes and options alone is worked out here, once a call; no element is
// looked at.
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

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;    // zeros on each side
  Pair dilation = 1;   // distance of neighbouring taps
  int64_t groups = 1;  // channels split into groups that do not mix
};

// Shape of conv2d's result [N, O, OH, OW], see conv::count_windows(). Fails, naming what came, when
// input, weight and options do not go together.
Shape conv2d_shape(const Shape& input, const Shape& weight, const Conv2dOptions& options);

namespace conv {

// Fails unless x is a batch of images [N, C, H, W].
void check_images(const Shape& x);

// The sizes [OH, OW] of the result, floor((size + 2 padding - dilation (kernel - 1) - 1) / stride)
// + 1 each, for an input [N, C, H, W]. With `ceil_mode` the quotient is rounded up, so that the
// last window may reach beyond the padding; unless it would begin in the padding behind the image.
// Fails, naming the option, when there is no such window: kernel, stride and dilation must
// be positive, padding not negative, none of them above 2^31 - 1, so that positions fit 64 bits;
// the kernel has 2^22 taps (2048 x 2048) at most, as time goes with them even where all but one lie
// in the padding; and it fits the padded input, or begins in it with `ceil_mode`.
Pair count_windows(const Shape& input, Pair kernel, Pair stride, Pair padding, Pair dilation,
                   bool ceil_mode = false);

// The output columns first..last-1 that read the image at column * stride + shift, inside it.
inline std::pair<int64_t, int64_t> columns_inside(int64_t shift, int64_t stride, int64_t width,
                                                  int64_t out_width) {
  const int64_t first = shift < 0 ? ceil_div(-shift, stride) : 0;
  const int64_t last = shift < width ? ceil_div(width - shift, stride) : 0;
  return {std::min(first, out_width), std::min(last, out_width)};
}

// A contiguous array [count, channels, height, width].
struct Images {
  explicit Images(const Shape& s) : count(s[0]), channels(s[1]), height(s[2]), width(s[3]) {}
  Shape shape() const { return {count, channels, height, width}; }
  int64_t plane() const { return height * width; }
  int64_t count, channels, height, width;
};

// The three products of a convolution.
enum class Product { output, input_gradient, weight_gradient };

// One convolution: conv2d itself or one of its gradients, which have the same three shapes.
struct Geometry {
  Geometry(const Shape& input_shape, const Shape& weight_shape, const Conv2dOptions& options);

  Shape weight_shape() const {
    return {output.channels, input.channels / groups, kernel[0], kernel[1]};
  }
  int64_t taps() const { return kernel[0] * kernel[1]; }
  // The images that a product cuts into tiles, and those that it reads by taps.
  const Images& tiled(Product p) const { return p == Product::input_gradient ? input : output; }
  const Images& tapped(Product p) const { return p == Product::input_gradient ? output : input; }
  // The rows and columns that a kernel covers.
  Pair span() const {
    return {(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1};
  }

  Images output, input;  // [N, O, OH, OW], for which the shapes are checked, and [N, C, H, W]
  Pair kernel, stride, padding, dilation;
  int64_t groups;
};

}  // namespace conv
}  // namespace gradian
