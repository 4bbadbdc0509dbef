// The fast convolutions, Winograd's and the direct one: against float64 products, the error that
// each may make, the identities that hold between the three products, and that the number of
// threads changes nothing. What they share with im2col is in conv2d.cpp.
#include <doctest/doctest.h>

#include <cmath>

#include "tensor/conv/conv2d.h"
#include "tensor/conv/direct.h"
#include "tensor/kernels.h"
#include "tensor/conv/winograd_transform.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::ForcedAlgorithm;
using reference::sample;
using reference::Threads;

constexpr ConvAlgorithm kWinograd[] = {ConvAlgorithm::winograd6, ConvAlgorithm::winograd8};
constexpr ConvAlgorithm kFast[] = {ConvAlgorithm::winograd6, ConvAlgorithm::winograd8,
                                   ConvAlgorithm::direct};

constexpr ConvAlgorithm kAll[] = {ConvAlgorithm::direct, ConvAlgorithm::im2col,
                                  ConvAlgorithm::winograd6, ConvAlgorithm::winograd8};

struct Layer {
  int64_t images, channels, height, width, filters, kernel;
  Pair padding;
  bool fits() const {
    return height + 2 * padding[0] >= kernel && width + 2 * padding[1] >= kernel;
  }
  Conv2dOptions options() const {
    Conv2dOptions options;
    options.padding = padding;
    return options;
  }
  Shape input() const { return {images, channels, height, width}; }
  Shape weight() const { return {filters, channels, kernel, kernel}; }
  Shape output() const { return conv2d_shape(input(), weight(), options()); }
};

std::ostream& operator<<(std::ostream& out, const Layer& l) {
  return out << l.input() << ' ' << l.weight() << " padding " << l.padding[0] << ' '
             << l.padding[1];
}

// The three products of one layer.
struct Products {
  Tensor y, dx, dw;
};
Products products(const Tensor& x, const Tensor& w, const Tensor& dy, const Layer& layer) {
  return {conv2d(x, w, layer.options()), conv2d_input_gradient(dy, w, x.shape(), layer.options()),
          conv2d_weight_gradient(dy, x, w.shape(), layer.options())};
}

// The largest difference; a NaN counts as infinite.
double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  double result = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double d = std::abs(x[i] - y[i]);
    result = d >= 0 ? std::max(result, d) : INFINITY;
  }
  return result;
}

struct Operands {
  explicit Operands(const Layer& layer)
      : x(sample(layer.input(), DType::float32, -1, 1, 1)),
        w(sample(layer.weight(), DType::float32, -1, 1, 2)),
        dy(sample(layer.output(), DType::float32, -1, 1, 3)) {}
  Tensor x, w, dy;
};

// How far rounding may lead. A sum of n independent terms of mean 0 has partial sums whose squares
// add up to (n + 1) / 2 times the squares of the terms in the mean; each is rounded by at most u of
// itself, u^2 / 3 in mean square, and so is each product. With R such roundings on the way of a
// term, and operands uniform in (-1, 1), whose squares are 1/3 in the mean, the error of a result
// has at most the standard deviation
//   s = u sqrt(R / 3) sqrt(terms x gain / 9),
// where the gain is by how much the transforms enlarge the sum of the squares. The partial sums are
// a random walk, whose squares add up to more than x times their mean with a probability of about
// exp(-0.6 x); so an error beyond y s has one of about exp(-1.1 y), which for 12 s is one in
// 500,000. The 12 is an estimate of what the results of a layer stay below, not a proof: with 6,
// which these probabilities allow one result in 700 to exceed, some layers failed.
struct Rounding {
  double terms;        // products that are summed for one result
  double gain = 1;     // of the transforms
  double stages = 0;   // roundings in the transforms
  double block = 1e9;  // products that are summed before their sum joins those of other blocks

  double bound() const {
    const double unit = 0x1p-24;
    const double roundings = stages + along(std::min(terms, block)) + along(terms / block);
    return 12 * unit * std::sqrt(roundings / 3 * terms * gain / 9);
  }
  static double along(double count) { return (count + 1) / 2 + 1; }
};

