// Elementwise composites: functions with kinks, written with where() and constant masks, and
// smooth activations. None but the fused prelu has a backward rule of its own.
#include <cmath>
#include <numbers>

#include "autograd/apply.h"
#include "autograd/fused.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tensor/prelu.h"
#include "tensor/random.h"

namespace gradian {
namespace {

Tensor zero_like(const Variable& x) { return Tensor::scalar(0, x.dtype()); }

}  // namespace

Variable abs(const Variable& x) { return x * Variable(sign(x.value())); }

Variable maximum(const Variable& a, const Variable& b) {
  const Tensor ties = equal(a.value(), b.value());
  const Variable larger = where(greater(a.value(), b.value()), a, b);
  return where(ties, (a + b) * 0.5, larger);
}

Variable minimum(const Variable& a, const Variable& b) { return neg(maximum(neg(a), neg(b))); }

Variable clamp(const Variable& x, double low, double high) {
  check(low <= high, "clamp: low ", low, " is greater than high ", high);
  const Tensor low_bound = Tensor::scalar(low, x.dtype());
  const Tensor high_bound = Tensor::scalar(high, x.dtype());
  const Variable from_below = where(less_equal(x.value(), low_bound), Variable(low_bound), x);
  return where(less_equal(high_bound, x.value()), Variable(high_bound), from_below);
}

Variable leaky_relu(const Variable& x, double negative_slope) {
  return where(greater(x.value(), zero_like(x)), x, x * negative_slope);
}

namespace {

Variable prelu_composite(const Variable& x, const Variable& weight) {
  return where(greater(x.value(), zero_like(x)), x, x * weight);
}

}  // namespace

// y = x where x > 0, else a x;  dx = dy where x > 0, else a dy; da = the sum of x dy elsewhere
struct Prelu {
  static constexpr auto name = "prelu";
  Tensor forward(const Tensor& x, const Tensor& weight) const { return prelu(x, weight); }
  Gradients backward(const Context& context, const Variable& grad) const {
    if (grad_enabled())
      return composite_gradients(context, grad, [](const std::vector<Variable>& in) {
        return prelu_composite(in[0], in[1]);
      });
    const PreluGradients gradients =
        prelu_gradients(grad.value(), context.input(0).value(), context.input(1).value());
    return {Variable(gradients.x), Variable(gradients.slope)};
  }
  static std::vector<GradCase> cases() {
    const Function function = [](const std::vector<Variable>& in) { return prelu(in[0], in[1]); };
    const auto with_slopes = [&](std::string label, const Shape& x, const Shape& slope) {
      return GradCase{std::move(label), function, {spread(x, -2, 2), spread(slope, 0.1, 0.6)}};
    };
    return {with_slopes("one slope", {3, 4}, {1}),
            with_slopes("a slope a channel", {2, 3, 2, 2}, {1, 3, 1, 1}),
            with_slopes("a slope a row", {3, 4}, {3, 1}),
            {"one variable as both",
             [](const std::vector<Variable>& in) { return prelu(in[0], in[0]); },
             {spread({1}, 0.3, 0.4)}}};
  }
};
Variable prelu(const Variable& x, const Variable& weight) {
  return prelu_applies(x.shape(), weight.shape()) ? apply(Prelu{}, x, weight)
                                                  : prelu_composite(x, weight);
}

Variable silu(const Variable& x) { return x * sigmoid(x); }

Variable gelu(const Variable& x, bool approximate_tanh) {
  if (approximate_tanh) {
    const double scale = std::sqrt(2 / std::numbers::pi);
    return 0.5 * x * (1 + tanh(scale * (x + 0.044715 * pow(x, 3))));
  }
  return 0.5 * x * (1 + erf(x * (1 / std::numbers::sqrt2)));
}

Variable dropout(const Variable& x, double p, bool training) {
  check(p >= 0 && p <= 1, "dropout: expected a probability, got ", p);
  if (!training || p == 0) return x;
  if (p == 1) return x * 0.0;
  const Tensor keep = greater(rand(x.shape(), x.dtype()), Tensor::scalar(p, x.dtype()));
  return x * Variable(div(keep, Tensor::scalar(1 - p, x.dtype())));
}

template std::vector<OpCases> cases_of(ActivationOps);

}  // namespace gradian
