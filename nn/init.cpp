#include "nn/init.h"

#include <cmath>

#include "tensor/random.h"

namespace gradian::nn {
namespace {

// The size of `axis` times that of the kernel.
int64_t fan(const Shape& shape, int axis) {
  check(shape.size() >= 2, "a weight needs at least two axes, got ", shape);
  numel(shape);  // refuses sizes below 0 and beyond counting
  return shape[axis] * numel(part(shape, 2, shape.size()));
}

// In the numbers that are drawn: 1e300 is infinite there.
void check_finite(const char* what, double value) {
  check(std::isfinite(static_cast<float>(value)), what, " must be finite in float32, got ", value);
}

// A fan of 0 is that of an empty weight, whose variance does not matter.
double divisor(double fan) { return std::max(fan, 1.0); }

Tensor uniform_with_variance(const Shape& shape, double variance) {
  const double bound = std::sqrt(3 * variance);
  return rand(shape, DType::float32, -bound, bound);
}

Tensor normal_with_variance(const Shape& shape, double variance) {
  return randn(shape, DType::float32, 0, std::sqrt(variance));
}

double xavier_variance(const Shape& shape, double gain) {
  check_finite("gain", gain);
  const double fans = static_cast<double>(fan(shape, 1)) + static_cast<double>(fan(shape, 0));
  return gain * gain * 2 / divisor(fans);
}

double kaiming_variance(const Shape& shape, double slope) {
  check_finite("negative_slope", slope);
  return 2 / ((1 + slope * slope) * divisor(static_cast<double>(fan(shape, 1))));
}

}  // namespace

int64_t fan_in(const Shape& shape) {
  const Calling calling("fan_in");
  return fan(shape, 1);
}

Tensor xavier_uniform(const Shape& shape, double gain) {
  const Calling calling("xavier_uniform");
  return uniform_with_variance(shape, xavier_variance(shape, gain));
}
Tensor xavier_normal(const Shape& shape, double gain) {
  const Calling calling("xavier_normal");
  return normal_with_variance(shape, xavier_variance(shape, gain));
}
Tensor kaiming_uniform(const Shape& shape, double negative_slope) {
  const Calling calling("kaiming_uniform");
  return uniform_with_variance(shape, kaiming_variance(shape, negative_slope));
}
Tensor kaiming_normal(const Shape& shape, double negative_slope) {
  const Calling calling("kaiming_normal");
  return normal_with_variance(shape, kaiming_variance(shape, negative_slope));
}

}  // namespace gradian::nn
