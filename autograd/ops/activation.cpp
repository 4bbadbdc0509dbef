// Functions with kinks, of which three are ops, and smooth activations, all composites. What does
// not take part is selected away, never multiplied by 0: neither an infinity nor a NaN leaks from
// it, into values or gradients. No composite for a layer chooses by the values of x outside of an
// op: so its recorded graph is the function, at every x.
#include <cmath>
#include <numbers>

#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"
#include "tensor/fused/prelu.h"
#include "tensor/random.h"

namespace gradian {
namespace {

// Where the factors of silu and gelu are 0 or 1 to the last bit, in float64 too.
constexpr double kSaturated = 1000;

// x f(x) for an f that rises from 0 to 1: f has no slope far out, where the formula of its
// derivative would multiply 0 by infinity, and x f(x) is 0 at -infinity.
Variable gated(const Variable& x, Variable (*f)(const Variable&)) {
  check_floating(x);
  const Variable from_below = clamp(x, -kSaturated);
  return from_below * f(clamp(from_below, {}, kSaturated));
}

}  // namespace

// y = |x|;  dx = dy sign(x)
struct ops::Abs {
  static constexpr auto name = "abs";
  Tensor forward(const Tensor& x) const { return abs(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {grad * Variable(sign(context.input(0).value()))};
  }
  static std::vector<GradCase> cases() {
    return {grad_case("matrix", {{3, 4}}, unary(abs)),
            {"at each side of zero and far out",
             unary(abs),
             {Tensor::from<double>({-0.001, 0.001, -1e3})}}};
  }
};
Variable abs(const Variable& x) {
  const Calling calling("abs");
  check_floating(x);
  return apply(ops::Abs{}, x);
}

Variable square(const Variable& x) {
  const Calling calling("square");
  return x * x;
}

Variable reciprocal(const Variable& x) {
  const Calling calling("reciprocal");
  check_floating(x);
  return 1 / x;
}

Variable rsqrt(const Variable& x) {
  const Calling calling("rsqrt");
  return pow(where(x < 0, sqrt(x), x), -0.5);  // sqrt has NaN at -infinity, where pow has 0
}

// y = x between the bounds;  dx = dy inside, 0 at a bound and beyond it
struct ops::Clamp {
  static constexpr auto name = "clamp";
  std::optional<double> low, high;
  Tensor forward(const Tensor& x) const {
    const Tensor from_below = low ? maximum(x, *low) : x;
    return high ? minimum(from_below, *high) : from_below;
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& x = context.input(0);
    const Variable below_high = high ? where(x >= *high, 0, grad) : grad;
    return {low ? where(x <= *low, 0, below_high) : below_high};
  }
  Attributes attributes() const {
    return {{"low", low.value_or(-HUGE_VAL)}, {"high", high.value_or(HUGE_VAL)}};
  }
  static std::vector<GradCase> cases() {
    return {grad_case("two bounds", {{3, 4}}, unary(clamp, -0.6, 1.1)),
            grad_case("from below", {{3, 4}}, unary(clamp, -0.6, {})),
            grad_case("from above", {{3, 4}}, unary(clamp, {}, 1.1)),
            {"at each side of the bounds",
             unary(clamp, -0.6, 1.1),
             {Tensor::from<double>({-0.601, -0.599, 1.099, 1.101})}}};
  }
};
Variable clamp(const Variable& x, std::optional<double> low, std::optional<double> high) {
  const Calling calling("clamp");
  check(low || high, "neither bound is given");
  const double lowest = low.value_or(-HUGE_VAL), highest = high.value_or(HUGE_VAL);
  check(lowest <= highest, "low ", lowest, " is not less than or equal to high ", highest);
  return apply(ops::Clamp{low, high}, x);
}

Tensor clamp(const Tensor& x, std::optional<double> low, std::optional<double> high) {
  const Calling calling("clamp");
  return clamp(Variable(x), low, high).value();
}

Variable leaky_relu(const Variable& x, double negative_slope) {
  const Calling calling("leaky_relu");
  check_floating(x);
  check_finite("negative_slope", negative_slope);
  return prelu(x, constant(negative_slope, x));
}

// y = x where x > 0, else a x;  dx = dy where x > 0, else a dy; da = the sum of x dy elsewhere
struct ops::Prelu {
  static constexpr auto name = "prelu";
  Tensor forward(const Tensor& x, const Tensor& weight) const {
    if (fused::prelu_applies(x.shape(), weight.shape())) return fused::prelu(x, weight);
    return composite({Variable(x), Variable(weight)}).value();
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &x = context.input(0), &weight = context.input(1);
    if (!fused::prelu_applies(x.shape(), weight.shape())) {
      const Tensor positive = x > 0;
      return {where(positive, grad, grad * weight), where(positive, 0, x * grad)};
    }
    const fused::PreluGradients gradients =
        fused::prelu_gradients(grad.value(), x.value(), weight.value());
    return {Variable(gradients.x), Variable(gradients.slope)};
  }
  Variable composite(const Inputs& in) const {
    const Variable &x = in[0], &weight = in[1];
    const Tensor positive = x > 0;
    // The weight meets nothing of what it does not scale, not even an infinity in its gradient.
    return where(positive, x, where(positive, 0, x) * weight);
  }
  static std::vector<GradCase> cases() {
    const Function function = [](const Inputs& in) { return prelu(in[0], in[1]); };
    return {grad_case("one slope", {{3, 4}, {1}}, function),
            grad_case("a slope a channel", {{2, 3, 2, 2}, {1, 3, 1, 1}}, function),
            grad_case("a slope a row", {{3, 4}, {3, 1}}, function),
            grad_case("a slope a column", {{3, 4}, {4}}, function),
            grad_case(
                "one variable as both", {{1}}, [](const Inputs& in) { return prelu(in[0], in[0]); },
                0.3, 0.4)};
  }
};
Variable prelu(const Variable& x, const Variable& weight) {
  const Calling calling("prelu");
  check_floating(x);
  if (weight.numel() == 1 && weight.dim() > x.dim()) return prelu(x, reshape(weight, {}));
  check(broadcasts_to(weight.shape(), x.shape()), "weight ", weight.shape(),
        " does not broadcast to x ", x.shape());
  return apply(ops::Prelu{}, x, weight);
}

Variable silu(const Variable& x) {
  const Calling calling("silu");
  return gated(x, sigmoid);
}

Variable gelu(const Variable& x, bool approximate_tanh) {
  const Calling calling("gelu");
  if (approximate_tanh)
    return gated(x, [](const Variable& v) {
      const double scale = std::sqrt(2 / std::numbers::pi);
      return 0.5 * (1 + tanh(scale * (v + 0.044715 * pow(v, 3))));
    });
  return gated(x, [](const Variable& v) { return 0.5 * (1 + erf(v * (1 / std::numbers::sqrt2))); });
}

Variable dropout(const Variable& x, double p, bool training) {
  const Calling calling("dropout");
  check(p >= 0 && p <= 1, "expected a probability, got ", p);
  check_floating(x);
  if (!training || p == 0) return x;
  return where(rand(x.shape(), x.dtype()) > p, x, 0) * (p == 1 ? 0 : 1 / (1 - p));
}

template std::vector<OpCases> cases_of(ops::ActivationOps);

}  // namespace gradian
