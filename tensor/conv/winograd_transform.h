// The arithmetic of Winograd's convolution on one tile (Cook-Toom): the three matrices, made from
// the interpolation points, and their products with small matrices of vectors.
// It does not know of images, channels or threads: see winograd.cpp.
//
// Why it works. Two polynomials y (m coefficients) and g (r coefficients) have a product s of
// alpha = m + r - 1 coefficients, which costs m r multiplications in the school way. But s is
// determined by its values at any alpha points, and s(a) = y(a) g(a) costs one multiplication a
// point: so evaluate both at alpha points, multiply, and interpolate. Evaluating and interpolating
// are products with constant matrices, whose entries are small when the points are. Three of them,
// each with one row a point:
//   A [alpha x m]      A y = the values of y:    row of point a: 1, a, a^2, ...
//   G [alpha x r]      G g = the values of g, each divided by the product of (a - other points)
//   B [alpha x alpha]  s = B^T (A y . G g), Lagrange's interpolation: row of point a holds the
//                      coefficients of the product of (x - other points)
// with "." the elementwise product. The last "point" is infinity, where a polynomial's value is
// its leading coefficient.
//
// A convolution layer needs something else: the correlation o[i] = sum_q g[q] d[i + q], m outputs
// of a filter of r taps over a tile of alpha inputs. Both are read off one trilinear form:
//   sum_i,q y[i] g[q] d[i + q] = d . s = d . B^T (A y . G g) = (B d) . (A y) . (G g) summed,
// whose derivative with respect to
//   y  is the correlation:                       o  = A^T (G g . B d)
//   g  is the gradient of the filter given dL/do: dg = G^T (A dL/do . B d)
// (and with respect to d, the product s itself). In two dimensions each matrix acts on the rows
// and then on the columns: B d B^T and so on, and m^2 outputs cost alpha^2 multiplications instead
// of m^2 r^2: 64 instead of 400 for m = 4, r = 5.
#pragma once

#include <array>

#include "tensor/simd/micro_kernel.h"

namespace gradian::conv::winograd {

using namespace simd;

// The matrices for tiles of alpha inputs and a filter of r taps, exact in double but for G's
// divisions. Points come as 0 and pairs +a, -a: evaluating at a pair shares its work, see below.
template <int alpha, int r>
struct Matrices {
  static_assert(alpha == 6 || alpha == 8);
  static constexpr int m = alpha + 1 - r;
  static constexpr int points = alpha - 1;  // without infinity
  static constexpr std::array<double, 7> point{0, 1, -1, 2, -2, 0.5, -0.5};

  template <int columns>
  using Matrix = std::array<std::array<double, columns>, alpha>;

  // Values of a polynomial with `columns` coefficients.
  template <int columns>
  static constexpr Matrix<columns> evaluation() {
    Matrix<columns> result{};
    for (int i = 0; i < points; ++i) {
      double power = 1;
      for (int j = 0; j < columns; ++j, power *= point[size_t(i)])
        result[size_t(i)][size_t(j)] = power;
    }
    result[points][columns - 1] = 1;
    return result;
  }

  static constexpr Matrix<r> scaled_evaluation() {
    Matrix<r> result = evaluation<r>();
    for (int i = 0; i < points; ++i) {
      double product = 1;
      for (int j = 0; j < points; ++j)
        if (j != i) product *= point[size_t(i)] - point[size_t(j)];
      for (double& entry : result[size_t(i)]) entry /= product;
    }
    return result;
  }

  // Coefficients of the product of (x - point) over all points but one: i == points omits none.
  static constexpr Matrix<alpha> interpolation() {
    Matrix<alpha> result{};
    for (int i = 0; i < alpha; ++i) {
      std::array<double, alpha>& row = result[size_t(i)];
      row[0] = 1;
      for (int j = 0; j < points; ++j) {
        if (j == i) continue;
        for (int k = alpha - 1; k >= 0; --k)
          row[size_t(k)] = (k > 0 ? row[size_t(k - 1)] : 0) - point[size_t(j)] * row[size_t(k)];
      }
    }
    return result;
  }

