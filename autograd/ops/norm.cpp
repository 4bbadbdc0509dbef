// Norms and normalisations. All are composites, whose recorded graph is their formula, but for
// batch_norm by the statistics of the batch, which is fused.
#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/fused/batch_norm.h"
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

Axes all_axes_but(int kept, int dim) {
  Axes axes;
  for (int axis = 0; axis < dim; ++axis)
    if (axis != kept) axes.push_back(axis);
  return axes;
}

// 1 where a sum of squares stayed in the range of its dtype: finite, and large enough to have all
// its digits.
Tensor in_range(const Tensor& squares) {
  const double tiny = squares.dtype() == DType::float32 ? 0x1p-100 : 0x1p-960;
  return mul(isfinite(squares), greater(squares, Tensor::scalar(tiny, squares.dtype())));
}

}  // namespace

Variable norm(const Variable& x, const Axes& axes, bool keepdim) try {
  check_floating(x);
  const Variable squares = sum(x * x, axes, keepdim);
  const Tensor fits = in_range(squares.value());
  if (x.numel() == 0 || sum(fits).item() == static_cast<double>(fits.numel())) return sqrt(squares);
  // The others are measured by their largest entry, unless it is 0 or not finite. The scale
  // cancels, so it counts as a constant.
  const Tensor largest = max(abs(x.detach()), axes, true).value();
  const Tensor one = Tensor::scalar(1, x.dtype()), zero = Tensor::scalar(0, x.dtype());
  const Tensor measurable = mul(isfinite(largest), greater(largest, zero));
  const Tensor scale = where(fits.reshape(largest.shape()), one, where(measurable, largest, one));
  const Variable scaled = x / Variable(scale);
  const Variable length = sqrt(sum(scaled * scaled, axes, keepdim));
  return length * Variable(scale.reshape(length.shape()));
} catch (const Error& error) {
  fail_as("norm", error);
}

Variable normalize(const Variable& x, int axis, double eps) try {
  check_eps(eps);
  const Variable length = norm(x, axis, true);
  const Tensor tiny = less(length.value(), Tensor::scalar(eps, x.dtype()));
  return where(tiny, x.detach() / eps, x / where(tiny, constant(1, x), length));
} catch (const Error& error) {
  fail_as("normalize", error);
}

Variable cosine_similarity(const Variable& x, const Variable& y, int axis, double eps) try {
  check_eps(eps);
  check_same_dtype(x.value(), y.value(), "cosine_similarity");
  const Shape shape = broadcast_shapes(x.shape(), y.shape(), "cosine_similarity");
  // Each by its own length, so that no product of two lengths overflows.
  const auto direction = [&](const Variable& v) {
    const Variable wide = expand(v, shape), length = norm(wide, axis, true);
    const Tensor tiny = less(length.value(), Tensor::scalar(eps, x.dtype()));
    return wide / where(tiny, constant(eps, x), length);
  };
  return sum(direction(x) * direction(y), axis);
} catch (const Error& error) {
  fail_as("cosine_similarity", error);
}

Variable layer_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight,
                    const Variable& bias, double eps) try {
  Axes axes;
  Shape last;
  for (int axis = x.dim() - normalized_shape.size(); axis < x.dim(); ++axis) {
    axes.push_back(axis);
    if (axis >= 0) last.push_back(x.size(axis));
  }
  check(!axes.empty() && last == normalized_shape, "expected the last axes to be ",
        normalized_shape, ", got shape ", x.shape());
  check_eps(eps);
  for (const Variable& v : {weight, bias})
    if (v.defined())
      check(v.shape() == normalized_shape, "expected weight and bias of shape ", normalized_shape,
            ", got ", v.shape());
  return standardize(x, mean(x, axes, true), var(x, axes, 0, true), weight, bias, eps);
} catch (const Error& error) {
  fail_as("layer_norm", error);
}

namespace {

// Of each channel of x [N, C, ...], the mean or the variance (divided by n): [C].
Variable channel_mean(const Variable& x) { return mean(x, all_axes_but(1, x.dim())); }
Variable channel_variance(const Variable& x) { return var(x, all_axes_but(1, x.dim()), 0); }

// With all but x of shape [C]; weight and bias may be undefined.
Variable normalize_channels(const Variable& x, const Variable& mean, const Variable& variance,
                            const Variable& weight, const Variable& bias, double eps) {
  Shape channels = Shape::filled(x.dim(), 1);
  channels[1] = x.size(1);
  // [C] -> [1, C, 1, ...]
  const auto along = [&](const Variable& v) { return v.defined() ? reshape(v, channels) : v; };
  return standardize(x, along(mean), along(variance), along(weight), along(bias), eps);
}

}  // namespace

// By the batch's statistics; the formulas of the gradients are in tensor/fused/batch_norm.cpp.
struct ops::BatchNorm {
  static constexpr auto name = "batch_norm";
  double eps;
  // What forward leaves for backward; shared, as the op is copied into its node.
  std::shared_ptr<ChannelStatistics> saved = std::make_shared<ChannelStatistics>();

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    const BatchNormResult result = batch_norm(x, weight, bias, eps);
    *saved = result.statistics;
    return result.y;
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const BatchNormGradients gradients = batch_norm_gradients(
        grad.value(), context.input(0).value(), context.input(1).value(), *saved, eps);
    return {Variable(gradients.x), Variable(gradients.weight), Variable(gradients.bias)};
  }
  Variable composite(const Inputs& in) const {
    return normalize_channels(in[0], channel_mean(in[0]), channel_variance(in[0]), in[1], in[2],
                              eps);
  }
  static std::vector<GradCase> cases() {
    const Function function = [](const Inputs& in) {
      return batch_norm(in[0], {}, {}, in[1], in[2]);
    };
    return {grad_case("images", {{2, 3, 2, 3}, {3}, {3}}, function),
            grad_case("sequences", {{2, 2, 17}, {2}, {2}}, function)};
  }
};

Variable batch_norm(const Variable& x, const Tensor& mean, const Tensor& variance,
                    const Variable& weight, const Variable& bias, double eps,
                    BatchStatistics* used) try {
  check(x.dim() >= 2, "expected [N, C, ...], got ", x.shape());
  const Shape channels{x.size(1)};
  check(mean.defined() == variance.defined(),
        "mean and variance go together: ", mean.defined() ? "variance" : "mean", " is undefined");
  check_eps(eps);
  const auto check_shape = [&](const auto& v) {
    if (!v.defined()) return;
    check(v.shape() == channels, "expected shape ", channels, " for an input of shape ", x.shape(),
          ", got ", v.shape());
  };
  check_shape(mean), check_shape(variance), check_shape(weight), check_shape(bias);
  const bool fused = !mean.defined() && x.numel() > x.size(0) * x.size(1);
  if (!fused) {  // with one value a channel the composite's loops are the better ones
    const Variable m = mean.defined() ? Variable(mean) : channel_mean(x);
    const Variable v = mean.defined() ? Variable(variance) : channel_variance(x);
    if (used) *used = {m.value(), v.value()};
    return normalize_channels(x, m, v, weight, bias, eps);
  }
  const ops::BatchNorm op{eps};
  const Variable scale = weight.defined() ? weight : Variable(Tensor::ones(channels, x.dtype()));
  const Variable shift = bias.defined() ? bias : Variable(Tensor::zeros(channels, x.dtype()));
  const Variable y = apply(op, x, scale, shift);
  if (used) *used = {op.saved->mean, op.saved->variance};
  return y;
} catch (const Error& error) {
  fail_as("batch_norm", error);
}

template std::vector<OpCases> cases_of(ops::NormOps);

}  // namespace gradian
