// The optimisers: trajectories by hand, parameter groups, clipping, and what they refuse.
#include <cmath>
#include <limits>

#include "nn/optimizer.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

using nn::Adam;
using nn::AdamW;
using nn::clip_grad_norm;
using nn::OptimizerOptions;
using nn::Parameter;
using nn::ParameterGroup;
using nn::SGD;

using Parameters = std::vector<Parameter>;
using Groups = std::vector<ParameterGroup>;

// Steps a parameter p through these gradients and checks its value after each of them.
template <class Optimizer, class Options>
void check_trajectory(double start, const Options& options, const std::vector<double>& gradients,
                      const std::vector<double>& expected) {
  Variable p = leaf(start);
  Optimizer optimizer(Parameters{{"p", p}}, options);
  for (size_t t = 0; t < gradients.size(); ++t) {
    CAPTURE(t);
    p.set_grad(leaf(gradients[t]));
    optimizer.step();
    check_values(p, {expected[t]});
  }
}

void give_gradients(const Parameters& parameters, double value) {
  for (Parameter p : parameters)
    p.variable.set_grad(Variable(Tensor::full(p.variable.shape(), value, p.variable.dtype())));
}

}  // namespace

TEST_CASE("SGD: three steps by hand") {
  struct Case {
    const char* label;
    OptimizerOptions options;
    std::vector<double> expected;
  };
  // p starts at 1, the gradients are 1, 2, 4, the learning rate is 0.1.
  const std::vector<Case> cases = {
      {"plain", {.lr = 0.1}, {0.9, 0.7, 0.3}},
      // v = 1;  0.5 + 2 = 2.5;  1.25 + 4 = 5.25
      {"momentum", {.lr = 0.1, .momentum = 0.5}, {0.9, 0.65, 0.125}},
      // v = 1, the first gradient whole;  0.5 + 0.25 2 = 1;  0.5 + 0.25 4 = 1.5
      {"dampening", {.lr = 0.1, .momentum = 0.5, .dampening = 0.75}, {0.9, 0.8, 0.65}},
      // v as with momentum; the step is g + v / 2: 1.5;  2 + 1.25 = 3.25;  4 + 2.625 = 6.625
      {"Nesterov", {.lr = 0.1, .momentum = 0.5, .nesterov = true}, {0.85, 0.525, -0.1375}},
      // g + p / 2: 1.5 -> 0.85;  2.425 -> 0.6075;  4.30375 -> 0.177125
      {"weight decay", {.lr = 0.1, .weight_decay = 0.5}, {0.85, 0.6075, 0.177125}},
      // g + p / 2 enters v: 1.5 -> 0.85;  0.75 + 2.425 = 3.175 -> 0.5325;
      // 1.5875 + 4.26625 = 5.85375 -> -0.052875
      {"momentum and weight decay",
       {.lr = 0.1, .momentum = 0.5, .weight_decay = 0.5},
       {0.85, 0.5325, -0.052875}}};
  for (const Case& c : cases) {
    CAPTURE(c.label);
    check_trajectory<SGD>(1, c.options, {1, 2, 4}, c.expected);
  }
}

TEST_CASE("Adam: three steps by hand") {
  // beta1 = 1/2, beta2 = 3/4, eps = 1/2, learning rate 0.1, gradients 1, 2, -3. With M and V the
  // moments after the correction by 1 - beta^t, a step is -0.1 M / (sqrt(V) + 1/2):
  //   m = 1/2                    V = (1/4) / (1/4) = 1                      M = 1
  //   m = 1/4 + 1 = 5/4          v = 3/16 + 1 = 19/16, V = 19/16 / (7/16)   M = 5/4 / (3/4) = 5/3
  //   m = 5/8 - 3/2 = -7/8       v = 57/64 + 9/4 = 201/64, V = 201/37       M = -7/8 / (7/8) = -1
  const double first = 0.1 / 1.5;
  const double second = 0.1 * (5.0 / 3) / (std::sqrt(19.0 / 7) + 0.5);
  const double third = -0.1 / (std::sqrt(201.0 / 37) + 0.5);
  const OptimizerOptions options{.lr = 0.1, .betas = {0.5, 0.75}, .eps = 0.5};
  check_trajectory<Adam>(1, options, {1, 2, -3},
                         {1 - first, 1 - first - second, 1 - first - second - third});

  // AdamW first takes p (1 - 0.1 * 0.5) = 0.95 p; its gradient and moments know nothing of it.
  OptimizerOptions decayed = options;
  decayed.weight_decay = 0.5;
  const double p1 = 0.95 - first, p2 = 0.95 * p1 - second, p3 = 0.95 * p2 - third;
  check_trajectory<AdamW>(1, decayed, {1, 2, -3}, {p1, p2, p3});

  // Adam's decay is a part of the gradient. These gradients plus p / 2 are 1, 2, -3 again.
  const std::vector<double> path = {1 - first, 1 - first - second, 1 - first - second - third};
  check_trajectory<Adam>(1, decayed, {1 - 0.5, 2 - path[0] / 2, -3 - path[1] / 2}, path);
}

