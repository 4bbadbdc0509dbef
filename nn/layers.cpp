#include "nn/layers.h"

#include <cmath>

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

void check_positive(const char* layer, const char* what, int64_t value) {
  check(value > 0, layer, ": ", what, " must be positive, got ", value);
}

void check_positive(const char* layer, const char* what, const Pair& pair) {
  check_positive(layer, what, std::min(pair[0], pair[1]));
}

void check_padding(const char* layer, const Pair& padding) {
  check(std::min(padding[0], padding[1]) >= 0, layer, ": padding must not be negative, got ",
        value_text(padding));
}

// Of a pooling layer, whose options it checks.
std::string pooling_settings(const char* layer, const Pool2dOptions& options) {
  check_positive(layer, "kernel_size", options.kernel);
  check_positive(layer, "stride", options.stride);
  check_positive(layer, "dilation", options.dilation);
  check_padding(layer, options.padding);
  for (size_t axis = 0; axis < 2; ++axis)
    check(options.padding[axis] <= options.kernel[axis] / 2, layer, ": padding ",
          value_text(options.padding), " is more than half of the kernel ",
          value_text(options.kernel));
  const Pool2dOptions plain{options.kernel};
  return text(value_text(options.kernel), setting("stride", options.stride, plain.stride),
              setting("padding", options.padding, plain.padding),
              setting("dilation", options.dilation, plain.dilation),
              options.ceil_mode ? ", ceil_mode" : "");
}

// [out, in]
Shape linear_weight_shape(int64_t in_features, int64_t out_features) {
  check_positive("Linear", "in_features", in_features);
  check_positive("Linear", "out_features", out_features);
  return {out_features, in_features};
}

// [out, in / groups, KH, KW]
Shape conv2d_weight_shape(int64_t in_channels, int64_t out_channels, const Pair& kernel_size,
                          const Conv2d::Options& options) {
  check_positive("Conv2d", "in_channels", in_channels);
  check_positive("Conv2d", "out_channels", out_channels);
  check_positive("Conv2d", "kernel_size", kernel_size);
  check_positive("Conv2d", "stride", options.stride);
  check_positive("Conv2d", "dilation", options.dilation);
  check_positive("Conv2d", "groups", options.groups);
  check_padding("Conv2d", options.padding);
  check(in_channels % options.groups == 0 && out_channels % options.groups == 0,
        "Conv2d: ", in_channels, " and ", out_channels, " channels do not divide into ",
        options.groups, " groups");
  return {out_channels, in_channels / options.groups, kernel_size[0], kernel_size[1]};
}

Tensor initial_weight(const Shape& shape) { return default_uniform(shape, fan_in(shape)); }

// Undefined unless it is wanted: the layer then has none. [out]
Tensor initial_bias(bool wanted, const Variable& weight) {
  return wanted ? default_uniform({weight.size(0)}, fan_in(weight.shape())) : Tensor();
}

Shape channels(const char* layer, const char* what, int64_t count) {
  check_positive(layer, what, count);
  return {count};
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

Tensor initial_slopes(int64_t num_parameters, double init) {
  check_positive("PReLU", "num_parameters", num_parameters);
  check(std::isfinite(init), "PReLU: init must be finite, got ", init);
  return Tensor::full({num_parameters}, init);
}

Tensor initial_table(int64_t num_embeddings, int64_t embedding_dim) {
  check_positive("Embedding", "num_embeddings", num_embeddings);
  check_positive("Embedding", "embedding_dim", embedding_dim);
  return randn({num_embeddings, embedding_dim});
}

}  // namespace

Linear::Linear(int64_t in_features, int64_t out_features, bool with_bias)
    : weight(
          add_parameter("weight", initial_weight(linear_weight_shape(in_features, out_features)))),
      bias(add_parameter("bias", initial_bias(with_bias, weight))) {}

std::string Linear::settings() const {
  return text(weight.size(1), " -> ", weight.size(0), without("bias", bias.defined()));
}

int64_t Linear::multiply_adds(const Shape& output) const { return numel(output) * weight.size(1); }

Conv2d::Conv2d(int64_t in_channels, int64_t out_channels, Pair kernel_size, const Options& options)
    : weight(add_parameter("weight", initial_weight(conv2d_weight_shape(in_channels, out_channels,
                                                                        kernel_size, options)))),
      bias(add_parameter("bias", initial_bias(options.bias, weight))),
      options_{options.stride, options.padding, options.dilation, options.groups} {}

