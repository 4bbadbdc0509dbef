// A strict reader of safetensors files, the format of the fixtures in this folder: an 8-byte
// little-endian length, a JSON header of that length, the bytes of the arrays. It reads F64, F32
// and I64 arrays whose names need no escapes, and writes nothing.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace gradian::parity {

// The arrays by name. Fails, naming the file, what came and what was expected, unless all of the
// header is understood and the arrays fill the rest of the file without gap or overlap.
std::map<std::string, Tensor> read_safetensors(const std::string& path);

// The same of a file's bytes; `file` names it in errors.
std::map<std::string, Tensor> parse_safetensors(std::string_view bytes, const std::string& file);

}  // namespace gradian::parity