template <class Row>
double square_sum(const Row& row) {
  double sum = 0;
  for (const double entry : row) sum += entry * entry;
  return sum;
}

// The result is the sum over `terms` of Out^T (Left a Left^T . Right b Right^T) Out.
template <class Out, class Left, class Right>
Rounding of_transforms(double terms, double block = 1e9) {
  double gain = 0;
  for (size_t j = 0; j < Out::columns; ++j) {
    double sum = 0;
    for (size_t k = 0; k < Out::rows; ++k)
      sum += Out::value[k][j] * Out::value[k][j] * square_sum(Left::value[k]) *
             square_sum(Right::value[k]);
    gain = std::max(gain, sum);
  }
  const double stages = 2 * (Rounding::along(Out::rows) + Rounding::along(Left::columns) +
                             Rounding::along(Right::columns));
  return {terms, gain * gain, stages, block};
}

struct Bounds {
  double y, dx, dw;
};

template <int alpha, int r>
Bounds winograd_bounds(const Layer& layer) {
  using M = conv::winograd::Matrices<alpha, r>;
  using A = typename M::A;
  using B = typename M::B;
  using G = typename M::G;
  const auto tiles = [](int64_t size) { return double((size + M::m - 1) / M::m); };
  const Shape output = layer.output();
  const double summed = double(layer.images) * tiles(output[2]) * tiles(output[3]);
  return {of_transforms<A, G, B>(double(layer.channels)).bound(),
          of_transforms<A, G, B>(double(layer.filters)).bound(),
          of_transforms<G, A, B>(summed, 128).bound()};
}

Bounds bounds(ConvAlgorithm algorithm, const Layer& layer) {
  const bool six = algorithm == ConvAlgorithm::winograd6;
  if (six || algorithm == ConvAlgorithm::winograd8) {
    if (layer.kernel == 3) return six ? winograd_bounds<6, 3>(layer) : winograd_bounds<8, 3>(layer);
    if (layer.kernel == 5) return six ? winograd_bounds<6, 5>(layer) : winograd_bounds<8, 5>(layer);
  }
  const auto plain = [](int64_t terms) { return Rounding{.terms = double(terms)}.bound(); };
  const int64_t taps = layer.kernel * layer.kernel;
  const Shape output = layer.output();
  return {plain(layer.channels * taps), plain(layer.filters * taps),
          plain(output[0] * output[2] * output[3])};
}

void check_bounds(const Layer& layer, const ConvAlgorithm algorithm, const Operands& operands,
                  const Products& want) {
  INFO(layer << ", algorithm " << static_cast<int>(algorithm));
  const ForcedAlgorithm forced(algorithm);
  const Products got = products(operands.x, operands.w, operands.dy, layer);
  const Bounds most = bounds(algorithm, layer);
  CHECK(difference(got.y, want.y) <= most.y);
  CHECK(difference(got.dx, want.dx) <= most.dx);
  CHECK(difference(got.dw, want.dw) <= most.dw);
}

Products float64_products(const Operands& o, const Layer& layer) {
  return products(o.x.to(DType::float64), o.w.to(DType::float64), o.dy.to(DType::float64), layer);
}

template <int alpha, int r>
void check_matrices() {
  using M = conv::winograd::Matrices<alpha, r>;
  CAPTURE(alpha);
  CAPTURE(r);
  for (size_t i = 0; i < M::m; ++i)
    for (size_t q = 0; q < r; ++q)
      for (size_t j = 0; j < alpha; ++j) {
        double sum = 0;
        for (size_t k = 0; k < alpha; ++k)
          sum += M::A::value[k][i] * M::G::value[k][q] * M::B::value[k][j];
        CHECK(std::abs(sum - (j == i + q ? 1 : 0)) < 1e-13);
      }
}

