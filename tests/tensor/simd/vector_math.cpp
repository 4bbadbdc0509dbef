// The error bounds and the edges that vector_math.h states, against the C library in float64.
#include "tensor/simd/vector_math.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

namespace {

struct VectorFunction {
  const char* name;
  float (*function)(float);
  double (*exact)(double);
  double lowest, highest;  // the arguments it is stated for
};

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
constexpr float kLargest = std::numeric_limits<float>::max();

const VectorFunction kExp{"exp", gradian::simd::vector_exp, std::exp, -kInf, kInf};
const VectorFunction kLog{"log", gradian::simd::vector_log, std::log, -kInf, kInf};
const VectorFunction kLog1p{"log1p", gradian::simd::vector_log1p, std::log1p, 0, 1};
const VectorFunction kTanh{"tanh", gradian::simd::vector_tanh, std::tanh, -kInf, kInf};

// The same number down to the sign of zero, or both NaN.
bool identical(float a, float b) {
  return a == b ? std::signbit(a) == std::signbit(b) : std::isnan(a) && std::isnan(b);
}

// The distance of f(x) from the exact value, in steps of the float32 numbers around that; infinite
// where only one result is right and f(x) is another.
double error_in_ulp(const VectorFunction& f, float x) {
  const double exact = f.exact(x);
  const float result = f.function(x), nearest = static_cast<float>(exact);
  if (!std::isfinite(nearest) || nearest == 0) return identical(result, nearest) ? 0 : kInf;
  if (std::isnan(result) || std::signbit(result) != std::signbit(nearest)) return kInf;
  return std::abs(result - exact) / std::ldexp(1.0, std::max(std::ilogb(nearest), -126) - 23);
}

}  // namespace

TEST_CASE("each vector function is within 2 ulp over all of its arguments, denormals included") {
  for (const VectorFunction& f : {kExp, kLog, kLog1p, kTanh}) {
    double worst = 0;
    for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 1021) {  // every binade, both signs
      const float x = std::bit_cast<float>(static_cast<uint32_t>(bits));
      if (x >= f.lowest && x <= f.highest) worst = std::max(worst, error_in_ulp(f, x));
    }
    INFO(f.name);
    CHECK(worst < 2);
    CHECK(worst > 0.4);  // no float32 function is exact: the comparison did compare
  }
}

TEST_CASE("each vector function has the exact value at its edges") {
  struct Case {
    const VectorFunction& f;
    float x, y;
  };
  const Case cases[] = {
      {kExp, 0, 1},
      {kExp, -0.0f, 1},
      {kExp, kSmallest, 1},
      {kExp, -kSmallest, 1},
      {kExp, -103.9f, kSmallest},
      {kExp, -103.98f, 0},
      {kExp, -kLargest, 0},
      {kExp, -kInf, 0},
      {kExp, 88.73f, kInf},
      {kExp, kLargest, kInf},
      {kExp, kInf, kInf},
      {kExp, kNaN, kNaN},
      {kExp, -kNaN, kNaN},
      {kLog, 1, 0},
      {kLog, 0, -kInf},
      {kLog, -0.0f, -kInf},
      {kLog, -kSmallest, kNaN},
      {kLog, -1, kNaN},
      {kLog, -kInf, kNaN},
      {kLog, kInf, kInf},
      {kLog, kNaN, kNaN},
      {kLog, -kNaN, kNaN},
      {kLog1p, 0, 0},
      {kLog1p, kSmallest, kSmallest},
      {kLog1p, kNaN, kNaN},
      {kTanh, 0, 0},
      {kTanh, -0.0f, -0.0f},
      {kTanh, kSmallest, kSmallest},
      {kTanh, -kSmallest, -kSmallest},
      {kTanh, 10, 1},
      {kTanh, -10, -1},
      {kTanh, kLargest, 1},
      {kTanh, -kLargest, -1},
      {kTanh, kInf, 1},
      {kTanh, -kInf, -1},
      {kTanh, kNaN, kNaN},
      {kTanh, -kNaN, kNaN},
  };
  for (const Case& c : cases) {
    INFO(c.f.name << '(' << c.x << ')');
    CHECK(identical(c.f.function(c.x), c.y));
  }
}

TEST_CASE("each vector function stays within 2 ulp next to the ends of its ranges") {
  struct Case {
    const VectorFunction& f;
    float x;
  };
  const Case cases[] = {
      {kExp, -103.9721f},
      {kExp, -87.33655f},
      {kExp, 88.72283f},
      {kLog, kSmallest},
      {kLog, std::numeric_limits<float>::min()},
      {kLog, 0.70710678f},
      {kLog, 1},
      {kLog, 1.41421356f},
      {kLog, kLargest},
      {kLog1p, 5.9604645e-8f},
      {kLog1p, 0.41421356f},
      {kLog1p, 1},
      {kTanh, 0.625f},
      {kTanh, 9.01f},
  };
  for (const Case& c : cases) {
    float x = c.x;
    double worst = 0;
    for (int step = 0; step < 1000; ++step) x = std::nextafter(x, -kInf);
    for (int step = 0; step < 2000; ++step, x = std::nextafter(x, kInf)) {
      if (x < c.f.lowest || x > c.f.highest) continue;
      worst = std::max(worst, error_in_ulp(c.f, x));
    }
    INFO(c.f.name << " around " << c.x);
    CHECK(worst < 2);
  }
}

TEST_CASE("vector_tanh is odd to the bit") {
  int different = 0;
  for (float x = 0; x < 12; x += 0.001f)
    different += !identical(gradian::simd::vector_tanh(-x), -gradian::simd::vector_tanh(x));
  CHECK(different == 0);
}
