// Safetensors files: named tensors and texts, as Python's package of this name and PyTorch's and
// Hugging Face's tools write and read them. An 8-byte little-endian length, a JSON header of that
// length, the bytes of the arrays without gaps. Nothing in a file is ever run.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tensor/tensor.h"

namespace gradian {

using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  std::map<std::string, Tensor> tensors;
  Metadata metadata;
};

// F64, F32 and I64 as they are; F16 and BF16 become float32; I32, I16, I8, U8 and BOOL int64. The
// header is checked against the file's size before any memory is asked for, and the arrays are read
// straight into their tensors. Fails, naming the file, the array, what came and what was expected,
// unless all of the header is understood and the arrays fill the file without gap or overlap.
TensorFile read_safetensors(const std::filesystem::path& file);

// The texts alone, whatever the arrays are.
Metadata read_safetensors_metadata(const std::filesystem::path& file);

// Replaces the file as a whole, or leaves it as it was (tensor/files/file.h). Names and texts have
// to be UTF-8. A tensor that is not contiguous is copied while it is written; of the others there
// is no copy.
void write_safetensors(const std::filesystem::path& file,
                       const std::map<std::string, Tensor>& tensors, const Metadata& metadata = {});

}  // namespace gradian
