// What stands beside an array in an expression such as 2 * x or x > y: another array, or a number,
// which becomes an array of the other one's dtype.
#pragma once

#include <limits>
#include <optional>
#include <type_traits>

#include "tensor/error.h"

namespace gradian {

// Array is Tensor or Variable. It refers to its array, and lives for the one call it is made for.
// Kernels take it by reference: a copy of what was just written in parts costs more than a small one.
// A number is kept as a long double, which holds every int64 and every double.
template <class Array>
class Operand {
 public:
  Operand(const Array& array) : array_(&array) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Operand(Number number)
      : number_(static_cast<long double>(number)) {}

  bool is_number() const { return array_ == nullptr; }
  long double number() const { return number_; }
  const Array& array() const { return *array_; }

 private:
  const Array* array_ = nullptr;
  long double number_ = 0;
  static_assert(std::numeric_limits<long double>::digits >= 63);
};

// f(a, b), of which one at most is a number.
template <class Array, class F>
auto with_arrays(const Operand<Array>& a, const Operand<Array>& b, const F& f) {
  check(!a.is_number() || !b.is_number(), "expected an array, got two numbers, ", a.number(),
        " and ", b.number(), ", which have no dtype: write Tensor::scalar for one");
  std::optional<Array> made;
  if (a.is_number()) made = constant(a.number(), b.array());
  if (b.is_number()) made = constant(b.number(), a.array());
  return f(a.is_number() ? *made : a.array(), b.is_number() ? *made : b.array());
}

}  // namespace gradian
