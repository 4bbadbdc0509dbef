// Elementwise kernels against the functions of the standard library in long double, over dtypes,
// layouts, sizes and broadcasts; what happens at infinities and NaN; the texts of errors.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::error_over_bound;
using reference::for_each_index;
using reference::identical;
using reference::sample;
using Real = long double;

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::nan("");
constexpr DType kFloating[] = {DType::float32, DType::float64};
constexpr DType kAll[] = {DType::float32, DType::float64, DType::int64};

// What three roundings in a row may do; the library's functions err by about one.
double tolerance(DType dtype) { return 4 * reference::epsilon(dtype); }

struct Unary {
  const char* name;
  Tensor (*kernel)(const Tensor&);
  Real (*definition)(Real);
  double low, high;  // of the arguments tried
};

const Unary kUnary[] = {
    {"exp", exp, [](Real x) { return std::exp(x); }, -80, 80},
    {"log", log, [](Real x) { return std::log(x); }, 1e-3, 1e3},
    {"log1p", log1p, [](Real x) { return std::log1p(x); }, -0.99, 10},
    {"sqrt", sqrt, [](Real x) { return std::sqrt(x); }, 0, 100},
    {"sin", sin, [](Real x) { return std::sin(x); }, -20, 20},
    {"cos", cos, [](Real x) { return std::cos(x); }, -20, 20},
    {"acos", acos, [](Real x) { return std::acos(x); }, -1, 1},
    {"tanh", tanh, [](Real x) { return std::tanh(x); }, -10, 10},
    {"erf", erf, [](Real x) { return std::erf(x); }, -4, 4},
    {"sigmoid", sigmoid, [](Real x) { return 1 / (1 + std::exp(-x)); }, -80, 80},
    {"softplus", softplus, [](Real x) { return std::log1p(std::exp(x)); }, -80, 80},
    {"relu", relu, [](Real x) { return std::max(x, Real(0)); }, -1, 1},
    {"sign", sign, [](Real x) { return Real(x > 0) - Real(x < 0); }, -1, 1},
    {"isfinite", isfinite, [](Real x) { return Real(std::isfinite(x)); }, -1, 1},
};

struct Binary {
  const char* name;
  Tensor (*kernel)(TensorOrNumber, TensorOrNumber);
  Real (*definition)(Real, Real);
};

// For int64 a division truncates; the others are exact.
const Binary kArithmetic[] = {
    {"add", add, [](Real a, Real b) { return a + b; }},
    {"sub", sub, [](Real a, Real b) { return a - b; }},
    {"mul", mul, [](Real a, Real b) { return a * b; }},
    {"div", div, [](Real a, Real b) { return a / b; }},
};
const Binary kComparisons[] = {
    {"equal", equal, [](Real a, Real b) { return Real(a == b); }},
    {"less", less, [](Real a, Real b) { return Real(a < b); }},
    {"less_equal", less_equal, [](Real a, Real b) { return Real(a <= b); }},
    {"greater", greater, [](Real a, Real b) { return Real(a > b); }},
    {"greater_equal", greater_equal, [](Real a, Real b) { return Real(a >= b); }},
    {"not_equal", not_equal, [](Real a, Real b) { return Real(a != b); }},
};
const Binary kPow{"pow", [](TensorOrNumber a, TensorOrNumber b) { return pow(a.array(), b); },
                  [](Real a, Real b) { return std::pow(a, b); }};

// The element of `x` that broadcasting puts at `index`.
double broadcast_at(const Array& x, const Shape& index) {
  Shape own;
  const int skipped = index.size() - x.shape.size();
  for (int axis = 0; axis < x.shape.size(); ++axis)
    own.push_back(x.shape[axis] == 1 ? 0 : index[axis + skipped]);
  return x[own];
}

Array definition(const Unary& op, const Array& x) {
  Array y(x.shape);
  for (size_t i = 0; i < x.values.size(); ++i)
    y.values[i] = static_cast<double>(op.definition(x.values[i]));
  return y;
}

Array definition(const Binary& op, const Array& a, const Array& b, const Shape& shape,
                 DType dtype) {
  Array y(shape);
  for_each_index(shape, [&](const Shape& i) {
    const Real value = op.definition(broadcast_at(a, i), broadcast_at(b, i));
    y[i] = static_cast<double>(dtype == DType::int64 ? std::trunc(value) : value);
  });
  return y;
}

