// What a PyTorch user may write about layers, models and optimisers that the compiler refuses, with
// the reason and what to write instead. What fails when it runs stands in tests/misuse/.
#include <type_traits>

#include "nn/layers.h"
#include "nn/optimizer.h"
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
  static_assert(!is_constructible_v<nn::LayerNorm, Shape, bool>);
  static_assert(!is_constructible_v<nn::LayerNorm, Shape, bool, bool>);
  static_assert(!is_constructible_v<nn::GroupNorm, int, int, bool>);
  static_assert(is_constructible_v<nn::Dropout, double> && is_constructible_v<nn::Dropout, int>);
  static_assert(is_constructible_v<nn::LayerNorm, Shape, double, bool>);
  // nn.GELU("tanh"): GELU(true); any text would count as true
  static_assert(!is_constructible_v<nn::GELU, const char*>);
  static_assert(is_constructible_v<nn::GELU, bool>);
  // nn.Conv2d(1, 16, 3, 2): {.stride = 2}; seven numbers in a row say nothing
  static_assert(!is_constructible_v<nn::Conv2d, int, int, int, int>);
  // Adam(parameters, True)
  static_assert(!is_constructible_v<nn::Adam, std::vector<Variable>, bool>);
  // An optimiser holds its parameters' state: two of them would each have half of it
  static_assert(!is_copy_constructible_v<nn::SGD>);
}

}  // namespace gradian::test
