// What the pages of Python beside this go on from, or have made: networks, their weights, and
// samples of what they compute.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nn/layers.h"

namespace gradian::examples {

// The networks of pytorch_networks.py, of [N, 1, 28, 28], with initial weights.
struct SampleNetwork {
  std::string name;
  nn::Sequential network;
};
std::vector<SampleNetwork> sample_networks();

// Writes <name>.onnx into the folder, and for the first row of `inputs` and for all of them
// <name>.<rows>.input.npy and <name>.<rows>.output.npy, what the network makes of them in
// evaluation mode.
void write_samples(const std::filesystem::path& folder, SampleNetwork& sample,
                   const Tensor& inputs);

}  // namespace gradian::examples
