// Operands of the rows: arrays of ones, so that a row names no more than their sizes, and the
// numbers that no function should take.
#pragma once

#include <limits>

#include "tests/misuse/misuse.h"

namespace gradian::misuse {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kHuge = int64_t{1} << 40;  // its square is no int64

template <class... Sizes>
Shape sizes(Sizes... axes) {
  return {static_cast<int64_t>(axes)...};
}
template <class... Numbers>
Axes axes(Numbers... listed) {
  return {static_cast<int64_t>(listed)...};
}
template <class... Numbers>
Tensor indices(Numbers... values) {
  return test::integers({static_cast<int64_t>(values)...});
}

// float32, float64 and int64.
template <class... Sizes>
Variable ones(Sizes... axes) {
  return Variable(Tensor::ones(sizes(axes...)));
}
template <class... Sizes>
Variable ones64(Sizes... axes) {
  return Variable(Tensor::ones(sizes(axes...), DType::float64));
}
template <class... Sizes>
Variable whole(Sizes... axes) {
  return Variable(Tensor::ones(sizes(axes...), DType::int64));
}
// float64, and requires grad.
template <class... Sizes>
Variable trained(Sizes... axes) {
  return Variable(Tensor::ones(sizes(axes...), DType::float64), true);
}

}  // namespace gradian::misuse
