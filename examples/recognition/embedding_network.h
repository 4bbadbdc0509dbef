// The network that turns an image into an embedding: the "IR" residual units and the head of Deng
// et al., "ArcFace" (CVPR 2019, section 3.1 and its code), at a size that a laptop trains. How a
// module of one's own is written is told in training/residual_network.h.
#pragma once

#include "nn/layers.h"

namespace gradian::examples {

// f(x) + shortcut(x), f = norm, 3x3 convolution, norm, PReLU, 3x3 convolution with the stride,
// norm: [N, in, H, W] -> [N, out, H / stride, W / stride]. Nothing follows the sum. Where the
// shapes differ, the shortcut is a 1x1 convolution and a norm.
struct ResidualUnit : nn::Module {
  nn::Sequential& residual;
  nn::Sequential& shortcut;

  ResidualUnit(int64_t in, int64_t out, int64_t stride);
  Variable forward(const Variable& x) override { return residual(x) + shortcut(x); }
};

// [N, channels, size, size] -> [N, features]. `size` is a multiple of 8.
nn::Sequential embedding_network(int64_t channels, int64_t size, int64_t features);

}  // namespace gradian::examples
