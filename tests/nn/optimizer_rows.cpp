// Optimizer::rows: a step that moves some rows of a parameter and of what the optimiser remembers.
#include <cmath>

#include "nn/optimizer.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

using nn::OptimizerOptions, nn::Parameter;

// Trains the rows at `index` by these gradients.
void step(nn::Optimizer& optimizer, const Variable& parameter, const Tensor& index,
          const Tensor& gradients) {
  sum(optimizer.rows(parameter, index) * Variable(gradients)).backward();
  optimizer.step();
}

// Three steps with all rows give the bits of three steps with the parameter's own gradient.
template <class Optimizer>
void check_all_rows(const OptimizerOptions& options) {
  for (const Shape& shape : {Shape{7, 5}, Shape{3, 2, 2}, Shape{4}, Shape{2, 9000}, Shape{3, 0}}) {
    CAPTURE(shape);
    Generator generator(1);
    const Tensor start = randn(shape, DType::float32, 0, 1, generator);
    const Variable whole(start, true), by_rows(start.clone(), true);
    Optimizer of_whole({whole}, options), of_rows({by_rows}, options);
    for (int i = 0; i < 3; ++i) {
      const Tensor gradient = randn(shape, DType::float32, 0, 1, generator);
      whole.set_grad(Variable(gradient));
      of_whole.step();
      step(of_rows, by_rows, Tensor::arange(shape[0]), gradient);
      CHECK(identical(by_rows.value(), whole.value()));
    }
  }
}

}  // namespace

TEST_CASE("optimizer rows: all of them make the step that the whole parameter makes, bit for bit") {
  check_all_rows<nn::SGD>({.lr = 0.1});
  check_all_rows<nn::SGD>({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true});
  check_all_rows<nn::SGD>({.lr = 0.1, .momentum = 0.9, .dampening = 0.5});
  check_all_rows<nn::Adam>({.lr = 0.1, .weight_decay = 0.01});
  check_all_rows<nn::AdamW>({.lr = 0.1});
  check_all_rows<nn::RMSprop>({.lr = 0.1, .momentum = 0.9, .centered = true});
}

TEST_CASE("optimizer rows: the other rows neither decay nor move by their momentum, by hand") {
  // lr 0.1, momentum 1/2, decay 1/2. Row 1 is taken in the second step alone:
  //   g = 1 + 1/2 = 1.5, v = 1.5, p = 1 - 0.15 = 0.85
  // Rows 0 and 2 in the first, with gradients 1 and 2: v = 1.5, p = 0.85; v = 2.5, p = 0.75.
  // Row 2 in the third, with gradient 1: g = 1 + 0.375 = 1.375, v = 1.25 + 1.375 = 2.625.
  const Variable p = leaf({1, 1, 1}, {3, 1});
  nn::SGD sgd({p}, {.lr = 0.1, .momentum = 0.5, .weight_decay = 0.5});
  step(sgd, p, integers({0, 2}), doubles({1, 2}, {2, 1}));
  check_values(p, {0.85, 1, 0.75});
  step(sgd, p, integers({1}), doubles({1}, {1, 1}));
  check_values(p, {0.85, 0.85, 0.75});
  step(sgd, p, integers({2}), doubles({1}, {1, 1}));
  check_values(p, {0.85, 0.85, 0.75 - 0.2625});
  CHECK(!p.grad().defined());
}

TEST_CASE("optimizer rows: Adam counts the steps of the parameter as a whole, as SparseAdam does") {
  // beta1 = 1/2, beta2 = 3/4, eps = 1/2, gradients 1. Row 1 is first taken in the second step:
  //   m = 1/2, M = 1/2 / (3/4) = 2/3;  v = 1/4, V = 1/4 / (7/16) = 4/7
  const Variable p = leaf({1, 1}, {2, 1});
  nn::Adam adam({p}, {.lr = 0.1, .betas = {0.5, 0.75}, .eps = 0.5});
  step(adam, p, integers({0}), doubles({1}, {1, 1}));
  step(adam, p, integers({1}), doubles({1}, {1, 1}));
  check_values(p, {1 - 0.1 / 1.5, 1 - 0.1 * (2.0 / 3) / (std::sqrt(4.0 / 7) + 0.5)});
}

TEST_CASE("optimizer rows: they are a copy of the parameter's, and a leaf that it trains") {
  const Variable p = leaf({1, 2, 3, 4, 5, 6}, {3, 2}), stranger = leaf(1);
  nn::SGD sgd({p}, {.lr = 1});
  const Tensor index = integers({0, 2});
  {
    const Variable rows = sgd.rows(p, index);
    check_values(rows, {1, 2, 5, 6});
    check_all_trained(sgd, sum(rows));
    CHECK_THROWS_AS(check_all_trained(sgd, sum(rows) + stranger), Error);
    sum(rows).backward();
  }
  sgd.zero_grad();  // theirs, too: they may be taken anew
  sum(sgd.rows(p, index)).backward();
  Tensor(index).fill(1);  // was copied
  sgd.step();
  check_values(p, {0, 1, 3, 4, 4, 5});
  CHECK_THROWS_AS(sgd.step(), Error);  // their gradient is used up
  p.set_requires_grad(false);
  CHECK(!sgd.rows(p, integers({1})).requires_grad());
}

TEST_CASE("optimizer rows: a group's options and the schedule's factor hold for its rows") {
  const Variable p = leaf({1, 1}, {2, 1}), q = leaf({1, 1}, {2, 1});
  nn::SGD sgd({{{p}}, {{q}, {.lr = 0.5}}}, {.lr = 0.1});
  sgd.set_lr_factor(0.5);
  step(sgd, q, integers({1}), doubles({1}, {1, 1}));
  check_values(p, {1, 1});
  check_values(q, {1, 0.75});
}

}  // namespace gradian::test
