// The functions of autograd/ops.h that normalise, multiply and pool, and the margin head.
#include "tests/misuse/variable_operands.h"

namespace gradian::misuse {
namespace {

Rows norms() {
  static const Tensor three = Tensor::ones(sizes(3)), minus = Tensor::full(sizes(3), -1);
  return {
      {[] { normalize(ones(2, 3), 2); }, "normalize: axis 2 is out of range for 2 axes"},
      {[] { normalize(ones(3)); }, "normalize: axis 1 is out of range for 1 axes"},
      {[] { normalize(ones(2, 3), 1, kNaN); },
       "normalize: eps must be finite and not negative, got nan"},
      {[] { normalize(ones(2, 3), 1, kInf); },
       "normalize: eps must be finite and not negative, got inf"},
      {[] { normalize(ones(2, 3), 1, -1.0); },
       "normalize: eps must be finite and not negative, got -1"},
      {[] { cosine_similarity(ones(2, 3), ones(2, 3), 2); },
       "cosine_similarity: axis 2 is out of range for 2 axes"},
      {[] { cosine_similarity(ones(3), ones(3)); },
       "cosine_similarity: axis 1 is out of range for 1 axes"},
      {[] { cosine_similarity(ones(2, 3), ones(2, 3), 1, -1); },
       "cosine_similarity: eps must be finite and not negative, got -1"},
      {[] { cosine_similarity(ones(2, 3), ones(2, 3), 1, kNaN); },
       "cosine_similarity: eps must be finite and not negative, got nan"},
      {[] { layer_norm(ones(2, 3), sizes(2)); },
       "layer_norm: expected the last axes to be [2], got shape [2, 3]"},
      {[] { layer_norm(ones(2, 3), Shape()); },
       "layer_norm: expected the last axes to be [], got shape [2, 3]"},
      {[] { layer_norm(ones(3), sizes(2, 3)); },
       "layer_norm: expected the last axes to be [2, 3], got shape [3]"},
      {[] { layer_norm(ones(2, 3), sizes(-3)); },
       "layer_norm: expected the last axes to be [-3], got shape [2, 3]"},
      {[] { layer_norm(ones(2, 3), sizes(3), {}, {}, -1); },
       "layer_norm: eps must be finite and not negative, got -1"},
      {[] { layer_norm(ones(2, 3), sizes(3), {}, {}, kNaN); },
       "layer_norm: eps must be finite and not negative, got nan"},
      {[] { layer_norm(ones(3), sizes(3), ones(2, 3)); },
       "layer_norm: expected weight and bias of shape [3], got [2, 3]"},
      {[] { layer_norm(ones(3), sizes(3), {}, ones(2, 3)); },
       "layer_norm: expected weight and bias of shape [3], got [2, 3]"},
      {[] { layer_norm(ones(2, 3), sizes(3), ones(3), ones(1, 3)); },
       "layer_norm: expected weight and bias of shape [3], got [1, 3]"},
      {[] { layer_norm(ones64(2, 3), sizes(3), ones(3)); },
       "layer_norm: dtypes differ: float64 and float32"},
      {[] { batch_norm(ones(3), {}, {}); }, "batch_norm: expected [N, C, ...], got [3]"},
      {[] { batch_norm(ones(), {}, {}); }, "batch_norm: expected [N, C, ...], got []"},
      {[] { batch_norm(ones(2, 3), three, {}); },
       "batch_norm: mean and variance go together: variance is undefined"},
      {[] { batch_norm(ones(2, 3), {}, three); },
       "batch_norm: mean and variance go together: mean is undefined"},
      {[] { batch_norm(ones(2, 4), three, three); },
       "batch_norm: expected shape [4] for an input of shape [2, 4], got [3]"},
      {[] { batch_norm(ones(2, 4, 5), {}, {}, {}, {}, 1e-5, nullptr, Variable(three)); },
       "batch_norm: expected shape [4] for an input of shape [2, 4, 5], got [3]"},
      {[] { batch_norm(ones(2, 3), {}, {}, ones(2, 3)); },
       "batch_norm: expected shape [3] for an input of shape [2, 3], got [2, 3]"},
      {[] { batch_norm(ones(2, 3), {}, {}, {}, ones(1)); },
       "batch_norm: expected shape [3] for an input of shape [2, 3], got [1]"},
      {[] { batch_norm(ones64(2, 3), three, three); },
       "batch_norm: dtypes differ: float64 and float32"},
      {[] { batch_norm(ones64(2, 3), {}, {}, ones(3)); },
       "batch_norm: dtypes differ: float64 and float32"},
      {[] { batch_norm(ones64(2, 3, 4, 4), {}, {}, {}, ones(3)); },
       "batch_norm: dtypes differ: float64 and float32"},
      {[] { batch_norm(ones(2, 3), {}, {}, {}, {}, kNaN); },
       "batch_norm: eps must be finite and not negative, got nan"},
      {[] { batch_norm(ones(2, 3), {}, {}, {}, {}, -1e-5); },
       "batch_norm: eps must be finite and not negative, got -1e-05"},
  };
}

Rows products() {
  return {
      {[] { matmul(ones(), ones()); }, "matmul: expected at least one axis, got a [], b []"},
      {[] { matmul(ones(3), ones()); }, "matmul: expected at least one axis, got a [3], b []"},
      {[] { matmul(ones(2, 3), ones(4, 2)); },
       "matmul: inner dimensions differ: a [2, 3], b [4, 2]"},
      {[] { matmul(ones(2, 3), ones(2)); }, "matmul: inner dimensions differ: a [2, 3], b [2]"},
      {[] { matmul(ones(3), ones(2, 3)); }, "matmul: inner dimensions differ: a [3], b [2, 3]"},
      {[] { matmul(ones(3), ones(4)); }, "matmul: inner dimensions differ: a [3], b [4]"},
      {[] { matmul(ones(2, 2, 3), ones(3, 3, 2)); }, "matmul: shapes [2] and [3] do not broadcast"},
      {[] { matmul(ones64(2, 3), ones(3, 2)); }, "matmul: dtypes differ: float64 and float32"},
      {[] { linear(ones(2, 3), ones(4, 2)); },
       "linear: expected x [..., I] and weight [O, I], got x [2, 3], weight [4, 2]"},
      {[] { linear(ones(), ones(4, 2)); },
       "linear: expected x [..., I] and weight [O, I], got x [], weight [4, 2]"},
      {[] { linear(ones(2, 3), ones(3)); },
       "linear: expected x [..., I] and weight [O, I], got x [2, 3], weight [3]"},
      {[] { linear(ones(2, 3), ones(4, 3), ones()); }, "linear: expected bias [4], got []"},
      {[] { linear(ones(2, 3), ones(4, 3), ones(3)); }, "linear: expected bias [4], got [3]"},
      {[] { linear(ones64(2, 3), ones(4, 3)); }, "linear: dtypes differ: float64 and float32"},
      {[] { linear(ones(2, 3), ones(4, 3), ones64(4)); },
       "linear: dtypes differ: float32 and float64"},
  };
}

Rows convolutions() {
  return {
      {[] { conv2d(ones(2, 4, 4), ones(1, 2, 3, 3)); },
       "conv2d: expected images [N, C, H, W], got a single one, [2, 4, 4]: write unsqueeze(x, 0)"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(2, 3)); },
       "conv2d: expected weight [O, C / groups, KH, KW], got [2, 3]"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 3, 3, 3)); },
       "conv2d: channels do not fit: input [1, 2, 4, 4], weight [1, 3, 3, 3], groups 1"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 2, 3, 3), ones(2)); },
       "conv2d: expected bias [1], got [2]"},
      {[] { conv2d(ones(1, 2, 4, 4), ones64(1, 2, 3, 3)); },
       "conv2d: dtypes differ: float32 and float64"},
      {[] { conv2d(whole(1, 2, 4, 4), whole(1, 2, 3, 3)); },
       "conv2d: expected float32 or float64, got int64"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 2, 5, 5)); },
       "conv2d: a kernel [5, 5] with dilation [1, 1] is larger than the input [1, 2, 4, 4] with "
       "padding [0, 0]"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 2, 3, 3), {.stride = 0}); },
       "conv2d: expected a stride from 1 to 2147483647, got [0, 0]"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 2, 3, 3), {.padding = -1}); },
       "conv2d: expected a padding from 0 to 2147483647, got [-1, -1]"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 2, 3, 3), {.dilation = kHuge}); },
       "conv2d: expected a dilation from 1 to 2147483647, got [1099511627776, 1099511627776]"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 2, 3, 3), {.groups = 0}); },
       "conv2d: expected at least one group, got groups 0"},
      {[] { conv2d(ones(1, 2, 4, 4), ones(1, 2, 3, 3), {.groups = INT64_MIN}); },
       "conv2d: expected at least one group, got groups -9223372036854775808"},
      {[] { conv2d_input_gradient(ones(1, 1, 3, 3), ones(1, 2, 3, 3), sizes(1, 2, 4, 4)); },
       "conv2d_input_gradient: expected a gradient of shape [1, 1, 2, 2], got [1, 1, 3, 3]"},
      {[] { conv2d_input_gradient(ones(1, 1, 2, 2), ones(1, 2, 3, 3), sizes(2, 4, 4)); },
       "conv2d_input_gradient: expected images [N, C, H, W], got a single one, [2, 4, 4]: write "
       "unsqueeze(x, 0)"},
      {[] { conv2d_input_gradient(ones(1, 1, 2, 2), ones64(1, 2, 3, 3), sizes(1, 2, 4, 4)); },
       "conv2d_input_gradient: dtypes differ: float32 and float64"},
      {[] { conv2d_weight_gradient(ones(1, 1, 3, 3), ones(1, 2, 4, 4), sizes(1, 2, 3, 3)); },
       "conv2d_weight_gradient: expected a gradient of shape [1, 1, 2, 2], got [1, 1, 3, 3]"},
      {[] { conv2d_weight_gradient(ones(1, 1, 2, 2), ones(1, 2, 4, 4), sizes(2, 3)); },
       "conv2d_weight_gradient: expected weight [O, C / groups, KH, KW], got [2, 3]"},
      {[] { conv2d_weight_gradient(ones(1, 1, 2, 2), ones(1, 2, 4, 4), sizes(1, 2, 0, 3)); },
       "conv2d_weight_gradient: expected a kernel from 1 to 2147483647, got [0, 3]"},
      {[] { conv2d_weight_gradient(ones(1, 1, 2, 2), ones64(1, 2, 4, 4), sizes(1, 2, 3, 3)); },
       "conv2d_weight_gradient: dtypes differ: float32 and float64"},
  };
}

