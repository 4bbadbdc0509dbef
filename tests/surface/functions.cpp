// The differentiable functions, on variables.
#include <cmath>

#include "tests/surface/surface.h"

namespace gradian::test {
namespace {

const Variable x(Tensor::from({{1.0f, -2.0f, 3.0f}, {4.0f, 5.0f, -6.0f}}), true);
const Variable y(Tensor::from({1.0f, 2.0f, 4.0f}), true);

TEST_CASE("surface: elementwise functions") {
  is(x + y, {2, 0, 7, 5, 7, -2});
  is(x * 2 - 1, {1, -5, 5, 7, 9, -13});
  is(1 / y, {1, 0.5, 0.25});
  is(pow(y, 2), {1, 4, 16});
  is(pow(2, y), {2, 4, 16});
  is(square(y), {1, 4, 16});
  is(sqrt(y), {1, 1.4142136, 2});
  is(rsqrt(y), {1, 0.70710678, 0.5});
  CHECK(std::isnan(rsqrt(Variable(Tensor::scalar(-HUGE_VAL))).item()));
  CHECK(std::isnan(rsqrt(Variable(Tensor::scalar(-1))).item()));
  is(reciprocal(y), {1, 0.5, 0.25});
  is(abs(x), {1, 2, 3, 4, 5, 6});
  is(neg(y), {-1, -2, -4});
  is(log(y), {0, 0.69314718, 1.3862944});
  is(relu(x), {1, 0, 3, 4, 5, 0});
  is(sigmoid(y), {0.73105858, 0.88079708, 0.98201379});
  is(tanh(y), {0.76159416, 0.96402758, 0.99932930});
  is(leaky_relu(x, 0.1), {1, -0.2, 3, 4, 5, -0.6});
  is(gelu(y), {0.84134475, 1.9544997, 3.9998733});
  is(silu(y), {0.73105858, 1.7615942, 3.9280552});
  is(softplus(y), {1.3132617, 2.1269280, 4.0181499});
  is(clamp(x, 0), {1, 0, 3, 4, 5, 0});
  is(clamp(x, {}, 3), {1, -2, 3, 3, 3, -6});
  is(clamp(x, -1, 1), {1, -1, 1, 1, 1, -1});
  is(maximum(x, y), {1, 2, 4, 4, 5, 4});
  is(where(x > 0, x, 0), {1, 0, 3, 4, 5, 0});
  is(where(x > 0, x, x * 0.5), {1, -1, 3, 4, 5, -3});
  is(x == 3, {0, 0, 1, 0, 0, 0});
  is(sum(x != y), {5});
  is(dropout(x, 0.5, /*training=*/false), {1, -2, 3, 4, 5, -6});
  throws([] { clamp(x, {}); }, "clamp: neither bound is given");
  throws([] { reciprocal(Variable(Tensor::arange(2))); },
         "reciprocal: expected float32 or float64, got int64");
  static_assert(!compiles<Variable, Tensor>([](auto v, auto t) -> decltype(v + t) { throw 0; }));
}

TEST_CASE("surface: shapes") {
  is(reshape(x, {3, 2}).shape(), {3, 2});
  is(flatten(x), {1, -2, 3, 4, 5, -6});
  is(flatten(reshape(x, {1, 2, 3}), 1).shape(), {1, 6});
  is(flatten(reshape(x, {1, 2, 3}), 0, 1).shape(), {2, 3});
  is(flatten(reshape(x, {1, 2, 3}), -2, -1).shape(), {1, 6});
  is(transpose(x, 0, 1).shape(), {3, 2});
  is(permute(x, {1, 0}), {1, 4, -2, 5, 3, -6});
  is(squeeze(reshape(x, {1, 6, 1})).shape(), {6});
  is(squeeze(reshape(x, {1, 6}), 0).shape(), {6});
  is(unsqueeze(y, 0).shape(), {1, 3});
  is(expand(unsqueeze(y, 1), {-1, 2}), {1, 1, 2, 2, 4, 4});
  is(select(x, 0, -1), {4, 5, -6});
  is(select(x, -1, -2), {-2, 5});
  is(slice(x, 1, 1), {-2, 3, 5, -6});
  is(flip(x, 1), {3, -2, 1, -6, 5, 4});
  is(flip(x, {0, 1}), {-6, 5, 4, 3, -2, 1});
  is(concat({y, y}), {1, 2, 4, 1, 2, 4});
  is(stack({y, y}, 1), {1, 1, 2, 2, 4, 4});
  is(pad(y, {1, 1}), {0, 1, 2, 4, 0});
  throws([] { flatten(x, 1, 0); }, "flatten: axis 1 comes after axis 0");
  throws([] { squeeze(x, 0); }, "squeeze: axis 0 of shape [2, 3] is not of size 1");
}

TEST_CASE("surface: reductions") {
  is(sum(x), {5});
  is(sum(x, 0), {5, 3, -3});
  is(sum(x, {0, 1}), {5});
  is(mean(x, 1), {2.0 / 3, 1});
  is(mean(x, -1, /*keepdim=*/true).shape(), {2, 1});
  is(var(y), {7.0 / 3});
  is(var(y, {}, /*correction=*/0), {14.0 / 9});
  is(sqrt(var(y)), {1.5275252});
  is(max(x), {5});
  is(max(x, 1), {3, 5});
  is(min(x, 0), {1, -2, -6});
  is(argmax(x, 1), {2, 1});
  is(argmin(x, 1), {1, 2});
  is(logsumexp(y, 0), {4.1698460});
  is(cumsum(y, 0), {1, 3, 7});
  is(softmax(y, 0), {0.042010065, 0.11419519, 0.84379473});
  is(log_softmax(y, -1), {-3.1698460, -2.1698460, -0.16984603});
  is(norm(y), {4.5825757});
  is(norm(x, 1), {3.7416574, 8.7749644});
  is(normalize(x), {0.26726124, -0.53452248, 0.80178373, 0.45584231, 0.56980288, -0.68376346});
  is(cosine_similarity(y, y, 0), {1});
  static_assert(!compiles<Variable>([](auto v) -> decltype(sum(v, true)) { throw 0; }));
  static_assert(!compiles<Variable>([](auto v) -> decltype(sum(v, 1.0)) { throw 0; }));
  static_assert(!compiles<Variable>([](auto v) -> decltype(var(v, 1, true)) { throw 0; }));
}

TEST_CASE("surface: products, indexing and norms") {
  const Variable w(Tensor::from({{1.0f, 0.0f, 0.0f}, {0.0f, 1.0f, 1.0f}}));
  const Variable bias(Tensor::from({10.0f, 20.0f}));
  is(matmul(x, y), {9, -10});
  is(matmul(x, transpose(w, 0, 1)), {1, 1, 4, -1});
  is(linear(x, w), {1, 1, 4, -1});
  is(linear(x, w, bias), {11, 21, 14, 19});
  const Variable image(Tensor::arange(9, DType::float32).reshape({1, 1, 3, 3}));
  const Variable kernel(Tensor::ones({1, 1, 2, 2})), shift(Tensor::ones({1}));
  is(conv2d(image, kernel), {8, 12, 20, 24});
  is(conv2d(image, kernel, shift), {9, 13, 21, 25});
  is(conv2d(image, kernel, shift, {.stride = 2}), {9});
  is(conv2d(image, kernel, {.padding = 1}).shape(), {1, 1, 4, 4});
  is(max_pool2d(image, {.kernel = 2, .stride = 1}), {4, 5, 7, 8});
  is(avg_pool2d(image, {.kernel = 3}), {4});
  is(gather(x, 1, Tensor::from({{2}, {0}})), {3, 4});
  is(index_select(x, 1, Tensor::from({2, 0})), {3, 1, -6, 4});
  is(embedding(Tensor::from({1, 1}), x), {4, 5, -6, 4, 5, -6});
  is(gather(y, 0, topk(y.value(), 2).indices), {4, 2});
  is(layer_norm(y, {3}), {-1.0690414, -0.26726036, 1.3363018});
  throws([&] { matmul(x, x); }, "matmul: inner dimensions differ: a [2, 3], b [2, 3]");
  throws([&] { gather(x, 1, x.value()); }, "gather: the index must be int64, got float32");
}

}  // namespace
}  // namespace gradian::test
