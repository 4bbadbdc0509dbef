// What winograd.cpp and winograd_weight.cpp share: tiles X of images become B X B^T, or A X A^T,
// and how a block of them lies in memory. The products are in those two.
//
// A block of tiles at a time is transformed and multiplied, so that what lies between stays in the
// cache. The elementwise products of all channels and filters are alpha^2 independent matrix
// products, one for each position k in the tile:
//   forward          P[k] [filters, tiles]    = U[k] [filters, channels] x V[k] [channels, tiles]
//   weight gradient  W[k] [filters, channels] = D[k] [filters, tiles]    x V[k] [tiles, channels]
#pragma once

#include <vector>

#include "tensor/conv/tiles.h"
#include "tensor/conv/winograd_transform.h"
#include "tensor/simd/micro_kernel.h"

namespace gradian::conv::winograd {

// A [alpha^2] array of matrices of `size` floats. The distance of matrices is kept off multiples
// of the page size: entry e of all of them is written together, and addresses a power of two apart
// compete for the same few lines of the cache.
struct Stack {
  Stack(int64_t alpha, int64_t size)
      : stride(round_up(size, 1024) + 16), total(alpha * alpha * stride) {}
  int64_t stride, total;
};

// M X for the tiles X that start in the rows of tiles first..last-1 of some channels, the first
// half of M X M^T: of rows only, so on whole rows of the images, read where they lie, whose
// columns neighbouring tiles share. A tile starts `padding` before its place; what it reads outside
// the image is zero.
template <class M>
class HalfTransforms {
 public:
  HalfTransforms(const Images& images, const TileGrid& grid, int64_t first, int64_t last,
                 Pair padding, int64_t channels)
      : images_(images),
        grid_(grid),
        padding_(padding),
        channels_(channels),
        first_line_(first / grid.columns),
        lines_((last - 1) / grid.columns + 1 - first_line_),
        // The first row of tiles is kept from the first one on, the others from their beginning.
        skipped_(grid.column(first) * grid.step[1]),
        width_(std::min(grid.width(M::columns), (last - first - 1) * grid.step[1] + M::columns)),
        // The last row is the image's outside. Tiles are read by fours of columns.
        buffer_(Tensor::zeros({(channels * lines_ * M::rows + 1) * width_ + 4})),
        half_(buffer_.template mutable_data<float>()) {
    for (int64_t t = first; t < last; ++t)
      tiles_.push_back(half_ + (t / grid.columns - first_line_) * M::rows * width_ +
                       grid.column(t) * grid.step[1] - skipped(t / grid.columns));
    while (tiles_.size() % kPanel != 0) tiles_.push_back(tiles_.back());
  }

  // Of `channels` channels of `data` from `channel` on; those beyond the last stay zero.
  void read(const float* data, int64_t channel) {
    const int64_t next = images_.plane();  // the next channel's rows are fetched meanwhile
    const float* const outside = half_ + channels_ * channel_stride();
    float* to_line = half_;
    for (int64_t c = channel; c < std::min(channel + channels_, images_.channels); ++c)
      for (int64_t line = first_line_; line < first_line_ + lines_;
           ++line, to_line += M::rows * width_) {
        const int64_t left = padding_[1] - skipped(line);
        const int64_t begin = std::clamp<int64_t>(left, 0, width_);
        const int64_t count = std::clamp<int64_t>(images_.width + left, begin, width_) - begin;
        float* const to = to_line + begin;
        const float* const plane =
            data + (line / grid_.rows * images_.channels + c) * next + begin - left;
        const int64_t top = line % grid_.rows * grid_.step[0] - padding_[0];
        const float* rows[M::columns];
        for (int i = 0; i < M::columns; ++i) {
          const bool inside = top + i >= 0 && top + i < images_.height;
          rows[i] = inside ? plane + (top + i) * images_.width : outside;
        }
        in_vectors<kVectorBytes>(count, [&]<class Vector>(int64_t j) {
          Vector column[M::columns], result[M::rows];
          unrolled<M::columns>([&](auto i) {
            column[i] = load<Vector>(rows[i] + j);
            __builtin_prefetch(rows[i] + j + next);
          });
          multiply<M>(column, result);
          unrolled<M::rows>([&](auto i) { store(to + i * width_ + j, result[i]); });
        });
      }
  }

  // Where tile number first + i starts in the first of these channels, up to a multiple of kPanel
  // of tiles, and the distances of its rows and of the channels.
  const float* const* tile(int64_t i) const { return &tiles_[size_t(i)]; }
  int64_t row_stride() const { return width_; }
  int64_t channel_stride() const { return lines_ * M::rows * width_; }

 private:
  int64_t skipped(int64_t line) const { return line == first_line_ ? skipped_ : 0; }

  const Images& images_;
  const TileGrid& grid_;
  Pair padding_;
  int64_t channels_, first_line_, lines_, skipped_, width_;
  Tensor buffer_;
  float* half_;
  std::vector<const float*> tiles_;
};

// The second half for one row of a vector of tiles: out + j * stride = row M^T, read at `offset`
// from where each lane's tile starts.
template <class M>
[[gnu::always_inline]] inline void finish_row(const float* const* tiles, int64_t offset, float* out,
                                              int64_t stride) {
  Floats row[M::columns + 3], result[M::rows];  // room for loads of four
  for (int j = 0; j < M::columns; j += 4) load_transposed(tiles, offset + j, row + j);
  multiply<M>(row, result);
  unrolled<M::rows>([&](auto j) { store(out + j * stride, result[j]); });
}

// Reads rows of a vector of tiles, a matrix of the stack for each entry.
template <int alpha>
auto load_stack(const float* from, int64_t stride) {
  return [=](int i, Floats* row) __attribute__((always_inline)) {
    for (int j = 0; j < alpha; ++j) row[j] = load<Floats>(from + (i * alpha + j) * stride);
  };
}

// Calls body.operator()<r>() for a kernel of r x r taps.
template <class Body>
void dispatch_kernel(const Geometry& g, const Body& body) {
  g.kernel[0] == 5 ? body.template operator()<5>() : body.template operator()<3>();
}

}  // namespace gradian::conv::winograd
