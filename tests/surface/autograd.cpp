// Variables: what requires grad, backward, in-place arithmetic, printing.
#include <sstream>

#include "tests/surface/surface.h"

namespace gradian::test {
namespace {

Variable weight() { return Variable(Tensor::from({1.0f, 2.0f}), /*requires_grad=*/true); }

std::string printed(const Variable& variable) {
  std::ostringstream out;
  out << variable;
  return out.str();
}

TEST_CASE("surface: backward") {
  const Variable w = weight();
  sum(w * w).backward();
  is(w.grad(), {2, 4});
  sum(3 * w).backward();
  is(w.grad(), {5, 7});
  w.zero_grad();
  CHECK(!w.grad().defined());
  const Variable square_of_w = square(w);
  square_of_w.backward(Variable(Tensor::from({1.0f, 10.0f})));
  is(w.grad(), {2, 40});
  is(grad({sum(exp(w))}, {w})[0], {2.7182818, 7.3890561});
  const Variable slope = grad({sum(pow(w, 3))}, {w}, {}, /*create_graph=*/true)[0];
  is(grad({sum(slope)}, {w})[0], {6, 12});
  is(w.detach() * 2, {2, 4});
  CHECK(!w.detach().requires_grad());
  CHECK(w.requires_grad());
  CHECK(!cumsum(Variable(Tensor::ones({2})), 0).requires_grad());
  {
    const NoGrad no_grad;
    CHECK(!(w * 2).requires_grad());
  }
  throws([&] { (w * 2).backward(); },
         "backward: the variable is float32 [2] and needs a grad_output; only one-element outputs "
         "may leave it out");
  throws([&] { Variable(Tensor::scalar(1)).backward(); },
         "backward: nothing to differentiate, the variable does not require grad");
  throws([&] { Variable(Tensor::arange(2), true); },
         "Variable: expected float32 or float64, got int64");
}

TEST_CASE("surface: gradients of the newer functions") {
  const Variable w = weight();
  is(grad({sum(cumsum(w, 0))}, {w})[0], {2, 1});
  is(grad({sum(square(w))}, {w})[0], {2, 4});
  is(grad({sum(reciprocal(w))}, {w})[0], {-1, -0.25});
  is(grad({sum(rsqrt(w))}, {w})[0], {-0.5, -0.1767767});
  is(grad({sum(clamp(w, 1.5))}, {w})[0], {0, 1});
  is(grad({sum(clamp(w, {}, 1.5))}, {w})[0], {1, 0});
  is(grad({sum(where(w > 1, w, 0))}, {w})[0], {0, 1});
  is(grad({sum(pow(2, w))}, {w})[0], {1.3862944, 2.7725887});
  is(grad({sum(expand(unsqueeze(w, 1), {-1, 3}))}, {w})[0], {3, 3});
  is(grad({sum(gather(w, 0, sort(w.value()).indices) * Variable(Tensor::from({5.0f, 7.0f})))},
          {w})[0],
     {5, 7});
}

TEST_CASE("surface: in-place arithmetic of variables makes the handle stand for the result") {
  const Variable w = weight();
  Variable total(Tensor::scalar(0));
  for (int i = 1; i <= 3; ++i) total += sum(w * i);
  is(total, {18});
  total.backward();
  is(w.grad(), {6, 6});
  Variable v = w * 1, before = v;
  v -= 1;
  v *= 4;
  v /= 2;
  is(v, {0, 2});
  is(before, {1, 2});
  sum(v).backward();
  is(w.grad(), {8, 8});
  throws([&] { v += Variable(Tensor::ones({3})); },
         "operator+=: shapes [2] and [3] do not broadcast");
  throws([&] { (void)(v < Variable()); }, "less: the variable is undefined");
  static_assert(!compiles<const Variable>([](auto& c) -> decltype(c += 1) { throw 0; }));
}

TEST_CASE("surface: gradient descent by hand") {
  Variable w = weight();
  const Variable same = w;
  for (int step = 0; step < 2; ++step) {
    sum(w * w).backward();
    const NoGrad no_grad;
    w -= 0.25 * w.grad();
    w.zero_grad();
  }
  is(w, {0.25, 0.5});
  is(same, {0.25, 0.5});
  CHECK(same.requires_grad());
  throws([&] { w -= 1; },
         "operator-=: the variable is a leaf that requires grad: give the result another name, or "
         "update the leaf under NoGrad");
  throws(
      [&] {
        const NoGrad no_grad;
        w += Variable(Tensor::zeros({3, 2}));
      },
      "operator+=: the value is float32 [3, 2], the variable float32 [2]");
  is(w, {0.25, 0.5});
}

TEST_CASE("surface: a variable prints its value and where its gradient comes from") {
  CHECK(printed(Variable(Tensor::from({1.5f, 2.0f}))) == "[1.5,   2]  float32 [2]");
  CHECK(printed(weight()) == "[1, 2]  float32 [2]  requires_grad");
  CHECK(printed(weight() * 2) == "[2, 4]  float32 [2]  grad_fn mul");
  CHECK(printed(sum(weight())) == "3  float32 []  grad_fn sum");
  CHECK(printed(Variable()) == "undefined variable");
}

}  // namespace
}  // namespace gradian::test
