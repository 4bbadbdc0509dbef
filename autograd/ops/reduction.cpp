// Reductions over axes, and the softmax family.
#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

// `axes`, or all axes of x when the list is empty, normalised.
Axes listed_axes(const Axes& axes, const Variable& x) {
  if (!axes.empty()) return normalize_axes(axes, x.dim());
  Axes all;
  for (int axis = 0; axis < x.dim(); ++axis) all.push_back(axis);
  return all;
}

Shape with_ones(Shape shape, const Axes& axes) {
  for (int64_t axis : axes) shape[static_cast<int>(axis)] = 1;
  return shape;
}

// How many values of x each one of `sums` is made of.
int64_t count_in(const Variable& sums, const Variable& x) {
  return x.numel() / std::max<int64_t>(1, sums.numel());
}

GradCase over(std::string label, const Function& function) {
  return grad_case(std::move(label), {{2, 3, 4}}, function, -1, 2);
}

}  // namespace

// y = sum of x over the axes;  dx = dy broadcast along them
struct ops::Sum {
  static constexpr auto name = "sum";
  Axes axes;  // as given: empty means all
  bool keepdim;
  Tensor forward(const Tensor& x) const { return sum(x, axes, keepdim); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& x = context.input(0);
    const Shape reduced = with_ones(x.shape(), listed_axes(axes, x));
    return {expand(keepdim ? grad : reshape(grad, reduced), x.shape())};
  }
  Attributes attributes() const { return {{"axes", axes}, {"keepdim", keepdim}}; }
  static std::vector<GradCase> cases() {
    return {over("all axes", unary(sum, {}, false)), over("first axis", unary(sum, {0}, false)),
            over("outer axes, kept", unary(sum, {0, -1}, true)),
            over("middle axis", unary(sum, {1}, false))};
  }
};
Variable sum(const Variable& x, const Axes& axes, bool keepdim) {
  return apply(ops::Sum{axes, keepdim}, x);
}

// y_i = x_0 + ... + x_i along the axis;  dx_i = dy_i + dy_(i + 1) + ...
struct ops::Cumsum {
  static constexpr auto name = "cumsum";
  int axis;
  Tensor forward(const Tensor& x) const { return cumsum(x, axis); }
  Gradients backward(const Context&, const Variable& grad) const {
    return {flip(cumsum(flip(grad, axis), axis), axis)};
  }
  Attributes attributes() const { return {{"axis", axis}}; }
  static std::vector<GradCase> cases() {
    return {over("first axis", unary(cumsum, 0)), over("last axis", unary(cumsum, -1))};
  }
};
Variable cumsum(const Variable& x, int axis) { return apply(ops::Cumsum{axis}, x); }

// y = x - log(sum(exp(x))) along the axis;  dx = dy - p sum(dy) with p = exp(y). For p near 1 that
// cancels in the gradient of cross entropy, where dy = sum(dy): there it is computed as
// (dy - sum(dy)) + (1 - p) sum(dy), 1 - p = -tanh(y / 2) (1 + p).
struct ops::LogSoftmax {
  static constexpr auto name = "log_softmax";
  int axis;
  Tensor forward(const Tensor& x) const { return log_softmax(x, axis); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& y = context.output();
    if (!grad_enabled()) return {Variable(log_softmax_gradient(y.value(), grad.value(), axis))};
    const Variable p = exp(y), total = sum(grad, axis, true);
    return {where(p > 0.5, (grad - total) - tanh(y / 2) * (1 + p) * total, grad - p * total)};
  }
  Attributes attributes() const { return {{"axis", axis}}; }
  static std::vector<GradCase> cases() {
    return {over("last axis", unary(log_softmax, -1)),
            over("first axis", unary(log_softmax, 0)),
            {"far below and above zero",
             unary(log_softmax, 0),
             {Tensor::from<double>({300, 301, 299})}}};
  }
};
Variable log_softmax(const Variable& x, int axis) { return apply(ops::LogSoftmax{axis}, x); }

Variable softmax(const Variable& x, int axis) {
  const Calling calling("softmax");
  return exp(log_softmax(x, axis));
}

