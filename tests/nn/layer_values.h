// Inputs of layers, and layers with given values. Hand-worked numbers are checked in float64.
#pragma once

#include <utility>
#include <vector>

#include "tests/helpers.h"

namespace gradian::test {

// A float64 constant.
inline Variable input(const std::vector<double>& values, const Shape& shape) {
  return Variable(doubles(values, shape));
}

inline std::vector<double> counting(int count) {
  std::vector<double> values;
  for (int i = 1; i <= count; ++i) values.push_back(i);
  return values;
}

// A float64 layer with these values in its weight, and in its bias.
template <class Layer>
Layer with_values(Layer layer, const std::vector<double>& weight) {
  layer.to(DType::float64);
  layer.weight.set_value(doubles(weight, layer.weight.shape()));
  return layer;
}
template <class Layer>
Layer with_values(Layer layer, const std::vector<double>& weight, const std::vector<double>& bias) {
  Layer result = with_values(std::move(layer), weight);
  result.bias.set_value(doubles(bias));
  return result;
}

}  // namespace gradian::test
