// What a PyTorch user may write about layers, models and optimisers that is refused: by the
// compiler, with the reason and what to write instead, or when it runs, by an error that says so.
#include <type_traits>

#include "losses/margin.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tests/helpers.h"

namespace gradian::test {

TEST_CASE("surface: what does not compile") {
  using std::is_constructible_v, std::is_copy_constructible_v, std::is_assignable_v;
  // layer.weight = w: the optimiser would not know of it; set_value, or replace_parameter
  static_assert(!is_assignable_v<decltype((std::declval<nn::Linear&>().weight)), Variable>);
  // copy.deepcopy(net), as any copy, would share no parameters, or all of them
  static_assert(!is_copy_constructible_v<nn::Linear>);
  static_assert(!is_copy_constructible_v<nn::Sequential>);
  // nn.Sequential(a, b): in parentheses the order of evaluation is the compiler's; braces
  static_assert(!is_constructible_v<nn::Sequential, nn::Linear, nn::ReLU>);
  // nn.Dropout(True), nn.LayerNorm(2, False): a mode or flag where a number is expected
  static_assert(!is_constructible_v<nn::Dropout, bool>);
  static_assert(!is_constructible_v<nn::LayerNorm, int, bool>);
  // nn.GELU("tanh"): GELU(true); any text would count as true
  static_assert(!is_constructible_v<nn::GELU, const char*>);
  // nn.Conv2d(1, 16, 3, 2): {.stride = 2}; seven numbers in a row say nothing
  static_assert(!is_constructible_v<nn::Conv2d, int, int, int, int>);
  // Adam(parameters, True)
  static_assert(!is_constructible_v<nn::Adam, std::vector<Variable>, bool>);
  // An optimiser holds its parameters' state: two of them would each have half of it
  static_assert(!is_copy_constructible_v<nn::SGD>);
}

TEST_CASE("surface: what fails, and what it says") {
  struct Forgetful : nn::Module {
    nn::Linear hidden{2, 2};  // self.hidden = nn.Linear(2, 2)
    nn::Linear& output = add_module("output", nn::Linear(2, 1));
    Variable forward(const Variable& x) override { return output(hidden(x)); }
  };
  struct Empty : nn::Module {};
  nn::Sequential net{nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 1)};
  Forgetful forgetful;
  const Variable x(Tensor::ones({4, 2}));
  nn::SGD sgd(net.parameters(), 0.1), forgets(forgetful.parameters(), 0.1);
  ArcFaceLoss loss(2, 10);
  check_errors({
      {[&] {
         net(Tensor::ones({4, 3}));
       },
       "Linear: expected x [..., I] and weight [O, I], got x [4, 3], weight [3, 2]"},
      {[&] { Empty()(x); }, "Empty: forward(x) is not what this module takes"},
      {[] { nn::SGD(Empty().parameters(), 0.1); },
       "SGD: group 0 holds no parameter; the layers of a module must be registered with "
       "add_module"},
      {[&] { sgd.step(); },
       "SGD: step() found no gradient; call backward() on a loss that these parameters are part "
       "of"},
      {[&] { nn::Adam(net.parameters(), {.momentum = 0.9}); }, "Adam: there is no option momentum"},
      {[&] { nn::Adam(net.parameters(), -1); }, "Adam: lr must be finite and not negative, got -1"},
      {[&] {
         nn::SGD({{net.parameters()}, {net.parameters()}}, 0.1);
       },
       "SGD: parameter '0' is given twice"},
      {[&] { sgd.lr(1); }, "SGD: there is no group 1, only 1"},
      {[&] {
         nn::check_all_trained(sgd, {&net, &loss});
       },
       "check_all_trained: parameter 'weight' of " + loss.description() +
           " is in no optimiser group, so it would never be trained"},
      {[&] { nn::check_all_trained(forgets, sum(forgetful(x))); },
       "check_all_trained: the loss depends on a float32 [2, 2] that requires grad and is in no "
       "optimiser group, so it would never be trained; the layers of a module must be registered "
       "with add_module"},
      {[&] {
         forgetful.summary({4, 2});
       },
       "summary: forward() of Forgetful calls a Linear(2 -> 2) that is not registered with "
       "add_module, so no one would train it"},
      {[] { nn::Embedding(10, 3)(Tensor::ones({2})); },
       "Embedding: the index must be int64, got float32"},
      {[] { nn::GroupNorm(3, 4); }, "GroupNorm: 4 channels do not divide into 3 groups"},
      {[] { nn::Conv2d(3, 4, 3, {.groups = 2}); },
       "Conv2d: 3 and 4 channels do not divide into 2 groups"},
      {[] {
         nn::BatchNorm1d(2)(Tensor::ones({1, 2}));
       },
       "BatchNorm1d: the statistics of a batch need more than one value a channel, got shape [1, "
       "2]"},
      {[] { nn::cosine(0); }, "cosine: the number of steps must be positive, got 0"},
  });
}

}  // namespace gradian::test
