// How convolutions cut images into overlapping tiles: zero-padded copies to read tiles from, and
// writing tiles of results. Knows nothing of what is computed from a tile.
#pragma once

#include <vector>

#include "tensor/conv/geometry.h"
#include "tensor/simd/micro_kernel.h"
#include "tensor/tensor.h"

namespace gradian::conv {

using namespace simd;

// Tile number t, in order of image, row and column, starts at {row step[0], column step[1]}.
struct TileGrid {
  TileGrid(int64_t images, int64_t rows_, int64_t columns_, Pair step_)
      : step(step_), rows(rows_), columns(columns_), count(images * rows * columns) {}
  // Tiles that cover the whole of `images`, `step` apart.
  TileGrid(const Images& images, int64_t step_)
      : TileGrid(images.count, ceil_div(images.height, step_), ceil_div(images.width, step_),
                 {step_, step_}) {}
  int64_t image(int64_t t) const { return t / columns / rows; }
  int64_t row(int64_t t) const { return t / columns % rows; }
  int64_t column(int64_t t) const { return t % columns; }
  // How far the tiles of an image reach, each `size` columns wide.
  int64_t width(int64_t size) const { return (columns - 1) * step[1] + size; }
  Pair step;
  int64_t rows, columns, count;
};

// A copy of the rows, in all channels, that the tiles first..last-1 touch, with zeros around, so
// that reading a tile needs no tests. A tile reads `size` rows and columns from `padding` before
// its start.
class PaddedRows {
 public:
  PaddedRows(const Images& images, const float* data, const TileGrid& grid, int64_t first,
             int64_t last, Pair size, Pair padding);

  // Where tile first + i starts in the first channel, and the distances of its rows and of the
  // channels.
  const float* tile(int64_t i) const { return copy_ + offsets_[size_t(i)]; }
  int64_t row_stride() const { return width_; }
  int64_t channel_stride() const { return channel_size_; }

 private:
  // Consecutive rows of one image.
  struct Strip {
    int64_t image, first_row, rows;
  };

  int64_t width_, channel_size_ = 0;
  std::vector<int64_t> offsets_;
  Tensor buffer_;
  float* copy_;
};

// Writes results of m x m, a vector of tiles at a time.
template <int m>
class TileWriter {
 public:
  TileWriter(const Images& images, const TileGrid& grid, float* data)
      : images_(images), grid_(grid), data_(data) {}

  // Sets the tiles to write: `count` from number `first` on.
  void select(int64_t first, int64_t count) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      Place& place = places_[lane];
      to_[lane] = ragged_[lane][0];
      row_strides_[lane] = 8;
      place = {};
      if (lane >= count) continue;
      const int64_t t = first + lane;
      const int64_t row = grid_.row(t) * m, column = grid_.column(t) * m;
      place.rows = std::min<int64_t>(m, images_.height - row);
      place.columns = std::min<int64_t>(m, images_.width - column);
      place.offset =
          grid_.image(t) * images_.channels * images_.plane() + row * images_.width + column;
      place.full = place.rows == m && place.columns == m;
      if (place.full) row_strides_[lane] = images_.width;
    }
  }

  // Writes tile[i][j], one tile a lane, to the selected places of `channel`.
  void write(int64_t channel, const Floats (*tile)[m]) {
    float* const plane = data_ + channel * images_.plane();
    for (int lane = 0; lane < kLanes; ++lane)
      if (places_[lane].full) to_[lane] = plane + places_[lane].offset;
    for (int i = 0; i < m; ++i) {
      if constexpr (m >= 4)
        store_transposed<4>(tile[i][0], tile[i][1], tile[i][2], tile[i][3], to_, row_strides_, i,
                            0);
      if constexpr (m % 4 == 2)
        store_transposed<2>(tile[i][m - 2], tile[i][m - 1], Floats{}, Floats{}, to_, row_strides_,
                            i, m - 2);
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      const Place& place = places_[lane];
      if (place.full) continue;
      for (int64_t i = 0; i < place.rows; ++i)
        in_vectors<sizeof(Float4)>(place.columns, [&]<class Vector>(int64_t j) {
          store(plane + place.offset + i * images_.width + j, load<Vector>(ragged_[lane][i] + j));
        });
    }
  }

 private:
  struct Place {
    int64_t offset = 0, rows = 0, columns = 0;
    bool full = false;  // the tile lies inside the image and is written directly
  };
  const Images& images_;
  const TileGrid& grid_;
  float* data_;
  Place places_[kLanes];
  float* to_[kLanes];
  int64_t row_strides_[kLanes];
  float ragged_[kLanes][m][8];
};

}  // namespace gradian::conv
