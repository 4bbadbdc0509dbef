// What is left of an optimiser, and of its parameters, when it has refused something. All that it
// refuses stands in tests/misuse/optimizers.cpp.
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::test {

using nn::SGD;

TEST_CASE("optimizer: a step without any gradient trains nothing and says so") {
  const Variable w = leaf(1), unused = leaf(2);
  SGD sgd({w, unused}, 0.5);
  const std::string error =
      "step: there is no gradient; call backward() on a loss that these parameters are part of";
  check_errors({{[&] { sgd.step(); }, error}});
  (w * w).backward();
  sgd.step();
  check_values(w, {0});
  sgd.zero_grad();
  check_errors({{[&] { sgd.step(); }, error}});
}

TEST_CASE("optimizer: options that are refused leave those of before") {
  SGD sgd({leaf(1)}, {});
  CHECK_THROWS_AS(sgd.set_lr(0, kNaN), Error);
  CHECK_THROWS_AS(sgd.set_options(0, {.lr = 1, .weight_decay = -2}), Error);
  CHECK_THROWS_AS(sgd.set_lr_factor(-1), Error);
  CHECK_THROWS_AS(sgd.add_parameter_group({{leaf(2)}, {.lr = kInfinity}}), Error);
  CHECK(sgd.lr() == 1e-3);
  CHECK(sgd.groups().size() == 1);
}

TEST_CASE("optimizer: SGD without momentum keeps nothing, so it goes on after Module::to") {
  nn::Linear layer(2, 3);
  SGD sgd(layer.named_parameters(), {.lr = 1});
  const auto train = [&] {
    sum(layer(Variable(Tensor::ones({1, 2}, layer.weight.dtype())))).backward();
    sgd.step();
  };
  train();
  layer.to(DType::float64);
  const Tensor before = layer.weight.value().clone();
  train();
  check_close(layer.weight.value(), sub(before, Tensor::scalar(1, DType::float64)));
}

}  // namespace gradian::test
