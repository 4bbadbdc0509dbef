// Tensors: makers, operators, views, what evaluation needs.
#include "tests/surface/surface.h"

namespace gradian::test {
namespace {

const Tensor a = Tensor::from({{1.0f, 2.0f}, {3.0f, 4.0f}}), b = Tensor::from({10.0f, 20.0f});
const Tensor n = Tensor::arange(6), m = n.reshape({2, 3});

TEST_CASE("surface: makers of tensors") {
  is(Tensor::zeros({2, 2}), {0, 0, 0, 0});
  is(Tensor::ones({3}), {1, 1, 1});
  is(Tensor::full({2}, 7), {7, 7});
  is(Tensor::eye(2), {1, 0, 0, 1});
  is(Tensor::arange(4), {0, 1, 2, 3});
  is(Tensor::arange(2, 5), {2, 3, 4});
  is(Tensor::arange(1, 8, 3), {1, 4, 7});
  is(Tensor::arange(5, 0, -2), {5, 3, 1});
  is(Tensor::arange(0, 1, 0.25), {0, 0.25, 0.5, 0.75});
  is(Tensor::arange(2.5), {0, 1, 2});
  is(Tensor::arange(3, DType::float32) / 2, {0, 0.5, 1});
  is(Tensor::linspace(0, 1, 5), {0, 0.25, 0.5, 0.75, 1});
  is(Tensor::linspace(3, 2, 1), {3});
  is(Tensor::from({1.5, 2.5}), {1.5, 2.5});
  is(Tensor::from(std::vector<float>{1, 2}), {1, 2});
  is(Tensor::from({{1, 2, 3}, {4, 5, 6}}).shape(), {2, 3});
  is(Tensor::from({1, 2, 3, 4}, {2, 2}), {1, 2, 3, 4});
  is(Tensor::scalar(3), {3});
  is(zeros_like(a), {0, 0, 0, 0});
  is(ones_like(b), {1, 1});
  is(full_like(n, 9), {9, 9, 9, 9, 9, 9});
  is(one_hot(Tensor::from({1, 0}), 3, DType::float32), {0, 1, 0, 1, 0, 0});
  CHECK(Tensor::arange(3).dtype() == DType::int64);
  CHECK(Tensor::arange(0, 1, 0.5).dtype() == DType::float32);
  CHECK(Tensor::from({1, 2}).dtype() == DType::int64);
  CHECK(Tensor::zeros({2}).dtype() == DType::float32);
  throws([] { Tensor::arange(0, 5, 0); }, "arange: no way from 0 to 5 in steps of 0");
  throws([] { Tensor::arange(0, 5, -1); }, "arange: no way from 0 to 5 in steps of -1");
  throws([] { Tensor::arange(0, 1, 0.0); }, "arange: no way from 0 to 1 in steps of 0");
  throws([] { Tensor::arange(-1); }, "arange: no way from 0 to -1 in steps of 1");
  throws([] { Tensor::linspace(0, 1, -1); }, "linspace: negative count -1");
  throws([] { Tensor::eye(-1); }, "eye: negative size in shape [-1, -1]");
  throws([] { Tensor::from({{1, 2}, {3}}); }, "from: rows of 2 and 1 values");
  throws([] { full_like(n, 0.5); }, "full_like: int64 cannot hold 0.5");
}

TEST_CASE("surface: arithmetic of tensors") {
  is(a + a, {2, 4, 6, 8});
  is(a + b, {11, 22, 13, 24});
  is(a - 1, {0, 1, 2, 3});
  is(1 - a, {0, -1, -2, -3});
  is(2 * a, {2, 4, 6, 8});
  is(a * a, {1, 4, 9, 16});
  is(b / a, {10, 10, 10.0 / 3, 5});
  is(1 / a, {1, 0.5, 1.0 / 3, 0.25});
  is(-a, {-1, -2, -3, -4});
  is(n * 2 + 1, {1, 3, 5, 7, 9, 11});
  is(pow(a, 2), {1, 4, 9, 16});
  is(pow(a, 0.5), {1, 1.4142136, 1.7320508, 2});
  is(exp(a), {2.7182818, 7.3890561, 20.0855369, 54.59815});
  is(abs(-a), {1, 2, 3, 4});
  is(abs(Tensor::from({-3, 0, 2})), {3, 0, 2});
  is(square(b), {100, 400});
  is(maximum(a, full_like(a, 2.5)), {2.5, 2.5, 3, 4});
  is(clamp(a, 2), {2, 2, 3, 4});
  is(clamp(a, {}, 2), {1, 2, 2, 2});
  is(clamp(a, 2, 3), {2, 2, 3, 3});
  is(matmul(a, a), {7, 10, 15, 22});
  is(linear(a, a, b), {15, 31, 21, 45});
  throws(
      [] {
        a + n.reshape({2, 3}).to(DType::float32);
      },
      "add: shapes [2, 2] and [2, 3] do not broadcast");
  throws([] { a + m; }, "add: dtypes differ: float32 and int64");
  throws([] { n + 0.5; },
         "add: an int64 array meets the number 0.5: convert it to float32 or float64 first");
  throws([] { (void)(a < Tensor()); }, "less: the tensor is undefined");
}

TEST_CASE("surface: comparisons of tensors are masks") {
  is(a > 2, {0, 0, 1, 1});
  is(a >= 2, {0, 1, 1, 1});
  is(2 < a, {0, 0, 1, 1});
  is(a <= b, {1, 1, 1, 1});
  is(n == 3, {0, 0, 0, 1, 0, 0});
  const Tensor large = Tensor::from<int64_t>({(1LL << 53) + 1, 1LL << 53, INT64_MAX, INT64_MIN});
  is(large == (1LL << 53) + 1, {1, 0, 0, 0});  // which no double holds
  is(large == INT64_MAX, {0, 0, 1, 0});
  is(large > INT64_MIN, {1, 1, 1, 0});
  is(n != 3, {1, 1, 1, 0, 1, 1});
  is(sum(n == Tensor::from({0, 1, 2, 0, 0, 0})), {3});
  is((a > 1) * (a < 4), {0, 1, 1, 0});
  is(1 - (a > 1), {1, 0, 0, 0});
  is(where(a > 2, a, 0), {0, 0, 3, 4});
  is(where(a > 2, a, -a), {-1, -2, 3, 4});
  throws([] { where(a > 2, TensorOrNumber(1), TensorOrNumber(0.5)); },
         "where: expected an array, got two numbers, 1 and 0.5, which have no dtype: write "
         "Tensor::scalar for one");
}

TEST_CASE("surface: in-place arithmetic of tensors") {
  Tensor t = a.clone();
  t += 1;
  is(t, {2, 3, 4, 5});
  t -= b;
  is(t, {-8, -17, -6, -15});
  t *= t;
  is(t, {64, 289, 36, 225});
  t /= 2;
  is(t, {32, 144.5, 18, 112.5});
  t.select(0, 1) += 1;
  is(t, {32, 144.5, 19, 113.5});
  t.slice(1, 0, 1) *= 0;
  is(t, {0, 144.5, 0, 113.5});
  t.fill(3);
  is(t, {3, 3, 3, 3});
  Tensor s = Tensor::from({{1, 2}, {3, 4}});
  s += s.transpose(0, 1);  // as if the right side were computed first
  is(s, {2, 5, 5, 8});
  throws(
      [&] {
        s += Tensor::zeros({3, 2}, DType::int64);
      },
      "operator+=: shape [3, 2] does not broadcast to [2, 2]");
  throws([&] { s -= a; }, "operator-=: dtypes differ: int64 and float32");
  throws([&] { s *= 0.5; },
         "operator*=: an int64 array meets the number 0.5: convert it to float32 or float64 first");
  throws([&] { s /= 0; }, "operator/=: int64 division by 0");
  throws(
      [] {
        b.expand({2, 2}) += 1;
      },
      "operator+=: the tensor written to repeats its elements along axis 0: clone() it first");
  throws([] { Tensor() += 1; }, "operator+=: the tensor is undefined");
  static_assert(!compiles<const Tensor>([](auto& x) -> decltype(x += 1) { throw 0; }));
}

TEST_CASE("surface: views of tensors") {
  is(m.shape(), {2, 3});
  is(m.size(-1), {3});
  is(m.select(0, -1), {3, 4, 5});
  is(m.select(1, 0), {0, 3});
  is(m.slice(1, 1), {1, 2, 4, 5});
  is(m.slice(1, 0, -1), {0, 1, 3, 4});
  is(m.slice(1, 0, 3, 2), {0, 2, 3, 5});
  is(m.transpose(0, 1), {0, 3, 1, 4, 2, 5});
  is(m.permute({1, 0}).shape(), {3, 2});
  is(m.reshape({3, -1}).shape(), {3, 2});
  is(m.unsqueeze(0).shape(), {1, 2, 3});
  is(m.unsqueeze(0).squeeze().shape(), {2, 3});
  is(b.unsqueeze(1).expand({-1, 3}), {10, 10, 10, 20, 20, 20});
  is(b.expand({2, -1}), {10, 20, 10, 20});
  is(m.flip(1), {2, 1, 0, 5, 4, 3});
  is(m.flip({0, 1}), {5, 4, 3, 2, 1, 0});
  is(concat({a, a}, 1), {1, 2, 1, 2, 3, 4, 3, 4});
  is(m.at({1, 2}), {5});
  is(sum(m).item(), {15});
  throws([] { m.select(0, -3); }, "select: index -3 is outside axis 0 of shape [2, 3]");
  throws([] { b.expand({-1, 2}); }, "expand: shape [2] does not broadcast to [-1, 2]");
}

TEST_CASE("surface: reductions and order of tensors") {
  is(sum(m), {15});
  is(sum(m, 0), {3, 5, 7});
  is(sum(m, -1, true).shape(), {2, 1});
  is(sum(m, {0, 1}), {15});
  is(mean(a), {2.5});
  is(mean(a, 0), {2, 3});
  is(var(a, 1), {0.5, 0.5});
  is(max(a), {4});
  is(max(m, 0), {3, 4, 5});
  is(min(m, 1, true), {0, 3});
  is(norm(b), {22.3606798});
  is(softmax(b, 0), {4.5397869e-5, 0.9999546});
  is(log_softmax(b, 0), {-10.0000454, -4.5398899e-5});
  is(argmax(a), {3});
  is(argmax(m, 1), {2, 2});
  is(argmin(a), {0});
  is(argmin(m, 0, true), {0, 0, 0});
  is(cumsum(m, 1), {0, 1, 3, 3, 7, 12});
  is(sort(Tensor::from({3, 1, 2})).values, {1, 2, 3});
  is(sort(Tensor::from({3, 1, 2})).indices, {1, 2, 0});
  is(sort(a, 0, /*descending=*/true).values, {3, 4, 1, 2});
  is(argsort(Tensor::from({3, 1, 2}), 0), {1, 2, 0});
  is(topk(Tensor::from({3, 9, 5}), 2).values, {9, 5});
  is(topk(Tensor::from({3, 9, 5}), 2).indices, {1, 2});
  is(topk(m, 1, 0, /*largest=*/false).values, {0, 1, 2});
  is(gather(m, 1, Tensor::from({{2}, {0}})), {2, 3});
  throws([] { topk(a, 3); }, "topk: k 3 is outside axis -1 of shape [2, 2]");
  throws([] { sort(a, 2); }, "sort: axis 2 is out of range for 2 axes");
  throws([] { argmax(Tensor::zeros({0})); }, "argmax: axis 0 of shape [0] is empty");
  static_assert(!compiles<Tensor>([](auto x) -> decltype(sum(x, true)) { throw 0; }));
  static_assert(!compiles<Tensor>([](auto x) -> decltype(x.sum()) { throw 0; }));
}

}  // namespace
}  // namespace gradian::test
