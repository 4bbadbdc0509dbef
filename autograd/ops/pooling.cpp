// Pooling, as composites: the maximum of a window is a gather at its position, the mean of a window
// a sum along one axis, then along the other. Nothing is multiplied by 0, so that an infinity or
// NaN stays in the windows that hold it, and so in gradients.
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"
#include "tensor/windows.h"

namespace gradian {
namespace {

// The sum of each of `count` windows along an axis, [..., size, ...] -> [..., count, ...]: one
// slice a tap of the kernel. `side` is the kernel's side for that axis.
Variable sliding_sums(const Variable& x, int axis, int64_t count, const Pool2dOptions& options,
                      size_t side) {
  const int64_t kernel = options.kernel[side], stride = options.stride[side];
  const int64_t padding = options.padding[side], dilation = options.dilation[side];
  Shape padded = x.shape();
  padded[axis] += 2 * padding;
  const Variable wide = padding > 0 ? slice_adjoint(x, padded, axis, padding) : x;
  Variable total;
  for (int64_t tap = 0; tap < kernel; ++tap) {
    const int64_t begin = tap * dilation, end = begin + (count - 1) * stride + 1;
    const Variable part = slice(wide, axis, begin, end, stride);
    total = total.defined() ? total + part : part;
  }
  return total;
}

// The sum of each window of [N, C, H, W].
Variable sliding_sums(const Variable& x, const Pool2dOptions& options) {
  const Shape shape = pool2d_shape("avg_pool2d", x.shape(), options);
  return sliding_sums(sliding_sums(x, 3, shape[3], options, 1), 2, shape[2], options, 0);
}

// The mean of each of `count` windows that cover an axis, from floor(i size / count) to
// ceil((i + 1) size / count): [..., size, ...] -> [..., count, ...].
Variable adaptive_means(const Variable& x, int axis, int64_t count) {
  const int64_t size = x.size(axis);
  check(size > 0 && count > 0, "cannot make ", count, " windows of ", size, " positions");
  const auto begin = [=](int64_t i) { return i * size / count; };
  const auto end = [=](int64_t i) { return ((i + 1) * size + count - 1) / count; };
  int64_t longest = 0;
  for (int64_t i = 0; i < count; ++i) longest = std::max(longest, end(i) - begin(i));
  Shape split = x.shape();
  split[axis] = count;
  split.insert(axis + 1, longest);
  if (size % count == 0) return mean(reshape(x, split), {axis + 1});

  // Each window filled up to the longest one, and which of its positions count.
  std::vector<int64_t> positions, inside, lengths;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < longest; ++j) {
      inside.push_back(begin(i) + j < end(i));
      positions.push_back(inside.back() ? begin(i) + j : begin(i));
    }
    lengths.push_back(end(i) - begin(i));
  }
  // A tensor of the axes from `axis` on that broadcasts to `split` or to the result.
  const auto along = [&](const std::vector<int64_t>& values, Shape shape) {
    while (shape.size() < split.size() - axis) shape.push_back(1);
    return Tensor::from(values, shape);
  };
  const Variable taps =
      reshape(index_select(x, axis, Tensor::from(positions, {count * longest})), split);
  const Variable selected = where(along(inside, {count, longest}), taps, constant(0, x));
  const Tensor divisors = along(lengths, {count, 1}).squeeze(1).to(x.dtype());
  return sum(selected, {axis + 1}) / Variable(divisors);
}

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dOptions& options) try {
  const auto [values, indices] = max_pool2d(x.value(), options);
  // [N, C, H, W] -> [N, C, H W]
  const Variable planes = flatten(x, 2);
  const Shape flat{x.size(0), x.size(1), values.size(2) * values.size(3)};
  const Variable largest = gather_known(planes, 2, indices.reshape(flat), values.reshape(flat));
  return reshape(largest, indices.shape());
} catch (const Error& error) {
  fail_as("max_pool2d", error);
}

Variable avg_pool2d(const Variable& x, const Pool2dOptions& options, bool count_include_pad) try {
  check_floating(x);
  const Variable sums = sliding_sums(x, options);
  if (count_include_pad) return sums / static_cast<double>(options.kernel[0] * options.kernel[1]);
  const Variable ones(Tensor::ones({1, 1, x.size(2), x.size(3)}, x.dtype()));
  const Variable counts = sliding_sums(ones, options);
  const Tensor empty = equal(counts.value(), Tensor::scalar(0, x.dtype()));
  check(sum(empty).item() == 0, "a window holds padding alone: kernel ", options.kernel,
        ", dilation ", options.dilation, ", input ", x.shape());
  return sums / counts;
} catch (const Error& error) {
  fail_as("avg_pool2d", error);
}

Variable adaptive_avg_pool2d(const Variable& x, const Pair& output_size) try {
  check(x.dim() == 4, "expected input [N, C, H, W], got ", x.shape());
  check_floating(x);
  return adaptive_means(adaptive_means(x, 3, output_size[1]), 2, output_size[0]);
} catch (const Error& error) {
  fail_as("adaptive_avg_pool2d", error);
}

}  // namespace gradian
