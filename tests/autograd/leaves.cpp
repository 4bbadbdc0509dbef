// Leaves: whose memory their gradients and values are, what may be set, and several threads at
// once.
#include <atomic>
#include <thread>
#include <type_traits>

#include "autograd/node.h"
#include "tests/child_process.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// Writes to a handle's array, as someone who thinks it is his own.
void overwrite(const Variable& variable, double value) {
  Tensor array = variable.value();
  array.fill(value);
}

template <class Argument>
concept BackwardTakes = requires(const Variable& y, Argument argument) {
  y.backward(argument);
};

void run_in_threads(int count, const std::function<void()>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("leaf: its gradient is contiguous, whatever the op's rule returned") {
  struct Case {
    const char* label;
    std::function<Variable(const Variable&)> loss;
    std::vector<double> gradient;
  };
  const Variable weights(doubles({1, 2, 3, 4, 5, 6}, {2, 3}));
  const std::vector<Case> cases = {
      {"sum", [](const Variable& x) { return sum(x); }, {1, 1, 1, 1, 1, 1}},
      {"mean", [](const Variable& x) { return mean(6.0 * x); }, {1, 1, 1, 1, 1, 1}},
      {"sum of rows", [](const Variable& x) { return sum(sum(x, {0})); }, {1, 1, 1, 1, 1, 1}},
      {"transpose",
       [&](const Variable& x) {
         return sum(transpose(x, 0, 1) * reshape(weights, {3, 2}));
       },
       {1, 3, 5, 2, 4, 6}},
      {"flip", [&](const Variable& x) { return sum(flip(x, 1) * weights); }, {3, 2, 1, 6, 5, 4}},
      {"concat",
       [&](const Variable& x) {
         return sum(slice(concat({x, x}, 1), 1, 1, 4) * weights);
       },
       {3, 1, 2, 6, 4, 5}}};
  for (const Case& c : cases) {
    CAPTURE(c.label);
    const Variable x(Tensor::zeros({2, 3}, DType::float64), true);
    for (const Variable& gradient : grad({c.loss(x)}, {x})) {
      CHECK(gradient.value().is_contiguous());
      check_values(gradient, c.gradient);
    }
    c.loss(x).backward();
    CHECK(x.grad().value().is_contiguous());
    check_values(x.grad(), c.gradient);
    // As a hand-written optimiser reads it.
    const Tensor array = x.grad().value();
    const double* values = array.data<double>();
    CHECK(std::vector<double>(values, values + 6) == c.gradient);
  }
}

TEST_CASE("leaf: its gradient is its own, so that writing to it changes no other") {
  const Variable a = leaf({1, 2}, {2}), b = leaf({3, 4}, {2});
  SUBCASE("of two addends") { sum(a + b).backward(); }
  SUBCASE("of two addends, with a gradient that is dense already") {
    (a + b).backward(leaf({1, 1}, {2}));
  }
  SUBCASE("of parts of one array") { sum(exp(0.0 * concat({a, b}))).backward(); }
  const std::vector<double> before = b.grad().value().to_vector<double>();
  overwrite(a.grad(), 7);
  check_values(b.grad(), before);
  sum(a).backward();  // and what is added to it goes there alone
  check_values(a.grad(), {8, 8});
  check_values(b.grad(), before);
}

TEST_CASE("leaf: a grad_output is never the gradient itself") {
  const Variable x = leaf({1, 2}, {2}), cotangent(doubles({3, 4}));
  x.backward(cotangent);
  const std::vector<Variable> results =
      grad({x, x}, {x, x}, {cotangent, Variable(doubles({0, 0}))});
  overwrite(cotangent, 9);
  check_values(x.grad(), {3, 4});
  for (const Variable& result : results) check_values(result, {3, 4});
  overwrite(results[0], 5);
  check_values(results[1], {3, 4});
}

TEST_CASE("leaf: set_grad and set_value copy what someone else holds, and nothing otherwise") {
  Tensor array = doubles({1, 2});
  const Variable x(array.clone(), true), y(array.clone(), true);
  for (const Variable& variable : {x, y}) {
    variable.set_value(array);
    variable.set_grad(Variable(array));
  }
  array.fill(5);
  overwrite(x, 6);
  overwrite(x.grad(), 7);
  check_values(y, {1, 2});
  check_values(y.grad(), {1, 2});

  Tensor unshared = doubles({3, 4});
  const double* const memory = unshared.data<double>();
  x.set_value(std::move(unshared));
  CHECK(x.value().data<double>() == memory);
  x.set_grad(Variable(doubles({5}).expand({2})));
  CHECK(x.grad().value().is_contiguous());
  check_values(x.grad(), {5, 5});
}

TEST_CASE("leaf: set_dtype converts the value and drops the gradient") {
  const Variable x = leaf({1, 2}, {2});
  x.backward(Variable(doubles({1, 1})));
  x.set_dtype(DType::float32);
  CHECK(x.dtype() == DType::float32);
  CHECK(x.requires_grad());
  CHECK(!x.grad().defined());
  check_values(x, {1, 2});
}

TEST_CASE("leaf: values replaced twice are still noticed by a graph that was recorded before") {
  for (int attempt = 0; attempt < 10; ++attempt) {  // the second may land where the first one was
    const Variable x = leaf({1, 2}, {2});
    const Variable y = sum(x * x);
    for (int i = 0; i < 2; ++i) x.set_value(doubles({5, 6}));
    check_errors({{[&] { y.backward(); }, "mul: input 0 was written to after the forward pass"}});
  }
}

TEST_CASE("variable: what a temporary hands out outlives it") {
  static_assert(!std::is_reference_v<decltype(std::declval<Variable>().value())>);
  static_assert(!std::is_reference_v<decltype(std::declval<Variable>().grad())>);
  static_assert(!std::is_reference_v<decltype(std::declval<Variable>().shape())>);
  static_assert(!std::is_reference_v<decltype(std::declval<Variable>().creator())>);
  static_assert(!std::is_reference_v<decltype(std::declval<Tensor>().shape())>);
  static_assert(!std::is_reference_v<decltype(std::declval<Tensor>().strides())>);
  const Variable x = leaf({1, 2}, {2});
  const Tensor& value = (x + 1.0).value();
  const Tensor another = doubles({8, 9});  // would take the freed memory
  check_values(value, {2, 3});
  int64_t axes = 0;
  for (const int64_t size : reshape(x, {1, 2}).shape()) axes += size > 0;
  CHECK(axes == 2);
}

TEST_CASE("backward: a variable of any shape takes a grad_output, as in PyTorch") {
  const Variable x = leaf({1, 2, 3}, {3});
  const Variable y = x * x;
  y.backward(leaf({1, 10, 100}, {3}), /*retain_graph=*/true);
  check_values(x.grad(), {2, 40, 600});
  y.backward(leaf({1, 0, 0}, {3}));
  check_values(x.grad(), {4, 40, 600});
  x.zero_grad();
  sum(x).backward(leaf(5));
  check_values(x.grad(), {5, 5, 5});
  // Nothing that is meant as a gradient passes for the flag.
  static_assert(BackwardTakes<bool> && BackwardTakes<Variable>);
  static_assert(!BackwardTakes<double> && !BackwardTakes<int> && !BackwardTakes<Tensor> &&
                !BackwardTakes<const Variable*>);
}

TEST_CASE("threads: backward into one leaf loses no addition") {
  const Variable w(Tensor::zeros({1000}), true);
  run_in_threads(4, [&] {
    for (int i = 0; i < 200; ++i) sum(w * Variable(Tensor::ones({1000}))).backward();
  });
  CHECK(identical(w.grad().value(), Tensor::full({1000}, 800)));
}

TEST_CASE("threads: a shared part of a graph serves all that keep it, and goes with the last") {
  const Variable w = leaf({0, 0}, {2});
  const int64_t before = live_nodes();
  Variable shared = exp(w);
  run_in_threads(4, [&, own = shared] {
    for (int i = 0; i < 50; ++i) sum(own * 2.0).backward(/*retain_graph=*/true);
  });
  check_values(w.grad(), {400, 400});
  std::vector<Variable> ends;
  for (int i = 0; i < 4; ++i) ends.push_back(shared + 1.0);
  shared = Variable();
  std::atomic<size_t> next{0};
  run_in_threads(4, [&] { ends[next++] = Variable(); });
  CHECK(live_nodes() == before);
}

TEST_CASE("threads: a child that is forked while another thread reads gradients can read them") {
  const Variable x = leaf(2);
  (x * x).backward();
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) x.grad();
  });
  std::string how = "exit 0";
  for (int i = 0; i < 30 && how == "exit 0"; ++i)
    how = run_in_child([&] { check(x.grad().item() == 4, "another value"); }, 10).how;
  done = true;
  other.join();
  CHECK(how == "exit 0");
}

}  // namespace gradian::test
