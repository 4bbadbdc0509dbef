// Images side by side: blocks of kPanel images in which each lane of a vector belongs to an image
// of its own. Work on neighbouring pixels is then plain loops over vectors, for any stride and any
// size of image. Copies into and out of this layout are all there is here.
#pragma once

#include <vector>

#include "tensor/micro_kernel.h"
#include "tensor/tiles.h"

namespace gradian {

// Some rows of a block of images: [channels, rows, columns, kPanel], zero where no image is.
class LaneRows {
 public:
  LaneRows(int64_t channels, int64_t rows, int64_t columns);

  // Copies the images first_image .. first_image + kPanel - 1, from row first_row on and with
  // `left` columns before column 0. What lies outside, and channels beyond the last, are zeros.
  void read(const Images& images, const float* data, int64_t first_image, int64_t first_row,
            int64_t left);

  const float* data() const { return data_; }
  // Distances of channels and of rows. A channel has room for one pixel more, see read().
  int64_t plane() const { return (rows_ * columns_ + 1) * kPanel; }
  int64_t row() const { return columns_ * kPanel; }

 private:
  void clear_border(float* to, int64_t first, int64_t last, int64_t left, int64_t width);

  int64_t channels_, rows_, columns_;
  Tensor buffer_;
  float* data_;
};

// The opposite: values[count][kPanel] become `count` neighbours from number `begin` on in the
// planes of `channel` of these images.
void write_lanes(const float* values, int64_t count, const Images& images, int64_t first_image,
                 int64_t channel, int64_t begin, float* data);

}  // namespace gradian
