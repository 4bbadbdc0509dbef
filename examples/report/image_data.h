// Bytes and images as a page can hold them in its text. Where they stand in it is up to markup.h.
#pragma once

#include <string>

#include "tensor/tensor.h"

namespace gradian::examples {

std::string base64(const std::string& bytes);

// The number's low bytes, the lowest first.
std::string little_endian(uint64_t value, int bytes);

// "data:image/bmp;base64,...", of an image [1 or 3, H, W] of numbers from 0 to 1: a BMP file, which
// every browser shows and which needs no compression. A pixel takes a byte if it is grey, else 3.
std::string image_data(const Tensor& image);

// Numbers as a page can hold many of them: whole multiples, from -32767 to 32767, of a unit.
struct Quantized {
  double unit;
  std::string base64;  // two bytes a number, the low one first; -32768 is what is not finite
};
// The unit is such that the largest of the numbers just fits; so each is off by unit / 2 at most.
Quantized quantize(const std::vector<double>& numbers);

}  // namespace gradian::examples
