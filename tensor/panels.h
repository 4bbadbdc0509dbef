// Copies of matrices as panels, the form in which micro_kernel.h reads its second operand.
#pragma once

#include "tensor/micro_kernel.h"

namespace gradian {

// Cuts a matrix [rows, columns] into panels [columns / panel][rows][panel]; columns that are not
// there are zeros.
template <class T>
void pack_panels(const T* matrix, int64_t rows, int64_t columns, T* panels) {
  constexpr int64_t panel = panel_of<T>;
  for (int64_t first = 0; first < columns; first += panel)
    for (int64_t row = 0; row < rows; ++row, panels += panel) {
      const T* const from = matrix + row * columns + first;
      if (first + panel <= columns) {  // by vectors: a call for each panel would cost more
        store(panels, load<VectorOf<T>>(from));
        store(panels + lanes_of<T>, load<VectorOf<T>>(from + lanes_of<T>));
        continue;
      }
      for (int64_t i = 0; i < panel; ++i) panels[i] = first + i < columns ? from[i] : T(0);
    }
}

// The same for the transposed matrix: panels [rows / panel][columns][panel].
template <class T>
void pack_transposed(const T* matrix, int64_t rows, int64_t columns, T* panels) {
  constexpr int64_t panel = panel_of<T>;
  for (int64_t first = 0; first < rows; first += panel, panels += columns * panel)
    for (int64_t lane = 0; lane < panel; ++lane)
      for (int64_t column = 0; column < columns; ++column)
        panels[column * panel + lane] =
            first + lane < rows ? matrix[(first + lane) * columns + column] : T(0);
}

}  // namespace gradian
