#include "nn/layers.h"

#include <cmath>
#include <typeinfo>

#include "autograd/ops/arguments.h"
#include "nn/init.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian::nn {
namespace {

std::string value_text(const Pair& pair) {
  return pair[0] == pair[1] ? text(pair[0]) : text(pair[0], 'x', pair[1]);
}
std::string value_text(double value) { return text(value); }

// ", name value"; nothing for the default.
template <class T>
std::string setting(const char* name, const T& value, const T& otherwise) {
  return value == otherwise ? "" : text(", ", name, ' ', value_text(value));
}
std::string without(const char* name, bool wanted) { return wanted ? "" : text(", no ", name); }

struct Size {
  const char* name;
  Pair value;
};
void check_sizes(std::initializer_list<Size> sizes) {
  for (const auto& [name, value] : sizes)
    check(std::min(value[0], value[1]) > 0, name, " must be positive, got ", value_text(value));
}

void check_padding(const Pair& padding) {
  check(std::min(padding[0], padding[1]) >= 0, "padding must not be negative, got ",
        value_text(padding));
}

void check_channels(const Variable& x, int64_t channels) {
  check(x.dim() >= 2 && x.size(1) == channels, "expected ", channels,
        " channels at axis 1, got shape ", x.shape());
}

// Uniform in +-1 / sqrt(fan_in): what PyTorch's Linear and Conv2d start from.
Tensor initial_weight(const Shape& shape, int64_t fan_in) {
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  return rand(shape, DType::float32, -bound, bound);
}
Tensor initial_weight(const Shape& shape) { return initial_weight(shape, fan_in(shape)); }

// Undefined unless it is wanted: the layer then has none. [out]
Tensor initial_bias(bool wanted, const Variable& weight) {
  return wanted ? initial_weight({weight.size(0)}, fan_in(weight.shape())) : Tensor();
}

// All of one value; undefined unless it is wanted.
Tensor initial_affine(bool wanted, const Shape& shape, double value) {
  return wanted ? Tensor::full(shape, value) : Tensor();
}

// [C] in the shape in which it broadcasts to x [N, C, ...].
Variable along_channels(const Variable& values, const Variable& x) {
  Shape shape = Shape::filled(x.dim(), 1);
  shape[1] = values.numel();
  return reshape(values, shape);
}

// Null for another layer, and for one of a derived class, which may have a forward of its own.
template <class Layer>
Layer* exactly(Module* layer) {
  return layer && typeid(*layer) == typeid(Layer) ? static_cast<Layer*>(layer) : nullptr;
}

}  // namespace

static std::string linear_settings(int64_t in_features, int64_t out_features, bool bias) {
  check_sizes({{"in_features", in_features}, {"out_features", out_features}});
  return text(in_features, " -> ", out_features, without("bias", bias));
}

Linear::Linear(const Calling&, int64_t in_features, int64_t out_features, bool with_bias)
    : Module(linear_settings(in_features, out_features, with_bias)),
      weight(add_parameter("weight", initial_weight({out_features, in_features}))),
      bias(add_parameter("bias", initial_bias(with_bias, weight))) {
  set_multiply_adds(in_features);
}

static std::string conv2d_settings(int64_t in_channels, int64_t out_channels,
                                   const Pair& kernel_size, const Conv2d::Options& options) {
  check_sizes({{"in_channels", in_channels},
               {"out_channels", out_channels},
               {"kernel_size", kernel_size},
               {"stride", options.stride},
               {"dilation", options.dilation},
               {"groups", options.groups}});
  check_padding(options.padding);
  check(in_channels % options.groups == 0 && out_channels % options.groups == 0, in_channels,
        " and ", out_channels, " channels do not divide into ", options.groups, " groups");
  const Conv2d::Options plain;
  return text(in_channels, " -> ", out_channels, ", ", kernel_size[0], 'x', kernel_size[1],
              setting("stride", options.stride, plain.stride),
              setting("padding", options.padding, plain.padding),
              setting("dilation", options.dilation, plain.dilation),
              setting<Pair>("groups", options.groups, plain.groups), without("bias", options.bias));
}

Conv2d::Conv2d(const Calling&, int64_t in_channels, int64_t out_channels, const Pair& kernel_size,
               const Options& options)
    : Module(conv2d_settings(in_channels, out_channels, kernel_size, options)),
      weight(add_parameter("weight", initial_weight({out_channels, in_channels / options.groups,
                                                     kernel_size[0], kernel_size[1]}))),
      bias(add_parameter("bias", initial_bias(options.bias, weight))),
      options_{options.stride, options.padding, options.dilation, options.groups} {
  set_multiply_adds(fan_in(weight.shape()));
}

Function::Call Function::given(Call call) {
  const Calling calling("Function");
  check(call != nullptr, "expected a function of a Variable, got an empty one");
  return call;
}

LeakyReLU::LeakyReLU(double negative_slope)
    : Function(text(negative_slope),
               [=](const Variable& x) { return leaky_relu(x, negative_slope); }) {
  const Calling calling("LeakyReLU");
  check(std::isfinite(negative_slope), "negative_slope must be finite, got ", negative_slope);
}

