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

// From and to addresses of any alignment, in one instruction: g++ cuts a memcpy of a vector that is
// not in a register into the pieces that -mmove-max allows.
template <class Vector, class T>
[[gnu::always_inline]] inline Vector load(const T* from) {
  typedef Vector Unaligned __attribute__((aligned(alignof(T)), may_alias));
  return *reinterpret_cast<const Unaligned*>(from);
}
template <class Vector, class T>
[[gnu::always_inline]] inline void store(T* to, const Vector& v) {
  typedef Vector Unaligned __attribute__((aligned(alignof(T)), may_alias));
  *reinterpret_cast<Unaligned*>(to) = v;
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

// Calls f.operator()<Vector>(j) for vectors of `bytes` that start at elements j and together cover
// 0..count-1, the last overlapping the one before; for shorter ones where there are too few.
template <int bytes, class F>
[[gnu::always_inline]] inline void in_vectors(int64_t count, const F& f) {
  constexpr int64_t lanes = bytes / int64_t(sizeof(float));
  typedef float Vector __attribute__((vector_size(bytes)));
  if (count >= lanes) {
    for (int64_t j = 0; j + lanes < count; j += lanes) f.template operator()<Vector>(j);
    f.template operator()<Vector>(count - lanes);
  } else if constexpr (lanes > 1) {
    in_vectors<bytes / 2>(count, f);
  }
}

// The elements of a and then those of b.
template <class Half>
[[gnu::always_inline]] inline auto join(const Half& a, const Half& b) {
  return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    return __builtin_shufflevector(a, b, I...);
  }
  (std::make_integer_sequence<int, int(2 * sizeof(Half) / sizeof(float))>{});
}

// Of each four elements of a and the same of b, which count as eight, those of these numbers.
template <int e0, int e1, int e2, int e3, class Vector>
[[gnu::always_inline]] inline Vector shuffle_fours(const Vector& a, const Vector& b) {
  constexpr int count = sizeof(Vector) / sizeof(float), number[] = {e0, e1, e2, e3};
  return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    return __builtin_shufflevector(a, b,
                                   (I / 4 * 4 + number[I % 4] % 4 + number[I % 4] / 4 * count)...);
  }
  (std::make_integer_sequence<int, count>{});
}

// Transposes the 4x4 matrices that lie side by side in four rows.
template <class Vector>
[[gnu::always_inline]] inline void transpose_fours(Vector& a, Vector& b, Vector& c, Vector& d) {
  const Vector ab0 = shuffle_fours<0, 4, 1, 5>(a, b), ab1 = shuffle_fours<2, 6, 3, 7>(a, b);
  const Vector cd0 = shuffle_fours<0, 4, 1, 5>(c, d), cd1 = shuffle_fours<2, 6, 3, 7>(c, d);
  a = shuffle_fours<0, 1, 4, 5>(ab0, cd0);
  b = shuffle_fours<2, 3, 6, 7>(ab0, cd0);
  c = shuffle_fours<0, 1, 4, 5>(ab1, cd1);
  d = shuffle_fours<2, 3, 6, 7>(ab1, cd1);
}

// Four elements each of the rows 0, 4, 8, ..., side by side.
template <int rows_count>
[[gnu::always_inline]] inline auto load_fours(const float* const* rows, int64_t offset) {
  if constexpr (rows_count == 4)
    return load<Float4>(rows[0] + offset);
  else
    return join(load_fours<rows_count / 2>(rows, offset),
                load_fours<rows_count / 2>(rows + rows_count / 2, offset));
}

// columns[j] = {rows[0][j], rows[1][j], ...} for j = 0 .. 3: four columns of as many rows, which
// lie anywhere, as there are lanes. Rows i, i + 4, ... share a vector, so that no shuffle has to
// cross its fours.
template <class Vector>
[[gnu::always_inline]] inline void load_transposed(const float* const* rows, int64_t offset,
                                                   Vector* columns) {
  unrolled<4>([&](auto i) __attribute__((always_inline)) {
    columns[i] = load_fours<sizeof(Vector) / sizeof(float)>(rows + i, offset);
  });
  transpose_fours(columns[0], columns[1], columns[2], columns[3]);
}

// The opposite of load_transposed: to[i][offset_i + j] = columns[j][i], for the first `count` of
// four columns; offset_i is step * row_stride[i] + column.
template <int count, class Vector>
[[gnu::always_inline]] inline void store_transposed(Vector c0, Vector c1, Vector c2, Vector c3,
                                                    float* const* to, const int64_t* row_stride,
                                                    int64_t step, int64_t column) {
  static_assert(count == 2 || count == 4);
  transpose_fours(c0, c1, c2, c3);
  const Vector rows[4] = {c0, c1, c2, c3};
  unrolled<int(sizeof(Vector) / sizeof(float))>([&](auto i) __attribute__((always_inline)) {
    constexpr int first = i / 4 * 4;
    const Vector& row = rows[i % 4];
    const Float4 four = __builtin_shufflevector(row, row, first, first + 1, first + 2, first + 3);
    std::memcpy(to[i] + step * row_stride[i] + column, &four, count * sizeof(float));
  });
}

}  // namespace gradian::simd
