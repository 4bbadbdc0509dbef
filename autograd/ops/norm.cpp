// Norms and normalisations. All are composites, whose recorded graph is their formula, but for
// batch_norm by the statistics of the batch, which is fused, with a PReLU behind it or without.
#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/fused/batch_norm.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

// centered / sqrt(variance + eps) * weight + bias, where weight and bias may be undefined.
Variable standardize(const Variable& centered, const Variable& variance, const Variable& weight,
                     const Variable& bias, double eps) {
  Variable result = centered / sqrt(variance + eps);
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
  return isfinite(squares) * (squares > tiny);
}

}  // namespace

Variable norm(const Variable& x, const Axes& axes, bool keepdim) {
  const Calling calling("norm");
  check_floating(x);
  const auto squares_of = [&](const Variable& v) {
    const DetectAnomaly off(false);  // squares that overflow are not used
    return sum(v * v, axes, keepdim);
  };
  const Variable squares = squares_of(x);
  const Tensor fits = in_range(squares.value());
  if (x.numel() == 0 || sum(fits == 0).item() == 0) return sqrt(squares);
  // The others are measured by their largest entry, unless it is 0 or not finite. The scale
  // cancels, so it counts as a constant.
  const Tensor largest = max(abs(x.detach()), axes, true).value();
  const Tensor measurable = isfinite(largest) * (largest > 0);
  const Tensor scale = where(fits.reshape(largest.shape()), 1, where(measurable, largest, 1));
  const Variable scaled = x / Variable(scale);
  const Variable length = sqrt(squares_of(scaled));
  return length * Variable(scale.reshape(length.shape()));
}

Tensor norm(const Tensor& x, const Axes& axes, bool keepdim) {
  const Calling calling("norm");
  return norm(Variable(x), axes, keepdim).value();
}

Variable normalize(const Variable& x, int axis, double eps) {
  const Calling calling("normalize");
  check_not_negative("eps", eps);
  const Variable length = norm(x, axis, true);
  const Tensor tiny = length < eps;
  const auto by_eps = [&] {
    const DetectAnomaly off(false);  // what overflows is not tiny
    return x.detach() / eps;
  };
  return where(tiny, by_eps(), x / where(tiny, 1, length));
}

Variable cosine_similarity(const Variable& x, const Variable& y, int axis, double eps) {
  const Calling calling("cosine_similarity");
  check_not_negative("eps", eps);
  check_same_dtype(x.value(), y.value());
  const Shape shape = broadcast_shapes(x.shape(), y.shape());
  // Each by its own length, so that no product of two lengths overflows.
  const auto direction = [&](const Variable& v) {
    const Variable wide = expand(v, shape), length = norm(wide, axis, true);
    return wide / where(length < eps, eps, length);
  };
  return sum(direction(x) * direction(y), axis);
}

Variable layer_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight,
                    const Variable& bias, double eps) {
  const Calling calling("layer_norm");
  Axes axes;
  Shape last;
  for (int axis = x.dim() - normalized_shape.size(); axis < x.dim(); ++axis) {
    axes.push_back(axis);
    if (axis >= 0) last.push_back(x.size(axis));
  }
  check(!axes.empty() && last == normalized_shape, "expected the last axes to be ",
        normalized_shape, ", got shape ", x.shape());
  check_not_negative("eps", eps);
  for (const Variable& v : {weight, bias})
    if (v.defined())
      check(v.shape() == normalized_shape, "expected weight and bias of shape ", normalized_shape,
            ", got ", v.shape());
  const Variable around_mean = centered(x, axes);
  return standardize(around_mean, mean(square(around_mean), axes, true), weight, bias, eps);
}