void check_unary(const Unary& op, const Tensor& x) {
  const Tensor y = op.kernel(x);
  CHECK(y.dtype() == x.dtype());
  CHECK(y.is_contiguous());
  CHECK(error_over_bound(y, definition(op, Array(x)), tolerance(x.dtype())) <= 1);
}

void check_binary(const Binary& op, const Tensor& a, const Tensor& b, const Shape& shape) {
  const Tensor y = op.kernel(a, b);
  CHECK(y.dtype() == a.dtype());
  CHECK(y.is_contiguous());
  const Array want = definition(op, Array(a), Array(b), shape, a.dtype());
  CHECK(error_over_bound(y, want, tolerance(a.dtype())) <= 1);
}

// Whole numbers from 1 to 8: divisors are not 0, and comparisons meet equal pairs.
Tensor operand(const Shape& shape, DType dtype, uint64_t seed) {
  return sample(shape, DType::int64, 1, 9, seed).to(dtype);
}

TEST_CASE("unary kernels match the standard library in every dtype, layout and small shape") {
  const Shape shapes[] = {{}, {1}, {0}, {5}, {3, 5}, {1, 7}, {7, 1}, {0, 4}, {4, 0}, {2, 3, 4}};
  for (const Unary& op : kUnary)
    for (const DType dtype : kFloating)
      for (const Shape& shape : shapes)
        for (const reference::Layout& layout : reference::layouts()) {
          INFO(text(op.name, ' ', dtype, ' ', shape, ' ', layout.name));
          check_unary(op, layout.make(sample(shape, dtype, op.low, op.high)));
        }
}

TEST_CASE("unary kernels match the standard library around the size of a parallel block") {
  for (const Unary& op : kUnary)
    for (const int64_t size : {16383, 16384, 16385, 100003}) {
      INFO(text(op.name, ' ', size));
      const Tensor x = sample({size}, DType::float32, op.low, op.high);
      check_unary(op, x);
      if (size == 16385) check_unary(op, reference::embedded(x.to(DType::float64), 2));
    }
}

TEST_CASE("binary kernels match their definitions for every pair of layouts") {
  for (const Binary& op : {kArithmetic[0], kArithmetic[3], kComparisons[1]})
    for (const DType dtype : kAll)
      for (const Shape& shape : {Shape{4, 3}, Shape{2, 3, 4}})
        for (const reference::Layout& layout_a : reference::layouts())
          for (const reference::Layout& layout_b : reference::layouts()) {
            INFO(text(op.name, ' ', dtype, ' ', shape, ' ', layout_a.name, ", ", layout_b.name));
            check_binary(op, layout_a.make(operand(shape, dtype, 1)),
                         layout_b.make(operand(shape, dtype, 2)), shape);
          }
}

TEST_CASE("binary kernels broadcast their operands") {
  struct Case {
    Shape a, b, result;
  };
  const Case cases[] = {
      {{3, 1}, {1, 4}, {3, 4}},
      {{4}, {2, 3, 4}, {2, 3, 4}},
      {{}, {2, 3}, {2, 3}},
      {{2, 3}, {}, {2, 3}},
      {{}, {}, {}},
      {{1}, {}, {1}},
      {{2, 1, 3}, {4, 1}, {2, 4, 3}},
      {{1, 1}, {5, 6}, {5, 6}},
      {{0, 3}, {1, 3}, {0, 3}},
      {{1}, {0}, {0}},
      {{3, 1}, {3, 0}, {3, 0}},
      {{1, 20000}, {3, 1}, {3, 20000}},
      {{7, 1, 5, 1}, {6, 1, 3}, {7, 6, 5, 3}},
  };
  for (const Case& c : cases)
    for (const DType dtype : kAll) {
      std::vector<Binary> ops(std::begin(kArithmetic), std::end(kArithmetic));
      ops.insert(ops.end(), std::begin(kComparisons), std::end(kComparisons));
      if (dtype != DType::int64) ops.push_back(kPow);
      for (const Binary& op : ops) {
        INFO(text(op.name, ' ', dtype, ' ', c.a, ' ', c.b));
        check_binary(op, operand(c.a, dtype, 1), operand(c.b, dtype, 2), c.result);
      }
    }
}

