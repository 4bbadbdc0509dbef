#include "tensor/conv/geometry.h"

namespace gradian {
namespace {

void check_option(const char* op, const char* name, Pair value, int64_t least) {
  constexpr int64_t kMost = INT32_MAX;
  check(
      std::min(value.height, value.width) >= least && std::max(value.height, value.width) <= kMost,
      op, ": expected a ", name, " from ", least, " to ", kMost, ", got ", value);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  return out << Shape{pair.height, pair.width};
}

Pair count_windows(const char* op, const Shape& input, Pair kernel, Pair stride, Pair padding,
                   Pair dilation) {
  check_option(op, "kernel", kernel, 1);
  check_option(op, "stride", stride, 1);
  check_option(op, "padding", padding, 0);
  check_option(op, "dilation", dilation, 1);
  const auto count = [&](int axis) {
    const auto at = static_cast<size_t>(axis);
    const int64_t room = input[2 + axis] + 2 * padding[at] - dilation[at] * (kernel[at] - 1) - 1;
    check(room >= 0, op, ": a kernel ", kernel, " with dilation ", dilation,
          " is larger than the input ", input, " with padding ", padding);
    return room / stride[at] + 1;
  };
  return {count(0), count(1)};
}

}  // namespace gradian