Variable sum_to(const Variable& x, const Shape& shape) {
  const Calling calling("sum_to");
  if (x.shape() == shape) return x;
  const Axes axes = broadcast_axes(shape, x.shape());
  return reshape(axes.empty() ? x : sum(x, axes), shape);
}

Variable mean(const Variable& x, const Axes& axes, bool keepdim) {
  const Calling calling("mean");
  check_floating(x);
  const Variable sums = sum(x, axes, keepdim);
  return sums / count_in(sums, x);
}

Variable centered(const Variable& x, const Axes& axes) {
  const Variable once = x - mean(x, axes, true);
  return once - mean(once, axes, true);
}

Variable var(const Variable& x, const Axes& axes, int64_t correction, bool keepdim) {
  const Calling calling("var");
  const Variable sums = sum(square(centered(x, axes)), axes, keepdim);
  // In double, as a difference of any two int64 need not fit one.
  const auto count = static_cast<double>(count_in(sums, x));
  return sums / std::max(0.0, count - static_cast<double>(correction));
}

namespace {

// Of x over the axes, the value whose index `find` tells: argmax or argmin.
Variable found(const Variable& x, Tensor (*find)(const Tensor&, int, bool), const Axes& axes,
               bool keepdim) {
  const Axes listed = listed_axes(axes, x);
  // The reduced axes go last and become one, in their order.
  Axes order;
  Shape kept;
  for (int axis = 0; axis < x.dim(); ++axis)
    if (!listed.contains(axis)) order.push_back(axis), kept.push_back(x.size(axis));
  int64_t count = 1;
  for (int64_t axis : listed) order.push_back(axis), count *= x.size(static_cast<int>(axis));
  check(count > 0, "no values along axes ", listed, " of shape ", x.shape());
  Shape rows = kept;
  rows.push_back(count);
  const Variable flat = reshape(permute(x, order), rows);
  const Variable value = gather(flat, -1, find(flat.value(), -1, true));
  return reshape(value, keepdim ? with_ones(x.shape(), listed) : kept);
}

}  // namespace

Variable max(const Variable& x, const Axes& axes, bool keepdim) {
  const Calling calling("max");
  return found(x, argmax, axes, keepdim);
}

Variable min(const Variable& x, const Axes& axes, bool keepdim) {
  const Calling calling("min");
  return found(x, argmin, axes, keepdim);
}

Variable logsumexp(const Variable& x, const Axes& axes, bool keepdim) {
  const Calling calling("logsumexp");
  check_floating(x);
  // The shift cancels, so it counts as a constant. An infinite one would make NaN: take 0 then.
  const Tensor largest = max(x.detach(), axes, true).value();
  const Variable shift(where(isfinite(largest), largest, 0));
  const Variable sums = sum(exp(x - shift), axes, keepdim);
  const DetectAnomaly off(false);  // log(0) where all are -infinity
  return log(sums) + Variable(shift.value().reshape(sums.shape()));
}

Tensor mean(const Tensor& x, const Axes& axes, bool keepdim) {
  const Calling calling("mean");
  return mean(Variable(x), axes, keepdim).value();
}
Tensor var(const Tensor& x, const Axes& axes, int64_t correction, bool keepdim) {
  const Calling calling("var");
  return var(Variable(x), axes, correction, keepdim).value();
}
Tensor max(const Tensor& x, const Axes& axes, bool keepdim) {
  const Calling calling("max");
  return max(Variable(x), axes, keepdim).value();
}
Tensor min(const Tensor& x, const Axes& axes, bool keepdim) {
  const Calling calling("min");
  return min(Variable(x), axes, keepdim).value();
}
Tensor softmax(const Tensor& x, int axis) {
  const Calling calling("softmax");
  return softmax(Variable(x), axis).value();
}
Tensor argmax(const Variable& x, int axis, bool keepdim) {
  const Calling calling("argmax");
  return argmax(x.value(), axis, keepdim);
}
Tensor argmin(const Variable& x, int axis, bool keepdim) {
  const Calling calling("argmin");
  return argmin(x.value(), axis, keepdim);
}

template std::vector<OpCases> cases_of(ops::ReductionOps);

}  // namespace gradian
