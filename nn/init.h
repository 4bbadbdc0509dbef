// Initial values for parameters. Each returns a new float32 tensor of `shape`, drawn from the
// default generator. Fans are PyTorch's: for weight [O, I, ...], fan_in = I * (kernel size) and
// fan_out = O * (kernel size). Gains and slopes must be finite.
#pragma once

#include "tensor/tensor.h"

namespace gradian::nn {

// Glorot & Bengio 2010: uniform in +-gain sqrt(6 / (fan_in + fan_out)), and the normal with the
// same variance.
Tensor xavier_uniform(const Shape& shape, double gain = 1);
Tensor xavier_normal(const Shape& shape, double gain = 1);

// He et al. 2015: variance 2 / ((1 + negative_slope^2) fan_in), for layers before a (leaky) ReLU.
Tensor kaiming_uniform(const Shape& shape, double negative_slope = 0);
Tensor kaiming_normal(const Shape& shape, double negative_slope = 0);

int64_t fan_in(const Shape& shape);

}  // namespace gradian::nn
