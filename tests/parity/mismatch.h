// How two arrays of numbers are compared by the tests that hold Gradian against PyTorch.
#pragma once

#include <string>
#include <vector>

namespace gradian::parity {

// Empty when every entry is within `tolerance` times the largest finite expected one, or within
// `rounding`, and infinities and NaNs are where they are expected; else what is farthest off.
std::string mismatch(const std::vector<double>& actual, const std::vector<double>& expected,
                     double tolerance, double rounding = 0);

}  // namespace gradian::parity