TEST_CASE("Adam: a decay that is left out is 0, and 0.01 in AdamW") {
  // The gradient is 0, so that only the decay moves p: 1 - 0.5 * 0.01.
  check_trajectory<Adam>(1, OptimizerOptions{.lr = 0.5}, {0}, {1});
  check_trajectory<AdamW>(1, OptimizerOptions{.lr = 0.5}, {0}, {0.995});
  check_trajectory<AdamW>(1, OptimizerOptions{.lr = 0.5, .weight_decay = 0}, {0}, {1});
}

TEST_CASE("Adam: the first step is as long as the learning rate, whatever the gradient") {
  // m / (1 - beta1) = g and sqrt(v / (1 - beta2)) = |g|, in float32 too.
  for (const double gradient : {1e-3, 1.0, -1e3}) {
    CAPTURE(gradient);
    Variable p(Tensor::zeros({1}), true);
    Adam adam(Parameters{{"p", p}}, {.lr = 0.25});
    give_gradients({{"p", p}}, gradient);
    adam.step();
    // 1e-8 / 1e-3 of it is lost to eps; the rest is float32 rounding.
    CHECK(std::abs(p.item()) ==
          doctest::Approx(0.25 / (1 + 1e-8 / std::abs(gradient))).epsilon(4e-7));
  }
}

TEST_CASE("optimizer: groups have their own learning rate and weight decay, or the optimiser's") {
  const Parameters a{{"a", leaf(1)}}, b{{"b", leaf(1)}}, c{{"c", leaf(1)}};
  SGD sgd(Groups{{a}, {b, {.lr = 0.5}}, {c, {.weight_decay = 0}}}, {.lr = 0.1, .weight_decay = 1});
  CHECK(sgd.lr(0) == 0.1);
  CHECK(sgd.lr(1) == 0.5);
  CHECK(sgd.lr(2) == 0.1);
  for (const Parameters& group : {a, b, c}) give_gradients(group, 2);
  sgd.set_lr_factor(0.5);
  CHECK(sgd.lr(1) == 0.25);
  sgd.step();
  check_values(a[0].variable, {1 - 0.05 * (2 + 1)});
  check_values(b[0].variable, {1 - 0.25 * (2 + 1)});
  check_values(c[0].variable, {1 - 0.05 * 2});
  sgd.set_lr_factor(1);  // replaces the factor, does not multiply it
  CHECK(sgd.lr(1) == 0.5);
}

TEST_CASE("optimizer: parameters come with names, without, in braces or in groups") {
  const Variable a = leaf(1), b = leaf(1);
  const std::vector<Variable> list{a, b};
  const Parameters named{{"a", a}, {"b", b}};
  const auto check_groups = [&](const SGD& sgd, const std::vector<std::vector<std::string>>& held,
                                const std::vector<double>& lrs) {
    REQUIRE(sgd.groups().size() == held.size());
    for (size_t i = 0; i < held.size(); ++i) {
      CHECK(names(sgd.groups()[i].parameters) == held[i]);
      CHECK(sgd.lr(i) == lrs[i]);
    }
  };
  check_groups(SGD(list), {{"0", "1"}}, {1e-3});
  check_groups(SGD(list, 1), {{"0", "1"}}, {1});
  check_groups(SGD(named, {}), {{"a", "b"}}, {1e-3});
  check_groups(SGD(named, {.lr = 0.1}), {{"a", "b"}}, {0.1});
  check_groups(SGD({a, b}, 0.1), {{"0", "1"}}, {0.1});
  check_groups(SGD({{"a", a}}, 0.1), {{"a"}}, {0.1});
  check_groups(SGD({{list}}, {.lr = 0.1}), {{"0", "1"}}, {0.1});
  check_groups(SGD({{named}}), {{"a", "b"}}, {1e-3});
  check_groups(SGD({{list, {.lr = 0.5}}}), {{"0", "1"}}, {0.5});
  check_groups(SGD({{{a}}, {{b}, {.lr = 0.5}}}, 0.1), {{"0"}, {"0"}}, {0.1, 0.5});
  static_assert(!std::is_constructible_v<SGD, Parameters, bool>);
  static_assert(!std::is_copy_constructible_v<SGD>);
}

