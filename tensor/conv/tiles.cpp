// The idea: a tile at the border would need a test for each element that it reads. Copying the rows
// once, with their padding, makes all tiles alike.
#include "tensor/conv/tiles.h"

#include <algorithm>

namespace gradian::conv {

PaddedRows::PaddedRows(const Images& images, const float* data, const TileGrid& grid, int64_t first,
                       int64_t last, Pair size, Pair padding)
    : width_(grid.width(size[1])) {
  std::vector<Strip> strips;
  offsets_.reserve(size_t(last - first));
  for (int64_t t = first; t < last;) {
    const int64_t image = grid.image(t), row = grid.row(t);
    const int64_t end = std::min(last, (image + 1) * grid.rows * grid.columns);
    const int64_t rows = (grid.row(end - 1) - row) * grid.step[0] + size[0];
    strips.push_back({image, row * grid.step[0] - padding[0], rows});
    int64_t line = channel_size_, column = grid.column(t);
    for (; t < end; line += grid.step[0] * width_, column = 0)
      for (; t < end && column < grid.columns; ++t, ++column)
        offsets_.push_back(line + column * grid.step[1]);
    channel_size_ += rows * width_;
  }
  buffer_ = Tensor::zeros({images.channels * channel_size_});
  float* strip = copy_ = buffer_.mutable_data<float>();
  const int64_t begin = std::clamp<int64_t>(padding[1], 0, width_);
  const int64_t count = std::clamp<int64_t>(images.width + padding[1], begin, width_) - begin;
  const int64_t next = images.plane();  // the next channel's rows are fetched meanwhile
  for (int64_t c = 0; c < images.channels; ++c)
    for (const auto& [image, first_row, rows] : strips) {
      const int64_t top = std::clamp<int64_t>(-first_row, 0, rows);
      const int64_t bottom = std::clamp<int64_t>(images.height - first_row, top, rows);
      const float* from = data + (image * images.channels + c) * next +
                          (first_row + top) * images.width + begin - padding[1];
      float* to = strip + top * width_ + begin;
      for (int64_t i = top; i < bottom; ++i, from += images.width, to += width_)
        in_vectors<kVectorBytes>(count, [=]<class Vector>(int64_t j) {
          store(to + j, load<Vector>(from + j));
          __builtin_prefetch(from + j + next);
        });
      strip += rows * width_;
    }
}

}  // namespace gradian::conv
