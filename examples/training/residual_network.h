// How a module of one's own is written: the block of He et al., "Deep Residual Learning for Image
// Recognition" (2016, arXiv 1512.03385), and a small network of three such blocks. Children are
// registered by add_module, the members are references to them, and forward() says what is
// computed; gradients, parameter names and modes follow from that.
#pragma once

#include "nn/layers.h"

namespace gradian::examples {

// relu(f(x) + x), f two convolutions: [N, in, H, W] -> [N, out, H / stride, W / stride]. Where the
// two shapes differ, a 1x1 convolution takes x to that of f(x); elsewhere the shortcut is empty and
// gives x as it is.
struct ResidualBlock : nn::Module {
  nn::Conv2d& conv1;
  nn::BatchNorm2d& norm1;
  nn::Conv2d& conv2;
  nn::BatchNorm2d& norm2;
  nn::Sequential& shortcut;

  ResidualBlock(int64_t in, int64_t out, int64_t stride = 1)
      : conv1(add_module("conv1",
                         nn::Conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false}))),
        norm1(add_module("norm1", nn::BatchNorm2d(out))),
        conv2(add_module("conv2", nn::Conv2d(out, out, 3, {.padding = 1, .bias = false}))),
        norm2(add_module("norm2", nn::BatchNorm2d(out))),
        shortcut(add_module("shortcut", nn::Sequential())) {
    if (stride == 1 && in == out) return;
    shortcut.append(nn::Conv2d(in, out, 1, {.stride = stride, .bias = false}));
    shortcut.append(nn::BatchNorm2d(out));
  }

  Variable forward(const Variable& x) override {
    const Variable y = relu(norm1(conv1(x)));
    return relu(norm2(conv2(y)) + shortcut(x));
  }
};

// A block is a layer like any other. [N, 1, H, W] -> [N, classes].
nn::Sequential residual_network(int64_t classes);

}  // namespace gradian::examples
