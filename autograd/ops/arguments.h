// What ops, layers, losses and optimisers ask of their arguments.
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

// Of an option, a number: `what` is what errors call it, `op` what has it. NaN fails both.
inline void check_positive(const char* op, const char* what, double value) {
  check(value > 0 && std::isfinite(value), op, ": ", what, " must be positive and finite, got ",
        value);
}
inline void check_not_negative(const char* op, const char* what, double value) {
  check(value >= 0 && std::isfinite(value), op, ": ", what,
        " must be finite and not negative, got ", value);
}

}  // namespace gradian
