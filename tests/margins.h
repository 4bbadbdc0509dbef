// What the tests of the margins and of the margin losses share.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>

#include "losses/margin.h"

namespace gradian::test {

constexpr double kArc = 0.5;  // ArcFace's margin, radians
// How near 0 the angle is let: acos(1 - 1e-7).
inline const double kSmallestAngle = std::acos(1 - 1e-7);

constexpr Margin kArcFace{.m2 = kArc};
constexpr Margin kNote{.m3 = 0.5};  // what the note's code does

inline Margin with(Margin margin, Overflow overflow) {
  margin.overflow = overflow;
  return margin;
}

// `value` with as many decimals as `printed` has, and no sign on a zero.
inline std::string as_printed(double value, const std::string& printed) {
  char buffer[32];
  const size_t point = printed.find('.');
  const int decimals =
      point == std::string::npos ? 0 : static_cast<int>(printed.size() - point) - 1;
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return std::stod(buffer) == 0 ? std::string(buffer).substr(buffer[0] == '-') : buffer;
}

}  // namespace gradian::test
