// Kernels of batch normalisation by the batch's own statistics (Ioffe & Szegedy 2015): two passes,
// of which the second finds in the cache what the first has read, if it fits. The formula, op by
// op, is the composite in autograd/ops/norm.cpp.
#pragma once

#include "tensor/tensor.h"

namespace gradian::fused {

// Of each channel, all [C].
struct ChannelStatistics {
  Tensor mean, variance;  // the variance divided by n
  Tensor mean_rest;       // what rounding took from the mean: much, where the spread is small
};

// y = (x - mean) / sqrt(variance + eps) * weight + bias for x [N, C, ...] and weight, bias [C].
struct BatchNormResult {
  Tensor y;
  ChannelStatistics statistics;
};
BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps);

// The gradients of sum(grad * y), which take into account that the statistics depend on x.
struct BatchNormGradients {
  Tensor x, weight, bias;
};
BatchNormGradients batch_norm_gradients(const Tensor& grad, const Tensor& x, const Tensor& weight,
                                        const ChannelStatistics& statistics, double eps);

}  // namespace gradian::fused
