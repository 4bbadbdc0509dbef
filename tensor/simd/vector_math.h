// exp, log, log1p and tanh for float32 in a form that the compiler turns into vector code: no
// branches, no table, no call. Without -ffast-math a loop over std::exp stays scalar; a loop over
// these runs eight or sixteen elements at a time. Each error is stated with its function and held
// to it by a test. always_inline because one call that stays a call keeps the loop scalar.
// Coefficients are those of Moshier's Cephes library (expf, logf, tanhf).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace gradian::simd {

// e^x within 2 ulp, denormal results included; 0 below -103.98, infinity above 88.73, NaN for NaN.
//
// e^x = 2^n e^r with n = round(x / ln 2), so that |r| <= ln 2 / 2, where a polynomial of degree 7
// does. 2^n is made by writing n into the exponent.
[[gnu::always_inline]] inline float vector_exp(float x) {
  const float low = x < -105.0f ? -105.0f : x;
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
  // In two halves, because neither 2^128 nor 2^-149 is a normal number. The first product is
  // exact, so a denormal result is rounded once.
  const int32_t half = n >> 1;
  const float scale1 = std::bit_cast<float>((half + 127) << 23);
  const float scale2 = std::bit_cast<float>((n - half + 127) << 23);
  return p * scale1 * scale2;
}

// ln x within 2 ulp, for denormal x too; -infinity at +-0, NaN below, infinity at infinity, NaN for
// NaN.
//
// ln x = n ln 2 + ln(1 + r) with 1 + r in [sqrt(1/2), sqrt(2)), and
// ln(1 + r) = r - r^2 / 2 + r^3 p(r), p of degree 8.
[[gnu::always_inline]] inline float vector_log(float x) {
  // A denormal has no exponent to read until it is scaled up.
  const bool denormal = x < std::numeric_limits<float>::min();
  const uint32_t bits = std::bit_cast<uint32_t>(x * (denormal ? 8388608.0f : 1.0f));
  // Measured from sqrt(1/2), the exponent bits are n.
  constexpr uint32_t kSqrtHalf = std::bit_cast<uint32_t>(0.70710678f);
  const int32_t exponent = static_cast<int32_t>(bits - kSqrtHalf) >> 23;
  const float r = std::bit_cast<float>(bits - (static_cast<uint32_t>(exponent) << 23)) - 1.0f;
  const float n = static_cast<float>(exponent - (denormal ? 23 : 0));
  float p = 7.0376836292e-2f;
  p = p * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  // ln 2 in two parts, the small terms first.
  const float square = r * r;
  const float small = (p * r * square - n * 2.12194440e-4f) - 0.5f * square;
  const float result = (r + small) + n * 0.693359375f;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float below = x == 0.0f ? -kInfinity : std::numeric_limits<float>::quiet_NaN();
  const float above = x < kInfinity ? result : x;
  return x > 0.0f ? above : below;
}

// ln(1 + x) within 2 ulp for x in [0, 1]; NaN for NaN.
//
// u = 1 + x rounds, by x - (u - 1) exactly: ln(1 + x) = ln u + (x - (u - 1)) / u to first order,
// and the second order is below rounding.
[[gnu::always_inline]] inline float vector_log1p(float x) {
  const float u = 1.0f + x;
  return vector_log(u) + (x - (u - 1.0f)) / u;
}

// tanh x within 2 ulp; +-1 at +-infinity, NaN for NaN, the sign of x for +-0 too.
//
// 1 - 2 / (e^(2|x|) + 1) from 0.625; below, where that would cancel, x + x^3 p(x^2), p of degree 4.
[[gnu::always_inline]] inline float vector_tanh(float x) {
  const float magnitude = std::abs(x), square = x * x;
  float p = -5.70498872745e-3f;
  p = p * square + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  const float near = p * square * magnitude + magnitude;
  const float far = 1.0f - 2.0f / (vector_exp(2.0f * magnitude) + 1.0f);
  return std::copysign(magnitude < 0.625f ? near : far, x);
}

// float64 has no vector form yet; the names let kernels be written once for both.
inline double vector_exp(double x) { return std::exp(x); }
inline double vector_log(double x) { return std::log(x); }
inline double vector_log1p(double x) { return std::log1p(x); }
inline double vector_tanh(double x) { return std::tanh(x); }

}  // namespace gradian::simd