  // As types, to be template arguments.
  struct A {
    static constexpr int rows = alpha, columns = m;
    static constexpr Matrix<m> value = evaluation<m>();
  };
  struct G {
    static constexpr int rows = alpha, columns = r;
    static constexpr Matrix<r> value = scaled_evaluation();
  };
  struct B {
    static constexpr int rows = alpha, columns = alpha;
    static constexpr Matrix<alpha> value = interpolation();
  };
};

// The first column of this parity with an entry that is not 0, or -1.
template <class M>
constexpr int first_nonzero(int row, int parity) {
  for (int j = parity; j < M::columns; j += 2)
    if (M::value[size_t(row)][size_t(j)] != 0) return j;
  return -1;
}

// M[row][column] in[column] + M[row][column - 2] in[column - 2] + ...
template <class M, int row, int column, class Vector>
[[gnu::always_inline]] inline Vector every_second(const Vector* in) {
  constexpr float factor = float(M::value[row][column]);
  if constexpr (column == first_nonzero<M>(row, column % 2))
    return factor * in[column];
  else if constexpr (factor == 0)
    return every_second<M, row, column - 2>(in);
  else
    return every_second<M, row, column - 2>(in) + factor * in[column];
}

// out = M in. The rows of the points +a and -a agree in the even columns and are opposite in the
// odd ones, so a pair costs one row's multiplications. The rows of 0 and infinity have entries of
// one parity only.
template <class M, class Vector>
[[gnu::always_inline]] inline void multiply(const Vector* in, Vector* out) {
  constexpr int last = M::columns - 1;
  const auto sum = [&](auto row, auto parity) __attribute__((always_inline)) {
    return every_second<M, row, last - (last + parity) % 2>(in);
  };
  const auto alone = [&](auto row) __attribute__((always_inline)) {
    constexpr int parity = first_nonzero<M>(row, 0) >= 0 ? 0 : 1;
    out[row] = sum(row, std::integral_constant<int, parity>{});
  };
  alone(std::integral_constant<int, 0>{});
  unrolled<(M::rows - 2) / 2>([&](auto pair) __attribute__((always_inline)) {
    constexpr std::integral_constant<int, 2 * pair + 1> row;
    const Vector even = sum(row, std::integral_constant<int, 0>{});
    const Vector odd = sum(row, std::integral_constant<int, 1>{});
    out[row] = even + odd;
    out[row + 1] = even - odd;
  });
  alone(std::integral_constant<int, M::rows - 1>{});
}

// out = M^T in, for A and G: the same sharing seen from the other side. A pair of points enters
// the even outputs by its sum and the odd ones by its difference.
template <class M, class Vector>
[[gnu::always_inline]] inline void multiply_transposed(const Vector* in, Vector* out) {
  constexpr int last = M::rows - 1, pairs = (M::rows - 2) / 2;
  Vector sum[pairs], difference[pairs];
  unrolled<pairs>([&](auto p) __attribute__((always_inline)) {
    sum[p] = in[2 * p + 1] + in[2 * p + 2];
    difference[p] = in[2 * p + 1] - in[2 * p + 2];
  });
  unrolled<M::columns>([&](auto column) __attribute__((always_inline)) {
    const Vector* const terms = column % 2 == 0 ? sum : difference;
    Vector total = float(M::value[1][column]) * terms[0];
    unrolled<pairs - 1>([&](auto p) __attribute__((always_inline)) {
      total += float(M::value[2 * p + 3][column]) * terms[p + 1];
    });
    if constexpr (M::value[0][column] != 0) total += float(M::value[0][column]) * in[0];
    if constexpr (M::value[last][column] != 0) total += float(M::value[last][column]) * in[last];
    out[column] = total;
  });
}

// A vector of tiles at once, one a lane: the result M d M^T entry by entry through put(i, j,
// value), where load(i, row) reads row i of d.
template <class M, class Load, class Put>
[[gnu::always_inline]] inline void transform(const Load& load, const Put& put) {
  Floats half[M::columns][M::rows];  // d M^T
  for (int i = 0; i < M::columns; ++i) {
    Floats row[M::columns];
    load(i, row);
    multiply<M>(row, half[i]);
  }
  for (int j = 0; j < M::rows; ++j) {
    Floats column[M::columns], result[M::rows];
    for (int i = 0; i < M::columns; ++i) column[i] = half[i][j];
    multiply<M>(column, result);
    for (int i = 0; i < M::rows; ++i) put(i, j, result[i]);
  }
}

// The same for M^T d M.
template <class M, class Load, class Put>
[[gnu::always_inline]] inline void transform_back(const Load& load, const Put& put) {
  Floats half[M::rows][M::columns];  // d M
  for (int i = 0; i < M::rows; ++i) {
    Floats row[M::rows];
    load(i, row);
    multiply_transposed<M>(row, half[i]);
  }
  for (int j = 0; j < M::columns; ++j) {
    Floats column[M::rows], result[M::columns];
    for (int i = 0; i < M::rows; ++i) column[i] = half[i][j];
    multiply_transposed<M>(column, result);
    for (int i = 0; i < M::columns; ++i) put(i, j, result[i]);
  }
}

}  // namespace gradian::conv::winograd
