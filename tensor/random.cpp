#include "tensor/random.h"

#include <cmath>
#include <numbers>

namespace gradian {
namespace {

// 53 random bits as a number in [0, 1).
double to_unit(uint32_t high, uint32_t low) {
  const uint64_t bits = (static_cast<uint64_t>(high) << 32 | low) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

// draw(T{}) gives the next element of a tensor of T.
template <class Draw>
Tensor draw_tensor(const Shape& shape, DType dtype, const Draw& draw) {
  Tensor result = Tensor::empty(shape, dtype);
  dispatch_floating(dtype, [&]<class T>() {
    T* data = result.mutable_data<T>();
    for (int64_t i = 0; i < result.numel(); ++i) data[i] = static_cast<T>(draw(T{}));
  });
  return result;
}

bool is_finite_in(DType dtype, double value) {
  return std::isfinite(dtype == DType::float32 ? static_cast<float>(value) : value);
}

}  // namespace

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9;  // the golden ratio
    key[1] += 0xBB67AE85;  // sqrt(3) - 1
  }
  return counter;
}

std::array<uint32_t, 4> Generator::next_block() {
  const uint64_t n = position_++;
  return philox({static_cast<uint32_t>(n), static_cast<uint32_t>(n >> 32), 0, 0},
                {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
}

int64_t Generator::integer(int64_t bound) {
  const Calling calling("integer");
  check(bound > 0, "bound must be positive, got ", bound);
  return std::min(static_cast<int64_t>(uniform() * static_cast<double>(bound)), bound - 1);
}

double Generator::uniform() {
  const auto block = next_block();
  return to_unit(block[0], block[1]);
}

double Generator::normal() {
  const auto block = next_block();
  const double radius = std::sqrt(-2 * std::log1p(-to_unit(block[0], block[1])));
  return radius * std::cos(2 * std::numbers::pi * to_unit(block[2], block[3]));
}

Generator& default_generator() {
  static Generator generator;
  return generator;
}

void manual_seed(uint64_t seed) { default_generator() = Generator(seed); }

Tensor rand(const Shape& shape, DType dtype, double low, double high, Generator& generator) {
  const Calling calling("rand");
  check(low <= high && is_finite_in(dtype, low) && is_finite_in(dtype, high) &&
            std::isfinite(high - low),
        "expected finite low <= high, got low ", low, ", high ", high);
  return draw_tensor(shape, dtype, [&]<class T>(T) {
    const T value = static_cast<T>(low + (high - low) * generator.uniform());
    // Rounding may have reached the bound; the number before it has not.
    return value < high ? value : std::nextafter(value, static_cast<T>(low));
  });
}

Tensor randn(const Shape& shape, DType dtype, double mean, double stddev, Generator& generator) {
  const Calling calling("randn");
  check(is_finite_in(dtype, mean) && stddev >= 0 && is_finite_in(dtype, stddev),
        "expected a finite mean and a finite stddev that is not negative, got mean ", mean,
        ", stddev ", stddev);
  return draw_tensor(shape, dtype, [&](auto) { return mean + stddev * generator.normal(); });
}

Tensor randperm(int64_t count, Generator& generator) {
  const Calling calling("randperm");
  check(count >= 0, "negative count ", count);
  Tensor order = Tensor::arange(count);
  int64_t* data = order.mutable_data<int64_t>();
  for (int64_t i = count - 1; i > 0; --i) std::swap(data[i], data[generator.integer(i + 1)]);
  return order;
}

}  // namespace gradian
