// Panels and the product by them, against plain loops: whole panels and registers, and ragged ones.
// Values are small whole numbers, so that every sum is exact, and what lies behind a result stays.
#include "tensor/simd/panel_product.h"

#include <doctest/doctest.h>

#include <vector>

#include "tensor/error.h"
#include "tensor/shape.h"

namespace gradian::simd {
namespace {

constexpr int64_t kBehind = 64;  // elements that no one may touch
constexpr double kUntouched = 77;

template <class T>
std::vector<T> numbers(int64_t count) {
  std::vector<T> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<T>(i * 7 % 31 - 15));
  return values;
}

template <class T>
std::vector<T> untouched(int64_t count) {
  return std::vector<T>(static_cast<size_t>(count + kBehind), T(kUntouched));
}

// The element (row, column) of a matrix in panels [columns / panel][rows][panel].
template <class T>
size_t place(int64_t rows, int64_t row, int64_t column) {
  constexpr int64_t panel = panel_of<T>;
  return static_cast<size_t>((column / panel * rows + row) * panel + column % panel);
}

// What panels hold of the matrix whose element (row, column) is at(row, column).
template <class T, class At>
std::vector<T> in_panels(int64_t rows, int64_t columns, const At& at) {
  const int64_t width = round_up(columns, panel_of<T>);
  std::vector<T> panels = untouched<T>(rows * width);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < width; ++column)
      panels[place<T>(rows, row, column)] = column < columns ? at(row, column) : T(0);
  return panels;
}

TEST_CASE_TEMPLATE("a matrix and its transpose are packed, with zeros in the lanes left over", T,
                   float, double) {
  constexpr int64_t panel = panel_of<T>;
  for (const int64_t rows : {1, 3, 8, 13})
    for (const int64_t columns : {int64_t{0}, int64_t{1}, panel - 1, panel, panel + 1, panel + 8,
                                  2 * panel + 9, 3 * panel}) {
      INFO(text(rows, " x ", columns));
      const int64_t stride = rows + 3;  // of the transposed matrix
      const std::vector<T> matrix = numbers<T>(rows * columns + columns * stride);
      std::vector<T> panels = untouched<T>(rows * round_up(columns, panel));
      pack_panels(matrix.data(), rows, columns, columns, panels.data());
      CHECK(panels == in_panels<T>(rows, columns, [&](int64_t row, int64_t column) {
              return matrix[static_cast<size_t>(row * columns + column)];
            }));
      panels = untouched<T>(rows * round_up(columns, panel));
      pack_transposed(matrix.data(), columns, rows, stride, panels.data());
      CHECK(panels == in_panels<T>(rows, columns, [&](int64_t row, int64_t column) {
              return matrix[static_cast<size_t>(column * stride + row)];
            }));
    }
}

TEST_CASE("rows come back from the panels of their transpose, and nothing else is written") {
  for (const int64_t columns : {1, 3, 4, 7, 8, 13})
    for (const int64_t rows :
         {int64_t{1}, int64_t{7}, int64_t{8}, kPanel - 1, kPanel, kPanel + 8, 2 * kPanel + 13}) {
      INFO(text(rows, " x ", columns));
      const int64_t stride = columns + 2;
      const std::vector<float> matrix = numbers<float>(rows * stride);
      std::vector<float> panels(static_cast<size_t>(round_up(rows, kPanel) * columns));
      pack_transposed(matrix.data(), rows, columns, stride, panels.data());
      std::vector<float> expected = untouched<float>(rows * stride), back = expected;
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t column = 0; column < columns; ++column) {
          const auto at = static_cast<size_t>(row * stride + column);
          expected[at] = matrix[at];
        }
      unpack_transposed(panels.data(), rows, columns, back.data(), stride);
      CHECK(back == expected);
    }
}

// c = a x b (+ c) by plain loops; element (i, j) of a matrix is at i * row + j * column.
template <class T>
struct Matrix {
  std::vector<T>& data;
  int64_t row, column;
  T& at(int64_t i, int64_t j) const { return data[static_cast<size_t>(i * row + j * column)]; }
};
template <class T>
void multiply_plainly(int64_t rows, int64_t columns, int64_t inner, const Matrix<T>& a,
                      const Matrix<T>& b, const Matrix<T>& c, bool accumulate) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      if (!accumulate) c.at(i, j) = 0;
      for (int64_t k = 0; k < inner; ++k) c.at(i, j) += a.at(i, k) * b.at(k, j);
    }
}

