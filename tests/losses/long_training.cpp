// A training of many steps, some of which fail half-way, holds no more memory at its end than near
// its beginning.
#include <doctest/doctest.h>
#include <malloc.h>

#include "autograd/node.h"
#include "losses/cross_entropy.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/random.h"
#include "tensor/runtime/memory.h"
#include "tests/child_process.h"
#include "tests/gradients/custom_rule.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// What is alive: nodes of graphs, bytes of tensors, and bytes of everything else that malloc gave,
// where that can be asked.
struct Alive {
  int64_t nodes;
  size_t tensors, cached, heap;
};

Alive alive() {
#ifdef __GLIBC__
  const size_t heap = mallinfo2().uordblks + mallinfo2().hblkhd;
#else
  const size_t heap = 0;
#endif
  return {live_nodes(), memory_stats().in_use, memory_stats().cached, heap};
}

struct Training {
  nn::Sequential network{nn::Linear(2, 8), nn::PReLU(8), nn::BatchNorm1d(8), nn::Linear(8, 3)};
  nn::Adam optimizer{network.named_parameters(), 1e-3};
  Tensor x = randn({6, 2}), labels = integers({0, 1, 2, 0, 1, 2}),
         wrong = integers({0, 1, 2, 0, 1, 3});

  // Fails in the middle of the forward pass, of the backward pass, or not at all.
  void step(int number) {
    Variable features = network(Variable(x));
    if (number % 10 == 3)
      features = proof::with_rule(
          "failing", {features}, features.value(),
          [](const Context&, const Variable&) -> Gradients { fail("the rule has failed"); });
    const Variable loss = cross_entropy(features, number % 10 == 7 ? wrong : labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
};

TEST_CASE(
    "20,000 steps of training, a fifth of which fail, leave no node and take no more memory") {
  const int64_t nodes_before = live_nodes();
  Training training;
  int failed = 0;
  const auto train = [&](int steps) {
    for (int number = 0; number < steps; ++number) try {
        training.step(number);
      } catch (const Error&) {
        ++failed;
      }
  };
  train(1000);
  const Alive early = alive();
  constexpr int kMore =
      kSanitized ? 1000 : 19000;  // sanitizers are slow, and look for other things
  train(kMore);
  const Alive late = alive();
  CHECK(failed == (1000 + kMore) / 5);
  CHECK(late.nodes == nodes_before);
  CHECK(late.tensors == early.tensors);
  CHECK(late.cached == early.cached);
  // malloc may give a little more than was asked for; a leak would be 32 bytes a step at least.
  CHECK(late.heap < early.heap + 4096);
}

}  // namespace
}  // namespace gradian::test