TEST_CASE("optimizer: Adam's decay factor uses the rate of the group and of the schedule") {
  const Parameters a{{"a", leaf(1)}}, b{{"b", leaf(1)}};
  AdamW adam(Groups{{a}, {b, {.lr = 0.4}}}, {.lr = 0.1, .weight_decay = 0.5});
  adam.set_lr_factor(0.5);
  for (const Parameters& group : {a, b}) give_gradients(group, 0);
  adam.step();  // a zero gradient: nothing but the decay
  check_values(a[0].variable, {1 - 0.05 * 0.5});
  check_values(b[0].variable, {1 - 0.2 * 0.5});
}

TEST_CASE("optimizer: a parameter without gradient is left alone, decay and momentum included") {
  const auto check_untouched = [](auto optimizer, const Parameters& parameters) {
    Variable moving = parameters[0].variable, still = parameters[1].variable;
    const Tensor::Stamp before = still.value().stamp();
    for (int step = 0; step < 3; ++step) {
      moving.set_grad(leaf(1));
      optimizer.step();
    }
    CHECK(still.value().stamp() == before);
    CHECK(moving.item() < 1);
  };
  for (const bool adam : {false, true}) {
    const Parameters parameters{{"moving", leaf(1)}, {"still", leaf(1)}};
    if (adam)
      check_untouched(AdamW(parameters, {.weight_decay = 0.1}), parameters);
    else
      check_untouched(SGD(parameters, {.momentum = 0.9, .weight_decay = 0.1}), parameters);
  }
}

TEST_CASE("Adam: a parameter whose first gradient comes late starts from its own step 1") {
  // With gradients of 1 or -1 all the way every step is as long as the learning rate.
  const Parameters parameters{{"late", leaf(0)}, {"early", leaf(0)}};
  Adam adam(parameters, {.lr = 0.1, .eps = 0});
  give_gradients({parameters[1]}, 1);
  adam.step();
  adam.step();
  give_gradients({parameters[0]}, -1);
  adam.step();
  check_values(parameters[0].variable, {0.1});
  check_values(parameters[1].variable, {-0.3});
}

TEST_CASE("optimizer: step writes in place, so the arrays and all handles stay the same") {
  const Parameters parameters{{"p", leaf({1, 2, 3}, {3})}};
  const Tensor array = parameters[0].variable.value();
  SGD sgd(parameters, {.lr = 1});
  give_gradients(parameters, 1);
  sgd.step();
  check_values(array, {0, 1, 2});
}

TEST_CASE("optimizer: a graph recorded before the step can no longer be differentiated") {
  const Parameters parameters{{"p", leaf(2)}};
  const Variable& p = parameters[0].variable;
  SGD sgd(parameters, {.lr = 1});
  const Variable y = p * p;
  give_gradients(parameters, 1);
  sgd.step();
  check_errors({{[&] { y.backward(); }, "mul: input 0 was written to after the forward pass"}});
}

TEST_CASE("optimizer: values and gradients may be views of any strides") {
  // The value is {1 3, 2 4}, a transposed view; the gradient is one row for both, {10 20}.
  Variable p(doubles({1, 2, 3, 4}, {2, 2}).transpose(0, 1), true);
  p.set_grad(Variable(doubles({10, 20}).expand({2, 2})));
  SGD sgd(Parameters{{"p", p}}, {.lr = 0.1});
  sgd.step();
  check_values(p, {0, 1, 1, 2});
  sgd.step();
  check_values(p, {-1, -1, 0, 0});
}

TEST_CASE("optimizer: zero_grad forgets the gradients of all groups") {
  const Parameters a{{"a", leaf(1)}}, b{{"b", leaf(1)}};
  SGD sgd(Groups{{a}, {b}}, {});
  for (const Parameters& group : {a, b}) give_gradients(group, 1);
  sgd.zero_grad();
  CHECK(!a[0].variable.grad().defined());
  CHECK(!b[0].variable.grad().defined());
}

