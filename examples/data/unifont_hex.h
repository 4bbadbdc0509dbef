// Reads GNU Unifont's text files, a line a character, such as 4E00:0000...7FFE...: the code point,
// then rows of pixels in hexadecimal digits, the first pixel in the highest bit. 32 digits are 16
// rows of 8 pixels, 64 are 16 rows of 16 (unifoundry.com/unifont).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "examples/data/drawing.h"

namespace gradian::examples {

// The characters that the file has among those wanted, by code point.
std::vector<Drawing> read_unifont_hex(const std::filesystem::path& file, CodePoints wanted = {});

// The same of the bytes of a file, which errors call `file`.
std::vector<Drawing> decode_unifont_hex(std::string_view bytes, const std::string& file,
                                        CodePoints wanted = {});

}  // namespace gradian::examples
