#include "tests/parity/mismatch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/error.h"

namespace gradian::parity {
namespace {

// Equal infinities and NaNs agree; otherwise they are infinitely far apart.
double distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double d = std::abs(a - b);
  return std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
}

}  // namespace

std::string mismatch(const std::vector<double>& actual, const std::vector<double>& expected,
                     double tolerance, double rounding) {
  if (actual.size() != expected.size())
    return text("has ", actual.size(), " entries, expected ", expected.size());
  double largest = 0, worst_distance = 0;
  size_t worst = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::isfinite(expected[i])) largest = std::max(largest, std::abs(expected[i]));
    if (distance(actual[i], expected[i]) <= worst_distance) continue;
    worst_distance = distance(actual[i], expected[i]);
    worst = i;
  }
  if (worst_distance <= std::max(tolerance * largest, rounding)) return "";
  return text("entry ", worst, " is ", actual[worst], ", expected ", expected[worst], ": off by ",
              worst_distance, " where the largest is ", largest);
}

}  // namespace gradian::parity
