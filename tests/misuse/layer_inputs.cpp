// Layers: inputs of a shape, a dtype or values that they do not take.
#include "nn/layers.h"
#include "tests/misuse/misuse.h"

namespace gradian::misuse {
namespace {

using namespace nn;
using test::integers;

constexpr int64_t kHuge = int64_t{1} << 40;

Variable zeros(const Shape& shape, DType dtype = DType::float32) {
  return Variable(Tensor::zeros(shape, dtype));
}
Variable wide(const Shape& shape) { return zeros(shape, DType::float64); }
Variable whole(const Shape& shape) { return zeros(shape, DType::int64); }

Rows inputs_of_products() {
  return {
      {[] {
         Linear(4, 2)(zeros({2, 3}));
       },
       "Linear: expected x [..., I] and weight [O, I], got x [2, 3], weight [2, 4]"},
      {[] { Linear(4, 2)(zeros({})); },
       "Linear: expected x [..., I] and weight [O, I], got x [], weight [2, 4]"},
      {[] {
         Linear(4, 2)(wide({2, 4}));
       },
       "Linear: dtypes differ: float64 and float32"},
      {[] {
         Linear(4, 2)(whole({2, 4}));
       },
       "Linear: dtypes differ: int64 and float32"},
      {[] {
         Conv2d(3, 2, 5)(zeros({1, 1, 8, 8}));
       },
       "Conv2d: channels do not fit: input [1, 1, 8, 8], weight [2, 3, 5, 5], groups 1"},
      {[] {
         Conv2d(3, 2, 5)(zeros({3, 8, 8}));
       },
       "Conv2d: expected images [N, C, H, W], got a single one, [3, 8, 8]: write unsqueeze(x, 0)"},
      {[] {
         Conv2d(3, 2, 5)(zeros({3, 8}));
       },
       "Conv2d: expected images [N, C, H, W], got [3, 8]"},
      {[] {
         Conv2d(3, 2, 5)(zeros({1, 3, 4, 8}));
       },
       "Conv2d: a kernel [5, 5] with dilation [1, 1] is larger than the input [1, 3, 4, 8] with "
       "padding [0, 0]"},
      {[] {
         Conv2d(3, 2, 1)(wide({1, 3, 4, 8}));
       },
       "Conv2d: dtypes differ: float64 and float32"},
      {[] {
         Conv2d(3, 2, 1)(whole({1, 3, 4, 8}));
       },
       "Conv2d: dtypes differ: int64 and float32"},
      {[] {
         Conv2d(1, 1, 3, {.padding = kHuge})(zeros({1, 1, 4, 4}));
       },
       "Conv2d: expected a padding from 0 to 2147483647, got [1099511627776, 1099511627776]"},
      {[] {
         Conv2d(1, 1, 3, {.dilation = kHuge})(zeros({1, 1, 4, 4}));
       },
       "Conv2d: expected a dilation from 1 to 2147483647, got [1099511627776, 1099511627776]"},
      {[] {
         Embedding(3, 2)(integers({0, 3}));
       },
       "Embedding: index 3 is outside 0 to 2"},
      {[] { Embedding(3, 2)(integers({-1})); }, "Embedding: index -1 is outside 0 to 2"},
      {[] { Embedding(3, 2)(zeros({2})); }, "Embedding: the index must be int64, got float32"},
  };
}

Rows inputs_of_functions() {
  return {
      {[] { ReLU()(whole({2})); }, "ReLU: expected float32 or float64, got int64"},
      {[] { Tanh()(whole({2})); }, "Tanh: expected float32 or float64, got int64"},
      {[] { Sigmoid()(whole({2})); }, "Sigmoid: expected float32 or float64, got int64"},
      {[] { SiLU()(whole({2})); }, "SiLU: expected float32 or float64, got int64"},
      {[] { Softplus()(whole({2})); }, "Softplus: expected float32 or float64, got int64"},
      {[] { LeakyReLU()(whole({2})); }, "LeakyReLU: expected float32 or float64, got int64"},
      {[] {
         GELU()
         (whole({2}));
       },
       "GELU: expected float32 or float64, got int64"},
      {[] {
         GELU(true)
         (whole({2}));
       },
       "GELU: expected float32 or float64, got int64"},
      {[] { Dropout()(whole({2})); }, "Dropout: expected float32 or float64, got int64"},
      {[] {
         Flatten(2)(zeros({2, 3}));
       },
       "Flatten: axis 2 is out of range for 2 axes"},
      {[] {
         Flatten(-3)(zeros({2, 3}));
       },
       "Flatten: axis -3 is out of range for 2 axes"},
      {[] { Flatten()(zeros({})); }, "Flatten: axis 1 is out of range for 1 axes"},
      {[] {
         PReLU(3)(zeros({2, 4}));
       },
       "PReLU: expected 3 channels at axis 1, got shape [2, 4]"},
      {[] { PReLU(3)(zeros({3})); }, "PReLU: expected 3 channels at axis 1, got shape [3]"},
      {[] { PReLU()(wide({2})); }, "PReLU: dtypes differ: float64 and float32"},
      {[] { PReLU()(whole({2})); }, "PReLU: expected float32 or float64, got int64"},
      {[] { Function("thrice", [](const Variable& x) { return x + Variable(); })(zeros({2})); },
       "Function: the variable is undefined"},
      // In a net the layer inside says its name.
      {[] {
         Sequential net{Sequential{Linear(2, 3), BatchNorm1d(4)}, ReLU()};
         net(zeros({2, 2}));
       },
       "BatchNorm1d: expected 4 channels at axis 1 of an input with 2 or 3 axes, got [2, 3]"},
      // A forward() alone, too.
      {[] {
         PReLU(2).forward(zeros({2, 3}));
       },
       "PReLU: expected 2 channels at axis 1, got shape [2, 3]"},
      {[] {
         GroupNorm(1, 2).forward(zeros({2, 3}));
       },
       "GroupNorm: expected 2 channels at axis 1, got shape [2, 3]"},
      {[] {
         BatchNorm2d(3).forward(zeros({2, 3}));
       },
       "BatchNorm2d: expected 3 channels at axis 1 of an input with 4 axes, got [2, 3]"},
      {[] {
         Sequential{Flatten(), Linear(4, 2)}(Tensor());
       },
       "Flatten: the variable is undefined"},
  };
}

Rows inputs_of_pooling() {
  return {
      {[] {
         MaxPool2d(3)(zeros({1, 1, 2, 8}));
       },
       "MaxPool2d: a kernel [3, 3] with dilation [1, 1] is larger than the input [1, 1, 2, 8] "
       "with padding [0, 0]"},
      {[] {
         AvgPool2d(3)(zeros({1, 1, 8, 2}));
       },
       "AvgPool2d: a kernel [3, 3] with dilation [1, 1] is larger than the input [1, 1, 8, 2] "
       "with padding [0, 0]"},
      {[] {
         MaxPool2d{kHuge}(zeros({1, 1, 2, 8}));
       },
       "MaxPool2d: expected a kernel from 1 to 2147483647, got [1099511627776, 1099511627776]"},
      {[] {
         AdaptiveAvgPool2d{kHuge}(zeros({1, 1, 2, 8}));
       },
       "AdaptiveAvgPool2d: too many elements in shape [1, 1, 1099511627776, 1099511627776]"},
      {[] {
         MaxPool2d(2)(zeros({2, 8}));
       },
       "MaxPool2d: expected images [N, C, H, W], got [2, 8]"},
      {[] {
         AvgPool2d(2)(zeros({2, 8}));
       },
       "AvgPool2d: expected images [N, C, H, W], got [2, 8]"},
      {[] {
         AdaptiveAvgPool2d(1)(zeros({2, 8}));
       },
       "AdaptiveAvgPool2d: expected images [N, C, H, W], got [2, 8]"},
      {[] {
         MaxPool2d(2)(whole({1, 1, 4, 4}));
       },
       "MaxPool2d: expected float32 or float64, got int64"},
      {[] {
         AvgPool2d(2)(whole({1, 1, 4, 4}));
       },
       "AvgPool2d: expected float32 or float64, got int64"},
      {[] {
         AdaptiveAvgPool2d(1)(whole({1, 1, 4, 4}));
       },
       "AdaptiveAvgPool2d: expected float32 or float64, got int64"},
  };
}

Rows inputs_of_normalization() {
  return {
      {[] {
         LayerNorm(3)(zeros({2, 2}));
       },
       "LayerNorm: expected the last axes to be [3], got shape [2, 2]"},
      {[] {
         LayerNorm({2, 2})(zeros({2}));
       },
       "LayerNorm: expected the last axes to be [2, 2], got shape [2]"},
      {[] { LayerNorm(3)(wide({3})); }, "LayerNorm: dtypes differ: float64 and float32"},
      {[] { LayerNorm(3, 1e-5, false)(whole({3})); },
       "LayerNorm: expected float32 or float64, got int64"},
      {[] { GroupNorm(2, 4)(zeros({4})); },
       "GroupNorm: expected 4 channels at axis 1, got shape [4]"},
      {[] {
         GroupNorm(2, 4)(zeros({2, 6, 1}));
       },
       "GroupNorm: expected 4 channels at axis 1, got shape [2, 6, 1]"},
      {[] {
         GroupNorm(2, 4)(wide({2, 4}));
       },
       "GroupNorm: dtypes differ: float64 and float32"},
      {[] {
         GroupNorm(2, 4)(whole({2, 4}));
       },
       "GroupNorm: expected float32 or float64, got int64"},
      {[] {
         BatchNorm1d(2)(zeros({1, 2}));
       },
       "BatchNorm1d: the statistics of a batch need more than one value a channel, got shape [1, "
       "2]"},
      {[] {
         BatchNorm1d(2)(zeros({0, 2}));
       },
       "BatchNorm1d: the statistics of a batch need more than one value a channel, got shape [0, "
       "2]"},
      {[] {
         BatchNorm2d(2)(zeros({1, 2, 1, 1}));
       },
       "BatchNorm2d: the statistics of a batch need more than one value a channel, got shape [1, "
       "2, 1, 1]"},
      {[] {
         BatchNorm1d(2)(zeros({4, 3}));
       },
       "BatchNorm1d: expected 2 channels at axis 1 of an input with 2 or 3 axes, got [4, 3]"},
      {[] { BatchNorm1d(2)(zeros({2})); },
       "BatchNorm1d: expected 2 channels at axis 1 of an input with 2 or 3 axes, got [2]"},
      {[] {
         BatchNorm1d(2)(zeros({4, 2, 3, 3}));
       },
       "BatchNorm1d: expected 2 channels at axis 1 of an input with 2 or 3 axes, got [4, 2, 3, 3]"},
      {[] {
         BatchNorm2d(2)(zeros({4, 2}));
       },
       "BatchNorm2d: expected 2 channels at axis 1 of an input with 4 axes, got [4, 2]"},
      {[] {
         BatchNorm1d(2)(wide({4, 2}));
       },
       "BatchNorm1d: dtypes differ: float64 and float32"},
      {[] {
         BatchNorm2d(2)(whole({4, 2, 3, 3}));
       },
       "BatchNorm2d: expected float32 or float64, got int64"},
  };
}

}  // namespace

Rows layer_input_rows() {
  Rows rows;
  for (const auto& of :
       {inputs_of_products, inputs_of_functions, inputs_of_pooling, inputs_of_normalization})
    for (const test::ErrorCase& row : of()) rows.push_back(row);
  return rows;
}

}  // namespace gradian::misuse