TEST_CASE("Winograd's matrices: the sum over points of A[i] G[q] B[j] is 1 at j = i + q, else 0") {
  check_matrices<6, 3>();
  check_matrices<6, 5>();
  check_matrices<8, 3>();
  check_matrices<8, 5>();
}

TEST_CASE("fast convolutions of all kinds of sizes match float64") {
  const Layer layers[] = {{0, 4, 8, 8, 4, 3, {1, 1}},     {1, 1, 1, 1, 1, 3, {1, 1}},
                          {1, 1, 1, 1, 1, 5, {2, 2}},     {1, 1, 1, 1, 2, 5, {4, 4}},
                          {2, 3, 1, 1, 4, 3, {4, 3}},     {5, 3, 5, 7, 4, 3, {0, 2}},
                          {5, 3, 5, 7, 4, 5, {0, 2}},     {2, 1, 33, 40, 1, 5, {2, 2}},
                          {1, 17, 13, 9, 33, 3, {0, 0}},  {1, 17, 13, 9, 33, 5, {0, 0}},
                          {5, 17, 8, 8, 5, 3, {2, 1}},    {5, 17, 8, 8, 5, 5, {3, 4}},
                          {3, 2, 28, 30, 7, 3, {3, 3}},   {5, 64, 4, 4, 17, 3, {1, 1}},
                          {5, 64, 7, 7, 17, 5, {2, 2}},   {2, 3, 90, 70, 5, 3, {1, 1}},
                          {19, 8, 3, 2, 9, 3, {1, 1}},    {1, 5, 6, 50, 6, 5, {4, 0}},
                          {2, 40, 9, 300, 40, 3, {1, 2}}, {1, 40, 10, 310, 40, 5, {3, 4}},
                          {1, 1, 9, 9, 13, 4, {1, 2}},    {2, 3, 9, 12, 4, 1, {0, 0}},
                          {1, 2, 20, 9, 3, 7, {3, 3}}};
  for (const Layer& layer : layers) {
    REQUIRE(layer.fits());
    const Operands o(layer);
    const Products want = float64_products(o, layer);
    for (const ConvAlgorithm algorithm : kFast) check_bounds(layer, algorithm, o, want);
  }
}

TEST_CASE("Winograd needs no more room for wide images than for as many pixels in narrow ones") {
  const Threads one(1);
  for (const ConvAlgorithm algorithm : kWinograd) {
    INFO("algorithm " << static_cast<int>(algorithm));
    const ForcedAlgorithm forced(algorithm);
    const auto peak = [](const Layer& layer) {
      const Operands o(layer);
      const size_t before = memory_stats().in_use;
      reset_peak_memory();
      products(o.x, o.w, o.dy, layer);
      return memory_stats().peak - before;
    };
    CHECK(peak({1, 2, 16, 16384, 2, 3, {1, 1}}) < 1.1 * peak({128, 2, 16, 128, 2, 3, {1, 1}}));
  }
}

TEST_CASE("the error of each algorithm stays within 12 deviations of its rounding") {
  const Layer layers[] = {{4, 32, 28, 28, 32, 5, {2, 2}}, {4, 32, 14, 14, 64, 5, {2, 2}},
                          {8, 64, 7, 7, 128, 5, {2, 2}},  {8, 128, 7, 7, 128, 5, {2, 2}},
                          {2, 16, 32, 32, 16, 3, {1, 1}}, {4, 64, 8, 8, 64, 3, {1, 1}},
                          {8, 128, 4, 4, 128, 3, {1, 1}}};
  for (const Layer& layer : layers) {
    const Operands o(layer);
    const Products want = float64_products(o, layer);
    for (const ConvAlgorithm algorithm : kAll) check_bounds(layer, algorithm, o, want);
  }
}

