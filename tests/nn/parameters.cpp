// What a module's parameters are to its members, to optimisers and to each other: one and the same,
// shared on purpose only, and missed when they belong to no one.
#include <cmath>
#include <type_traits>

#include "losses/center_loss.h"
#include "losses/margin.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

using Strings = std::vector<std::string>;

// The example of nn/module.h, see tests/snippets.cpp.
#include "build/snippets/nn/module.h"

struct PlainMember : nn::Module {
  nn::Linear hidden{4, 2, false};
  nn::Linear& output = add_module("output", nn::Linear(2, 3));
  Variable forward(const Variable& x) override { return output(hidden(x)); }
};

// An encoder and a decoder with one weight, used from both sides.
struct Tied : nn::Module {
  nn::Linear& encoder = add_module("encoder", nn::Linear(3, 3, false));
  nn::Linear& decoder = add_module("decoder", nn::Linear(3, 3));
  Tied() { decoder.replace_parameter("weight", encoder.weight); }
  Variable forward(const Variable& x) override { return decoder(encoder(x)); }
};

}  // namespace

TEST_CASE("parameter: no member can be made another variable than the registered one") {
  static_assert(!std::is_assignable_v<decltype((std::declval<nn::Linear&>().weight)), Variable>);
  static_assert(!std::is_assignable_v<decltype((std::declval<nn::Conv2d&>().bias)), Variable>);
  static_assert(!std::is_assignable_v<decltype((std::declval<nn::PReLU&>().weight)), Variable>);
  static_assert(!std::is_assignable_v<decltype((std::declval<nn::Embedding&>().weight)), Variable>);
  static_assert(!std::is_assignable_v<decltype((std::declval<nn::LayerNorm&>().bias)), Variable>);
  static_assert(
      !std::is_assignable_v<decltype((std::declval<nn::BatchNorm1d&>().running_mean)), Variable>);
  static_assert(!std::is_assignable_v<decltype((std::declval<CenterLoss&>().centers)), Variable>);
  static_assert(!std::is_assignable_v<decltype((std::declval<ArcFaceLoss&>().weight)), Variable>);
  Net net;
  CHECK(net.named_parameters()[0].variable.id() == net.scale.id());
  CHECK(net.named_parameters()[1].variable.id() == net.hidden.weight.id());
  CHECK(net(Variable(Tensor::ones({2, 784}))).shape() == Shape{2, 10});
}

TEST_CASE("parameter: members stay the module's own when it is moved, and follow to()") {
  nn::BatchNorm1d first(2);
  nn::BatchNorm1d moved(std::move(first));
  moved.to(DType::float64);
  moved.weight.set_value(doubles({3, 4}));
  moved.running_mean.set_value(doubles({5, 6}));
  CHECK(moved.named_parameters()[0].variable.id() == moved.weight.id());
  CHECK(moved.named_buffers()[0].variable.id() == moved.running_mean.id());
  moved.eval();
  const double root = std::sqrt(1 + 1e-5);
  check_values(moved(Variable(doubles({6, 8}, {1, 2}))), {3 / root, 8 / root});
}

TEST_CASE("parameter: two that were made from one tensor do not share it") {
  struct Twins : nn::Module {
    explicit Twins(const Tensor& start)
        : a(add_parameter("a", start)), b(add_parameter("b", start)) {}
    const Variable &a, &b;
  };
  Tensor start = doubles({1, 2});
  const Twins twins(start);
  start.fill(9);
  nn::SGD sgd({{"a", twins.a}}, {.lr = 1});
  sum(twins.a).backward();
  sgd.step();
  check_values(twins.a, {0, 1});
  check_values(twins.b, {1, 2});
}

TEST_CASE("parameter: one that two layers share is listed once, trained once and stays shared") {
  Tied tied;
  CHECK(names(tied.named_parameters()) == Strings{"encoder.weight", "decoder.bias"});
  CHECK(tied.parameter_count() == 9 + 3);
  nn::SGD sgd(tied.named_parameters(), {.lr = 0.1});
  nn::check_all_trained(sgd, {&tied});
  sum(tied(Variable(Tensor::ones({1, 3})))).backward();
  sgd.step();
  tied.to(DType::float64);
  CHECK(tied.decoder.weight.id() == tied.encoder.weight.id());
  // d sum(W W x) / dW with x = 1: W^T 1 1^T + 1 (W 1)^T
  tied.encoder.weight.set_value(doubles({1, 0, 0, 0, 2, 0, 0, 0, 3}, {3, 3}));
  sum(tied(Variable(doubles({1, 1, 1}, {1, 3})))).backward();
  check_values(tied.encoder.weight.grad(), {2, 3, 4, 3, 4, 5, 4, 5, 6});
}

TEST_CASE("parameter: one is replaced by a path") {
  nn::Sequential net{nn::Linear(2, 2), nn::Sequential{nn::PReLU(2)}};
  const Variable slopes(Tensor::full({2}, 0.5), true);
  net.replace_parameter("1.0.weight", slopes);
  CHECK(net.named_parameters()[2].variable.id() == slopes.id());
}

TEST_CASE("check_all_trained: a frozen parameter need be in no group") {
  Net net;
  ArcFaceLoss loss(3, 10);
  std::vector<nn::Parameter> most = net.named_parameters();
  most.pop_back();
  const nn::SGD forgets_bias(most, {.lr = 0.1});
  net.output.bias.set_requires_grad(false);  // frozen on purpose
  check_all_trained(forgets_bias, {&net});

  const nn::SGD both(
      std::vector<nn::ParameterGroup>{{net.named_parameters()}, {loss.named_parameters()}},
      {.lr = 0.1});
  check_all_trained(both, {&net, &loss});
}

TEST_CASE(
    "check_all_trained: the modules know of what is registered only, the loss of all that it "
    "depends on") {
  PlainMember net;
  const Variable x(Tensor::ones({1, 4}));
  const nn::SGD sgd(net.named_parameters(), {.lr = 0.1});
  nn::check_all_trained(sgd, {&net});  // knows what is registered only
  const nn::SGD all(
      std::vector<nn::ParameterGroup>{{net.named_parameters()}, {net.hidden.named_parameters()}},
      {.lr = 0.1});
  nn::check_all_trained(all, sum(net(x)));
}

}  // namespace gradian::test
