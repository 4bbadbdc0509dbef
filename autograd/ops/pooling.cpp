// Pooling, as composites: the maximum of a window is a gather at its position, the mean of a
// window is a convolution with equal weights.
#include "autograd/ops.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

// Sums each window of [N, C, H, W]: a one-channel convolution with ones.
Variable window_sums(const Variable& x, const Pool2dOptions& options) {
  const Variable planes = reshape(x, {x.size(0) * x.size(1), 1, x.size(2), x.size(3)});
  const Variable ones(Tensor::ones({1, 1, options.kernel[0], options.kernel[1]}, x.dtype()));
  const Variable sums =
      conv2d(planes, ones,
             {.stride = options.step(), .padding = options.padding, .dilation = options.dilation});
  return reshape(sums, {x.size(0), x.size(1), sums.size(2), sums.size(3)});
}

// [output, size] with 1 / length where row i's window lies: the mean as a matrix.
Tensor averaging_matrix(int64_t output, int64_t size, DType dtype) {
  Tensor matrix = Tensor::zeros({output, size}, dtype);
  for (int64_t i = 0; i < output; ++i) {
    const int64_t begin = i * size / output, end = ((i + 1) * size + output - 1) / output;
    matrix.slice(0, i, i + 1).slice(1, begin, end).fill(1.0 / static_cast<double>(end - begin));
  }
  return matrix;
}

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dOptions& options) {
  const auto [values, indices] = max_pool2d(x.value(), options);
  const Variable planes = reshape(x, {x.size(0), x.size(1), -1});
  const Variable largest = gather_known(planes, 2, indices.reshape({x.size(0), x.size(1), -1}),
                                        values.reshape({x.size(0), x.size(1), -1}));
  return reshape(largest, indices.shape());
}

Variable avg_pool2d(const Variable& x, const Pool2dOptions& options, bool count_include_pad) {
  check(x.dim() == 4, "avg_pool2d: expected input [N, C, H, W], got ", x.shape());
  const Variable sums = window_sums(x, options);
  if (count_include_pad) return sums / static_cast<double>(options.kernel[0] * options.kernel[1]);
  const Variable ones(Tensor::ones({1, 1, x.size(2), x.size(3)}, x.dtype()));
  return sums / window_sums(ones, options);
}

Variable adaptive_avg_pool2d(const Variable& x, const Pair& output_size) {
  check(x.dim() == 4, "adaptive_avg_pool2d: expected input [N, C, H, W], got ", x.shape());
  check(output_size[0] > 0 && output_size[1] > 0, "adaptive_avg_pool2d: empty output");
  const Variable rows(averaging_matrix(output_size[0], x.size(2), x.dtype()));
  const Variable columns(averaging_matrix(output_size[1], x.size(3), x.dtype()));
  // [N, C, OH, OW] = [OH, H] x [N, C, H, W] x [W, OW]
  return matmul(matmul(rows, x), transpose(columns, 0, 1));
}

}  // namespace gradian
