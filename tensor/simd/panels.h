// Matrices copied to panels, the form in which micro_kernel.h reads its second operand, and back:
// panel after panel, each a matrix of panel_of<T> columns stored row after row.
#pragma once

#include <algorithm>
#include <type_traits>

#include "tensor/simd/micro_kernel.h"

namespace gradian::simd {

// Cuts a matrix [rows, columns], its rows row_stride apart, into panels [columns / panel][rows]
// [panel]; columns that are not there are zeros.
template <class T>
void pack_panels(const T* matrix, int64_t rows, int64_t columns, int64_t row_stride, T* panels) {
  constexpr int64_t panel = panel_of<T>;
  for (int64_t first = 0; first < columns; first += panel)
    for (int64_t row = 0; row < rows; ++row, panels += panel) {
      const T* const from = matrix + row * row_stride + first;
      if (first + panel <= columns) {  // by vectors: a call for each panel would cost more
        store(panels, load<VectorOf<T>>(from));
        store(panels + lanes_of<T>, load<VectorOf<T>>(from + lanes_of<T>));
        continue;
      }
      for (int64_t i = 0; i < panel; ++i) panels[i] = first + i < columns ? from[i] : T(0);
    }
}

// Eight rows of a float matrix can be transposed in registers, four columns at a time, of which the
// last four may overlap those before.
inline bool in_eights(int64_t rows, int64_t columns) { return rows >= 8 && columns >= 4; }

// The same for the transposed matrix: panels [rows / panel][columns][panel] of rows that are
// row_stride apart.
template <class T>
void pack_transposed(const T* matrix, int64_t rows, int64_t columns, int64_t row_stride,
                     T* panels) {
  constexpr int64_t panel = panel_of<T>;
  for (int64_t first = 0; first < rows; first += panel, panels += columns * panel) {
    const T* const from = matrix + first * row_stride;
    const int64_t there = std::min(panel, rows - first);
    int64_t lane = 0;
    if constexpr (std::is_same_v<T, float>)
      for (; in_eights(there - lane, columns); lane += 8) {
        const float* eight[8];
        for (int64_t i = 0; i < 8; ++i) eight[i] = from + (lane + i) * row_stride;
        for (int64_t next = 0; next < columns; next += 4) {
          const int64_t column = std::min(next, columns - 4);
          Float8 four[4];
          load_transposed(eight, column, four);
          for (int64_t i = 0; i < 4; ++i) store(panels + (column + i) * panel + lane, four[i]);
        }
      }
    for (int64_t column = 0; column < columns; ++column) {
      T* const to = panels + column * panel;
      for (int64_t i = lane; i < there; ++i) to[i] = from[i * row_stride + column];
      std::fill(to + there, to + panel, T(0));
    }
  }
}

// The opposite of pack_transposed, for float: the rows of the matrix from its panels.
inline void unpack_transposed(const float* panels, int64_t rows, int64_t columns, float* matrix,
                              int64_t row_stride) {
  static constexpr int64_t no_stride[8] = {};
  for (int64_t first = 0; first < rows; first += kPanel, panels += columns * kPanel) {
    float* const to = matrix + first * row_stride;
    const int64_t there = std::min(kPanel, rows - first);
    int64_t lane = 0;
    for (; in_eights(there - lane, columns); lane += 8) {
      float* eight[8];
      for (int64_t i = 0; i < 8; ++i) eight[i] = to + (lane + i) * row_stride;
      for (int64_t next = 0; next < columns; next += 4) {
        const int64_t column = std::min(next, columns - 4);
        const float* const four = panels + column * kPanel + lane;
        store_transposed<4>(load<Float8>(four), load<Float8>(four + kPanel),
                            load<Float8>(four + 2 * kPanel), load<Float8>(four + 3 * kPanel), eight,
                            no_stride, 0, column);
      }
    }
    for (; lane < there; ++lane)
      for (int64_t column = 0; column < columns; ++column)
        to[lane * row_stride + column] = panels[column * kPanel + lane];
  }
}

}  // namespace gradian::simd
