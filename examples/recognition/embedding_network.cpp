#include "examples/recognition/embedding_network.h"

namespace gradian::examples {
namespace {

nn::Conv2d convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1) {
  return nn::Conv2d(in, out, kernel, {.stride = stride, .padding = kernel / 2, .bias = false});
}

}  // namespace

ResidualUnit::ResidualUnit(int64_t in, int64_t out, int64_t stride)
    : residual(add_module(
          "residual",
          nn::Sequential{nn::BatchNorm2d(in), convolution(in, out, 3), nn::BatchNorm2d(out),
                         nn::PReLU(out), convolution(out, out, 3, stride), nn::BatchNorm2d(out)})),
      shortcut(add_module("shortcut", nn::Sequential())) {
  if (stride == 1 && in == out) return;
  shortcut.append(convolution(in, out, 1, stride));
  shortcut.append(nn::BatchNorm2d(out));
}

nn::Sequential embedding_network(int64_t channels, int64_t size, int64_t features) {
  check(size > 0 && size % 8 == 0, "embedding_network: expected a size that 8 divides, got ", size);
  return nn::Sequential{convolution(channels, 16, 3),
                        nn::BatchNorm2d(16),
                        nn::PReLU(16),
                        ResidualUnit(16, 32, 2),   // [N, 32, size / 2, size / 2]
                        ResidualUnit(32, 64, 2),   // [N, 64, size / 4, size / 4]
                        ResidualUnit(64, 128, 2),  // [N, 128, size / 8, size / 8]
                        nn::BatchNorm2d(128),
                        nn::Flatten(),
                        nn::Linear(128 * (size / 8) * (size / 8), features, /*bias=*/false),
                        nn::BatchNorm1d(features)};
}

}  // namespace gradian::examples
