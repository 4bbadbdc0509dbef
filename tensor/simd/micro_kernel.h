// The innermost matrix product of the convolutions, the margin head and panel_product.h: a few rows
// times a panel, all of the result in registers. For matrices of any size and layout there is
// gemm() in runtime/gemm.h. BLIS's own micro-kernel takes only operands packed for it and full
// tiles; here one side is read where it lies.
#pragma once

#include <type_traits>

#include "tensor/simd/vector.h"

namespace gradian::simd {

// A panel is a matrix of a few columns, two vectors wide, stored row after row. With kRows rows of
// the result, kRows x 2 sums, two panel vectors and one factor have to fit the registers: 15 of the
// 16 that AVX2 has, 27 of the 32 of AVX-512.
#ifdef __AVX512F__
constexpr int kVectorBytes = 64, kRows = 12;
#else
constexpr int kVectorBytes = 32, kRows = 6;
#endif
using Floats = float __attribute__((vector_size(kVectorBytes)));
using Doubles = double __attribute__((vector_size(kVectorBytes)));

template <class T>
using VectorOf = std::conditional_t<std::is_same_v<T, float>, Floats, Doubles>;

template <class T>
constexpr int64_t lanes_of = kVectorBytes / int64_t(sizeof(T));
template <class T>
constexpr int64_t panel_of = 2 * lanes_of<T>;
constexpr int64_t kLanes = lanes_of<float>, kPanel = panel_of<float>;

// sums[rows][vectors] = a [rows, inner] x b [inner, panel_of<T>], inner > 0, where a(i, k) is an
// element and b_row(k) the address of a row, of which the first `vectors`, 1 or 2, are used.
template <int rows, class T, int vectors, class ElementOfA, class RowOfB>
[[gnu::always_inline]] inline void panel_sums(int64_t inner, const ElementOfA& a,
                                              const RowOfB& b_row, VectorOf<T> (*sums)[vectors]) {
  using Vector = VectorOf<T>;
  Vector sum[rows][vectors] = {};
  int64_t k = 0;
  do {
    const T* const b = b_row(k);
    Vector row[vectors];
    unrolled<vectors>([&](auto v) { row[v] = load<Vector>(b + v * lanes_of<T>); });
    unrolled<rows>([&](auto i) {
      const T factor = a(i, k);
      unrolled<vectors>([&](auto v) { sum[i][v] += factor * row[v]; });
    });
  } while (++k < inner);
  unrolled<rows>([&](auto i) { unrolled<vectors>([&](auto v) { sums[i][v] = sum[i][v]; }); });
}

// Calls f(integral_constant vectors) for those that `columns` of a panel take: half of one that is
// half empty need not be multiplied.
template <class T, class F>
void with_vectors(int64_t columns, const F& f) {
  if (columns <= lanes_of<T>) return f(std::integral_constant<int, 1>{});
  f(std::integral_constant<int, 2>{});
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

// Calls body(first, integral_constant count) for groups of consecutive rows that together are all.
template <class Body>
void for_each_row_group(int64_t rows, const Body& body) {
  for (int64_t first = 0; first < rows;) {
    const int64_t count = next_rows(rows - first);
    with_rows(count, [&](auto n) { body(first, n); });
    first += count;
  }
}

// c[rows, panel] = a [rows, inner] x b [inner, panel] (+ c when accumulate) for any number of rows,
// inner > 0. Rows of a and of c are a_stride and c_stride apart; rows of b follow each other. Of
// the panel's two vectors the first `vectors` are computed. Transposed, a is stored as
// [inner, rows].
template <bool transposed = false, int vectors = 2, class T>
void multiply_panel(int64_t rows, int64_t inner, const T* a, int64_t a_stride, const T* b, T* c,
                    int64_t c_stride, bool accumulate) {
  for_each_row_group(rows, [=](int64_t first, auto n) {
    const T* const from = transposed ? a + first : a + first * a_stride;
    VectorOf<T> sums[n][vectors];
    panel_sums<n, T>(
        inner,
        [=](int64_t i, int64_t k) {
          return transposed ? from[k * a_stride + i] : from[i * a_stride + k];
        },
        [=](int64_t k) { return b + k * panel_of<T>; }, sums);
    unrolled<n>([&](auto i) {
      unrolled<vectors>([&](auto v) {
        T* const to = c + (first + i) * c_stride + v * lanes_of<T>;
        store(to, accumulate ? sums[i][v] + load<VectorOf<T>>(to) : sums[i][v]);
      });
    });
  });
}

}  // namespace gradian::simd
