// The fast convolutions, Winograd's and the direct one: against float64 products,
// the error that each may make, the identities that hold between the three products, and that the
// number of threads changes nothing. What they share with im2col is in test_tensor_conv.cpp.
#include <doctest/doctest.h>

#include <cmath>

#include "tensor/conv.h"
#include "tensor/conv_direct.h"
#include "tensor/kernels.h"
#include "tensor/winograd.h"
#include "tensor/winograd_transform.h"
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

double largest(const Tensor& x) {
  double result = 0;
  for (const double value : x.to_vector<double>()) result = std::max(result, std::abs(value));
  return result;
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

Tensor absolute64(const Tensor& x) {
  const Tensor wide = x.to(DType::float64);
  return mul(wide, sign(wide));
}

template <int alpha, int r>
void check_matrices() {
  using M = winograd::Matrices<alpha, r>;
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
  const Layer layers[] = {
      {0, 4, 8, 8, 4, 3, {1, 1}},    {1, 1, 1, 1, 1, 3, {1, 1}},   {1, 1, 1, 1, 1, 5, {2, 2}},
      {1, 1, 1, 1, 2, 5, {4, 4}},    {2, 3, 1, 1, 4, 3, {4, 3}},   {5, 3, 5, 7, 4, 3, {0, 2}},
      {5, 3, 5, 7, 4, 5, {0, 2}},    {2, 1, 33, 40, 1, 5, {2, 2}}, {1, 17, 13, 9, 33, 3, {0, 0}},
      {1, 17, 13, 9, 33, 5, {0, 0}}, {5, 17, 8, 8, 5, 3, {2, 1}},  {5, 17, 8, 8, 5, 5, {3, 4}},
      {3, 2, 28, 30, 7, 3, {3, 3}},  {5, 64, 4, 4, 17, 3, {1, 1}}, {5, 64, 7, 7, 17, 5, {2, 2}},
      {2, 3, 90, 70, 5, 3, {1, 1}},  {19, 8, 3, 2, 9, 3, {1, 1}},  {1, 5, 6, 50, 6, 5, {4, 0}},
      {1, 1, 9, 9, 13, 4, {1, 2}},   {2, 3, 9, 12, 4, 1, {0, 0}},  {1, 2, 20, 9, 3, 7, {3, 3}}};
  for (const Layer& layer : layers) {
    REQUIRE(layer.fits());
    const Operands o(layer);
    const Products want =
        products(o.x.to(DType::float64), o.w.to(DType::float64), o.dy.to(DType::float64), layer);
    // Errors are measured against sums of absolute products: a result may be small by chance.
    const Products size = products(absolute64(o.x), absolute64(o.w), absolute64(o.dy), layer);
    for (const ConvAlgorithm algorithm : kFast) {
      INFO(layer << ", algorithm " << static_cast<int>(algorithm));
      const ForcedAlgorithm forced(algorithm);
      const Products got = products(o.x, o.w, o.dy, layer);
      CHECK(difference(got.y, want.y) <= 5e-6 * largest(size.y));
      CHECK(difference(got.dx, want.dx) <= 5e-6 * largest(size.dx));
      CHECK(difference(got.dw, want.dw) <= 5e-6 * largest(size.dw));
    }
  }
}

TEST_CASE("the error of each algorithm stays within twice what winograd.h states") {
  struct Bound {
    ConvAlgorithm algorithm;
    double forward, gradients;
  };
  const Layer layers[] = {{4, 32, 28, 28, 32, 5, {2, 2}}, {4, 32, 14, 14, 64, 5, {2, 2}},
                          {8, 64, 7, 7, 128, 5, {2, 2}},  {8, 128, 7, 7, 128, 5, {2, 2}},
                          {2, 16, 32, 32, 16, 3, {1, 1}}, {4, 64, 8, 8, 64, 3, {1, 1}},
                          {8, 128, 4, 4, 128, 3, {1, 1}}};
  for (const Layer& layer : layers) {
    const Operands o(layer);
    const Products want =
        products(o.x.to(DType::float64), o.w.to(DType::float64), o.dy.to(DType::float64), layer);
    for (const Bound& bound :
         {Bound{ConvAlgorithm::im2col, 2e-6, 2e-6}, Bound{ConvAlgorithm::direct, 4e-6, 4e-6},
          Bound{ConvAlgorithm::winograd6, 2e-5, 2.6e-5},
          Bound{ConvAlgorithm::winograd8, 3.2e-5, 3.4e-5}}) {
      INFO(layer << ", algorithm " << static_cast<int>(bound.algorithm));
      const ForcedAlgorithm forced(bound.algorithm);
      const Products got = products(o.x, o.w, o.dy, layer);
      CHECK(difference(got.y, want.y) <= bound.forward * largest(want.y));
      CHECK(difference(got.dx, want.dx) <= bound.gradients * largest(want.dx));
      CHECK(difference(got.dw, want.dw) <= bound.gradients * largest(want.dw));
    }
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
    CHECK(difference(conv2d(o.x, o.w, layer.options(), bias), want) <= 4e-6);
    CHECK_THROWS_WITH_AS(conv2d(o.x, o.w, layer.options(), bias.slice(0, 0, 7)),
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

TEST_CASE("the algorithm that is chosen follows the sizes") {
  // Seen by the bits of the result. Direct and im2col, which both add in order, may have the same.
  const auto chosen = [](const Layer& layer, const Conv2dOptions& options,
                         ConvAlgorithm algorithm) {
    const Tensor x = sample(layer.input(), DType::float32);
    const Tensor w = sample(layer.weight(), DType::float32, -1, 1, 2);
    const Tensor y = conv2d(x, w, options);
    const ForcedAlgorithm forced(algorithm);
    return difference(conv2d(x, w, options), y) == 0;
  };
  struct Case {
    Layer layer;
    int64_t stride;
    ConvAlgorithm algorithm;
  };
  const Case cases[] = {
      {{16, 32, 28, 28, 32, 5, {2, 2}}, 1, ConvAlgorithm::winograd8},
      {{16, 64, 30, 30, 64, 3, {1, 1}}, 1, ConvAlgorithm::winograd8},
      {{32, 64, 4, 4, 64, 3, {1, 1}}, 1, ConvAlgorithm::winograd6},  // a tile a plane
      {{32, 1, 28, 28, 32, 5, {2, 2}}, 1, ConvAlgorithm::direct},    // few channels
      {{32, 16, 16, 16, 32, 3, {1, 1}}, 2, ConvAlgorithm::direct},
      {{32, 16, 16, 16, 2, 3, {1, 1}}, 2, ConvAlgorithm::im2col},  // most lanes would be empty
  };
  for (const Case& c : cases) {
    Conv2dOptions options = c.layer.options();
    options.stride = {c.stride, c.stride};
    CAPTURE(text(c.layer.input(), ' ', c.layer.weight(), ", stride ", c.stride));
    CHECK(chosen(c.layer, options, c.algorithm));
  }
}

}  // namespace
}  // namespace gradian