Variable Conv2d::forward(const Variable& x) { return conv2d(x, weight, bias, options_); }

std::string Conv2d::settings() const {
  const Conv2dOptions plain;
  return text(weight.size(1) * options_.groups, " -> ", weight.size(0), ", ", weight.size(2), 'x',
              weight.size(3), setting("stride", options_.stride, plain.stride),
              setting("padding", options_.padding, plain.padding),
              setting("dilation", options_.dilation, plain.dilation),
              setting<Pair>("groups", options_.groups, plain.groups),
              without("bias", bias.defined()));
}

int64_t Conv2d::multiply_adds(const Shape& output) const {
  return numel(output) * numel(weight.shape()) / weight.size(0);
}

LeakyReLU::LeakyReLU(double negative_slope)
    : Function(text(negative_slope),
               [=](const Variable& x) { return leaky_relu(x, negative_slope); }) {}

GELU::GELU(std::same_as<bool> auto approximate_tanh)
    : Function(approximate_tanh ? "tanh" : "",
               [=](const Variable& x) { return gelu(x, approximate_tanh); }) {}
template GELU::GELU(bool);

Flatten::Flatten(int start_axis)
    : Function(start_axis == 1 ? "" : text("from axis ", start_axis),
               [=](const Variable& x) { return flatten(x, start_axis); }) {}

MaxPool2d::MaxPool2d(const Pool2dOptions& options)
    : Function(pooling_settings("MaxPool2d", options),
               [=](const Variable& x) { return max_pool2d(x, options); }) {}

AvgPool2d::AvgPool2d(const Pool2dOptions& options, bool count_include_pad)
    : Function(pooling_settings("AvgPool2d", options) +
                   (count_include_pad ? "" : ", padding not counted"),
               [=](const Variable& x) { return avg_pool2d(x, options, count_include_pad); }) {}

AdaptiveAvgPool2d::AdaptiveAvgPool2d(Pair output_size)
    : Function(value_text(output_size),
               [=](const Variable& x) { return adaptive_avg_pool2d(x, output_size); }) {
  check_positive("AdaptiveAvgPool2d", "output_size", output_size);
}

PReLU::PReLU(int64_t num_parameters, double init)
    : weight(add_parameter("weight", initial_slopes(num_parameters, init))) {}

Variable PReLU::forward(const Variable& x) {
  if (weight.numel() == 1) return prelu(x, x.dim() == 0 ? reshape(weight, {}) : weight);
  check(x.dim() >= 2 && x.size(1) == weight.numel(), "PReLU: expected ", weight.numel(),
        " channels at axis 1, got shape ", x.shape());
  return prelu(x, along_channels(weight, x));
}

std::string PReLU::settings() const { return text(weight.numel()); }

Dropout::Dropout(double p) : p_(p) {
  check(p >= 0 && p <= 1, "Dropout: expected a probability, got ", p);
}

std::string Dropout::settings() const { return text(p_); }

Embedding::Embedding(int64_t num_embeddings, int64_t embedding_dim)
    : weight(add_parameter("weight", initial_table(num_embeddings, embedding_dim))) {}

std::string Embedding::settings() const { return text(weight.size(0), " x ", weight.size(1)); }

LayerNorm::LayerNorm(const Shape& normalized_shape, double eps, bool affine)
    : weight(add_parameter("weight", initial_affine(affine, normalized_shape, 1))),
      bias(add_parameter("bias", initial_affine(affine, normalized_shape, 0))),
      normalized_shape_(normalized_shape),
      eps_(eps) {
  check(!normalized_shape.empty() &&
            *std::min_element(normalized_shape.begin(), normalized_shape.end()) > 0,
        "LayerNorm: expected at least one axis and positive sizes, got ", normalized_shape);
  check_not_negative("LayerNorm", "eps", eps);
}

std::string LayerNorm::settings() const {
  return text(normalized_shape_, setting("eps", eps_, 1e-5), without("affine", weight.defined()));
}