// Of both poolings by windows; then of each one alone.
void add_pooling(Rows& rows) {
  struct Pooling {
    const char* name;
    void (*f)(const Variable&, const Pool2dOptions&);
  };
  const std::vector<Pooling> poolings{
      {"max_pool2d", [](const Variable& x, const Pool2dOptions& o) { max_pool2d(x, o); }},
      {"avg_pool2d", [](const Variable& x, const Pool2dOptions& o) { avg_pool2d(x, o); }},
  };
  struct Refused {
    Pool2dOptions options;
    const char* text;
  };
  const std::vector<Refused> refused{
      {{.kernel = 5},
       ": a kernel [5, 5] with dilation [1, 1] is larger than the input [1, 2, 4, 4] with padding "
       "[0, 0]"},
      {{.kernel = 2, .padding = 2}, ": padding [2, 2] is more than half of the kernel [2, 2]"},
      {{.kernel = {0, 2}}, ": expected a kernel from 1 to 2147483647, got [0, 2]"},
      {{.kernel = 2, .stride = 0}, ": expected a stride from 1 to 2147483647, got [0, 0]"},
      {{.kernel = 2, .stride = INT64_MIN},
       ": expected a stride from 1 to 2147483647, got [-9223372036854775808, "
       "-9223372036854775808]"},
      {{.kernel = 2, .padding = {0, -1}}, ": expected a padding from 0 to 2147483647, got [0, -1]"},
      {{.kernel = 2, .dilation = 0}, ": expected a dilation from 1 to 2147483647, got [0, 0]"},
      {{.kernel = 2, .dilation = 4},
       ": a kernel [2, 2] with dilation [4, 4] is larger than the input [1, 2, 4, 4] with padding "
       "[0, 0]"},
      {{.kernel = kHuge},
       ": expected a kernel from 1 to 2147483647, got [1099511627776, 1099511627776]"},
  };
  for (const auto& [name, f] : poolings) {
    for (const Refused& r : refused)
      rows.push_back({[f = f, options = r.options] { f(ones(1, 2, 4, 4), options); },
                      std::string(name) + r.text});
    rows.push_back({[f = f] { f(ones(2, 3), {.kernel = 1}); },
                    text(name, ": expected images [N, C, H, W], got [2, 3]")});
    rows.push_back({[f = f] { f(ones(2, 4, 4), {.kernel = 1}); },
                    text(name,
                         ": expected images [N, C, H, W], got a single one, [2, 4, 4]: write "
                         "unsqueeze(x, 0)")});
    rows.push_back({[f = f] { f(whole(1, 2, 4, 4), {.kernel = 2}); },
                    text(name, ": expected float32 or float64, got int64")});
  }
}