GELU::GELU(std::same_as<bool> auto approximate_tanh)
    : Function(approximate_tanh ? "tanh" : "",
               [=](const Variable& x) { return gelu(x, approximate_tanh); }) {}
template GELU::GELU(bool);

Flatten::Flatten(int start_axis)
    : Function(start_axis == 1 ? "" : text("from axis ", start_axis),
               [=](const Variable& x) { return flatten(x, start_axis); }) {}

static std::string pooling_settings(const Calling&, const Pool2dOptions& options) {
  const auto& [kernel, stride, padding, dilation, ceil_mode] = options;
  check_sizes({{"kernel_size", kernel}, {"stride", stride}, {"dilation", dilation}});
  check_padding(padding);
  check(padding[0] <= kernel[0] / 2 && padding[1] <= kernel[1] / 2, "padding ", value_text(padding),
        " is more than half of the kernel ", value_text(kernel));
  const Pool2dOptions plain{kernel};
  return text(value_text(kernel), setting("stride", stride, plain.stride),
              setting("padding", padding, plain.padding),
              setting("dilation", dilation, plain.dilation), ceil_mode ? ", ceil_mode" : "");
}

MaxPool2d::MaxPool2d(const Pool2dOptions& options)
    : Function(pooling_settings(Calling("MaxPool2d"), options),
               [=](const Variable& x) { return max_pool2d(x, options); }) {}

AvgPool2d::AvgPool2d(const Pool2dOptions& options, bool count_include_pad)
    : Function(pooling_settings(Calling("AvgPool2d"), options) +
                   (count_include_pad ? "" : ", padding not counted"),
               [=](const Variable& x) { return avg_pool2d(x, options, count_include_pad); }) {}

AdaptiveAvgPool2d::AdaptiveAvgPool2d(Pair output_size)
    : Function(value_text(output_size),
               [=](const Variable& x) { return adaptive_avg_pool2d(x, output_size); }) {
  const Calling calling("AdaptiveAvgPool2d");
  check_sizes({{"output_size", output_size}});
}

static std::string prelu_settings(int64_t num_parameters, double init) {
  check_sizes({{"num_parameters", num_parameters}});
  check(std::isfinite(static_cast<float>(init)), "init must be finite in float32, got ", init);
  return text(num_parameters);
}

PReLU::PReLU(const Calling&, int64_t num_parameters, double init)
    : Module(prelu_settings(num_parameters, init)),
      weight(add_parameter("weight", Tensor::full({num_parameters}, init))) {}

Variable PReLU::forward(const Variable& x) {
  const Calling calling(class_name());
  if (weight.numel() == 1) return prelu(x, x.dim() == 0 ? reshape(weight, {}) : weight);
  check_channels(x, weight.numel());
  return prelu(x, along_channels(weight, x));
}

Dropout::Dropout(double p) : Module(text(p)), p_(p) {
  const Calling calling("Dropout");
  check(p >= 0 && p <= 1, "expected a probability, got ", p);
}

static std::string embedding_settings(int64_t num_embeddings, int64_t embedding_dim) {
  check_sizes({{"num_embeddings", num_embeddings}, {"embedding_dim", embedding_dim}});
  return text(num_embeddings, " x ", embedding_dim);
}

Embedding::Embedding(const Calling&, int64_t num_embeddings, int64_t embedding_dim)
    : Module(embedding_settings(num_embeddings, embedding_dim)),
      weight(add_parameter("weight", randn({num_embeddings, embedding_dim}))) {}

static std::string layer_norm_settings(const Shape& normalized_shape, double eps, bool affine) {
  check(!normalized_shape.empty() &&
            *std::min_element(normalized_shape.begin(), normalized_shape.end()) > 0,
        "expected at least one axis and positive sizes, got ", normalized_shape);
  check_not_negative("eps", eps);
  return text(normalized_shape, setting("eps", eps, 1e-5), without("affine", affine));
}

LayerNorm::LayerNorm(const Calling&, const Shape& normalized_shape, double eps, bool affine)
    : Module(layer_norm_settings(normalized_shape, eps, affine)),
      weight(add_parameter("weight", initial_affine(affine, normalized_shape, 1))),
      bias(add_parameter("bias", initial_affine(affine, normalized_shape, 0))),
      normalized_shape_(normalized_shape),
      eps_(eps) {}

static std::string group_norm_settings(int64_t num_groups, int64_t num_channels, double eps,
                                       bool affine) {
  check_sizes({{"num_groups", num_groups}, {"num_channels", num_channels}});
  check(num_channels % num_groups == 0, num_channels, " channels do not divide into ", num_groups,
        " groups");
  check_not_negative("eps", eps);
  return text(num_groups, " groups, ", num_channels, " channels", setting("eps", eps, 1e-5),
              without("affine", affine));
}

