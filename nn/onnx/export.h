// A trained network as an ONNX file (onnx.ai), which other programs run: ONNX Runtime and what
// reads the format. The graph is the one that the engine records, whatever layers it came from: any
// network of the ops in export.cpp can be exported. What it computes for an array in evaluation
// mode is written, no loss and no training.
#pragma once

#include <filesystem>

#include "nn/module.h"

namespace gradian::nn {

// Writes the network that computes network(input) in evaluation mode, whose one input is called
// "input" and its result "output". `example` [batch, ...] of float32 or float64 gives dtype and
// shape; it and another one, of a row more and other values, are run, and the batch may have any
// size in the file. Constants that are parameters have their names. Fails, and names the op, where
// ONNX has no form for one (see the tables in export.cpp), or where one works with a mask, an index
// or a size that C++ computed from the input, as max(x, axes), normalize and rsqrt do. What comes
// out the same in both runs is taken for a constant. Files of up to 2 GB.
void export_onnx(Module& network, const Tensor& example, const std::filesystem::path& file);

}  // namespace gradian::nn
