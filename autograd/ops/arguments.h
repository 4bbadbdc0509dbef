// What the ops of several families ask of their arguments.
#pragma once

#include <cmath>

#include "autograd/variable.h"

namespace gradian {

// A constant of x's dtype that broadcasts to any shape. int64 takes whole numbers only.
inline Variable constant(double value, const Variable& x) {
  check(x.dtype() != DType::int64 || (value == std::trunc(value) && std::abs(value) < 0x1p63),
        "an int64 variable meets the number ", value, ": convert it to float32 or float64 first");
  return Variable(Tensor::scalar(value, x.dtype()));
}

inline void check_floating(const Variable& x) {
  check(is_floating(x.dtype()), "expected float32 or float64, got ", x.dtype());
}

// The term that keeps a division by 0 away; 0 is allowed.
inline void check_eps(double eps) { check(eps >= 0, "eps must not be negative, got ", eps); }

}  // namespace gradian
