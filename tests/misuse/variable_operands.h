// What the rows of variables are called with beside operands.h: arrays of ones, so that a row names
// no more than their sizes.
#pragma once

#include "tests/misuse/operands.h"

namespace gradian::misuse {

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
