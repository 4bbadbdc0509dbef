#include "nn/init.h"

#include <cmath>

#include "tensor/random.h"

namespace gradian::nn {
namespace {

int64_t fan(const Shape& shape, int axis) {
  check(shape.size() >= 2, "init: a weight needs at least two axes, got ", shape);
  int64_t result = shape[axis];
  for (int a = 2; a < shape.size(); ++a) result *= shape[a];
  return result;
}

Tensor uniform_with_variance(const Shape& shape, double variance) {
  const double bound = std::sqrt(3 * variance);
  return rand(shape, DType::float32, -bound, bound);
}

Tensor normal_with_variance(const Shape& shape, double variance) {
  return randn(shape, DType::float32, 0, std::sqrt(variance));
}

double xavier_variance(const Shape& shape, double gain) {
  return gain * gain * 2 / static_cast<double>(fan_in(shape) + fan_out(shape));
}

double kaiming_variance(const Shape& shape, double slope) {
  return 2 / ((1 + slope * slope) * static_cast<double>(fan_in(shape)));
}

}  // namespace

int64_t fan_in(const Shape& shape) { return fan(shape, 1); }
int64_t fan_out(const Shape& shape) { return fan(shape, 0); }

Tensor xavier_uniform(const Shape& shape, double gain) {
  return uniform_with_variance(shape, xavier_variance(shape, gain));
}
Tensor xavier_normal(const Shape& shape, double gain) {
  return normal_with_variance(shape, xavier_variance(shape, gain));
}
Tensor kaiming_uniform(const Shape& shape, double negative_slope) {
  return uniform_with_variance(shape, kaiming_variance(shape, negative_slope));
}
Tensor kaiming_normal(const Shape& shape, double negative_slope) {
  return normal_with_variance(shape, kaiming_variance(shape, negative_slope));
}

Tensor default_uniform(const Shape& shape, int64_t fan_in) {
  const double bound = 1 / std::sqrt(static_cast<double>(std::max<int64_t>(fan_in, 1)));
  return rand(shape, DType::float32, -bound, bound);
}

}  // namespace gradian::nn
