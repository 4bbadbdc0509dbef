// The idea: a tile at the border would need a test for each element that it reads. Copying the rows
// once, with their padding, makes all tiles alike.
#include "tensor/conv/tiles.h"

#include <algorithm>

namespace gradian::conv {

PaddedRows::PaddedRows(const Images& images, const TileGrid& grid, int64_t first, int64_t last,
                       Pair size, Pair padding, int64_t channels)
    : images_(images), left_(padding[1]), width_(grid.width(size[1])), channels_(channels) {
  offsets_.reserve(size_t(last - first));
  for (int64_t t = first; t < last;) {
    const int64_t image = grid.image(t), row = grid.row(t);
    const int64_t end = std::min(last, (image + 1) * grid.rows * grid.columns);
    const int64_t rows = (grid.row(end - 1) - row) * grid.step[0] + size[0];
    strips_.push_back({image, row * grid.step[0] - padding[0], rows, channel_size_});
    int64_t line = channel_size_, column = grid.column(t);
    for (; t < end; line += grid.step[0] * width_, column = 0)
      for (; t < end && column < grid.columns; ++t, ++column)
        offsets_.push_back(line + column * grid.step[1]);
    channel_size_ += rows * width_;
  }
  // Tiles are read by fours of columns, which may pass the end of the last row by three.
  buffer_ = Tensor::zeros({channels_ * channel_size_ + 4});
  copy_ = buffer_.mutable_data<float>();
}

void PaddedRows::read(const float* data, int64_t channel) {
  const int64_t begin = std::clamp<int64_t>(left_, 0, width_);
  const int64_t count = std::clamp<int64_t>(images_.width + left_, begin, width_) - begin;
  const int64_t next = images_.plane();  // the next channel's rows are fetched meanwhile
  for (int64_t c = channel; c < std::min(channel + channels_, images_.channels); ++c)
    for (const Strip& s : strips_) {
      const int64_t top = std::clamp<int64_t>(-s.first_row, 0, s.rows);
      const int64_t bottom = std::clamp<int64_t>(images_.height - s.first_row, top, s.rows);
      const float* from = data + (s.image * images_.channels + c) * next +
                          (s.first_row + top) * images_.width + begin - left_;
      float* to = copy_ + (c - channel) * channel_size_ + s.offset + top * width_ + begin;
      for (int64_t i = top; i < bottom; ++i, from += images_.width, to += width_)
        in_vectors<kVectorBytes>(count, [=]<class Vector>(int64_t j) {
          store(to + j, load<Vector>(from + j));
          __builtin_prefetch(from + j + next);
        });
    }
}

}  // namespace gradian::conv
