// A whole matrix product by the micro-kernel, for a left factor that stays in the caches. It is
// read where it lies, again for each panel of the right one, which is packed when its turn comes
// and then stays in the nearest cache. BLIS packs both, which pays for large ones only.
#pragma once

#include "tensor/simd/panels.h"

namespace gradian::simd {

// Whether that is faster than BLIS, by measurement (README.md).
template <class T>
bool by_panels(int64_t rows, int64_t columns, int64_t inner, int64_t a_row, int64_t a_column,
               int64_t b_row, int64_t b_column) {
#ifndef __FMA__
  return false;  // BLIS looks for its kernels at run time, this one is what the compiler could use
#endif
  // A call of BLIS costs more than a few short sums; packing b costs little where rows share it.
  const bool pays = (inner <= 32 && rows <= 256) || (rows >= 64 && columns >= panel_of<T>);
  const bool stays = rows * inner * int64_t(sizeof(T)) <= 2 << 20 && rows <= 4096;  // so does room
  // Columns of a transposed a lie in a page each, of which processors know few at a time.
  const bool few_pages = a_column == 1 || (a_row == 1 && inner <= 256);
  return inner > 0 && pays && stays && few_pages && (b_row == 1 || b_column == 1);
}

// c = a x b (+ c when accumulate), [rows, columns] = [rows, inner] x [inner, columns], inner > 0.
// One stride of a and one of b is 1; rows of c are c_row apart. `room` is for panel_of<T> columns
// of b and of c.
template <class T>
void multiply_by_panels(int64_t rows, int64_t columns, int64_t inner,  //
                        const T* a, int64_t a_row, int64_t a_column,   //
                        const T* b, int64_t b_row, int64_t b_column,   //
                        T* c, int64_t c_row, bool accumulate, T* room) {
  constexpr int64_t panel = panel_of<T>, kLongest = 512;  // longer sums, in parts, round less
  T* const tile = room + inner * panel;                   // of columns that do not fill a panel
  for (int64_t first = 0; first < columns; first += panel) {
    const int64_t count = std::min(panel, columns - first);
    const bool full = count == panel;
    for (int64_t k = 0; k < inner; k += kLongest) {
      const int64_t length = std::min(kLongest, inner - k);
      const T* const from = b + k * b_row + first * b_column;
      b_column == 1 ? pack_panels(from, length, count, b_row, room)
                    : pack_transposed(from, count, length, b_column, room);
      with_vectors<T>(count, [&](auto vectors) {
        const auto multiply = [&](auto transposed) {
          multiply_panel<transposed, vectors>(
              rows, length, a + k * a_column, transposed ? a_column : a_row, room,
              full ? c + first : tile, full ? c_row : panel, (full && accumulate) || k > 0);
        };
        a_column == 1 ? multiply(std::false_type()) : multiply(std::true_type());
      });
    }
    for (int64_t i = 0; i < rows && !full; ++i)
      for (int64_t j = 0; j < count; ++j) {
        T& to = c[i * c_row + first + j];
        to = tile[i * panel + j] + (accumulate ? to : T(0));
      }
  }
}

}  // namespace gradian::simd
