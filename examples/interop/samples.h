// What the pages of Python beside this go on from: a network as ONNX, and samples of what it does.
#pragma once

#include <filesystem>
#include <string>

#include "nn/module.h"

namespace gradian::examples {

// Writes name.onnx into the folder, and for the first row of `inputs` and for all of them
// name.<rows>.input.npy and name.<rows>.output.npy, what the network makes of them in evaluation
// mode.
void write_samples(const std::filesystem::path& folder, const std::string& name,
                   nn::Module& network, const Tensor& inputs);

}  // namespace gradian::examples
