// Random numbers: Philox against its authors' test vectors, moments, bounds, reproducibility.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using test::check_errors;

constexpr DType kFloating[] = {DType::float32, DType::float64};

TEST_CASE("philox gives the known answers of Random123's kat_vectors") {
  struct Case {
    std::array<uint32_t, 4> counter;
    std::array<uint32_t, 2> key;
    std::array<uint32_t, 4> result;
  };
  constexpr uint32_t kOnes = 0xffffffff;
  const Case cases[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{kOnes, kOnes, kOnes, kOnes},
       {kOnes, kOnes},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},  // digits of pi
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Case& c : cases) CHECK(philox(c.counter, c.key) == c.result);
}

// Mean of f(x) over the elements.
double mean(const std::vector<double>& values, const std::function<double(double)>& f) {
  double total = 0;
  for (const double value : values) total += f(value);
  return total / static_cast<double>(values.size());
}

struct Moment {
  const char* name;
  std::function<double(double)> f;
  double expected, variance;  // of f(x)
};

// The mean of n draws of f(x) must lie within five of its standard errors.
void check_moments(const Tensor& draws, const std::vector<Moment>& moments) {
  const std::vector<double> values = draws.to_vector<double>();
  for (const Moment& m : moments) {
    INFO(text(m.name, ' ', draws.dtype()));
    const double standard_error = std::sqrt(m.variance / static_cast<double>(values.size()));
    CHECK(std::abs(mean(values, m.f) - m.expected) <= 5 * standard_error);
  }
}

TEST_CASE("uniform numbers have the mean and variance of their distribution") {
  // For u uniform in [0, 1): var u = 1/12, var (u - 1/2)^2 = 1/80 - 1/144.
  for (const DType dtype : kFloating) {
    Generator generator(11);
    const Tensor u = rand({100000}, dtype, 0, 1, generator);
    check_moments(u, {{"mean", [](double x) { return x; }, 0.5, 1.0 / 12},
                      {"variance", [](double x) { return (x - 0.5) * (x - 0.5); }, 1.0 / 12,
                       1.0 / 80 - 1.0 / 144}});
    const Tensor wide = rand({100000}, dtype, -3, 5, generator);
    check_moments(wide, {{"mean of [-3, 5)", [](double x) { return x; }, 1, 64.0 / 12}});
  }
}

TEST_CASE("normal numbers have the moments of their distribution") {
  // E x^4 = 3, so var x^2 = 2; E x^6 = 15, var x^3 = 15; E x^8 = 105, var x^4 = 96.
  const double inside = std::erf(1 / std::sqrt(2.0));  // of one standard deviation
  for (const DType dtype : kFloating) {
    Generator generator(12);
    const Tensor x = randn({100000}, dtype, 0, 1, generator);
    check_moments(x, {{"mean", [](double v) { return v; }, 0, 1},
                      {"variance", [](double v) { return v * v; }, 1, 2},
                      {"third moment", [](double v) { return v * v * v; }, 0, 15},
                      {"fourth moment", [](double v) { return v * v * v * v; }, 3, 96},
                      {"within one sigma", [](double v) { return std::abs(v) < 1 ? 1.0 : 0.0; },
                       inside, inside * (1 - inside)}});
    const Tensor y = randn({100000}, dtype, -2, 3, generator);
    check_moments(y,
                  {{"mean of N(-2, 9)", [](double v) { return v; }, -2, 9},
                   {"variance of N(-2, 9)", [](double v) { return (v + 2) * (v + 2); }, 9, 162}});
  }
}

TEST_CASE("neighbouring numbers do not correlate") {
  Generator generator(13);
  const std::vector<double> x =
      randn({100001}, DType::float64, 0, 1, generator).to_vector<double>();
  double total = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i) total += x[i] * x[i + 1];
  CHECK(std::abs(total) <= 5 * std::sqrt(100000.0));
}

TEST_CASE("a seed gives the same numbers again, another seed gives others") {
  const auto draw = [](uint64_t seed) {
    Generator generator(seed);
    std::vector<double> values = rand({50}, DType::float64, 0, 1, generator).to_vector<double>();
    for (const double value : randn({50}, DType::float32, 0, 1, generator).to_vector<double>())
      values.push_back(value);
    for (const double value : randperm(50, generator).to_vector<double>()) values.push_back(value);
    return values;
  };
  CHECK(draw(5) == draw(5));
  CHECK(draw(5) != draw(6));
  CHECK(draw(5) != draw(5 + (uint64_t{1} << 32)));  // the high half of the seed counts

  manual_seed(5);
  const std::vector<double> first = rand({9}).to_vector<double>();
  CHECK(rand({9}).to_vector<double>() != first);
  manual_seed(5);
  CHECK(rand({9}).to_vector<double>() == first);
  CHECK(default_generator().seed() == 5);
}

TEST_CASE("seed and position are the whole state of a generator") {
  Generator generator(21);
  rand({10}, DType::float32, 0, 1, generator);
  Generator copy;
  copy.set_state(generator.seed(), generator.position());
  for (int i = 0; i < 10; ++i) {
    CHECK(copy.uniform() == generator.uniform());
    CHECK(copy.normal() == generator.normal());
    CHECK(copy.integer(1000) == generator.integer(1000));
  }
  CHECK(copy.position() == generator.position());
}

