// Initial values: their distributions, and which of them each layer starts with.
#include "nn/init.h"

#include <cmath>

#include "nn/layers.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {

TEST_CASE("init: fans count the kernel's area") {
  CHECK(nn::fan_in({64, 32, 3, 5}) == 32 * 15);
  CHECK(nn::fan_in({200, 300}) == 300);
}

TEST_CASE("init: an empty weight has values of no number") {
  for (const Shape& shape : {Shape{0, 3}, Shape{3, 0}, Shape{0, 0}, Shape{4, 2, 0, 3}}) {
    CAPTURE(shape);
    for (const Tensor& values : {nn::xavier_uniform(shape), nn::xavier_normal(shape),
                                 nn::kaiming_uniform(shape), nn::kaiming_normal(shape)})
      CHECK(values.shape() == shape);
  }
}

TEST_CASE("init: mean 0, the variance of the formula, and for uniform ones its bounds") {
  manual_seed(3);
  const Shape matrix{200, 300}, kernel{64, 32, 5, 5};  // fans 300, 200 and 800, 1600
  constexpr double kUniform = 1, kNormal = 0;
  struct Case {
    const char* label;
    Tensor values;
    double variance, uniform;
  };
  const std::vector<Case> cases = {
      {"xavier_uniform", nn::xavier_uniform(matrix), 2.0 / 500, kUniform},
      {"xavier_uniform, gain 3", nn::xavier_uniform(matrix, 3), 9 * 2.0 / 500, kUniform},
      {"xavier_uniform, kernel", nn::xavier_uniform(kernel), 2.0 / 2400, kUniform},
      {"xavier_normal", nn::xavier_normal(matrix), 2.0 / 500, kNormal},
      {"xavier_normal, gain 3", nn::xavier_normal(matrix, 3), 9 * 2.0 / 500, kNormal},
      {"kaiming_uniform", nn::kaiming_uniform(matrix), 2.0 / 300, kUniform},
      {"kaiming_uniform, slope 2", nn::kaiming_uniform(matrix, 2), 2.0 / (5 * 300), kUniform},
      {"kaiming_normal", nn::kaiming_normal(matrix), 2.0 / 300, kNormal},
      {"kaiming_normal, slope 2", nn::kaiming_normal(matrix, 2), 2.0 / (5 * 300), kNormal},
      {"kaiming_normal, kernel", nn::kaiming_normal(kernel), 2.0 / 800, kNormal},
      // Uniform in +-1 / sqrt(fan_in) has the variance 1 / (3 fan_in).
      {"Linear", nn::Linear(300, 200).weight.value(), 1.0 / 900, kUniform},
      {"Linear's bias", nn::Linear(3, 50'000).bias.value(), 1.0 / 9, kUniform},
      {"Conv2d", nn::Conv2d(32, 64, 5).weight.value(), 1.0 / 2400, kUniform},
      {"Conv2d's bias", nn::Conv2d(2, 50'000, 1).bias.value(), 1.0 / 6, kUniform},
      {"Conv2d in groups", nn::Conv2d(64, 64, 5, {.groups = 2}).weight.value(), 1.0 / 2400,
       kUniform},
      {"Embedding", nn::Embedding(200, 300).weight.value(), 1, kNormal}};
  for (const Case& c : cases) {
    CAPTURE(c.label);
    CHECK(c.values.dtype() == DType::float32);
    double total = 0, squares = 0, largest = 0;
    for (const double value : c.values.to_vector<double>()) {
      total += value, squares += value * value;
      largest = std::max(largest, std::abs(value));
    }
    const double n = static_cast<double>(c.values.numel());
    // Five standard deviations of each estimate: those of a normal variance, sqrt(2 / n), are the
    // larger ones.
    CHECK(std::abs(total / n) < 5 * std::sqrt(c.variance / n));
    CHECK(std::abs(squares / n / c.variance - 1) < 5 * std::sqrt(2 / n));
    const double bound = std::sqrt(3 * c.variance);
    if (c.uniform == kUniform) CHECK(largest <= bound * (1 + 1e-6));
    CHECK(largest > 0.999 * bound);
  }
}

TEST_CASE("init: batch norm starts as the identity, PReLU with a slope of a quarter") {
  const nn::BatchNorm2d norm(2);
  check_values(norm.weight, {1, 1});
  check_values(norm.bias, {0, 0});
  check_values(norm.running_mean, {0, 0});
  check_values(norm.running_var, {1, 1});
  check_values(nn::PReLU(2).weight, {0.25, 0.25});
  check_values(nn::PReLU(1, 0.1).weight, {0.1}, 1e-7);
  const nn::LayerNorm layer(2);
  check_values(layer.weight, {1, 1});
  check_values(layer.bias, {0, 0});
}

TEST_CASE("init: the same seed builds the same layer") {
  manual_seed(5);
  const nn::Linear first(10, 10), second(10, 10);
  manual_seed(5);
  const nn::Linear again(10, 10);
  CHECK(identical(first.weight.value(), again.weight.value()));
  CHECK(identical(first.bias.value(), again.bias.value()));
  CHECK(!identical(first.weight.value(), second.weight.value()));
}

}  // namespace gradian::test