TEST_CASE("sum(dy * conv2d(x, w)) is the same through each of the three products") {
  for (const Layer& layer :
       {Layer{5, 17, 13, 9, 12, 3, {1, 2}}, Layer{3, 9, 14, 14, 20, 5, {2, 2}}})
    for (const ConvAlgorithm algorithm : kWinograd) {
      INFO(layer << ", algorithm " << static_cast<int>(algorithm));
      const ForcedAlgorithm forced(algorithm);
      const Operands o(layer);
      const Products p = products(o.x, o.w, o.dy, layer);
      const auto dot = [](const Tensor& a, const Tensor& b) {
        return sum(mul(a.to(DType::float64), b.to(DType::float64))).item();
      };
      const double through_y = dot(o.dy, p.y);
      const double scale = std::sqrt(dot(o.dy, o.dy) * dot(p.y, p.y));
      CHECK(std::abs(dot(o.x, p.dx) - through_y) < 1e-5 * scale);
      CHECK(std::abs(dot(o.w, p.dw) - through_y) < 1e-5 * scale);
    }
}

TEST_CASE("fast convolutions give the same bits for any number of threads") {
  for (const Layer& layer :
       {Layer{37, 3, 12, 9, 10, 5, {2, 2}}, Layer{37, 20, 12, 9, 10, 3, {1, 1}},
        Layer{64, 33, 7, 7, 40, 5, {2, 2}}})
    for (const ConvAlgorithm algorithm : kFast) {
      INFO(layer << ", algorithm " << static_cast<int>(algorithm));
      const ForcedAlgorithm forced(algorithm);
      const Operands o(layer);
      const auto run = [&](int threads) {
        const Threads guard(threads);
        return products(o.x, o.w, o.dy, layer);
      };
      const Products one = run(1);
      for (const int threads : {2, 5}) {
        const Products many = run(threads);
        CHECK(difference(one.y, many.y) == 0);
        CHECK(difference(one.dx, many.dx) == 0);
        CHECK(difference(one.dw, many.dw) == 0);
      }
    }
}

TEST_CASE("every algorithm adds the bias of its filter to each output") {
  const Layer layer{19, 5, 9, 7, 8, 3, {1, 1}};
  const Operands o(layer);
  const Tensor bias = sample({8}, DType::float32, -1, 1, 4);
  for (const ConvAlgorithm algorithm : kAll) {
    INFO("algorithm " << static_cast<int>(algorithm));
    const ForcedAlgorithm forced(algorithm);
    const Tensor want = add(conv2d(o.x, o.w, layer.options()), bias.reshape({8, 1, 1}));
    CHECK(difference(conv2d(o.x, o.w, bias, layer.options()), want) <= 4e-6);
    CHECK_THROWS_WITH_AS(conv2d(o.x, o.w, bias.slice(0, 0, 7), layer.options()),
                         "conv2d: expected bias [8], got [7]", Error);
  }
}

TEST_CASE("fast convolutions take operands of any layout") {
  const Layer layer{3, 3, 9, 8, 5, 3, {1, 1}};
  const Operands o(layer);
  for (const ConvAlgorithm algorithm : kFast)
    for (const reference::Layout& layout : reference::layouts()) {
      INFO(layout.name << ", algorithm " << static_cast<int>(algorithm));
      const ForcedAlgorithm forced(algorithm);
      const Tensor x = layout.make(o.x), w = layout.make(o.w), dy = layout.make(o.dy);
      const Products got = products(x, w, dy, layer);
      const Products want = products(x.clone(), w.clone(), dy.clone(), layer);
      CHECK(difference(got.y, want.y) == 0);
      CHECK(difference(got.dx, want.dx) == 0);
      CHECK(difference(got.dw, want.dw) == 0);
    }
}

