// What stands beside an array in an expression such as 2 * x or x > y: another array, or a number,
// which becomes an array of the other one's dtype.
#pragma once

#include <type_traits>

#include "tensor/error.h"

namespace gradian {

// Array is Tensor or Variable. It refers to its array, and lives for the one call it is made for.
template <class Array>
class Operand {
 public:
  Operand(const Array& array) : array_(&array) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Operand(Number number)
      : number_(static_cast<double>(number)) {}

  bool is_number() const { return array_ == nullptr; }
  double number() const { return number_; }
  const Array& array() const { return *array_; }

 private:
  const Array* array_ = nullptr;
  double number_ = 0;
};

// f(a, b), of which one at most is a number. `op` is what errors name.
template <class Array, class F>
auto with_arrays(const char* op, Operand<Array> a, Operand<Array> b, const F& f) try {
  if (a.is_number()) return f(constant(a.number(), b.array()), b.array());
  if (b.is_number()) return f(a.array(), constant(b.number(), a.array()));
  return f(a.array(), b.array());
} catch (const Error& error) {
  fail_as(op, error);
}

}  // namespace gradian
