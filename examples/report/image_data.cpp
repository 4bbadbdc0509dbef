#include "examples/report/image_data.h"

#include <algorithm>
#include <cmath>

namespace gradian::examples {
namespace {

// Rows from the bottom up, each of a multiple of four bytes: of a grey image a byte a pixel, else
// blue, green and red.
std::string bmp_rows(const Tensor& image) {
  const int64_t channels = image.size(0), height = image.size(1), width = image.size(2);
  const Tensor pixels = image.to(DType::float32).contiguous();
  const float* const data = pixels.data<float>();
  std::string rows;
  for (int64_t y = height - 1; y >= 0; --y) {
    for (int64_t x = 0; x < width; ++x)
      for (int64_t channel = channels - 1; channel >= 0; --channel) {
        const float value = data[(channel * height + y) * width + x];
        rows += static_cast<char>(
            static_cast<unsigned char>(std::clamp(255 * value + 0.5f, 0.0f, 255.0f)));
      }
    rows.resize((rows.size() + 3) / 4 * 4, '\0');
  }
  return rows;
}

std::string palette_of_greys() {
  std::string palette;
  for (uint32_t grey = 0; grey < 256; ++grey) palette += little_endian(grey * 0x010101, 4);
  return palette;
}

// BITMAPFILEHEADER and BITMAPINFOHEADER of Windows, colours if there are at most 256, rows.
std::string bmp(const Tensor& image) {
  const bool grey = image.size(0) == 1;
  const std::string rows = bmp_rows(image), palette = grey ? palette_of_greys() : "";
  const uint64_t offset = 14 + 40 + palette.size();
  return "BM" + little_endian(offset + rows.size(), 4) + little_endian(0, 4) +
         little_endian(offset, 4) + little_endian(40, 4) +
         little_endian(static_cast<uint64_t>(image.size(2)), 4) +
         little_endian(static_cast<uint64_t>(image.size(1)), 4) + little_endian(1, 2) +
         little_endian(grey ? 8 : 24, 2) + little_endian(0, 4) + little_endian(rows.size(), 4) +
         little_endian(2835, 4) + little_endian(2835, 4) + little_endian(0, 8) + palette + rows;
}

}  // namespace

std::string base64(const std::string& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string little_endian(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}

std::string image_data(const Tensor& image) {
  check(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.numel() > 0,
        "picture: expected an image [1 or 3, H, W], got ", image.shape());
  return "data:image/bmp;base64," + base64(bmp(image));
}

Quantized quantize(const std::vector<double>& numbers) {
  constexpr double kLargest = 32767, kNotFinite = -32768;
  double largest = 0;
  for (const double number : numbers)
    if (std::isfinite(number)) largest = std::max(largest, std::abs(number));
  const double unit = largest > 0 ? largest / kLargest : 1;
  std::string bytes;
  for (const double number : numbers) {
    const double multiple = std::isfinite(number) ? std::round(number / unit) : kNotFinite;
    bytes += little_endian(static_cast<uint64_t>(static_cast<int64_t>(multiple)), 2);
  }
  return {unit, base64(bytes)};
}

}  // namespace gradian::examples
