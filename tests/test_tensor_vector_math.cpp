// The error bound and the edges that vector_math.h states, against the C library's exp in float64.
#include "tensor/vector_math.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

using gradian::vector_exp;

TEST_CASE("vector_exp is within 2 ulp of exp wherever the result is a normal number") {
  double worst = 0;
  for (double x = -87.3; x < 88.7; x += 0.0007) {
    const float argument = static_cast<float>(x);
    const double exact = std::exp(static_cast<double>(argument));
    const float nearest = static_cast<float>(exact);
    const double ulp = std::nextafter(nearest, INFINITY) - nearest;
    worst = std::max(worst, std::abs(vector_exp(argument) - exact) / ulp);
  }
  CHECK(worst < 2);
  CHECK(worst > 0.4);  // no float32 function is exact: the comparison did compare
}

TEST_CASE("vector_exp is 0 far below, infinite far above, NaN for NaN, and 1 at 0") {
  CHECK(vector_exp(0.0f) == 1.0f);
  for (const float x : {-87.5f, -1000.0f, -INFINITY}) CHECK(vector_exp(x) == 0.0f);
  for (const float x : {89.0f, 1000.0f, INFINITY}) CHECK(vector_exp(x) == INFINITY);
  CHECK(std::isnan(vector_exp(std::numeric_limits<float>::quiet_NaN())));
}
