// The networks that the benchmark trains, each with an account of the work in it. Their weights are
// those that nn::init gives: see training() in workloads.h.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/module.h"

namespace gradian::bench {

// A convolution that is padded by half its kernel.
struct Convolution {
  int64_t in, out, kernel, size, stride = 1;  // size: rows and columns of the result
  // Of one sample, by the direct algorithm; multiply-adds count two.
  double flops() const { return 2.0 * double(in * out * kernel * kernel * size * size); }
};

struct Network {
  std::shared_ptr<nn::Module> model;
  Shape sample;  // shape of an input, without the batch
  // For a sample: of the whole forward pass and of the first layer, whose input needs no gradient.
  double flops = 0, first_flops = 0;
  std::vector<Convolution> convolutions = {};
  // Numbers that the layers between the convolutions read and write for a sample in a training
  // step, where each layer and each backward rule reads its operands and writes its result once.
  double passed = 0;

  void add(const Convolution& convolution);
};

// LeNet++, Wen et al. 2016, Table 1: 2-D features and their softmax classifier.
Network lenet_network();
// Blocks of insightface's IR-ResNet, 16 to 128 channels, on 32x32 images.
Network ir_resnet_network();
Network mlp_network();  // 784-256-256-10
// conv3x3, PReLU, conv3x3, PReLU, pooling to the mean, linear: what grows in growth.h.
Network small_network(int64_t channels, int64_t size);

}  // namespace gradian::bench