Rows pooling() {
  static const Pool2dOptions around{.kernel = 2, .padding = 1, .dilation = 2};
  return {
      {[] { avg_pool2d(ones(1, 1, 1, 1), around, false); },
       "avg_pool2d: a window holds padding alone: kernel [2, 2], dilation [2, 2], input [1, 1, 1, "
       "1]"},
      {[] { max_pool2d(ones(1, 1, 1, 1), around); },
       "max_pool2d: a window holds padding alone: kernel [2, 2], dilation [2, 2], input [1, 1, 1, "
       "1]"},
      {[] { adaptive_avg_pool2d(ones(2, 3), 1); },
       "adaptive_avg_pool2d: expected images [N, C, H, W], got [2, 3]"},
      {[] { adaptive_avg_pool2d(ones(1, 2, 4, 4), Pair(0, 1)); },
       "adaptive_avg_pool2d: expected an output_size of at least 1, got [0, 1]"},
      {[] { adaptive_avg_pool2d(ones(1, 2, 4, 4), INT64_MIN); },
       "adaptive_avg_pool2d: expected an output_size of at least 1, got [-9223372036854775808, "
       "-9223372036854775808]"},
      {[] { adaptive_avg_pool2d(whole(1, 2, 4, 4), 1); },
       "adaptive_avg_pool2d: expected float32 or float64, got int64"},
      {[] { adaptive_avg_pool2d(ones(1, 1, 0, 2), 1); },
       "adaptive_avg_pool2d: expected images of at least one pixel, got [1, 1, 0, 2]"},
      {[] { adaptive_avg_pool2d(ones(1, 2, 4, 4), int64_t{1} << 62); },
       "adaptive_avg_pool2d: too many elements in shape [1, 2, 4611686018427387904, "
       "4611686018427387904]"},
      {[] { adaptive_avg_pool2d(ones(1, 2, 4, 4), Pair(1, kHuge)); },
       "adaptive_avg_pool2d: no memory for 8796.09 GB, int64 [1099511627776]"},
      {[] { adaptive_avg_pool2d(ones(1, 2, 4, 4), Pair(kHuge, kHuge)); },
       "adaptive_avg_pool2d: too many elements in shape [1, 2, 1099511627776, 1099511627776]"},
  };
}

