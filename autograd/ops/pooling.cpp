// Pooling. The maximum of a window is an op, whose gradient looks for it again; the mean of one is
// a composite, a sum along one axis, then along the other. Nothing is multiplied by 0, so that an
// infinity or NaN stays in the windows that hold it, and so in gradients.
#include <algorithm>
#include <numeric>
#include <utility>

#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"
#include "tensor/conv/geometry.h"
#include "tensor/fused/max_pool.h"

namespace gradian {
namespace {

// The sum of each of `count` windows along an axis, [..., size, ...] -> [..., count, ...]: one
// slice a tap of the kernel. `side` is the kernel's side for that axis.
Variable sliding_sums(const Variable& x, int axis, int64_t count, const Pool2dOptions& options,
                      size_t side) {
  const int64_t kernel = options.kernel[side], stride = options.stride[side];
  const int64_t padding = options.padding[side], dilation = options.dilation[side];
  const int64_t last_end = (count - 1) * stride + (kernel - 1) * dilation + 1;
  Shape padded = x.shape();
  padded[axis] = std::max(padded[axis] + 2 * padding, last_end);
  const Variable wide = padded == x.shape() ? x : slice_adjoint(x, padded, axis, padding);
  Variable total;
  for (int64_t tap = 0; tap < kernel; ++tap) {
    const int64_t begin = tap * dilation, end = begin + (count - 1) * stride + 1;
    const Variable part = slice(wide, axis, begin, end, stride);
    total = total.defined() ? total + part : part;
  }
  return total;
}

// The sum of each window of [N, C, H, W]; `shape` is that of the result.
Variable sliding_sums(const Variable& x, const Shape& shape, const Pool2dOptions& options) {
  return sliding_sums(sliding_sums(x, 3, shape[3], options, 1), 2, shape[2], options, 0);
}

// The mean of each of `count` windows that cover an axis, from floor(i size / count) to
// ceil((i + 1) size / count): [..., size, ...] -> [..., count, ...].
Variable adaptive_means(const Variable& x, int axis, int64_t count) {
  const int64_t size = x.size(axis);
  Shape split = x.shape();
  split[axis] = count;
  // In units of 1 / count, in which it covers `size`, a window begins no further than
  // count - gcd(size, count) behind a position.
  const int64_t longest = ceil_div(size - std::gcd(size, count), count) + 1;
  split.insert(axis + 1, longest);
  if (size % count == 0) return mean(reshape(x, split), {axis + 1});

  const Tensor window = Tensor::arange(count).unsqueeze(1);  // [count, 1]
  const Tensor begin = window * size / count, end = ((window + 1) * size - 1) / count + 1;
  // Each window filled up to the longest one, [count, longest]; not all of its positions count.
  const Tensor positions = begin + Tensor::arange(longest);
  // With axes of size 1 behind, so that it broadcasts to what has `axes` axes.
  const auto along = [&](const Tensor& tensor, int axes) {
    Shape shape = tensor.shape();
    while (shape.size() < axes - axis) shape.push_back(1);
    return tensor.reshape(shape);
  };
  const Tensor filled = minimum(positions, end - 1), inside = positions < end;
  const Variable taps = reshape(index_select(x, axis, filled.reshape({-1})), split);
  const Variable selected = where(along(inside, split.size()), taps, constant(0, x));
  const Tensor lengths = (end - begin).squeeze(1);
  return sum(selected, {axis + 1}) / Variable(along(lengths, x.dim()).to(x.dtype()));
}

// [N, C, H, W] -> [N, C, H W]
Tensor flat(const Tensor& images) {
  return images.reshape({images.size(0), images.size(1), images.size(2) * images.size(3)});
}

}  // namespace

// y = x at the first largest of each window;  dx = dy added up at these positions
struct ops::MaxPool2d {
  static constexpr auto name = "max_pool2d";
  Pool2dOptions options;

  bool fused() const { return fused::max_pool_2x2_applies(options); }
  Tensor forward(const Tensor& x) const {
    if (!fused()) return max_pool2d(x, options).values;
    pool2d_shape(x.shape(), options);  // checks
    return fused::max_pool_2x2(x);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Tensor& x = context.input(0).value();
    if (fused()) return {Variable(fused::max_pool_2x2_gradient(grad.value(), x))};
    const Tensor at = flat(max_pool2d(x, options).indices);
    return {Variable(scatter_add(flat(x).shape(), 2, at, flat(grad.value())).reshape(x.shape()))};
  }
  Variable composite(const Inputs& in) const {
    const Tensor at = max_pool2d(in[0].value(), options).indices;
    return reshape(gather(reshape(in[0], flat(in[0].value()).shape()), 2, flat(at)), at.shape());
  }
  Attributes attributes() const {
    return {{"kernel", options.kernel},
            {"stride", options.stride},
            {"padding", options.padding},
            {"dilation", options.dilation},
            {"ceil_mode", options.ceil_mode}};
  }
  static std::vector<GradCase> cases() {
    const auto on_images = [](const char* label, const Pool2dOptions& options) {
      return grad_case(label, {{2, 2, 5, 4}}, unary(max_pool2d, options));
    };
    return {on_images("2x2", {.kernel = 2}),
            on_images("overlapping, padded", {.kernel = 3, .stride = {2, 1}, .padding = 1}),
            on_images("dilated", {.kernel = 2, .stride = 1, .dilation = 2}),
            on_images("a last window that is not filled", {.kernel = 2, .ceil_mode = true})};
  }
};
Variable max_pool2d(const Variable& x, const Pool2dOptions& options) {
  return apply(ops::MaxPool2d{options}, x);
}

Variable avg_pool2d(const Variable& x, const Pool2dOptions& options, bool count_include_pad) {
  const Calling calling("avg_pool2d");
  check_floating(x);
  const Shape shape = pool2d_shape(x.shape(), options);
  const Variable sums = sliding_sums(x, shape, options);
  if (count_include_pad && !options.ceil_mode)
    return sums / static_cast<double>(options.kernel[0] * options.kernel[1]);
  // What counts, as ones: padding may, what a last window has beyond it does not.
  Pool2dOptions counting = options;
  Shape counted{1, 1, x.size(2), x.size(3)};
  if (count_include_pad) {
    counted[2] += 2 * std::exchange(counting.padding.height, 0);
    counted[3] += 2 * std::exchange(counting.padding.width, 0);
  }
  const Variable counts = sliding_sums(Variable(Tensor::ones(counted, x.dtype())), shape, counting);
  check(sum(counts == 0).item() == 0, "a window holds padding alone: kernel ", options.kernel,
        ", dilation ", options.dilation, ", input ", x.shape());
  return sums / counts;
}

Variable adaptive_avg_pool2d(const Variable& x, const Pair& output_size) {
  const Calling calling("adaptive_avg_pool2d");
  conv::check_images(x.shape());
  check_floating(x);
  check(output_size.height > 0 && output_size.width > 0,
        "expected an output_size of at least 1, got ", output_size);
  check(x.size(2) > 0 && x.size(3) > 0, "expected images of at least one pixel, got ", x.shape());
  numel({x.size(0), x.size(1), output_size.height, output_size.width});  // fails for too many
  return adaptive_means(adaptive_means(x, 3, output_size[1]), 2, output_size[0]);
}

template std::vector<OpCases> cases_of(ops::PoolingOps);

}  // namespace gradian
