// What the parity tests stand on: the comparison of two arrays.
#include <doctest/doctest.h>

#include <limits>

#include "tests/parity/mismatch.h"

namespace gradian::parity {
namespace {

TEST_CASE("the comparison catches what is off by more than the tolerance, and nothing else") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(mismatch({1, 100}, {1 + 9e-9, 100}, 1e-10).empty());
  CHECK(mismatch({1 + 2e-8, 100}, {1, 100}, 1e-10) ==
        "entry 0 is 1, expected 1: off by 2e-08 where the largest is 100");
  CHECK(mismatch({0, 0}, {0, 0}, 1e-10).empty());
  CHECK_FALSE(mismatch({0, 1e-300}, {0, 0}, 1e-10).empty());
  CHECK(mismatch({nan, infinity, 1}, {nan, infinity, 1}, 1e-10).empty());
  CHECK_FALSE(mismatch({nan, 1}, {1, 1}, 1e-10).empty());
  CHECK_FALSE(mismatch({1, 1}, {nan, 1}, 1e-10).empty());
  CHECK_FALSE(mismatch({-infinity}, {infinity}, 1e-10).empty());
  CHECK_FALSE(mismatch({1e300}, {infinity}, 1e-10).empty());
  CHECK(mismatch({1}, {1, 1}, 1e-10) == "has 1 entries, expected 2");
}

}  // namespace
}  // namespace gradian::parity
