// exp for float32 in a form that the compiler turns into vector code: no branches, no table, no
// call. Without -ffast-math a loop over std::exp stays scalar; a loop over this runs eight or
// sixteen elements at a time. The error is stated with the function and held to it by a test.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace gradian {

// e^x within 2 ulp for x in [-87.3, 88.7]; 0 below, infinity above, NaN for NaN. Results below the
// smallest normal number (1.2e-38) become 0.
//
// e^x = 2^n e^r with n = round(x / ln 2), so that |r| <= ln 2 / 2, where a polynomial of degree 7
// does (coefficients of Moshier's Cephes library, expf). 2^n is made by writing n into the
// exponent.
inline float vector_exp(float x) {
  const float low = x < -87.4f ? -87.4f : x;
  const float clamped = low > 89.0f ? 89.0f : low;  // NaN passes both comparisons
  // Adding 1.5 * 2^23 rounds to the nearest whole number and leaves it in the low bits.
  constexpr float kRound = 12582912.0f;
  const float shifted = clamped * 1.44269504f + kRound;
  const int32_t n = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(kRound);
  // ln 2 in two parts: the first has few bits, so that n times it is exact.
  const float rounded = shifted - kRound;
  const float r = (clamped - rounded * 0.693359375f) + rounded * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // In two halves, so that 2^128 does not overflow before the product does.
  const int32_t half = n >> 1;
  const float scale1 = std::bit_cast<float>((half + 127) << 23);
  const float scale2 = std::bit_cast<float>((n - half + 127) << 23);
  // A mask instead of a choice: the compiler would turn that into a branch.
  const int32_t keep = -static_cast<int32_t>(!(x < -87.3f));
  return std::bit_cast<float>(std::bit_cast<int32_t>(p * scale1 * scale2) & keep);
}

// float64 has no vector form yet; the name lets kernels be written once for both.
inline double vector_exp(double x) { return std::exp(x); }

}  // namespace gradian
