// Images on another grid of pixels, by a filter along each axis. Grids stand straight: images that
// are turned and sheared are the business of augment.h.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace gradian::examples {

// How far a pixel counts, by the distance from its middle in pixels.
struct Filter {
  double (*weight)(double distance);
  double radius;
};
double triangle(double distance);
// Mitchell and Netravali, "Reconstruction Filters in Computer Graphics", SIGGRAPH 1988, with
// B = C = 1/3: smooth, and lines that are a pixel apart stay apart.
double mitchell(double distance);
constexpr Filter kTriangle{triangle, 1}, kMitchell{mitchell, 2};

// Along an axis: the middles of the new pixels lie at first + i * step, where the middle of the old
// pixel j is at j + 1/2.
struct Grid {
  int64_t size;
  double first, step;

  // New pixels that together cover the old ones.
  static Grid covering(int64_t old_size, int64_t size);
};

// [..., H, W] -> [..., rows.size, columns.size]. A step of more than 1 makes the filter wider, so
// that every old pixel counts. Around the image there is black, which is 0, or nothing at all.
enum class Around { black, nothing };
Tensor resample(const Tensor& images, Grid rows, Grid columns, Filter filter, Around around);

}  // namespace gradian::examples
