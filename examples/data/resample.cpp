#include "examples/data/resample.h"

#include <algorithm>
#include <cmath>

#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

// [grid.size, size]: what each old pixel gives to each new one.
Tensor weights_of(int64_t size, Grid grid, Filter filter, Around around) {
  Tensor weights = Tensor::zeros({grid.size, size});
  const double stretch = std::max(1.0, grid.step), reach = stretch * filter.radius;
  for (int64_t i = 0; i < grid.size; ++i) {
    float* const row = weights.mutable_data<float>() + i * size;
    const double at = grid.first + static_cast<double>(i) * grid.step - 0.5;
    const int64_t begin = std::max<int64_t>(0, static_cast<int64_t>(std::ceil(at - reach)));
    const int64_t end = std::min(size, static_cast<int64_t>(std::floor(at + reach)) + 1);
    double inside = 0;
    for (int64_t j = begin; j < end; ++j) {
      const double weight = filter.weight((at - static_cast<double>(j)) / stretch) / stretch;
      row[j] = static_cast<float>(weight);
      inside += weight;
    }
    if (around == Around::nothing)
      for (int64_t j = begin; j < end; ++j) row[j] /= static_cast<float>(inside);
  }
  return weights;
}

}  // namespace

double triangle(double distance) { return std::max(0.0, 1 - std::abs(distance)); }

double mitchell(double distance) {
  const double x = std::abs(distance);
  if (x >= 2) return 0;
  return x >= 1 ? (((-7 * x + 36) * x - 60) * x + 32) / 18 : ((21 * x - 36) * x * x + 16) / 18;
}

Grid Grid::covering(int64_t old_size, int64_t size) {
  const double step = static_cast<double>(old_size) / static_cast<double>(size);
  return {size, 0.5 * step, step};
}

Tensor resample(const Tensor& images, Grid rows, Grid columns, Filter filter, Around around) {
  const Tensor down = weights_of(images.size(-2), rows, filter, around);
  const Tensor across = weights_of(images.size(-1), columns, filter, around);
  return matmul(matmul(down, images), across.transpose(0, 1));
}

}  // namespace gradian::examples
