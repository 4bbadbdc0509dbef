// NumPy's .npy files: one array, as numpy.save and numpy.load write and read it. A magic word, the
// version, the length of a header, the header (a Python dict literal), the bytes of the array.
// Arrays of objects are refused: nothing in a file is ever run.
#pragma once

#include <filesystem>

#include "tensor/tensor.h"

namespace gradian {

// Versions 1.0, 2.0 and 3.0, little- and big-endian, C and Fortran order (whose strides the tensor
// keeps). f8, f4 and i8 as they are; f2 becomes float32; i4, i2, i1, u1 and b1 int64. Fails, naming
// the file, what came and what was expected, before it asks for any memory.
Tensor read_npy(const std::filesystem::path& file);

// Version 1.0, little-endian, C order. Replaces the file as a whole, or leaves it as it was
// (tensor/files/file.h).
void write_npy(const std::filesystem::path& file, const Tensor& tensor);

}  // namespace gradian
