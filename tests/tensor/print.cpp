// Tensors, shapes and dtypes as text.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tensor/kernels.h"

namespace gradian {
namespace {

std::string printed(const Tensor& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

TEST_CASE("tensors print as nested brackets with aligned columns, dtype and shape") {
  const double nan = std::nan("");
  struct Case {
    Tensor x;
    const char* text;
  };
  const Case cases[] = {
      {Tensor(), "undefined tensor"},
      {Tensor::scalar(2.5), "2.5  float32 []"},
      {Tensor::scalar(-7, DType::int64), "-7  int64 []"},
      {Tensor::from<float>({1, 2, 3, 4}, {2, 2}), "[[1, 2],\n [3, 4]]  float32 [2, 2]"},
      {Tensor::from<double>({1, -2.25, 100, 0}, {2, 2}),
       "[[    1, -2.25],\n [  100,     0]]  float64 [2, 2]"},
      {Tensor::arange(8).reshape({2, 2, 2}),
       "[[[0, 1],\n  [2, 3]],\n [[4, 5],\n  [6, 7]]]  int64 [2, 2, 2]"},
      {Tensor::from<double>({3.14159265, 1e-10, 123456}, {3}),
       "[    3.142,     1e-10, 1.235e+05]  float64 [3]"},
      {Tensor::from<double>({nan, -nan, HUGE_VAL, -HUGE_VAL}, {4}),
       "[ nan,  nan,  inf, -inf]  float64 [4]"},
      {Tensor::arange(8), "[0, 1, 2, 3, 4, 5, 6, 7]  int64 [8]"},
      {Tensor::arange(9), "[0, 1, 2, ..., 6, 7, 8]  int64 [9]"},
      {Tensor::arange(20).reshape({10, 2}),
       "[[ 0,  1],\n [ 2,  3],\n [ 4,  5],\n ...,\n [14, 15],\n [16, 17],\n [18, 19]]"
       "  int64 [10, 2]"},
      {Tensor::arange(6).reshape({2, 3}).transpose(0, 1),
       "[[0, 3],\n [1, 4],\n [2, 5]]  int64 [3, 2]"},
      {Tensor::zeros({0}), "[]  float32 [0]"},
      {Tensor::zeros({2, 0}), "[[],\n []]  float32 [2, 0]"},
      {Tensor::zeros({0, 2}), "[]  float32 [0, 2]"},
      {Tensor::from<int64_t>({(int64_t{1} << 53) + 1}, {1}), "[9007199254740993]  int64 [1]"},
  };
  for (const Case& c : cases) CHECK(printed(c.x) == c.text);
}

TEST_CASE("printing a large tensor reads and shows its edges only") {
  const std::string shown = printed(Tensor::ones({1, 1}).expand({1000000, 1000000}));
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 6);
  CHECK(std::count(shown.begin(), shown.end(), '1') == 36 + 2);  // and in the shape
  CHECK(printed(Tensor::ones({1}).expand({int64_t{1} << 59})) ==
        "[1, 1, 1, ..., 1, 1, 1]  float32 [576460752303423488]");
}

TEST_CASE("shapes and dtypes print as errors show them") {
  CHECK(text(Shape{}, Shape{3}, Shape{2, -1}) == "[][3][2, -1]");
  CHECK(text(DType::float32, DType::float64, DType::int64) == "float32float64int64");
}

}  // namespace
}  // namespace gradian