GroupNorm::GroupNorm(int64_t num_groups, int64_t num_channels, double eps, bool affine)
    : weight(add_parameter(
          "weight",
          initial_affine(affine, channels("GroupNorm", "num_channels", num_channels), 1))),
      bias(add_parameter("bias", initial_affine(affine, {num_channels}, 0))),
      num_groups_(num_groups),
      num_channels_(num_channels),
      eps_(eps) {
  check_positive("GroupNorm", "num_groups", num_groups);
  check(num_channels % num_groups == 0, "GroupNorm: ", num_channels,
        " channels do not divide into ", num_groups, " groups");
  check_not_negative("GroupNorm", "eps", eps);
}

Variable GroupNorm::forward(const Variable& x) {
  check(x.dim() >= 2 && x.size(1) == num_channels_, "GroupNorm: expected ", num_channels_,
        " channels at axis 1, got shape ", x.shape());
  int64_t size = num_channels_ / num_groups_;  // of a group
  for (int axis = 2; axis < x.dim(); ++axis) size *= x.size(axis);
  const Variable groups = reshape(x, {x.size(0), num_groups_, size});
  const Variable y = reshape(layer_norm(groups, {size}, {}, {}, eps_), x.shape());
  return weight.defined() ? y * along_channels(weight, x) + along_channels(bias, x) : y;
}

std::string GroupNorm::settings() const {
  return text(num_groups_, " groups, ", num_channels_, " channels", setting("eps", eps_, 1e-5),
              without("affine", weight.defined()));
}

BatchNorm::BatchNorm(const char* kind, std::vector<int> dims, int64_t num_features,
                     const Options& options)
    : weight(add_parameter(
          "weight",
          initial_affine(options.affine, channels(kind, "num_features", num_features), 1))),
      bias(add_parameter("bias", initial_affine(options.affine, {num_features}, 0))),
      running_mean(add_buffer("running_mean",
                              initial_affine(options.track_running_stats, {num_features}, 0))),
      running_var(add_buffer("running_var",
                             initial_affine(options.track_running_stats, {num_features}, 1))),
      num_batches_tracked(
          add_buffer("num_batches_tracked", options.track_running_stats && !options.momentum
                                                ? Tensor::zeros({}, DType::int64)
                                                : Tensor())),
      dims_(std::move(dims)),
      num_features_(num_features),
      options_(options) {
  check_not_negative(kind, "eps", options.eps);
  const double momentum = options.momentum.value_or(0);
  check(momentum >= 0 && momentum <= 1, kind, ": momentum must be between 0 and 1, got ", momentum);
}

Variable BatchNorm::forward(const Variable& x) {
  if (std::find(dims_.begin(), dims_.end(), x.dim()) == dims_.end() || x.size(1) != num_features_)
    fail(class_name(), ": expected ", num_features_, " channels at axis 1 of an input with ",
         dims_.front(), dims_.size() > 1 ? text(" or ", dims_.back()) : "", " axes, got ",
         x.shape());
  const bool tracks = running_mean.defined();
  if (tracks && !training())
    return batch_norm(x, running_mean.value(), running_var.value(), weight, bias, options_.eps);
  if (x.numel() <= x.size(1))
    fail(class_name(), ": the statistics of a batch need more than one value a channel, got shape ",
         x.shape());
  BatchStatistics batch;
  const Variable y = batch_norm(x, {}, {}, weight, bias, options_.eps, &batch);
  const double count = static_cast<double>(x.numel() / x.size(1));
  if (tracks) update_running(batch, count / (count - 1));
  return y;
}

void BatchNorm::update_running(const BatchStatistics& batch, double correction) {
  const NoGrad no_grad;
  if (num_batches_tracked.defined())
    num_batches_tracked.set_value((num_batches_tracked + 1.0).value());
  const double m = options_.momentum ? *options_.momentum : 1 / num_batches_tracked.item();
  running_mean.set_value(((1 - m) * running_mean + m * Variable(batch.mean)).value());
  running_var.set_value(
      ((1 - m) * running_var + m * correction * Variable(batch.variance)).value());
}

std::string BatchNorm::settings() const {
  const Options plain;
  const std::string average = options_.momentum
                                  ? setting("momentum", *options_.momentum, *plain.momentum)
                                  : ", cumulative average";
  return text(num_features_, setting("eps", options_.eps, plain.eps), average,
              without("affine", options_.affine),
              without("running statistics", options_.track_running_stats));
}

}  // namespace gradian::nn
