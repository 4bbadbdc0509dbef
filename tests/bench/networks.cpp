#include "tests/bench/networks.h"

#include "nn/layers.h"

namespace gradian::bench {
namespace {

// Numbers read and written for each number of a layer's input, forward + backward.
constexpr double kPReLU = 2 + 3;          // x, y; dy, x, dx
constexpr double kPooling = 1.25 + 1.25;  // x, a quarter of it y; the same back
constexpr double kBatchNorm = 3 + 5;  // x for the statistics, x, y; dy and x for sums, again, dx;
                                      // a PReLU behind it adds none
constexpr double kSum = 3 + 3;        // of a block's two branches; of the two gradients

double numbers(int64_t channels, int64_t size) { return double(channels * size * size); }

// The block of insightface's IR-ResNet: BN, conv, BN, PReLU, conv with stride 2, BN, and a 1x1
// convolution with stride 2 as shortcut.
struct ResidualBlock : nn::Module {
  ResidualBlock(int64_t in, int64_t out)
      : body(add_module(
            "body",
            nn::Sequential{nn::BatchNorm2d(in),
                           nn::Conv2d(in, out, 3, {.padding = 1, .bias = false}),
                           nn::BatchNorm2d(out), nn::PReLU(out),
                           nn::Conv2d(out, out, 3, {.stride = 2, .padding = 1, .bias = false}),
                           nn::BatchNorm2d(out)})),
        shortcut(add_module("shortcut",
                            nn::Sequential{nn::Conv2d(in, out, 1, {.stride = 2, .bias = false}),
                                           nn::BatchNorm2d(out)})) {}
  Variable forward(const Variable& x) override { return body(x) + shortcut(x); }
  nn::Sequential &body, &shortcut;
};

}  // namespace

void Network::add(const Convolution& convolution) {
  if (convolutions.empty()) first_flops = convolution.flops();
  flops += convolution.flops();
  convolutions.push_back(convolution);
}

// One shared slope a PReLU, pooling 2x2.
Network lenet_network() {
  const auto conv = [](int64_t in, int64_t out) { return nn::Conv2d(in, out, 5, {.padding = 2}); };
  auto model = std::make_shared<nn::Sequential>();
  Network network{model, {1, 28, 28}};
  int64_t in = 1, size = 28;
  for (const int64_t out : {32, 64, 128}) {
    model->append(conv(in, out)).append(nn::PReLU());
    model->append(conv(out, out)).append(nn::PReLU()).append(nn::MaxPool2d(2));
    network.add({in, out, 5, size});
    network.add({out, out, 5, size});
    network.passed += (2 * kPReLU + kPooling) * numbers(out, size);
    in = out;
    size /= 2;
  }
  model->append(nn::Flatten()).append(nn::Linear(1152, 2)).append(nn::PReLU());
  model->append(nn::Linear(2, 10, false));
  return network;
}

Network ir_resnet_network() {
  auto model = std::make_shared<nn::Sequential>();
  Network network{model, {3, 32, 32}};
  model->append(nn::Conv2d(3, 16, 3, {.padding = 1, .bias = false}));
  model->append(nn::BatchNorm2d(16)).append(nn::PReLU(16));
  network.add({3, 16, 3, 32});
  network.passed = kBatchNorm * numbers(16, 32);
  int64_t in = 16, size = 32;
  for (const int64_t out : {16, 32, 64, 128}) {
    model->append(ResidualBlock(in, out));
    network.add({in, out, 3, size});
    network.passed += kBatchNorm * (numbers(in, size) + numbers(out, size));
    size /= 2;
    network.add({out, out, 3, size, 2});
    network.add({in, out, 1, size, 2});
    network.passed += (2 * kBatchNorm + kSum) * numbers(out, size);
    in = out;
  }
  model->append(nn::Flatten()).append(nn::Linear(128 * 2 * 2, 10));
  return network;
}

Network mlp_network() {
  auto model = std::make_shared<nn::Sequential>(nn::Sequential{
      nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 256), nn::ReLU(), nn::Linear(256, 10)});
  return {model, {784}, 2.0 * (784 * 256 + 256 * 256 + 256 * 10), 2.0 * 784 * 256};
}

Network small_network(int64_t channels, int64_t size) {
  auto model = std::make_shared<nn::Sequential>(
      nn::Sequential{nn::Conv2d(3, channels, 3, {.padding = 1}), nn::PReLU(),
                     nn::Conv2d(channels, channels, 3, {.padding = 1}), nn::PReLU(),
                     nn::AdaptiveAvgPool2d(1), nn::Flatten(), nn::Linear(channels, 10)});
  Network network{model, {3, size, size}};
  network.add({3, channels, 3, size});
  network.add({channels, channels, 3, size});
  return network;
}

}  // namespace gradian::bench
