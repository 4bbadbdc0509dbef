// One character as a bitmap font draws it: what every reader of fonts gives. Which characters are
// read, and what becomes of them, is up to glyphs.h.
#pragma once

#include <cstdint>
#include <vector>

namespace gradian::examples {

struct Drawing {
  uint32_t code_point = 0;
  int64_t width = 0, height = 0;  // of the pixels
  int64_t left = 0;               // of the first column, from where the pen stands
  int64_t top = 0;                // of the upper edge of the first row, above the baseline
  int64_t advance = 0;            // how far the pen moves on: the side of an ideograph's square
  std::vector<uint8_t> pixels{};  // [height, width], from 0 to 255, which is ink
};

// Code points that are wanted, both ends included.
struct CodePoints {
  uint32_t first = 0, last = 0x10ffff;
};

}  // namespace gradian::examples