GroupNorm::GroupNorm(const Calling&, int64_t num_groups, int64_t num_channels, double eps,
                     bool affine)
    : Module(group_norm_settings(num_groups, num_channels, eps, affine)),
      weight(add_parameter("weight", initial_affine(affine, {num_channels}, 1))),
      bias(add_parameter("bias", initial_affine(affine, {num_channels}, 0))),
      num_groups_(num_groups),
      num_channels_(num_channels),
      eps_(eps) {}

Variable GroupNorm::forward(const Variable& x) {
  const Calling calling(class_name());
  check_channels(x, num_channels_);
  int64_t size = num_channels_ / num_groups_;  // of a group
  for (int axis = 2; axis < x.dim(); ++axis) size *= x.size(axis);
  const Variable groups = reshape(x, {x.size(0), num_groups_, size});
  const Variable y = reshape(layer_norm(groups, {size}, {}, {}, eps_), x.shape());
  return weight.defined() ? y * along_channels(weight, x) + along_channels(bias, x) : y;
}

static std::string batch_norm_settings(int64_t num_features, const BatchNorm::Options& options) {
  const auto& [eps, momentum, affine, track_running_stats] = options;
  check_sizes({{"num_features", num_features}});
  check_not_negative("eps", eps);
  check(!momentum || (*momentum >= 0 && *momentum <= 1), "momentum must be between 0 and 1, got ",
        momentum.value_or(0));
  const BatchNorm::Options plain;
  return text(num_features, setting("eps", eps, plain.eps),
              momentum ? setting("momentum", *momentum, *plain.momentum) : ", cumulative average",
              without("affine", affine), without("running statistics", track_running_stats));
}

BatchNorm::BatchNorm(const Calling&, std::vector<int> dims, int64_t num_features,
                     const Options& options)
    : Module(batch_norm_settings(num_features, options)),
      weight(add_parameter("weight", initial_affine(options.affine, {num_features}, 1))),
      bias(add_parameter("bias", initial_affine(options.affine, {num_features}, 0))),
      running_mean(add_buffer("running_mean",
                              initial_affine(options.track_running_stats, {num_features}, 0))),
      running_var(add_buffer("running_var",
                             initial_affine(options.track_running_stats, {num_features}, 1))),
      num_batches_tracked(add_buffer("num_batches_tracked", options.track_running_stats
                                                                ? Tensor::zeros({}, DType::int64)
                                                                : Tensor())),
      dims_(std::move(dims)),
      num_features_(num_features),
      options_(options) {}

Variable BatchNorm::forward(const Variable& x, const Variable& slope) {
  const Calling calling(class_name());
  if (std::find(dims_.begin(), dims_.end(), x.dim()) == dims_.end() || x.size(1) != num_features_)
    fail("expected ", num_features_, " channels at axis 1 of an input with ", dims_.front(),
         dims_.size() > 1 ? text(" or ", dims_.back()) : "", " axes, got ", x.shape());
  const bool tracks = running_mean.defined();
  if (tracks && !training())
    return batch_norm(x, running_mean.value(), running_var.value(), weight, bias, options_.eps);
  check(x.numel() > x.size(1),
        "the statistics of a batch need more than one value a channel, got shape ", x.shape());
  BatchStatistics batch;
  const Variable y = batch_norm(x, {}, {}, weight, bias, options_.eps, &batch, slope);
  const double count = static_cast<double>(x.numel() / x.size(1));
  if (tracks) update_running(batch, count / (count - 1));
  return y;
}

void BatchNorm::update_running(const BatchStatistics& batch, double correction) {
  const NoGrad no_grad;
  num_batches_tracked.set_value((num_batches_tracked + 1.0).value());
  const double m = options_.momentum ? *options_.momentum : 1 / num_batches_tracked.item();
  running_mean.set_value(((1 - m) * running_mean + m * Variable(batch.mean)).value());
  running_var.set_value(
      ((1 - m) * running_var + m * correction * Variable(batch.variance)).value());
}

Sequential Sequential::made_of(std::initializer_list<Item> layers) {
  if (layers.size() == 1) {
    Module& only = *layers.begin()->layer;
    if (typeid(only) == typeid(Sequential)) return std::move(static_cast<Sequential&>(only));
  }
  Sequential made;
  for (const Item& item : layers)
    made.add_child(std::to_string(made.children().size()), std::move(item.layer));
  return made;
}

Variable Sequential::forward(const Variable& x) {
  Variable result = x;
  for (size_t i = 0; i < children().size(); ++i) {
    Module& layer = *children()[i].second;
    Module* const next = i + 1 < children().size() ? children()[i + 1].second.get() : nullptr;
    BatchNorm2d* const norm = exactly<BatchNorm2d>(&layer);
    PReLU* const behind = exactly<PReLU>(next);
    // What does not fit runs apart, for the error is the PReLU's; so does what a summary listens
    // to.
    const auto fits = [&](const Variable& slope) {
      return result.defined() && slope.dtype() == result.dtype() &&
             (slope.numel() == 1 || slope.numel() == norm->num_features_);
    };
    const bool together = norm && behind && norm->training() && !heard_ && fits(behind->weight);
    result = together ? norm->forward(result, behind->weight) : layer(result);
    i += together;
  }
  return result;
}

}  // namespace gradian::nn
