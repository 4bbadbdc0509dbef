// Norms and normalisations, all composites. The recorded graph of each is its formula.
#include "autograd/ops.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

// (x - mean) / sqrt(variance + eps) * weight + bias, where weight and bias may be undefined.
Variable standardize(const Variable& x, const Variable& mean, const Variable& variance,
                     const Variable& weight, const Variable& bias, double eps) {
  Variable result = (x - mean) / sqrt(variance + eps);
  if (weight.defined()) result = result * weight;
  if (bias.defined()) result = result + bias;
  return result;
}

}  // namespace

Variable norm(const Variable& x, const Shape& axes, bool keepdim) {
  return sqrt(sum(x * x, axes, keepdim));
}

Variable normalize(const Variable& x, int axis, double eps) {
  const Variable length = norm(x, {axis}, true);
  const Tensor tiny = less(length.value(), Tensor::scalar(eps, x.dtype()));
  const Variable one(Tensor::scalar(1, x.dtype()));
  return where(tiny, x.detach() / eps, x / where(tiny, one, length));
}

Variable cosine_similarity(const Variable& x, const Variable& y, int axis, double eps) {
  const Variable dot = sum(x * y, {axis});
  const Variable lengths = norm(x, {axis}) * norm(y, {axis});
  const Tensor tiny = less(lengths.value(), Tensor::scalar(eps, x.dtype()));
  return dot / where(tiny, Variable(Tensor::scalar(eps, x.dtype())), lengths);
}

Variable layer_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight,
                    const Variable& bias, double eps) {
  Shape axes, last;
  for (int axis = x.dim() - normalized_shape.size(); axis < x.dim(); ++axis) {
    axes.push_back(axis);
    if (axis >= 0) last.push_back(x.size(axis));
  }
  check(!axes.empty() && last == normalized_shape, "layer_norm: expected the last axes to be ",
        normalized_shape, ", got shape ", x.shape());
  return standardize(x, mean(x, axes, true), var(x, axes, 0, true), weight, bias, eps);
}

Variable batch_norm(const Variable& x, const Variable& given_mean, const Variable& given_variance,
                    const Variable& weight, const Variable& bias, double eps) {
  check(x.dim() >= 2, "batch_norm: expected [N, C, ...], got ", x.shape());
  Shape axes, channels = Shape::filled(x.dim(), 1);
  for (int axis = 0; axis < x.dim(); ++axis)
    if (axis != 1) axes.push_back(axis);
  channels[1] = x.size(1);
  // [C] -> [1, C, 1, ...]
  const auto along_channels = [&](const Variable& v) {
    if (!v.defined()) return v;
    check(v.shape() == Shape{x.size(1)}, "batch_norm: expected shape [", x.size(1),
          "] for an input of shape ", x.shape(), ", got ", v.shape());
    return reshape(v, channels);
  };
  const bool given = given_mean.defined();
  return standardize(x, given ? along_channels(given_mean) : mean(x, axes, true),
                     given ? along_channels(given_variance) : var(x, axes, 0, true),
                     along_channels(weight), along_channels(bias), eps);
}

}  // namespace gradian