TEST_CASE("binary kernels match their definitions around the size of a parallel block") {
  for (const int64_t size : {16383, 16384, 16385, 100003}) {
    INFO(text(size, " elements"));
    const Tensor a = operand({size}, DType::float32, 1), b = operand({size}, DType::float32, 2);
    for (const Binary& op : kArithmetic) check_binary(op, a, b, {size});
    check_binary(kArithmetic[1], reference::embedded(a, 2), b.flip(0), {size});
    check_binary(kComparisons[0], a, reference::repeated(b, 0, 1), {size});
  }
}

TEST_CASE("pow takes fractional and negative exponents and squares exactly") {
  for (const DType dtype : kFloating) {
    const Tensor x = sample({50}, dtype, 0.1, 5, 1), p = sample({50}, dtype, -3, 3, 2);
    check_binary(kPow, x, p, {50});
    check_binary(kPow, x, p.slice(0, 0, 1), {50});
    const Tensor negative = sample({50}, dtype, -5, 5, 3);
    for (const Tensor& two : {Tensor::scalar(2, dtype), Tensor::full({1, 1}, 2, dtype)})
      CHECK(pow(negative, two).shape() == broadcast_shapes(negative.shape(), two.shape()));
    CHECK(identical(pow(negative, Tensor::scalar(2, dtype)), Array(mul(negative, negative))));
    check_binary(kPow, negative, Tensor::scalar(3, dtype), {50});
  }
}

TEST_CASE("int64 arithmetic is exact, and division truncates towards zero") {
  const int64_t big = int64_t{1} << 60;
  const Tensor a = Tensor::from<int64_t>({7, -7, 7, -7, big}, {5});
  const Tensor b = Tensor::from<int64_t>({2, 2, -2, -2, 1}, {5});
  CHECK(div(a, b).to_vector<int64_t>() == std::vector<int64_t>{3, -3, -3, 3, big});
  CHECK(div(Tensor::ones({1}), Tensor::zeros({1})).item() == kInf);  // of numbers with a fraction
  CHECK(add(a, b).to_vector<int64_t>() == std::vector<int64_t>{9, -5, 5, -9, big + 1});
  CHECK(sub(a, b).to_vector<int64_t>() == std::vector<int64_t>{5, -9, 9, -5, big - 1});
  CHECK(mul(a, b).to_vector<int64_t>() == std::vector<int64_t>{14, -14, -14, 14, big});
  CHECK(equal(a, add(a, b)).to_vector<int64_t>() == std::vector<int64_t>{0, 0, 0, 0, 0});
}

TEST_CASE("unary kernels at zero, infinity, NaN and far out") {
  struct Case {
    const char* name;
    Tensor (*kernel)(const Tensor&);
    double x, y;
  };
  const Case cases[] = {
      {"exp(1000)", exp, 1000, kInf},
      {"exp(-1000)", exp, -1000, 0},
      {"exp(-inf)", exp, -kInf, 0},
      {"exp(NaN)", exp, kNaN, kNaN},
      {"log(0)", log, 0, -kInf},
      {"log(-1)", log, -1, kNaN},
      {"log(inf)", log, kInf, kInf},
      {"log1p(-1)", log1p, -1, -kInf},
      {"log1p(-2)", log1p, -2, kNaN},
      {"sqrt(-1)", sqrt, -1, kNaN},
      {"sqrt(inf)", sqrt, kInf, kInf},
      {"sin(inf)", sin, kInf, kNaN},
      {"cos(inf)", cos, kInf, kNaN},
      {"acos(2)", acos, 2, kNaN},
      {"acos(1)", acos, 1, 0},
      {"tanh(1000)", tanh, 1000, 1},
      {"tanh(-inf)", tanh, -kInf, -1},
      {"tanh(NaN)", tanh, kNaN, kNaN},
      {"erf(1000)", erf, 1000, 1},
      {"erf(-inf)", erf, -kInf, -1},
      {"sigmoid(1000)", sigmoid, 1000, 1},
      {"sigmoid(-1000)", sigmoid, -1000, 0},
      {"sigmoid(inf)", sigmoid, kInf, 1},
      {"sigmoid(-inf)", sigmoid, -kInf, 0},
      {"sigmoid(NaN)", sigmoid, kNaN, kNaN},
      {"sigmoid(0)", sigmoid, 0, 0.5},
      {"softplus(1000)", softplus, 1000, 1000},
      {"softplus(-1000)", softplus, -1000, 0},
      {"softplus(inf)", softplus, kInf, kInf},
      {"softplus(-inf)", softplus, -kInf, 0},
      {"softplus(NaN)", softplus, kNaN, kNaN},
      {"relu(NaN)", relu, kNaN, kNaN},
      {"relu(inf)", relu, kInf, kInf},
      {"relu(-inf)", relu, -kInf, 0},
      {"sign(0)", sign, 0, 0},
      {"sign(-0.0)", sign, -0.0, 0},
      {"sign(-inf)", sign, -kInf, -1},
      {"sign(NaN)", sign, kNaN, kNaN},
      {"isfinite(inf)", isfinite, kInf, 0},
      {"isfinite(-inf)", isfinite, -kInf, 0},
      {"isfinite(NaN)", isfinite, kNaN, 0},
      {"isfinite(0)", isfinite, 0, 1},
  };
  for (const Case& c : cases)
    for (const DType dtype : kFloating)
      for (const int64_t size : {1, 19}) {  // alone, and in a vector loop with its rest
        INFO(text(c.name, ' ', dtype, ' ', size));
        CHECK(identical(c.kernel(Tensor::full({size}, c.x, dtype)),
                        Array(Tensor::full({size}, c.y, dtype))));
      }
  CHECK_FALSE(std::signbit(relu(Tensor::scalar(-0.0)).item()));
}

