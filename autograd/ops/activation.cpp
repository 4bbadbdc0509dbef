// Elementwise composites: functions with kinks, written with where() and constant masks, and
// smooth activations. None has a backward rule of its own.
#include <cmath>
#include <numbers>

#include "autograd/ops.h"
#include "tensor/kernels.h"
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

Variable prelu(const Variable& x, const Variable& weight) {
  return where(greater(x.value(), zero_like(x)), x, x * weight);
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

}  // namespace gradian
