// The innermost matrix product of the convolutions: a few rows times a panel, all of the result
// in registers. For products of matrices of any size and layout see gemm() in blis.h.
// BLIS's own micro-kernel is as fast, but takes only operands packed for it and full tiles; here
// one side is read where it lies.
#pragma once

#include "tensor/vector.h"

namespace gradian {

// A panel is a matrix of kPanel columns stored row after row: two vectors a row. With kRows rows
// of the result, kRows x 2 sums, two panel vectors and one factor have to fit the registers: 15 of
// the 16 that AVX2 has, 27 of the 32 of AVX-512.
#ifdef __AVX512F__
using Floats = float __attribute__((vector_size(64)));
constexpr int kRows = 12;
#else
using Floats = Float8;
constexpr int kRows = 6;
#endif
constexpr int64_t kLanes = sizeof(Floats) / sizeof(float);
constexpr int64_t kPanel = 2 * kLanes;

// sums[rows][2] = a[rows, inner] x b[inner, kPanel], inner > 0; a's rows are a_stride apart and row
// k of b is at b_row(k).
template <int rows, class RowOfB>
[[gnu::always_inline]] inline void panel_sums(int64_t inner, const float* a, int64_t a_stride,
                                              const RowOfB& b_row, Floats (*sums)[2]) {
  Floats sum[rows][2] = {};
  int64_t k = 0;
  do {
    const float* const b = b_row(k);
    const Floats b0 = load<Floats>(b), b1 = load<Floats>(b + kLanes);
    unrolled<rows>([&](auto i) {
      const float factor = a[i * a_stride + k];
      sum[i][0] += factor * b0;
      sum[i][1] += factor * b1;
    });
  } while (++k < inner);
  unrolled<rows>([&](auto i) {
    sums[i][0] = sum[i][0];
    sums[i][1] = sum[i][1];
  });
}

// c[rows, kPanel] = a[rows, inner] x b[inner, kPanel] (+ c when accumulate), inner > 0; the rows of
// b and of c follow each other.
template <int rows>
void multiply_panel_rows(int64_t inner, const float* a, int64_t a_stride, const float* b, float* c,
                         bool accumulate) {
  Floats sum[rows][2];
  panel_sums<rows>(
      inner, a, a_stride, [b](int64_t k) { return b + k * kPanel; }, sum);
  if (accumulate)
    unrolled<rows>([&](auto i) {
      sum[i][0] += load<Floats>(c + i * kPanel);
      sum[i][1] += load<Floats>(c + i * kPanel + kLanes);
    });
  unrolled<rows>([&](auto i) {
    store(c + i * kPanel, sum[i][0]);
    store(c + i * kPanel + kLanes, sum[i][1]);
  });
}

// Calls f(integral_constant n) for a count n = 1 .. kRows known at run time only.
template <int n = kRows, class F>
void with_rows(int64_t count, const F& f) {
  if constexpr (n > 1) {
    if (count != n) return with_rows<n - 1>(count, f);
  }
  f(std::integral_constant<int, n>{});
}

// How many of `left` rows to take next: kRows, but the last two groups share what is left evenly,
// for a group of one or two rows would leave the multipliers idle.
inline int64_t next_rows(int64_t left) {
  if (left <= kRows) return left;
  return left < 2 * kRows ? (left + 1) / 2 : kRows;
}

// The same for any number of rows.
inline void multiply_panel(int64_t rows, int64_t inner, const float* a, int64_t a_stride,
                           const float* b, float* c, bool accumulate) {
  for (int64_t row = 0; row < rows;) {
    const int64_t count = next_rows(rows - row);
    with_rows(count, [&](auto n) {
      multiply_panel_rows<n>(inner, a + row * a_stride, a_stride, b, c + row * kPanel, accumulate);
    });
    row += count;
  }
}

}  // namespace gradian
