// Options that make no sense are refused when a layer is built, not at its first input.
#include <limits>
#include <type_traits>

#include "nn/layers.h"
#include "tests/helpers.h"

namespace gradian::test {

TEST_CASE("layers: options that make no sense are refused by the constructor") {
  using nn::AdaptiveAvgPool2d, nn::AvgPool2d, nn::BatchNorm1d, nn::BatchNorm2d, nn::Conv2d;
  using nn::Dropout, nn::Embedding, nn::GroupNorm, nn::LayerNorm, nn::Linear, nn::MaxPool2d,
      nn::PReLU;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  check_errors({
      {[] { Linear(0, 2); }, "Linear: in_features must be positive, got 0"},
      {[] { Linear(2, -1); }, "Linear: out_features must be positive, got -1"},
      {[] { Conv2d(3, 4, 0); }, "Conv2d: kernel_size must be positive, got 0"},
      {[] { Conv2d(0, 4, 1); }, "Conv2d: in_channels must be positive, got 0"},
      {[] { Conv2d(3, 0, 1); }, "Conv2d: out_channels must be positive, got 0"},
      {[] {
         Conv2d(1, 1, 3, {.stride = {1, 0}});
       },
       "Conv2d: stride must be positive, got 1x0"},
      {[] {
         Conv2d(1, 1, 3, {.padding = {0, -1}});
       },
       "Conv2d: padding must not be negative, got 0x-1"},
      {[] {
         Conv2d(1, 1, 3, {.dilation = {-2, 1}});
       },
       "Conv2d: dilation must be positive, got -2x1"},
      {[] { Conv2d(1, 1, 3, {.groups = 0}); }, "Conv2d: groups must be positive, got 0"},
      {[] { Conv2d(3, 4, 1, {.groups = 2}); },
       "Conv2d: 3 and 4 channels do not divide into 2 groups"},
      {[] { MaxPool2d(0); }, "MaxPool2d: kernel_size must be positive, got 0"},
      {[] {
         MaxPool2d({.kernel = {2, 2}, .stride = {1, -1}});
       },
       "MaxPool2d: stride must be positive, got 1x-1"},
      {[] {
         MaxPool2d({.kernel = {2, 2}, .padding = {2, 1}});
       },
       "MaxPool2d: padding 2x1 is more than half of the kernel 2"},
      {[] {
         MaxPool2d({.kernel = {2, 2}, .dilation = {0, 1}});
       },
       "MaxPool2d: dilation must be positive, got 0x1"},
      {[] { AvgPool2d(-1); }, "AvgPool2d: kernel_size must be positive, got -1"},
      {[] {
         AvgPool2d({.kernel = {2, 2}, .padding = {-1, 0}});
       },
       "AvgPool2d: padding must not be negative, got -1x0"},
      {[] {
         AdaptiveAvgPool2d({0, 1});
       },
       "AdaptiveAvgPool2d: output_size must be positive, got 0x1"},
      {[] { PReLU(0); }, "PReLU: num_parameters must be positive, got 0"},
      {[=] { PReLU(1, nan); }, "PReLU: init must be finite, got nan"},
      {[=] { nn::LeakyReLU{nan}; }, "LeakyReLU: negative_slope must be finite, got nan"},
      {[] { nn::Function("f", std::function<Variable(const Variable&)>()); },
       "Function: expected a function of a Variable, got an empty one"},
      {[] {
         Variable (*none)(const Variable&) = nullptr;
         nn::Function("f", none);
       },
       "Function: expected a function of a Variable, got an empty one"},
      {[] { Dropout(1.5); }, "Dropout: expected a probability, got 1.5"},
      {[=] { Dropout{nan}; }, "Dropout: expected a probability, got nan"},
      {[] { Embedding(0, 3); }, "Embedding: num_embeddings must be positive, got 0"},
      {[] { Embedding(3, 0); }, "Embedding: embedding_dim must be positive, got 0"},
      {[] { LayerNorm(Shape{}); },
       "LayerNorm: expected at least one axis and positive sizes, got []"},
      {[] {
         LayerNorm({3, 0});
       },
       "LayerNorm: expected at least one axis and positive sizes, got [3, 0]"},
      {[] { LayerNorm({2}, -1); }, "LayerNorm: eps must be finite and not negative, got -1"},
      {[] { GroupNorm(0, 4); }, "GroupNorm: num_groups must be positive, got 0"},
      {[] { GroupNorm(2, 0); }, "GroupNorm: num_channels must be positive, got 0"},
      {[] { GroupNorm(3, 4); }, "GroupNorm: 4 channels do not divide into 3 groups"},
      {[] { GroupNorm(2, 4, -1); }, "GroupNorm: eps must be finite and not negative, got -1"},
      {[] { BatchNorm1d(0); }, "BatchNorm1d: num_features must be positive, got 0"},
      {[] { BatchNorm1d(2, {.eps = -1}); },
       "BatchNorm1d: eps must be finite and not negative, got -1"},
      {[=] { BatchNorm2d(2, {.eps = infinity}); },
       "BatchNorm2d: eps must be finite and not negative, got inf"},
      {[] { BatchNorm2d(2, {.momentum = 2}); },
       "BatchNorm2d: momentum must be between 0 and 1, got 2"},
      {[=] { BatchNorm1d(2, {.momentum = nan}); },
       "BatchNorm1d: momentum must be between 0 and 1, got nan"},
  });
}

TEST_CASE("layers: true and false do not compile where a number is expected") {
  static_assert(!std::is_constructible_v<nn::Dropout, bool>);
  static_assert(!std::is_constructible_v<nn::LayerNorm, Shape, bool>);
  static_assert(!std::is_constructible_v<nn::LayerNorm, Shape, bool, bool>);
  static_assert(!std::is_constructible_v<nn::GroupNorm, int, int, bool>);
  static_assert(!std::is_constructible_v<nn::GELU, const char*>);  // PyTorch's approximate="tanh"
  static_assert(std::is_constructible_v<nn::GELU, bool>);
  static_assert(std::is_constructible_v<nn::Dropout, double>);
  static_assert(std::is_constructible_v<nn::Dropout, int>);
  static_assert(std::is_constructible_v<nn::LayerNorm, Shape, double, bool>);
}

}  // namespace gradian::test
