// Seeded random numbers that are the same on every platform and for every number of threads.
// Counter-based: value number n of a seed is a pure function of (seed, n), Philox4x32-10 from
// Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>

#include "tensor/tensor.h"

namespace gradian {

// The ten-round block function: 128 random bits from a counter and a key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class Generator {
 public:
  explicit Generator(uint64_t seed = 0) : seed_(seed) {}

  uint64_t seed() const { return seed_; }
  // Blocks drawn so far; with the seed it is the whole state.
  uint64_t position() const { return position_; }
  void set_state(uint64_t seed, uint64_t position) { seed_ = seed, position_ = position; }

  // A whole number in [0, bound).
  int64_t integer(int64_t bound);
  // A number in [0, 1).
  double uniform();
  // A draw from the normal distribution N(0, 1).
  double normal();

 private:
  std::array<uint32_t, 4> next_block();

  uint64_t seed_;
  uint64_t position_ = 0;
};

// The generator that layers and random tensors use unless one is passed. Starts from seed 0, so
// a program that never seeds is reproducible too. Not to be shared between threads.
Generator& default_generator();
void manual_seed(uint64_t seed);

// Uniform in [low, high), finite numbers.
Tensor rand(const Shape& shape, DType dtype = DType::float32, double low = 0, double high = 1,
            Generator& generator = default_generator());
// Normal with the given mean and standard deviation, which is not negative (Box-Muller).
Tensor randn(const Shape& shape, DType dtype = DType::float32, double mean = 0, double stddev = 1,
             Generator& generator = default_generator());
// A random order of 0 .. count-1, int64 (Fisher-Yates).
Tensor randperm(int64_t count, Generator& generator = default_generator());

}  // namespace gradian
