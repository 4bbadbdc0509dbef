// Short vectors, for inner loops that do not vectorise by themselves: the compiler's own vector
// types, with loads, stores and the shuffles that these loops need.
// It knows no instruction set: without AVX the compiler cuts each vector into what there is.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

namespace gradian::simd {

using Float4 = float __attribute__((vector_size(16)));
using Float8 = float __attribute__((vector_size(32)));

// From and to addresses of any alignment.
template <class Vector, class T>
Vector load(const T* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class Vector, class T>
void store(T* to, const Vector& v) {
  std::memcpy(to, &v, sizeof v);
}

// Calls f(integral_constant 0), f(integral_constant 1), ...: a loop unrolled for certain, whose
// index may be used as a template argument.
template <int kCount, class F>
[[gnu::always_inline]] inline void unrolled(const F& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, I>{}), ...);
  }
  (std::make_integer_sequence<int, kCount>{});
}

// Transposes the two 4x4 matrices that lie side by side in four rows of eight.
[[gnu::always_inline]] inline void transpose_halves(Float8& a, Float8& b, Float8& c, Float8& d) {
  const Float8 ab0 = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
  const Float8 ab1 = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
  const Float8 cd0 = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
  const Float8 cd1 = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
  a = __builtin_shufflevector(ab0, cd0, 0, 1, 8, 9, 4, 5, 12, 13);
  b = __builtin_shufflevector(ab0, cd0, 2, 3, 10, 11, 6, 7, 14, 15);
  c = __builtin_shufflevector(ab1, cd1, 0, 1, 8, 9, 4, 5, 12, 13);
  d = __builtin_shufflevector(ab1, cd1, 2, 3, 10, 11, 6, 7, 14, 15);
}

// columns[j] = {rows[0][j], ..., rows[7][j]} for j = 0 .. 3: four columns of eight rows that lie
// anywhere. Rows i and i + 4 share a vector, so that no shuffle has to cross its halves.
[[gnu::always_inline]] inline void load_transposed(const float* const* rows, int64_t offset,
                                                   Float8* columns) {
  unrolled<4>([&](auto i) __attribute__((always_inline)) {
    columns[i] = __builtin_shufflevector(
        load<Float4>(rows[i] + offset), load<Float4>(rows[i + 4] + offset), 0, 1, 2, 3, 4, 5, 6, 7);
  });
  transpose_halves(columns[0], columns[1], columns[2], columns[3]);
}

// The opposite of load_transposed: to[i][offset_i + j] = columns[j][i], for the first `count` of
// four columns; the offset of row i is step * row_stride[i].
template <int count>
[[gnu::always_inline]] inline void store_transposed(Float8 c0, Float8 c1, Float8 c2, Float8 c3,
                                                    float* const* to, const int64_t* row_stride,
                                                    int64_t step, int64_t column) {
  static_assert(count == 2 || count == 4);
  transpose_halves(c0, c1, c2, c3);
  const Float8 rows[4] = {c0, c1, c2, c3};
  unrolled<4>([&](auto i) __attribute__((always_inline)) {
    const Float4 low = __builtin_shufflevector(rows[i], rows[i], 0, 1, 2, 3);
    const Float4 high = __builtin_shufflevector(rows[i], rows[i], 4, 5, 6, 7);
    std::memcpy(to[i] + step * row_stride[i] + column, &low, count * sizeof(float));
    std::memcpy(to[i + 4] + step * row_stride[i + 4] + column, &high, count * sizeof(float));
  });
}

}  // namespace gradian::simd
