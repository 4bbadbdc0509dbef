// Kernels of batch normalisation by the batch's own statistics (Ioffe & Szegedy 2015), and of a
// PReLU behind it, if there is a slope: two passes, of which the second finds in the cache what the
// first has read, if it fits. The formula, op by op, is the composite in autograd/ops/norm.cpp.
#pragma once

#include "tensor/tensor.h"

namespace gradian::fused {

// Of each channel, all [C]: what backward needs of forward.
struct ChannelStatistics {
  Tensor mean, variance;  // the variance divided by n
  Tensor mean_rest;       // what rounding took from the mean: much, where the spread is small
  Tensor scale, shift;    // z = (x - mean) * scale + shift
  Tensor slope;           // undefined without PReLU
};

// z = (x - mean) / sqrt(variance + eps) * weight + bias for x [N, C, ...] and weight, bias [C].
// y = z, or with a slope [C], y = z where z > 0, else slope z.
struct BatchNormResult {
  Tensor y;
  ChannelStatistics statistics;
};
BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps,
                           const Tensor& slope = {});

// The gradients of sum(grad * y), which take into account that the statistics depend on x.
struct BatchNormGradients {
  Tensor x, weight, bias, slope;
};
BatchNormGradients batch_norm_gradients(const Tensor& grad, const Tensor& x,
                                        const ChannelStatistics& kept, double eps);

}  // namespace gradian::fused