namespace {

// batch_norm in ops that are recorded; weight, bias and slope may be undefined.
Variable normalize_channels(const Variable& x, const Tensor& mean, const Tensor& variance,
                            const Variable& weight, const Variable& bias, const Variable& slope,
                            double eps, BatchStatistics* used) {
  const Axes others = all_axes_but(1, x.dim());
  Shape channels = Shape::filled(x.dim(), 1);
  channels[1] = x.size(1);
  // [C] -> [1, C, 1, ...]
  const auto along = [&](const Variable& v) { return v.defined() ? reshape(v, channels) : v; };
  const bool given = mean.defined();
  const Variable around_mean = given ? x - along(Variable(mean)) : centered(x, others);
  const Variable v =
      given ? along(Variable(variance)) : gradian::mean(square(around_mean), others, true);
  if (used)
    *used = {given ? mean : gradian::mean(x.value(), others),
             v.value().reshape({x.size(1)}).clone()};
  const Variable z = standardize(around_mean, v, along(weight), along(bias), eps);
  return slope.defined() ? prelu(z, along(slope)) : z;
}

}  // namespace

// By the batch's statistics; the formulas of the gradients are in tensor/fused/batch_norm.cpp.
struct ops::BatchNorm {
  static constexpr auto name = "batch_norm";
  double eps;
  // What forward leaves for backward; shared, as the op is copied into its node.
  std::shared_ptr<fused::ChannelStatistics> saved = std::make_shared<fused::ChannelStatistics>();

  // Inputs: x, weight, bias and, if a PReLU follows, its slopes.
  static Variable slope_of(const Inputs& in) { return in.size() == 4 ? in[3] : Variable(); }
  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const Tensor& slope = {}) const {
    const fused::BatchNormResult result = fused::batch_norm(x, weight, bias, eps, slope);
    *saved = result.statistics;
    return result.y;
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const auto [x, weight, bias, slope] =
        fused::batch_norm_gradients(grad.value(), context.input(0).value(), *saved, eps);
    Gradients gradients{Variable(x), Variable(weight), Variable(bias)};
    if (slope.defined()) gradients.emplace_back(slope);
    return gradients;
  }
  Variable composite(const Inputs& in) const {
    return normalize_channels(in[0], {}, {}, in[1], in[2], slope_of(in), eps, nullptr);
  }
  Attributes attributes() const { return {{"eps", eps}}; }
  static std::vector<GradCase> cases() {
    const Function function = [](const Inputs& in) {
      return batch_norm(in[0], {}, {}, in[1], in[2], 1e-5, nullptr, slope_of(in));
    };
    return {grad_case("images", {{2, 3, 2, 3}, {3}, {3}}, function),
            grad_case("sequences", {{2, 2, 17}, {2}, {2}}, function),
            grad_case("with PReLU", {{2, 3, 2, 3}, {3}, {3}, {3}}, function)};
  }
};

Variable batch_norm(const Variable& x, const Tensor& mean, const Tensor& variance,
                    const Variable& weight, const Variable& bias, double eps, BatchStatistics* used,
                    const Variable& slope) {
  const Calling calling("batch_norm");
  check(x.dim() >= 2, "expected [N, C, ...], got ", x.shape());
  check_floating(x);
  const Shape channels{x.size(1)};
  check(mean.defined() == variance.defined(),
        "mean and variance go together: ", mean.defined() ? "variance" : "mean", " is undefined");
  check_not_negative("eps", eps);
  const auto check_shape = [&](const auto& v) {
    if (!v.defined()) return;
    check_same_dtype(x.value(), value_of(v));
    check(v.shape() == channels, "expected shape ", channels, " for an input of shape ", x.shape(),
          ", got ", v.shape());
  };
  check_shape(mean), check_shape(variance), check_shape(weight), check_shape(bias);
  const Variable slopes = slope.defined() && slope.numel() == 1 ? expand(slope, channels) : slope;
  check_shape(slopes);
  const bool fused = !mean.defined() && x.numel() > x.size(0) * x.size(1);
  // with one value a channel the composite's loops are the better ones
  if (!fused) return normalize_channels(x, mean, variance, weight, bias, slopes, eps, used);
  const ops::BatchNorm op{eps};
  const Variable scale = weight.defined() ? weight : Variable(Tensor::ones(channels, x.dtype()));
  const Variable shift = bias.defined() ? bias : Variable(Tensor::zeros(channels, x.dtype()));
  const Variable y =
      slope.defined() ? apply(op, x, scale, shift, slopes) : apply(op, x, scale, shift);
  if (used) *used = {op.saved->mean.clone(), op.saved->variance.clone()};
  return y;
}

template std::vector<OpCases> cases_of(ops::NormOps);

}  // namespace gradian
