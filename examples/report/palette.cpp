// Turns class indices into colours: a table for ten, hues around the circle for more.
// Which element has which class is up to the plots.
#include "examples/report/palette.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tensor/error.h"

namespace gradian::examples {
namespace {

using Color = std::array<double, 3>;  // red, green, blue from 0 to 255

constexpr std::array<Color, 10> kPetroff{{{0x3f, 0x90, 0xda},
                                          {0xff, 0xa9, 0x0e},
                                          {0xbd, 0x1f, 0x01},
                                          {0x94, 0xa4, 0xa2},
                                          {0x83, 0x2d, 0xb6},
                                          {0xa9, 0x6b, 0x59},
                                          {0xe7, 0x63, 0x00},
                                          {0xb9, 0xac, 0x70},
                                          {0x71, 0x75, 0x81},
                                          {0x92, 0xda, 0xdd}}};

// A saturated colour of the given hue, from 0 to 1.
Color hue_color(double hue) {
  Color color;
  for (size_t i = 0; i < 3; ++i) {
    const double position = std::fmod(6 * hue + 4 - 2 * static_cast<double>(i) + 6, 6.0);
    color[i] = 40 + 170 * std::clamp(std::abs(position - 3) - 1, 0.0, 1.0);
  }
  return color;
}

Color class_color(int64_t k) {
  constexpr double kGoldenRatio = 0.6180339887;  // successive hues never come close
  const size_t index = static_cast<size_t>(k);
  if (index < kPetroff.size()) return kPetroff[index];
  return hue_color(std::fmod(kGoldenRatio * static_cast<double>(k), 1.0));
}

Color lightened(Color color) {
  for (double& channel : color) channel += 0.25 * (255 - channel);
  return color;
}

std::string css(const Color& color) {
  std::string out = "#";
  for (const double channel : color) {
    const int value = static_cast<int>(channel);
    out += "0123456789abcdef"[value / 16];
    out += "0123456789abcdef"[value % 16];
  }
  return out;
}

// Black or white, whichever stands out more.
std::string text_on(const Color& color) {
  const double luma = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
  return luma > 115 ? "#000" : "#fff";
}

std::string rule(int64_t k, const Color& color) {
  return text(".k", k, "{--class-color:", css(color), ";--on-class-color:", text_on(color), "}\n");
}

}  // namespace

std::string palette_css(int64_t classes) {
  std::string light, dark;
  for (int64_t k = 0; k < classes; ++k) {
    light += rule(k, class_color(k));
    dark += rule(k, lightened(class_color(k)));
  }
  return light + "@media (prefers-color-scheme: dark){\n" + dark + "}\n";
}

}  // namespace gradian::examples