TEST_CASE("comparisons with NaN are false, but for not_equal") {
  for (const DType dtype : kFloating)
    for (const Binary& op : kComparisons) {
      INFO(text(op.name));
      const Tensor x = Tensor::full({20}, kNaN, dtype), y = Tensor::ones({20}, dtype);
      const Array want(Tensor::full({20}, op.name == std::string("not_equal"), dtype));
      for (const auto& [a, b] : {std::pair{x, y}, std::pair{y, x}, std::pair{x, x}})
        CHECK(identical(op.kernel(a, b), want));
    }
}

TEST_CASE("where selects elements of every dtype by a mask of every dtype") {
  for (const DType dtype : kAll)
    for (const DType mask : kAll)
      for (const reference::Layout& layout : reference::layouts()) {
        INFO(text(dtype, ' ', mask, ' ', layout.name));
        const Tensor c = layout.make(sample({4, 5}, DType::int64, -3, 3, 5).to(mask));
        const Tensor a = layout.make(operand({4, 5}, dtype, 1)), b = operand({5}, dtype, 2);
        const Array condition(c), left(a), right(b);
        Array want(Shape{4, 5});
        for_each_index(want.shape, [&](const Shape& i) {
          want[i] = condition[i] != 0 ? left[i] : broadcast_at(right, i);
        });
        CHECK(identical(where(c, a, b), want));
      }
  CHECK(where(Tensor::ones({3, 1}), Tensor::ones({2}), Tensor::zeros({4, 1, 1})).shape() ==
        Shape{4, 3, 2});
  CHECK(where(Tensor::zeros({0}), Tensor::ones({1}), Tensor::ones({})).shape() == Shape{0});
}

TEST_CASE("where keeps an infinity or NaN of the other side out, and NaN is a true condition") {
  for (const DType dtype : kFloating)
    for (const double bad : {kInf, -kInf, kNaN}) {
      const Tensor good = Tensor::full({20}, 3, dtype), other = Tensor::full({20}, bad, dtype);
      const Tensor yes = Tensor::ones({20}), no = Tensor::zeros({20});
      CHECK(identical(where(yes, good, other), Array(good)));
      CHECK(identical(where(no, other, good), Array(good)));
      CHECK(identical(where(no, good, other), Array(other)));
      CHECK(identical(where(Tensor::full({20}, kNaN), good, other), Array(good)));
    }
}

TEST_CASE("describe names dtype and shape") {
  CHECK(text(describe(Tensor::zeros({2, 3}, DType::int64))) == "int64 [2, 3]");
  CHECK(text(describe(Tensor::scalar(0))) == "float32 []");
}

}  // namespace
}  // namespace gradian
