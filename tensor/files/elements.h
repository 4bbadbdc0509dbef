// The numbers that files store, and what they become in a Tensor: float64, float32 and int64 stay
// as they are, smaller ones are widened without loss.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/files/file.h"
#include "tensor/tensor.h"

namespace gradian::files {

enum class Element { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

// f64: float64; f32, f16, bf16: float32; all others: int64.
DType dtype_of(Element element);

// The element type that a file calls `code`; errors begin with `name` and list the known ones.
using ElementCodes = std::vector<std::pair<std::string, Element>>;
Element element_named(const std::string& code, const ElementCodes& known, const std::string& name);

// The sizes as a Shape. Fails unless an array of them takes exactly `held` bytes.
Shape checked_shape(const std::vector<int64_t>& sizes, Element element, int64_t held,
                    const std::string& name);

// The array that begins at a byte of the file, in row-major order; read straight into place where
// nothing has to be converted.
Tensor read_elements(const Input& file, int64_t begin, Element element, const Shape& shape,
                     bool big_endian = false);

// The bytes of a contiguous tensor.
std::string_view bytes_of(const Tensor& contiguous);

}  // namespace gradian::files
