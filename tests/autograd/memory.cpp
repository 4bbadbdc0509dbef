// Large graphs, and when the memory of a graph goes away.
#include "autograd/node.h"
#include "tests/helpers.h"

namespace gradian::test {

// Stack overflow is what the next two look for: a walk that recursed would need some hundred bytes
// of the stack's eight million for each op of a chain.
TEST_CASE("graph: a chain of a million ops is differentiated, and freed when it is dropped") {
  constexpr int kLength = 1'000'000;
  const Variable x = leaf(1), one(doubles({1}, {}));
  const int64_t before = live_nodes();
  {
    Variable y = x;
    for (int i = 0; i < kLength; ++i) y = y + one;
    CHECK(y.item() == 1 + kLength);
    y.backward(true);
    check_values(x.grad(), {1});
    CHECK(live_nodes() == before + kLength);
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("graph: deep graphs of other forms are freed without recursion too") {
  constexpr int kLength = 50'000;
  const Variable x = leaf(1), half(doubles({0.5}, {}));
  const int64_t before = live_nodes();
  Variable y = x;
  SUBCASE("a chain, by the backward that passes, while its result is still held") {
    for (int i = 0; i < kLength; ++i) y = y + half;
    CHECK(live_nodes() == before + kLength);
    y.backward();
    check_values(x.grad(), {1});
    CHECK(live_nodes() == before);
  }
  SUBCASE("a chain that was never differentiated") {
    for (int i = 0; i < kLength; ++i) y = y + half;
  }
  SUBCASE("a ladder, where each step uses the one before twice") {
    for (int i = 0; i < kLength; ++i) y = (y + y) * half;
    CHECK(live_nodes() == before + 2 * kLength);
  }
  SUBCASE("two strands that cross at every step") {
    Variable last = x;
    for (int i = 0; i < kLength; ++i) {
      const Variable next = (y + last) * half;
      last = y;
      y = next;
    }
  }
  SUBCASE("the graph of a gradient") {
    for (int i = 0; i < kLength / 3; ++i) y = exp(y * half) - half;
    y = grad({y}, {x}, {}, true)[0];
    CHECK(y.requires_grad());
    CHECK(live_nodes() > before + kLength);  // more than the forward pass alone
  }
  SUBCASE("what is no longer held, while a part of it is") {
    Variable middle;
    for (int i = 0; i < kLength; ++i) {
      y = y + half;
      if (i + 1 == kLength / 2) middle = y;
    }
    y = Variable();
    CHECK(live_nodes() == before + kLength / 2);
    middle.backward();
    check_values(x.grad(), {1});
  }
  y = Variable();
  CHECK(live_nodes() == before);
}

TEST_CASE("graph: one variable may have a hundred thousand consumers") {
  constexpr int kConsumers = 100'000;
  const Variable x = leaf(2);
  const int64_t before = live_nodes();
  std::vector<Variable> outputs;
  for (int i = 0; i < kConsumers; ++i) outputs.push_back(x * x);
  check_values(grad(outputs, {x})[0], {4.0 * kConsumers});
  CHECK(live_nodes() == before);
  for (Variable& y : outputs) y = reshape(x, {1});
  sum(concat(outputs)).backward();
  check_values(x.grad(), {kConsumers});
}

// What a tensor of this shape takes, rounding and the bytes behind it included.
size_t memory_of(const Shape& shape) {
  const size_t before = memory_stats().in_use;
  const Tensor tensor = Tensor::zeros(shape);
  return memory_stats().in_use - before;
}

TEST_CASE("graph: after backward only parameters, gradients and the result hold memory") {
  const Shape shape{64, 64};
  const size_t bytes = memory_of(shape), scalar_bytes = memory_of({});
  const size_t start = memory_stats().in_use;
  const Variable w(Tensor::full(shape, 0.01), true), v(Tensor::full(shape, 0.02), true);
  for (int step = 0; step < 3; ++step) {
    const Variable loss = mean(tanh(matmul(exp(w), v)) * v);
    const size_t leaves = (step == 0 ? 2 : 4) * bytes;
    CHECK(memory_stats().in_use > start + leaves + bytes);  // the graph holds its arrays
    loss.backward();
    CHECK(memory_stats().in_use == start + 4 * bytes + scalar_bytes);
  }
  CHECK(memory_stats().in_use == start + 4 * bytes);
}

TEST_CASE("graph: backward frees what an op kept for it while the result is still held") {
  const Tensor labels = Tensor::zeros({64}, DType::int64);
  const Variable x(Tensor::full({64, 64}, 0.01), true), w(Tensor::full({64, 64}, 0.02), true);
  const auto margin = [](const Variable& cosine) { return cosine - 0.5; };
  const size_t bytes = memory_of({64, 64}), scalar_bytes = memory_of({});
  const size_t start = memory_stats().in_use;
  const Variable loss = margin_cross_entropy(x, w, labels, 30, margin);
  CHECK(memory_stats().in_use >= start + bytes);  // the cosines
  loss.backward();
  CHECK(memory_stats().in_use == start + 2 * bytes + scalar_bytes);  // two gradients and the loss
}

}  // namespace gradian::test