TEST_CASE_TEMPLATE("a panel is multiplied by any number of rows, stored either way, or added to", T,
                   float, double) {
  constexpr int64_t panel = panel_of<T>;
  for (int64_t rows = 1; rows <= 3 * kRows + 1; ++rows)
    for (const int64_t inner : {1, 2, 9})
      for (const bool accumulate : {false, true}) {
        INFO(text(rows, " rows, ", inner, accumulate ? " added" : ""));
        const int64_t c_stride = panel + 5;
        std::vector<T> a = numbers<T>((rows + 4) * (inner + 4)), b = numbers<T>(inner * panel);
        const auto product = [&](int64_t row_step, int64_t inner_step) {
          std::vector<T> c = untouched<T>(rows * c_stride);
          multiply_plainly<T>(rows, panel, inner, {a, row_step, inner_step}, {b, panel, 1},
                              {c, c_stride, 1}, accumulate);
          return c;
        };
        std::vector<T> c = untouched<T>(rows * c_stride);
        multiply_panel(rows, inner, a.data(), inner + 3, b.data(), c.data(), c_stride, accumulate);
        CHECK(c == product(inner + 3, 1));
        c = untouched<T>(rows * c_stride);
        multiply_panel<true>(rows, inner, a.data(), rows + 2, b.data(), c.data(), c_stride,
                             accumulate);
        CHECK(c == product(1, rows + 2));
      }
}

TEST_CASE_TEMPLATE("a product by panels takes both layouts of its factors and writes nothing else",
                   T, float, double) {
  constexpr int64_t panel = panel_of<T>;
  for (const int rows : {1, kRows + 1})
    for (const int64_t columns : {int64_t{1}, panel - 1, panel, 2 * panel + 3})
      for (const int64_t inner : {1, 4, 9, 520})  // the last in parts
        for (int layout = 0; layout < 8; ++layout) {
          const bool a_transposed = layout & 1, b_transposed = layout & 2, accumulate = layout & 4;
          INFO(text(rows, " x ", inner, " x ", columns, ", layout ", layout));
          const int64_t a_row = a_transposed ? 1 : inner + 2,
                        a_column = a_transposed ? rows + 1 : 1;
          const int64_t b_row = b_transposed ? 1 : columns + 3,
                        b_column = b_transposed ? inner + 1 : 1;
          std::vector<T> a = numbers<T>((rows + 1) * (inner + 2)),
                         b = numbers<T>((inner + 1) * (columns + 3));
          const int64_t c_row = columns + 2;
          std::vector<T> c = untouched<T>(rows * c_row), expected = c;
          multiply_plainly<T>(rows, columns, inner, {a, a_row, a_column}, {b, b_row, b_column},
                              {expected, c_row, 1}, accumulate);
          std::vector<T> room = untouched<T>((rows + inner) * panel);
          multiply_by_panels(rows, columns, inner, a.data(), a_row, a_column, b.data(), b_row,
                             b_column, c.data(), c_row, accumulate, room.data());
          CHECK(c == expected);
          CHECK(room[room.size() - kBehind] == T(kUntouched));
        }
}

TEST_CASE("long sums are added in parts, so that small terms are not lost one by one") {
  constexpr int64_t inner = 520;
  constexpr float large = 1 << 24;  // to which a float 1 adds nothing
  std::vector<float> a(inner, 1), b(inner), c(1), room((1 + inner) * kPanel);
  b.front() = large;
  std::fill(b.end() - 8, b.end(), 1.0f);
  multiply_by_panels<float>(1, 1, inner, a.data(), inner, 1, b.data(), 1, inner, c.data(), 1, false,
                            room.data());
  CHECK(c.front() == large + 8);
}

TEST_CASE("rows are taken in groups of at most kRows, the last two alike") {
  CHECK(next_rows(1) == 1);
  CHECK(next_rows(kRows) == kRows);
  CHECK(next_rows(kRows + 1) == kRows / 2 + 1);
  CHECK(next_rows(2 * kRows - 1) == kRows);
  CHECK(next_rows(2 * kRows) == kRows);
  CHECK(next_rows(2 * kRows + 1) == kRows);
}

}  // namespace
}  // namespace gradian::simd
