// Reads grey and coloured images in Netpbm's formats PGM and PPM, as text and as bytes
// (netpbm.sourceforge.net/doc/pgm.html, ppm.html). Black and white PBM, and what else is no such
// image, is refused; of other common formats with the command that converts them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace gradian::examples {

// [1, H, W] of P2 and P5, [3, H, W] of P3 and P6, float32 from 0 to 255, whatever number the file
// has for white. Comments may stand wherever there is white space between numbers.
Tensor read_pnm(const std::filesystem::path& file);

// The same of the bytes of a file, which errors call `file`. The size is held against the number of
// bytes before memory is taken.
Tensor decode_pnm(std::string_view bytes, const std::string& file);

}  // namespace gradian::examples
