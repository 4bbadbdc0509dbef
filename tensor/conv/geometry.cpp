#include "tensor/conv/geometry.h"

namespace gradian {

std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  return out << Shape{pair.height, pair.width};
}

Shape conv2d_shape(const Shape& input, const Shape& weight, const Conv2dOptions& options) {
  const Calling calling("conv2d_shape");
  conv::check_images(input);
  check(weight.size() == 4, "expected weight [O, C / groups, KH, KW], got ", weight);
  numel(weight);
  const int64_t groups = options.groups;
  check(groups > 0, "expected at least one group, got groups ", groups);
  check(input[1] % groups == 0 && input[1] / groups == weight[1] && weight[0] % groups == 0,
        "channels do not fit: input ", input, ", weight ", weight, ", groups ", groups);
  const Pair out = conv::count_windows(input, {weight[2], weight[3]}, options.stride,
                                       options.padding, options.dilation);
  const Shape result{input[0], weight[0], out.height, out.width};
  numel(result);
  return result;
}

namespace conv {
namespace {

void check_option(const char* name, Pair value, int64_t least) {
  constexpr int64_t kMost = INT32_MAX;
  check(
      std::min(value.height, value.width) >= least && std::max(value.height, value.width) <= kMost,
      "expected a ", name, " from ", least, " to ", kMost, ", got ", value);
}

}  // namespace

void check_images(const Shape& x) {
  check(x.size() != 3, "expected images [N, C, H, W], got a single one, ", x,
        ": write unsqueeze(x, 0)");
  check(x.size() == 4, "expected images [N, C, H, W], got ", x);
  numel(x);
}

Pair count_windows(const Shape& input, Pair kernel, Pair stride, Pair padding, Pair dilation,
                   bool ceil_mode) {
  constexpr int64_t kMostTaps = 1 << 22;
  check_option("kernel", kernel, 1);
  check_option("stride", stride, 1);
  check_option("padding", padding, 0);
  check_option("dilation", dilation, 1);
  check(kernel.height * kernel.width <= kMostTaps, "expected a kernel of at most ", kMostTaps,
        " taps, got ", kernel);
  const auto count = [&](int axis) {
    const auto at = static_cast<size_t>(axis);
    const int64_t size = input[2 + axis];
    const int64_t room = size + 2 * padding[at] - dilation[at] * (kernel[at] - 1) - 1;
    check(room >= (ceil_mode ? 1 - stride[at] : 0) && size + padding[at] > 0, "a kernel ", kernel,
          " with dilation ", dilation, " is larger than the input ", input, " with padding ",
          padding);
    const int64_t more = ceil_div(room, stride[at]);
    const bool begins_inside = more * stride[at] < size + padding[at];
    return (ceil_mode && begins_inside ? more : room / stride[at]) + 1;
  };
  return {count(0), count(1)};
}

Geometry::Geometry(const Shape& input_shape, const Shape& weight, const Conv2dOptions& options)
    : output(conv2d_shape(input_shape, weight, options)),
      input(input_shape),
      kernel(weight[2], weight[3]),
      stride(options.stride),
      padding(options.padding),
      dilation(options.dilation),
      groups(options.groups) {}

}  // namespace conv
}  // namespace gradian
