// What the products of winograd.cpp and winograd_weight.cpp share: how a block of transformed tiles
// lies in memory. Internal to those two.
//
// A block of tiles at a time is transformed, multiplied and transformed back, so that what lies
// between stays in the cache. The elementwise products of all channels and filters are alpha^2
// independent matrix products, one for each position k in the tile:
//   forward          M[k] [filters, tiles]    = U[k] [filters, channels] x V[k] [channels, tiles]
//   weight gradient  W[k] [filters, channels] = D[k] [filters, tiles]    x V[k] [tiles, channels]
#pragma once

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

// Reads rows of eight tiles, one a lane, `columns` columns each.
template <int columns>
auto load_tiles(const float* const* tiles, int64_t row_stride) {
  return [=](int i, Float8* row) __attribute__((always_inline)) {
    for (int j = 0; j < columns; j += 4) load_transposed(tiles, i * row_stride + j, row + j);
  };
}

// Writes value(i, j) to out + (i * alpha + j) * stride.
template <int alpha>
auto put_stack(float* out, int64_t stride) {
  return [=](int i, int j, const Float8& value) __attribute__((always_inline)) {
    store(out + (i * alpha + j) * stride, value);
  };
}

// Reads what put_stack wrote.
template <int alpha>
auto load_stack(const float* from, int64_t stride) {
  return [=](int i, Float8* row) __attribute__((always_inline)) {
    for (int j = 0; j < alpha; ++j) row[j] = load<Float8>(from + (i * alpha + j) * stride);
  };
}

// Calls body.operator()<r>() for a kernel of r x r taps.
template <class Body>
void dispatch_kernel(const Geometry& g, const Body& body) {
  g.kernel[0] == 5 ? body.template operator()<5>() : body.template operator()<3>();
}

}  // namespace gradian::conv::winograd
