// Makers and comparisons that several suites share. Hand-worked numbers are checked in float64.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "nn/module.h"
#include "tensor/kernels.h"

namespace gradian::test {

// A float64 tensor; without a shape it has one axis.
inline Tensor doubles(const std::vector<double>& values, const Shape& shape) {
  return Tensor::from(values, shape);
}
inline Tensor doubles(const std::vector<double>& values) {
  return doubles(values, {static_cast<int64_t>(values.size())});
}

// An int64 tensor of one axis: labels or indices.
inline Tensor integers(const std::vector<int64_t>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

// A float64 variable that requires grad.
inline Variable leaf(const std::vector<double>& values, const Shape& shape) {
  return Variable(doubles(values, shape), true);
}
inline Variable leaf(double value) { return leaf(std::vector<double>{value}, Shape{}); }

// A function whose operands may be numbers, as one of variables, for tables: of_variables<add>.
template <Variable (*f)(VariableOrNumber, VariableOrNumber)>
Variable of_variables(const Variable& a, const Variable& b) {
  return f(a, b);
}

// Checks that |actual - expected| < tolerance (1 + |expected|) for all values, in row-major order.
inline void check_values(const Tensor& actual, const std::vector<double>& expected,
                         double tolerance = 1e-12) {
  REQUIRE(actual.defined());
  CAPTURE(actual);
  const std::vector<double> values = actual.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    CAPTURE(i);
    CHECK(values[i] == doctest::Approx(expected[i]).epsilon(tolerance));
  }
}
inline void check_values(const Variable& actual, const std::vector<double>& expected,
                         double tolerance = 1e-12) {
  check_values(actual.value(), expected, tolerance);
}

// The same for tensors of one shape.
inline void check_close(const Tensor& actual, const Tensor& expected, double tolerance = 1e-12) {
  CHECK(actual.shape() == expected.shape());
  check_values(actual, expected.to_vector<double>(), tolerance);
}

// Bit for bit, except that 0 equals -0.
inline bool identical(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         a.to_vector<double>() == b.to_vector<double>();
}

inline bool all_finite(const Tensor& x) {
  return sum(isfinite(x)).item() == static_cast<double>(x.numel());
}

// What a call throws, or "no error".
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// A call that must fail, and the whole text of its error.
struct ErrorCase {
  std::function<void()> call;
  std::string text;
};
inline void check_errors(const std::vector<ErrorCase>& cases) {
  for (const auto& [call, text] : cases) CHECK(error_of(call) == text);
}

inline std::vector<std::string> names(const std::vector<nn::Parameter>& parameters) {
  std::vector<std::string> result;
  for (const nn::Parameter& p : parameters) result.push_back(p.name);
  return result;
}

}  // namespace gradian::test