TEST_CASE("optimizer: rate and decay of a group can be changed, and a group added, on the way") {
  const Parameters a{{"a", leaf(0)}}, b{{"b", leaf(0)}};
  SGD sgd(a, {.lr = 1, .momentum = 0.5});
  give_gradients(a, 1);
  sgd.step();  // v = 1
  check_values(a[0].variable, {-1});
  sgd.add_parameter_group({b, {.lr = 0.5}});
  sgd.set_lr(0, 0.1);
  CHECK(sgd.lr(0) == 0.1);
  give_gradients(b, 1);
  sgd.step();  // a: v = 0.5 + 1, of the momentum from before;  b: v = 1, its first
  check_values(a[0].variable, {-1 - 0.1 * 1.5});
  check_values(b[0].variable, {-0.5});
  sgd.set_lr(0, 0);
  sgd.set_options(1, {.weight_decay = 2});
  sgd.step();  // b: v = 0.5 + 1 - 2 * 0.5
  check_values(a[0].variable, {-1.15});
  check_values(b[0].variable, {-0.5 - 0.5 * 0.5});
}

TEST_CASE("optimizer: a parameter that no longer requires grad is left alone") {
  const Parameters frozen{{"frozen", leaf(1)}};
  SGD sgd(frozen, {.lr = 0.1, .weight_decay = 1});
  give_gradients(frozen, 1);
  frozen[0].variable.set_requires_grad(false);
  sgd.step();
  check_values(frozen[0].variable, {1});
}

TEST_CASE("clip_grad_norm: scales all gradients by one factor and returns the norm before") {
  const Parameters parameters{{"a", leaf({0, 0}, {2})}, {"b", leaf(0)}, {"no gradient", leaf(0)}};
  Variable a = parameters[0].variable, b = parameters[1].variable;
  const auto reset = [&] {
    a.set_grad(leaf({2, 3}, {2}));
    b.set_grad(leaf(6));  // sqrt(4 + 9 + 36) = 7
  };
  reset();
  CHECK(clip_grad_norm(parameters, 3.5) == doctest::Approx(7));
  check_values(a.grad(), {1, 1.5}, 1e-6);  // 1e-6: PyTorch's guard in the divisor
  check_values(b.grad(), {3}, 1e-6);
  CHECK(!parameters[2].variable.grad().defined());
  reset();
  CHECK(clip_grad_norm(parameters, 8) == doctest::Approx(7));
  check_values(a.grad(), {2, 3});  // short enough: untouched
  check_values(b.grad(), {6});
  reset();
  CHECK(clip_grad_norm(parameters, 0) == doctest::Approx(7));
  check_values(a.grad(), {0, 0});
  a.set_grad(leaf({0, 0}, {2}));
  b.set_grad(leaf(0));
  CHECK(clip_grad_norm(parameters, 1) == 0);
  check_values(a.grad(), {0, 0});
  CHECK(clip_grad_norm({}, 1) == 0);
}

TEST_CASE("clip_grad_norm: a gradient that is not finite is named, and nothing is scaled") {
  const Parameters parameters{{"good", leaf({0, 0}, {2})}, {"net.bad", leaf(0)}};
  Variable good = parameters[0].variable, bad = parameters[1].variable;
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    good.set_grad(leaf({30, 40}, {2}));
    bad.set_grad(leaf(value));
    check_errors({{[&] { clip_grad_norm(parameters, 1); },
                   "clip_grad_norm: the gradient of 'net.bad' is not finite"}});
    check_values(good.grad(), {30, 40});
  }
}

TEST_CASE("clip_grad_norm: a large float32 gradient whose square overflows is finite") {
  Variable p(Tensor::zeros({2}), true);
  p.set_grad(Variable(Tensor::from(std::vector<float>{3e30F, -4e30F}, {2})));
  CHECK(clip_grad_norm({{"p", p}}, 1) == doctest::Approx(5e30));
  check_values(p.grad(), {0.6, -0.8}, 1e-6);
}

TEST_CASE("clip_grad_norm: squares beyond the range of float64 neither overflow nor vanish") {
  for (const double unit : {1e155, 1e-170, 1e300}) {
    CAPTURE(unit);
    const Parameters parameters{{"a", leaf({0, 0}, {2})}, {"b", leaf(0)}};
    parameters[0].variable.set_grad(leaf({2 * unit, -3 * unit}, {2}));
    parameters[1].variable.set_grad(leaf(6 * unit));
    CHECK(clip_grad_norm(parameters, 1) == doctest::Approx(7 * unit).epsilon(1e-12));
    const double left = unit > 1 ? 1 / 7.0 : unit;  // what is short enough is left as it is
    check_values(parameters[0].variable.grad(), {2 * left, -3 * left});
    check_values(parameters[1].variable.grad(), {6 * left});
  }
}

}  // namespace gradian::test
