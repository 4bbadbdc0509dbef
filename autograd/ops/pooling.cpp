// Pooling, as composites: the maximum of a window is a gather at its position, the mean of a
// window a sum of what is gathered along one axis, then along the other. Nothing is multiplied by
// 0, so that an infinity or NaN stays in the windows that hold it, and so in gradients.
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"
#include "tensor/windows.h"

namespace gradian {
namespace {

// The windows along an axis, each filled up to the length of the longest one.
struct Windows {
  int64_t count, length;
  std::vector<int64_t> positions;  // [count, length], somewhere on the axis
  std::vector<double> inside;      // 1 where the position is one of the window, else 0

  Windows(int64_t count_, int64_t length_) : count(count_), length(length_) {}
  void add(int64_t position, bool is_inside) {
    positions.push_back(is_inside ? position : 0);
    inside.push_back(is_inside);
  }
  // Each window in turn, without gaps or overlap.
  bool tile(int64_t size) const {
    if (count * length != size) return false;
    for (int64_t i = 0; i < size; ++i)
      if (positions[static_cast<size_t>(i)] != i || inside[static_cast<size_t>(i)] == 0)
        return false;
    return true;
  }
  // How many positions of each window are inside: [count].
  Tensor sizes(DType dtype) const {
    return sum(Tensor::from(inside, {count, length}), {1}).to(dtype);
  }
};

// The `count` steps of a kernel along an axis, with its taps; those in the padding are outside.
Windows sliding_windows(int64_t size, int64_t count, const Pool2dOptions& options, size_t axis) {
  const int64_t kernel = options.kernel[axis];
  Windows windows(count, kernel);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t tap = 0; tap < kernel; ++tap) {
      const int64_t position =
          i * options.stride[axis] - options.padding[axis] + tap * options.dilation[axis];
      windows.add(position, position >= 0 && position < size);
    }
  return windows;
}

// From floor(i size / count) to ceil((i + 1) size / count).
Windows adaptive_windows(int64_t size, int64_t count) {
  check(size > 0 && count > 0, "cannot make ", count, " windows of ", size, " positions");
  const auto begin = [=](int64_t i) { return i * size / count; };
  const auto end = [=](int64_t i) { return ((i + 1) * size + count - 1) / count; };
  int64_t length = 0;
  for (int64_t i = 0; i < count; ++i) length = std::max(length, end(i) - begin(i));
  Windows windows(count, length);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t position = begin(i); position < begin(i) + length; ++position)
      windows.add(position, position < end(i));
  return windows;
}

// The sum of each window along an axis: [..., size, ...] -> [..., count, ...].
Variable window_sums(const Variable& x, int axis, const Windows& windows) {
  Shape split = x.shape();
  split[axis] = windows.count;
  split.insert(axis + 1, windows.length);
  if (windows.tile(x.size(axis))) return sum(reshape(x, split), {axis + 1});
  const int64_t all = windows.count * windows.length;
  const Variable taps =
      reshape(index_select(x, axis, Tensor::from(windows.positions, {all})), split);
  Shape along = Shape::filled(split.size(), 1);
  along[axis] = windows.count, along[axis + 1] = windows.length;
  const Tensor inside = Tensor::from(windows.inside, along);
  return sum(where(inside, taps, constant(0, x)), {axis + 1});
}

// The sum of each window of [N, C, H, W].
Variable window_sums(const Variable& x, const Windows& rows, const Windows& columns) {
  return window_sums(window_sums(x, 3, columns), 2, rows);
}

// How many elements of the image each window holds: [OH, OW].
Variable window_sizes(const Windows& rows, const Windows& columns, DType dtype) {
  return Variable(mul(rows.sizes(dtype).unsqueeze(1), columns.sizes(dtype)));
}

void check_image(const Variable& x) {
  check(x.dim() == 4, "expected input [N, C, H, W], got ", x.shape());
  check_floating(x);
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
  const Shape shape = pool2d_shape("avg_pool2d", x.shape(), options);
  const Windows rows = sliding_windows(x.size(2), shape[2], options, 0);
  const Windows columns = sliding_windows(x.size(3), shape[3], options, 1);
  const Variable sums = window_sums(x, rows, columns);
  if (count_include_pad) return sums / static_cast<double>(rows.length * columns.length);
  return sums / window_sizes(rows, columns, x.dtype());
} catch (const Error& error) {
  fail_as("avg_pool2d", error);
}

Variable adaptive_avg_pool2d(const Variable& x, const Pair& output_size) try {
  check_image(x);
  const Windows rows = adaptive_windows(x.size(2), output_size[0]);
  const Windows columns = adaptive_windows(x.size(3), output_size[1]);
  return window_sums(x, rows, columns) / window_sizes(rows, columns, x.dtype());
} catch (const Error& error) {
  fail_as("adaptive_avg_pool2d", error);
}

}  // namespace gradian