TEST_CASE("the same numbers come with any number of threads") {
  const auto draw = [](int threads) {
    reference::Threads some(threads);
    Generator generator(8);
    return randn({50000}, DType::float32, 0, 1, generator).to_vector<double>();
  };
  CHECK(draw(1) == draw(3));
}

TEST_CASE("uniform numbers stay below their upper bound, in float32 too") {
  // This draw is so close to 1 that the nearest float32 is 1.
  constexpr uint64_t kPosition = 38471471;
  Generator generator;
  generator.set_state(0, kPosition);
  const double draw = generator.uniform();
  REQUIRE(static_cast<float>(draw) == 1.0f);
  CHECK(draw < 1);
  generator.set_state(0, kPosition);
  CHECK(rand({1}, DType::float32, 0, 1, generator).item() < 1);

  // Few numbers in the range: rounding reaches the bound at every few draws.
  struct Case {
    DType dtype;
    double low, high;
  };
  const Case cases[] = {{DType::float32, 1, 1 + 0x1p-20},   {DType::float32, 1, 1 + 0x1p-23},
                        {DType::float32, -1 - 0x1p-20, -1}, {DType::float64, 1, 1 + 0x1p-50},
                        {DType::float32, 0, 0.1},           {DType::float64, -1, 1}};
  for (const Case& c : cases) {
    INFO(text(c.dtype, ' ', c.low, ' ', c.high));
    int outside = 0;
    for (const double value : rand({2000}, c.dtype, c.low, c.high, generator).to_vector<double>())
      outside += value < c.low || value >= c.high;
    CHECK(outside == 0);
  }
}

TEST_CASE("normal numbers are finite") {
  Generator generator(3);
  for (const DType dtype : kFloating)
    for (const double value : randn({100000}, dtype, 0, 1, generator).to_vector<double>())
      REQUIRE(std::isfinite(value));
}

TEST_CASE("integer draws every number below its bound equally often") {
  Generator generator(14);
  constexpr int kBound = 7, kDraws = 70000;
  std::vector<int> counts(kBound);
  for (int i = 0; i < kDraws; ++i) ++counts.at(static_cast<size_t>(generator.integer(kBound)));
  const double expected = kDraws / kBound, sigma = std::sqrt(expected * (1 - 1.0 / kBound));
  for (const int count : counts) CHECK(std::abs(count - expected) <= 5 * sigma);
  CHECK(generator.integer(1) == 0);
}

TEST_CASE("randperm is a permutation and reaches all of them") {
  Generator generator(15);
  for (const int64_t count : {0, 1, 2, 1000}) {
    const Tensor order = randperm(count, generator);
    CHECK(order.dtype() == DType::int64);
    std::vector<int64_t> values = order.to_vector<int64_t>();
    std::sort(values.begin(), values.end());
    CHECK(values == Tensor::arange(count).to_vector<int64_t>());
  }
  std::vector<int> seen(27);  // read as a number in base 3
  for (int i = 0; i < 6000; ++i) {
    const std::vector<int64_t> p = randperm(3, generator).to_vector<int64_t>();
    ++seen.at(static_cast<size_t>(9 * p[0] + 3 * p[1] + p[2]));
  }
  // Each of the six about 1000 times.
  const double sigma = std::sqrt(6000.0 / 6 * 5 / 6);
  int orders = 0;
  for (const int count : seen) {
    if (count == 0) continue;
    ++orders;
    CHECK(std::abs(count - 1000) <= 5 * sigma);
  }
  CHECK(orders == 6);
}

TEST_CASE("random tensors take shapes without elements and refuse int64") {
  CHECK(rand({0, 3}).shape() == Shape{0, 3});
  CHECK(randn({}).shape() == Shape{});
  check_errors({
      {[] { rand({2}, DType::int64); }, "rand: expected float32 or float64, got int64"},
      {[] { randn({2}, DType::int64); }, "randn: expected float32 or float64, got int64"},
  });
}

TEST_CASE("distributions that are none are errors") {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto uniform = [](double low, double high) { rand({2}, DType::float64, low, high); };
  const auto normal = [](double mean, double stddev) { randn({2}, DType::float64, mean, stddev); };
  const std::string range = "rand: expected finite low <= high, got low ";
  const std::string moments =
      "randn: expected a finite mean and a finite stddev that is not negative, got mean ";
  check_errors({
      {[=] { uniform(1, 0); }, range + "1, high 0"},
      {[=] { uniform(nan, 1); }, range + "nan, high 1"},
      {[=] { uniform(0, inf); }, range + "0, high inf"},
      {[=] { uniform(-1e308, 1e308); }, range + "-1e+308, high 1e+308"},
      {[] { rand({2}, DType::float32, 0, 1e300); }, range + "0, high 1e+300"},
      {[] { randn({2}, DType::float32, 1e39); }, moments + "1e+39, stddev 1"},
      {[=] { normal(0, -1); }, moments + "0, stddev -1"},
      {[=] { normal(0, nan); }, moments + "0, stddev nan"},
      {[=] { normal(inf, 1); }, moments + "inf, stddev 1"},
      {[] { randperm(-1); }, "randperm: negative count -1"},
  });
  CHECK(rand({2}, DType::float64, 3, 3).to_vector<double>() == std::vector<double>{3, 3});
  CHECK(randn({2}, DType::float64, 3, 0).to_vector<double>() == std::vector<double>{3, 3});
}

}  // namespace
}  // namespace gradian
