// A module's parameters and buffers by their names, and files of them that Python opens, too:
//   nn::save(network, "weights.safetensors");
//   network.load_state_dict(safetensors.torch.load_file("weights.safetensors"))  # in PyTorch
// Names are PyTorch's. For all of a training there is checkpoint.h.
#pragma once

#include "nn/module.h"
#include "tensor/files/entries.h"

namespace gradian::nn {

using files::IncompatibleKeys;
using StateDict = std::map<std::string, Tensor>;

// The tensors share the module's memory, as in PyTorch: clone() what is to outlast the next step. A
// parameter that modules share is listed under each of its names.
StateDict state_dict(const Module& module);

// Sets all values, or none: then one error tells every missing, unexpected and misshapen entry.
// Without `strict`, missing and unexpected ones are left out and returned. Numbers of another dtype
// are converted, as by PyTorch's copy_. Leaves stay those that an optimiser knows. Of a shared
// parameter one name suffices. A dict that is moved here is not copied.
IncompatibleKeys load_state_dict(Module& module, StateDict dict, bool strict = true);

// The same with a safetensors file (tensor/files/safetensors.h), which is replaced as a whole.
void save(const Module& module, const std::filesystem::path& file);
IncompatibleKeys load(Module& module, const std::filesystem::path& file, bool strict = true);

// Enters parameters and buffers: what all of the above and Checkpoint are made of.
void list(files::Entries& entries, const std::string& prefix, const Module& module);

}  // namespace gradian::nn
