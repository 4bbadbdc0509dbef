// The margins that tests of their targets and of their losses name.
#pragma once

#include <cmath>

#include "losses/margin.h"

namespace gradian::test {

constexpr double kArc = 0.5;  // ArcFace's margin, radians
// How near 0 the angle is let: acos(1 - 1e-7).
inline const double kSmallestAngle = std::acos(1 - 1e-7);

constexpr Margin kArcFace{.m2 = kArc};
constexpr Margin kNote{.m3 = 0.5};  // the code of the note: see losses/README.md

inline Margin with(Margin margin, MarginOverflow overflow) {
  margin.overflow = overflow;
  return margin;
}

}  // namespace gradian::test
