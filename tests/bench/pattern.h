// The numbers that all sides of the benchmark start from: Gradian, PyTorch (peer_models.py) and
// dlib (dlib_lenet.cpp). Needs the C++ standard library alone.
#pragma once

#include <cmath>
#include <cstdint>

namespace gradian::bench {

// Element i of an array: scale * (2 frac(i * golden ratio + 0.1 salt) - 1). Evenly spread, without
// a regularity that a kernel could exploit, and the same in any language.
inline float pattern_value(int64_t i, double scale, int64_t salt) {
  const double turns =
      static_cast<double>(i) * 0.6180339887498949 + 0.1 * static_cast<double>(salt);
  return static_cast<float>(scale * (2 * (turns - std::floor(turns)) - 1));
}

// Of weights: evenly spread numbers up to it have the variance 2 / fan_in.
inline double weight_scale(int64_t fan_in) { return std::sqrt(6.0 / static_cast<double>(fan_in)); }

inline int64_t label(int64_t sample, int64_t classes) { return sample * 7919 % classes; }

}  // namespace gradian::bench