// Of the fused head and of its composite.
void add_margin_heads(Rows& rows) {
  struct Head {
    const char* name;
    Variable (*f)(const Variable&, const Variable&, const Tensor&, double, const MarginFunction&);
  };
  const std::vector<Head> heads{
      {"margin_cross_entropy", margin_cross_entropy},
      {"margin_cross_entropy_composite", margin_cross_entropy_composite},
  };
  static const MarginFunction same = [](const Variable& cosine) { return cosine; };
  static const Tensor labels = indices(0, 1);
  const auto refused = [&](const std::string& error, const Variable& x, const Variable& weight,
                           const Tensor& given, double scale, const MarginFunction& margin) {
    for (const Head& head : heads)
      rows.push_back({[=, f = head.f] { f(x, weight, given, scale, margin); }, head.name + error});
  };
  const Variable x = ones(2, 3), w = ones(4, 3);
  refused(": expected x [B, D] and weight [C, D], got x [3], weight [4, 3]", ones(3), w, labels, 2,
          same);
  refused(": expected x [B, D] and weight [C, D], got x [2, 3], weight [4, 2]", x, ones(4, 2),
          labels, 2, same);
  refused(": dtypes differ: float32 and float64", x, ones64(4, 3), labels, 2, same);
  refused(": expected float32 or float64, got int64", whole(2, 3), whole(4, 3), labels, 2, same);
  refused(": the labels are undefined", x, w, Tensor(), 2, same);
  refused(": labels must be int64, got float32", x, w, Tensor::ones(sizes(2)), 2, same);
  refused(": expected 2 labels, got shape [3]", x, w, indices(0, 1, 2), 2, same);
  refused(": label 4 at row 1, but there are 4 classes", x, w, indices(0, 4), 2, same);
  refused(": label -1 at row 0, but there are 4 classes", x, w, indices(-1, 0), 2, same);
  refused(": label 0 at row 0, but there are 0 classes", x, ones(0, 3), labels, 2, same);
  for (const auto& [scale, came] : {std::pair{0.0, "0"},
                                    {-1.0, "-1"},
                                    {kNaN, "nan"},
                                    {kInf, "inf"},
                                    {1e300, "1e+300"},
                                    {1e-300, "1e-300"}})
    refused(text(": the scale must be positive and finite in float32, got ", came), x, w, labels,
            scale, same);
  refused(": there is no margin", x, w, labels, 2, nullptr);
  refused(": the margin returned an undefined variable", x, w, labels, 2,
          [](const Variable&) { return Variable(); });
  refused(": the margin must return float32 [2], one logit for each row, got float32 []", x, w,
          labels, 2, [](const Variable& cosine) { return sum(cosine); });
  refused(": the margin must return float32 [2], one logit for each row, got float64 [2]", x, w,
          labels, 2, [](const Variable&) { return ones64(2); });
  refused(": shapes [2] and [3] do not broadcast", x, w, labels, 2,
          [](const Variable& cosine) { return cosine - ones(3); });
  rows.push_back({[] {
                    const Variable margin(Tensor::ones(sizes(2)), true);
                    margin_cross_entropy(ones(2, 3), ones(4, 3), labels, 2,
                                         [=](const Variable& cosine) { return cosine - margin; });
                  },
                  "margin_cross_entropy: the margin depends on other variables that require a "
                  "gradient, which they would not get; detach them"});
}

}  // namespace

Rows function_product_rows() {
  Rows rows = norms();
  for (const Rows& more : {products(), convolutions(), pooling()})
    rows.insert(rows.end(), more.begin(), more.end());
  add_pooling(rows);
  add_margin_heads(rows);
  return rows;
}

}  // namespace gradian::misuse
