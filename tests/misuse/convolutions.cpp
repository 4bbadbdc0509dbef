// Convolution and pooling: images and weights that do not go together, options out of range.
#include "tensor/conv/conv2d.h"
#include "tensor/conv/pooling.h"
#include "tests/misuse/operands.h"

namespace gradian::misuse {
namespace {

constexpr int64_t kMost = INT32_MAX;

// Every function of the geometry gets these, and says so under its own name.
struct Window {
  Pair kernel, stride, padding, dilation;
  const char* error;
};

Rows windows() {
  constexpr int64_t huge = int64_t{1} << 62;
  const Window all[] = {
      {{0, 2}, 1, 0, 1, "expected a kernel from 1 to 2147483647, got [0, 2]"},
      {2, {1, 0}, 0, 1, "expected a stride from 1 to 2147483647, got [1, 0]"},
      {2, -1, 0, 1, "expected a stride from 1 to 2147483647, got [-1, -1]"},
      {2, {huge, 1}, 0, 1, "expected a stride from 1 to 2147483647, got [4611686018427387904, 1]"},
      {2, 1, {0, -1}, 1, "expected a padding from 0 to 2147483647, got [0, -1]"},
      {2, 1, {huge, 0}, 1, "expected a padding from 0 to 2147483647, got [4611686018427387904, 0]"},
      {2, 1, 0, {0, 1}, "expected a dilation from 1 to 2147483647, got [0, 1]"},
      {2,
       1,
       0,
       {1, huge},
       "expected a dilation from 1 to 2147483647, got [1, 4611686018427387904]"},
      {{2049, 2048}, 1, 2048, 1, "expected a kernel of at most 4194304 taps, got [2049, 2048]"},
      {{1, kMost},
       1,
       {0, kMost / 2},
       1,
       "expected a kernel of at most 4194304 taps, got [1, 2147483647]"},
      {{5, 3},
       1,
       0,
       1,
       "a kernel [5, 3] with dilation [1, 1] is larger than the input [1, 1, 4, 4] with padding "
       "[0, 0]"},
      {2,
       1,
       0,
       {1, 4},
       "a kernel [2, 2] with dilation [1, 4] is larger than the input [1, 1, 4, 4] with padding "
       "[0, 0]"},
  };
  static const auto x = [] { return floats(1, 1, 4, 4); };
  Rows rows;
  for (const auto& [kernel, stride, padding, dilation, error] : all) {
    const Conv2dOptions conv{stride, padding, dilation};
    const Pool2dOptions pool{kernel, stride, padding, dilation};
    const Shape input{1, 1, 4, 4}, taps{1, 1, kernel.height, kernel.width};
    const auto weight = [=] { return floats(1, 1, 1, 1).expand(taps); };
    const std::string what = text(": ", error);
    append(rows, {
                     {[=] { conv2d(x(), weight(), conv); }, "conv2d" + what},
                     {[=] { conv2d_input_gradient(x(), weight(), input, conv); },
                      "conv2d_input_gradient" + what},
                     {[=] { conv2d_weight_gradient(x(), x(), taps, conv); },
                      "conv2d_weight_gradient" + what},
                     {[=] { conv2d_shape(input, taps, conv); }, "conv2d_shape" + what},
                     {[=] { conv2d_algorithm(DType::float32, input, taps, conv); },
                      "conv2d_algorithm" + what},
                     {[=] { max_pool2d(x(), pool); }, "max_pool2d" + what},
                     {[=] { avg_pool2d(Variable(x()), pool); }, "avg_pool2d" + what},
                     {[=] { pool2d_shape(input, pool); }, "pool2d_shape" + what},
                 });
  }
  return rows;
}

// Shapes that do not go together.
struct Operands {
  Shape input, weight;
  int64_t groups;
  const char* error;
};

Rows shapes() {
  const Operands all[] = {
      {{3, 8, 8},
       {4, 3, 3, 3},
       1,
       "expected images [N, C, H, W], got a single one, [3, 8, 8]: write unsqueeze(x, 0)"},
      {{8, 8}, {4, 3, 3, 3}, 1, "expected images [N, C, H, W], got [8, 8]"},
      {{}, {4, 3, 3, 3}, 1, "expected images [N, C, H, W], got []"},
      {{1, 1, 3, 8, 8}, {4, 3, 3, 3}, 1, "expected images [N, C, H, W], got [1, 1, 3, 8, 8]"},
      {{1, 3, 8, 8}, {4, 3, 3}, 1, "expected weight [O, C / groups, KH, KW], got [4, 3, 3]"},
      {{1, 3, 8, 8},
       {4, 2, 3, 3},
       1,
       "channels do not fit: input [1, 3, 8, 8], weight [4, 2, 3, 3], groups 1"},
      {{1, 8, 8, 3},
       {4, 3, 3, 3},
       1,  // channels last
       "channels do not fit: input [1, 8, 8, 3], weight [4, 3, 3, 3], groups 1"},
      {{1, 4, 8, 8},
       {3, 2, 3, 3},
       2,
       "channels do not fit: input [1, 4, 8, 8], weight [3, 2, 3, 3], groups 2"},
      {{1, 4, 8, 8}, {4, 4, 3, 3}, 0, "expected at least one group, got groups 0"},
      {{1, 4, 8, 8}, {4, 4, 3, 3}, -1, "expected at least one group, got groups -1"},
      {{1, 4, 8, 8},
       {4, 2, 3, 3},
       INT64_MIN + 2,
       "expected at least one group, got groups -9223372036854775806"},
      {{1, 3, 4, 8},
       {4, 3, 5, 3},
       1,
       "a kernel [5, 3] with dilation [1, 1] is larger than the input [1, 3, 4, 8] with padding "
       "[0, 0]"},
      {{4, 3, 3, 3},
       {1, 3, 8, 8},
       1,  // the wrong order
       "a kernel [8, 8] with dilation [1, 1] is larger than the input [4, 3, 3, 3] with padding "
       "[0, 0]"},
  };
  Rows rows;
  for (const Operands& o : all) {
    const Conv2dOptions options{.groups = o.groups};
    const std::string what = text(": ", o.error);
    append(rows, {
                     {[=] { conv2d(Tensor::zeros(o.input), Tensor::zeros(o.weight), options); },
                      "conv2d" + what},
                     {[=] { conv2d_shape(o.input, o.weight, options); }, "conv2d_shape" + what},
                 });
  }
  return rows;
}

// Of shapes alone, which no tensor has.
Rows impossible_shapes() {
  const Shape image{1, 3, 8, 8}, filters{4, 3, 3, 3};
  const std::string size = ": negative size in shape ";
  return {
      {[=] { conv2d_shape(sizes(-1, 3, 8, 8), filters, {}); },
       "conv2d_shape" + size + "[-1, 3, 8, 8]"},
      {[=] { conv2d_shape(sizes(1, -3, 8, 8), sizes(4, -3, 3, 3), {}); },
       "conv2d_shape" + size + "[1, -3, 8, 8]"},
      {[=] { conv2d_shape(sizes(1, 3, -4, 8), filters, {.padding = 9}); },
       "conv2d_shape" + size + "[1, 3, -4, 8]"},
      {[=] { conv2d_shape(image, sizes(-4, 3, 3, 3), {}); },
       "conv2d_shape" + size + "[-4, 3, 3, 3]"},
      {[=] { conv2d_shape(sizes(kHuge, kHuge, 8, 8), filters, {}); },
       "conv2d_shape: too many elements in shape [1099511627776, 1099511627776, 8, 8]"},
      {[=] { conv2d_algorithm(DType::float32, sizes(-1, 3, 8, 8), filters, {}); },
       "conv2d_algorithm" + size + "[-1, 3, 8, 8]"},
      {[=] {
         conv2d_input_gradient(floats(1, 4, 6, 6), floats(4, 3, 3, 3), {-1, 3, 8, 8}, {});
       },
       "conv2d_input_gradient" + size + "[-1, 3, 8, 8]"},
      {[=] {
         conv2d_weight_gradient(floats(1, 4, 6, 6), floats(1, 3, 8, 8), {4, 3, -3, 3}, {});
       },
       "conv2d_weight_gradient" + size + "[4, 3, -3, 3]"},
      {[=] { pool2d_shape(sizes(-1, 3, 8, 8), {.kernel = 2}); },
       "pool2d_shape" + size + "[-1, 3, 8, 8]"},
      {[=] { pool2d_shape(sizes(kHuge, kHuge, 8, 8), {.kernel = 2}); },
       "pool2d_shape: too many elements in shape [1099511627776, 1099511627776, 8, 8]"},
      {[] { conv2d(floats(1, 1, 1, 1), floats(1, 1, 1, 1), {.padding = kMost}); },
       "conv2d: too many elements in shape [1, 1, 4294967295, 4294967295]"},
  };
}

Rows operands() {
  static const auto x = [] { return floats(1, 3, 8, 8); };
  static const auto w = [] { return floats(4, 3, 3, 3); };
  static const auto grad = [] { return floats(1, 4, 6, 6); };
  static const Shape image{1, 3, 8, 8}, filters{4, 3, 3, 3};
  Rows rows{
      {[] { conv2d(x(), doubles(4, 3, 3, 3)); }, "conv2d: dtypes differ: float32 and float64"},
      {[] { conv2d(integers(1, 3, 8, 8), integers(4, 3, 3, 3)); },
       "conv2d: expected float32 or float64, got int64"},
      {[] { conv2d(x(), w(), floats(3)); }, "conv2d: expected bias [4], got [3]"},
      {[] { conv2d(x(), w(), floats(4, 1)); }, "conv2d: expected bias [4], got [4, 1]"},
      {[] { conv2d(x(), w(), doubles(4)); }, "conv2d: dtypes differ: float32 and float64"},
      {[] { conv2d_input_gradient(floats(1, 4, 6, 5), w(), image, {}); },
       "conv2d_input_gradient: expected a gradient of shape [1, 4, 6, 6], got [1, 4, 6, 5]"},
      {[] { conv2d_input_gradient(grad(), doubles(4, 3, 3, 3), image, {}); },
       "conv2d_input_gradient: dtypes differ: float32 and float64"},
      {[] { conv2d_input_gradient(integers(1, 4, 6, 6), integers(4, 3, 3, 3), image, {}); },
       "conv2d_input_gradient: expected float32 or float64, got int64"},
      {[] { conv2d_weight_gradient(floats(2, 4, 6, 6), x(), filters, {}); },
       "conv2d_weight_gradient: expected a gradient of shape [1, 4, 6, 6], got [2, 4, 6, 6]"},
      {[] { conv2d_weight_gradient(grad(), doubles(1, 3, 8, 8), filters, {}); },
       "conv2d_weight_gradient: dtypes differ: float32 and float64"},
      {[] { conv2d_weight_gradient(integers(1, 4, 6, 6), integers(1, 3, 8, 8), filters, {}); },
       "conv2d_weight_gradient: expected float32 or float64, got int64"},
  };
  add_undefined(
      rows,
      {
          {"conv2d", [] { conv2d(Tensor(), w()); }},
          {"conv2d", [] { conv2d(x(), Tensor()); }},
          {"conv2d_input_gradient", [] { conv2d_input_gradient(Tensor(), w(), image, {}); }},
          {"conv2d_input_gradient", [] { conv2d_input_gradient(grad(), Tensor(), image, {}); }},
          {"conv2d_weight_gradient", [] { conv2d_weight_gradient(Tensor(), x(), filters, {}); }},
          {"conv2d_weight_gradient", [] { conv2d_weight_gradient(grad(), Tensor(), filters, {}); }},
          {"max_pool2d", [] { max_pool2d(Tensor(), {.kernel = 1}); }},
      });
  return rows;
}

Rows pooling() {
  const std::string alone = "max_pool2d: a window holds padding alone: kernel [2, 2], dilation ";
  return {
      {[] { max_pool2d(floats(3, 6, 6), {.kernel = 2}); },
       "max_pool2d: expected images [N, C, H, W], got a single one, [3, 6, 6]: write "
       "unsqueeze(x, 0)"},
      {[] { max_pool2d(floats(6, 6), {.kernel = 2}); },
       "max_pool2d: expected images [N, C, H, W], got [6, 6]"},
      {[] { max_pool2d(floats(1, 3, 6, 6), {.kernel = 3, .padding = 2}); },
       "max_pool2d: padding [2, 2] is more than half of the kernel [3, 3]"},
      {[] { pool2d_shape(sizes(1, 3, 6, 6), {.kernel = 3, .padding = 2}); },
       "pool2d_shape: padding [2, 2] is more than half of the kernel [3, 3]"},
      {[] {
         pool2d_shape({1, 3, 4, 0}, {.kernel = 1, .stride = 2, .ceil_mode = true});
       },
       "pool2d_shape: a kernel [1, 1] with dilation [1, 1] is larger than the input [1, 3, 4, 0] "
       "with padding [0, 0]"},
      {[] { max_pool2d(floats(1, 3, 6, 2), {.kernel = 3, .stride = 2}); },
       "max_pool2d: a kernel [3, 3] with dilation [1, 1] is larger than the input [1, 3, 6, 2] "
       "with padding [0, 0]"},
      {[] { max_pool2d(integers(1, 1, 4, 4), {.kernel = 2}); },
       "max_pool2d: expected float32 or float64, got int64"},
      {[] { max_pool2d(floats(1, 1, 1, 1).expand(sizes(1, 1, 65536, 65536)), {.kernel = 2}); },
       "max_pool2d: expected planes of less than 2147483647 elements, got input [1, 1, 65536, "
       "65536]"},
      // Taps at -1 and 2 of two rows; no rows at all.
      {[] {
         max_pool2d(floats(1, 1, 2, 2), {{2, 2}, 1, 1, 3});
       },
       alone + "[3, 3], input [1, 1, 2, 2]"},
      {[] {
         max_pool2d(floats(1, 1, 0, 2), {{2, 2}, 1, 1, 1});
       },
       alone + "[1, 1], input [1, 1, 0, 2]"},
  };
}

// Numbers that were made enumerators.
Rows algorithms() {
  static const Shape image{1, 3, 8, 8}, filters{4, 3, 3, 3};
  const std::string refusal = ": expected an algorithm from 0 to 4, got number ";
  return {
      {[] { set_conv_algorithm(static_cast<ConvAlgorithm>(5)); },
       "set_conv_algorithm" + refusal + "5"},
      {[] { set_conv_algorithm(static_cast<ConvAlgorithm>(-1)); },
       "set_conv_algorithm" + refusal + "-1"},
      {[] { name(static_cast<ConvAlgorithm>(5)); }, "name" + refusal + "5"},
      {[] { name(static_cast<ConvAlgorithm>(-1)); }, "name" + refusal + "-1"},
      {[] { conv2d_algorithm(kNoDType, image, filters, {}); },
       "conv2d_algorithm: expected float32, float64 or int64, got a dtype of number 7"},
      {[] { conv2d_algorithm(DType::float32, sizes(3, 8, 8), filters, {}); },
       "conv2d_algorithm: expected images [N, C, H, W], got a single one, [3, 8, 8]: write "
       "unsqueeze(x, 0)"},
  };
}

}  // namespace

Rows conv_rows() {
  Rows rows;
  for (const auto& make : {windows, shapes, impossible_shapes, operands, pooling, algorithms})
    append(rows, make());
  return rows;
}

}  // namespace gradian::misuse
