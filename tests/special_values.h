// The two numbers that tests of edges need by name.
#pragma once

#include <limits>

namespace gradian::test {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace gradian::test
