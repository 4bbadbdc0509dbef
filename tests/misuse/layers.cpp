// Layers: options that make no sense, which the constructor refuses, and inputs that do not fit.
#include "nn/layers.h"

#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {
namespace {

using namespace nn;
using test::kInfinity, test::kNaN;

constexpr int64_t kHuge = int64_t{1} << 40, kLowest = std::numeric_limits<int64_t>::min();

void append(Rows& rows, const Rows& more) { rows.insert(rows.end(), more.begin(), more.end()); }

// Options of the layers with parameters of products.
Rows product_options() {
  return {
      {[] { Linear(0, 2); }, "Linear: in_features must be positive, got 0"},
      {[] { Linear(2, -1); }, "Linear: out_features must be positive, got -1"},
      {[] { Linear(kLowest, 2); },
       "Linear: in_features must be positive, got -9223372036854775808"},
      {[] { Linear(kHuge, kHuge); },
       "Linear: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { Linear(1, kHuge); }, "Linear: no memory for 4398.05 GB, float32 [1099511627776, 1]"},
      {[] { Conv2d(3, 4, 0); }, "Conv2d: kernel_size must be positive, got 0"},
      {[] {
         Conv2d(3, 4, {3, -1});
       },
       "Conv2d: kernel_size must be positive, got 3x-1"},
      {[] { Conv2d(0, 4, 1); }, "Conv2d: in_channels must be positive, got 0"},
      {[] { Conv2d(3, 0, 1); }, "Conv2d: out_channels must be positive, got 0"},
      {[] { Conv2d(3, -4, 1); }, "Conv2d: out_channels must be positive, got -4"},
      {[] { Conv2d(1, 1, 3, {.stride = 0}); }, "Conv2d: stride must be positive, got 0"},
      {[] {
         Conv2d(1, 1, 3, {.stride = {1, 0}});
       },
       "Conv2d: stride must be positive, got 1x0"},
      {[] { Conv2d(1, 1, 3, {.padding = kLowest}); },
       "Conv2d: padding must not be negative, got -9223372036854775808"},
      {[] {
         Conv2d(1, 1, 3, {.padding = {0, -1}});
       },
       "Conv2d: padding must not be negative, got 0x-1"},
      {[] {
         Conv2d(1, 1, 3, {.dilation = {-2, 1}});
       },
       "Conv2d: dilation must be positive, got -2x1"},
      {[] { Conv2d(1, 1, 3, {.groups = 0}); }, "Conv2d: groups must be positive, got 0"},
      {[] { Conv2d(4, 4, 3, {.groups = -2}); }, "Conv2d: groups must be positive, got -2"},
      {[] { Conv2d(3, 4, 1, {.groups = 2}); },
       "Conv2d: 3 and 4 channels do not divide into 2 groups"},
      {[] { Conv2d(4, 3, 1, {.groups = 2}); },
       "Conv2d: 4 and 3 channels do not divide into 2 groups"},
      {[] { Conv2d(kHuge, kHuge, 1); },
       "Conv2d: too many elements in shape [1099511627776, 1099511627776, 1, 1]"},
      {[] { Conv2d(1, 1, kHuge); },
       "Conv2d: too many elements in shape [1, 1, 1099511627776, 1099511627776]"},
      {[] { Embedding(0, 3); }, "Embedding: num_embeddings must be positive, got 0"},
      {[] { Embedding(3, 0); }, "Embedding: embedding_dim must be positive, got 0"},
      {[] { Embedding(3, -5); }, "Embedding: embedding_dim must be positive, got -5"},
      {[] { Embedding(kHuge, kHuge); },
       "Embedding: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { Embedding(kHuge, 1); },
       "Embedding: no memory for 4398.05 GB, float32 [1099511627776, 1]"},
  };
}

Rows pooling_options() {
  return {
      {[] { MaxPool2d(0); }, "MaxPool2d: kernel_size must be positive, got 0"},
      {[] { MaxPool2d{kLowest}; },
       "MaxPool2d: kernel_size must be positive, got -9223372036854775808"},
      {[] { MaxPool2d(2, 0); }, "MaxPool2d: stride must be positive, got 0"},
      {[] {
         MaxPool2d({.kernel = {2, 2}, .stride = {1, -1}});
       },
       "MaxPool2d: stride must be positive, got 1x-1"},
      {[] { MaxPool2d(2, 2, -1); }, "MaxPool2d: padding must not be negative, got -1"},
      {[] {
         MaxPool2d({.kernel = {2, 2}, .padding = {2, 1}});
       },
       "MaxPool2d: padding 2x1 is more than half of the kernel 2"},
      {[] {
         MaxPool2d({.kernel = {2, 2}, .dilation = {0, 1}});
       },
       "MaxPool2d: dilation must be positive, got 0x1"},
      {[] { AvgPool2d(-1); }, "AvgPool2d: kernel_size must be positive, got -1"},
      {[] { AvgPool2d(2, -3); }, "AvgPool2d: stride must be positive, got -3"},
      {[] {
         AvgPool2d({.kernel = {2, 2}, .padding = {-1, 0}});
       },
       "AvgPool2d: padding must not be negative, got -1x0"},
      {[] { AvgPool2d(3, 1, 2); }, "AvgPool2d: padding 2 is more than half of the kernel 3"},
      {[] {
         AdaptiveAvgPool2d({0, 1});
       },
       "AdaptiveAvgPool2d: output_size must be positive, got 0x1"},
      {[] { AdaptiveAvgPool2d(-7); }, "AdaptiveAvgPool2d: output_size must be positive, got -7"},
  };
}

Rows function_options() {
  return {
      {[] { PReLU(0); }, "PReLU: num_parameters must be positive, got 0"},
      {[] { PReLU(-3); }, "PReLU: num_parameters must be positive, got -3"},
      {[] { PReLU{kHuge}; }, "PReLU: no memory for 4398.05 GB, float32 [1099511627776]"},
      {[] { PReLU(1, kNaN); }, "PReLU: init must be finite in float32, got nan"},
      {[] { PReLU(1, 1e300); }, "PReLU: init must be finite in float32, got 1e+300"},
      {[] { PReLU(1, -kInfinity); }, "PReLU: init must be finite in float32, got -inf"},
      {[] { LeakyReLU{kNaN}; }, "LeakyReLU: negative_slope must be finite, got nan"},
      {[] { LeakyReLU{kInfinity}; }, "LeakyReLU: negative_slope must be finite, got inf"},
      {[] { Function("f", std::function<Variable(const Variable&)>()); },
       "Function: expected a function of a Variable, got an empty one"},
      {[] {
         Variable (*none)(const Variable&) = nullptr;
         Function("f", none);
       },
       "Function: expected a function of a Variable, got an empty one"},
      {[] { Dropout(1.5); }, "Dropout: expected a probability, got 1.5"},
      {[] { Dropout(-0.1); }, "Dropout: expected a probability, got -0.1"},
      {[] { Dropout{kNaN}; }, "Dropout: expected a probability, got nan"},
      {[] { Dropout{kInfinity}; }, "Dropout: expected a probability, got inf"},
  };
}

Rows normalization_options() {
  return {
      {[] { LayerNorm(Shape{}); },
       "LayerNorm: expected at least one axis and positive sizes, got []"},
      {[] {
         LayerNorm({3, 0});
       },
       "LayerNorm: expected at least one axis and positive sizes, got [3, 0]"},
      {[] { LayerNorm(-4); }, "LayerNorm: expected at least one axis and positive sizes, got [-4]"},
      {[] {
         LayerNorm({kHuge, kHuge});
       },
       "LayerNorm: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { LayerNorm({2}, -1); }, "LayerNorm: eps must be finite and not negative, got -1"},
      {[] { LayerNorm(2, kNaN); }, "LayerNorm: eps must be finite and not negative, got nan"},
      {[] { LayerNorm(2, kInfinity, false); },
       "LayerNorm: eps must be finite and not negative, got inf"},
      {[] { GroupNorm(0, 4); }, "GroupNorm: num_groups must be positive, got 0"},
      {[] { GroupNorm(-2, 4); }, "GroupNorm: num_groups must be positive, got -2"},
      {[] { GroupNorm(2, 0); }, "GroupNorm: num_channels must be positive, got 0"},
      {[] { GroupNorm(3, 4); }, "GroupNorm: 4 channels do not divide into 3 groups"},
      {[] { GroupNorm(4, 2); }, "GroupNorm: 2 channels do not divide into 4 groups"},
      {[] { GroupNorm(1, kHuge); }, "GroupNorm: no memory for 4398.05 GB, float32 [1099511627776]"},
      {[] { GroupNorm(2, 4, -1); }, "GroupNorm: eps must be finite and not negative, got -1"},
      {[] { GroupNorm(2, 4, kNaN); }, "GroupNorm: eps must be finite and not negative, got nan"},
      {[] { BatchNorm1d(0); }, "BatchNorm1d: num_features must be positive, got 0"},
      {[] { BatchNorm1d{kHuge}; },
       "BatchNorm1d: no memory for 4398.05 GB, float32 [1099511627776]"},
      {[] { BatchNorm2d(-8); }, "BatchNorm2d: num_features must be positive, got -8"},
      {[] { BatchNorm1d(2, {.eps = -1}); },
       "BatchNorm1d: eps must be finite and not negative, got -1"},
      {[] { BatchNorm2d(2, {.eps = kInfinity}); },
       "BatchNorm2d: eps must be finite and not negative, got inf"},
      {[] { BatchNorm1d(2, {.eps = kNaN}); },
       "BatchNorm1d: eps must be finite and not negative, got nan"},
      {[] { BatchNorm2d(2, {.momentum = 2}); },
       "BatchNorm2d: momentum must be between 0 and 1, got 2"},
      {[] { BatchNorm2d(2, {.momentum = -0.1}); },
       "BatchNorm2d: momentum must be between 0 and 1, got -0.1"},
      {[] { BatchNorm1d(2, {.momentum = kNaN}); },
       "BatchNorm1d: momentum must be between 0 and 1, got nan"},
  };
}

// Neither an undefined variable nor an undefined tensor is taken.
template <class Layer, class... Options>
Rows undefined_inputs(const char* name, Options... options) {
  const std::string expected = text(name, ": the variable is undefined");
  return {{[=] { Layer(options...)(Variable()); }, expected},
          {[=] { Layer(options...)(Tensor()); }, expected}};
}

Rows undefined_inputs() {
  Rows rows;
  append(rows, undefined_inputs<Linear>("Linear", 2, 3));
  append(rows, undefined_inputs<Conv2d>("Conv2d", 2, 3, 3));
  append(rows, undefined_inputs<ReLU>("ReLU"));
  append(rows, undefined_inputs<Tanh>("Tanh"));
  append(rows, undefined_inputs<Sigmoid>("Sigmoid"));
  append(rows, undefined_inputs<SiLU>("SiLU"));
  append(rows, undefined_inputs<Softplus>("Softplus"));
  append(rows, undefined_inputs<LeakyReLU>("LeakyReLU"));
  append(rows, undefined_inputs<GELU>("GELU"));
  append(rows, undefined_inputs<GELU>("GELU", true));
  append(rows, undefined_inputs<Flatten>("Flatten"));
  append(rows, undefined_inputs<MaxPool2d>("MaxPool2d", 2));
  append(rows, undefined_inputs<AvgPool2d>("AvgPool2d", 2));
  append(rows, undefined_inputs<AdaptiveAvgPool2d>("AdaptiveAvgPool2d", 1));
  append(rows, undefined_inputs<PReLU>("PReLU"));
  append(rows, undefined_inputs<PReLU>("PReLU", 2));
  append(rows, undefined_inputs<Dropout>("Dropout"));
  append(rows, undefined_inputs<LayerNorm>("LayerNorm", 3));
  append(rows, undefined_inputs<GroupNorm>("GroupNorm", 1, 3));
  append(rows, undefined_inputs<BatchNorm1d>("BatchNorm1d", 3));
  append(rows, undefined_inputs<BatchNorm2d>("BatchNorm2d", 3));
  append(rows, undefined_inputs<Embedding>("Embedding", 2, 3));
  return rows;
}

}  // namespace

Rows layer_rows() {
  Rows rows;
  for (const auto& of : {product_options, pooling_options, function_options, normalization_options})
    append(rows, of());
  append(rows, undefined_inputs());
  return rows;
}

}  // namespace gradian::misuse