TEST_CASE("a forced algorithm that does not cover a convolution leaves it to im2col") {
  const Tensor x = sample({2, 4, 9, 9}, DType::float32), w = sample({6, 4, 3, 3}, DType::float32);
  Conv2dOptions strided, dilated, grouped;
  strided.stride = {1, 2};
  dilated.dilation = {2, 1};
  grouped.groups = 2;
  const auto check_same = [](const auto& algorithms, const Tensor& input, const Tensor& weight,
                             const Conv2dOptions& options) {
    const ForcedAlgorithm im2col(ConvAlgorithm::im2col);
    const Tensor want = conv2d(input, weight, options);
    for (const ConvAlgorithm algorithm : algorithms) {
      const ForcedAlgorithm forced(algorithm);
      CHECK(difference(conv2d(input, weight, options), want) == 0);
    }
  };
  check_same(kWinograd, x, w, strided);
  check_same(kWinograd, x, w, dilated);
  check_same(kWinograd, x, w.slice(3, 0, 2), {});
  check_same(kFast, x, w.slice(1, 0, 2), grouped);
  check_same(kFast, x.to(DType::float64), w.to(DType::float64), {});
  CHECK(conv_algorithm() == ConvAlgorithm::automatic);
}

// Vectors of 8 floats or of 16: the sizes are far enough from where one algorithm overtakes
// another.
TEST_CASE("the direct convolution counts lanes without a channel as much as the others") {
  const auto cost = [](int64_t filters) {
    const conv::Geometry g({2, 3, 9, 9}, {filters, 3, 3, 3}, {});
    return conv::direct::cost(g, conv::Product::output);
  };
  for (const int64_t filters : {2, 3, 5, 7}) CHECK(cost(filters) == cost(1));
  CHECK(cost(65) > 1.1 * cost(64));
}

TEST_CASE("the algorithm that is chosen follows the sizes") {
  struct Choice {
    Layer layer;
    int64_t stride;
    ConvAlgorithm algorithm;
  };
  const Choice choices[] = {
      {{16, 32, 28, 28, 32, 5, {2, 2}}, 1, ConvAlgorithm::winograd8},
      {{16, 8, 14, 14, 8, 5, {2, 2}}, 1, ConvAlgorithm::winograd8},
      {{16, 8, 14, 14, 8, 3, {1, 1}}, 1, ConvAlgorithm::winograd6},
      {{16, 32, 28, 28, 32, 3, {1, 1}}, 1, ConvAlgorithm::winograd6},
      {{16, 192, 28, 28, 192, 3, {1, 1}}, 1, ConvAlgorithm::winograd8},
      {{16, 64, 30, 30, 64, 3, {1, 1}}, 1, ConvAlgorithm::winograd8},
      {{32, 64, 4, 4, 64, 3, {1, 1}}, 1, ConvAlgorithm::winograd6},  // a tile a plane
      {{32, 3, 32, 32, 16, 3, {1, 1}}, 1, ConvAlgorithm::winograd6},
      {{32, 1, 28, 28, 32, 5, {2, 2}}, 1, ConvAlgorithm::im2col},  // short products either way
      {{32, 16, 16, 16, 32, 3, {1, 1}}, 2, ConvAlgorithm::direct},
      {{32, 16, 16, 16, 16, 1, {0, 0}}, 2, ConvAlgorithm::direct},
      {{32, 16, 16, 16, 2, 1, {0, 0}}, 1, ConvAlgorithm::im2col},  // most lanes would be empty
      {{32, 64, 4, 4, 128, 1, {0, 0}}, 2, ConvAlgorithm::direct},  // a short product an image
      {{1, 256, 4, 4, 256, 3, {1, 1}}, 2, ConvAlgorithm::im2col},  // more weights than pixels
  };
  for (const Choice& choice : choices) {
    const auto& [layer, stride, algorithm] = choice;
    INFO(choice.layer);
    Conv2dOptions options = layer.options();
    options.stride = stride;
    CHECK(conv2d_algorithm(DType::float32, layer.input(), layer.weight(), options) == algorithm);
    CHECK(conv2d_algorithm(DType::float64, layer.input(), layer.weight(), options) ==
          ConvAlgorithm::im2col);
    const Tensor x = sample(layer.input(), DType::float32);
    const Tensor w = sample(layer.weight(), DType::float32, -1, 1, 2);
    const Tensor y = conv2d(x, w, options);
    const ForcedAlgorithm forced(algorithm);
    CHECK(difference(conv2d(x, w, options), y) == 0);
  }
}

}  // namespace
}  // namespace gradian
