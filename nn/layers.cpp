#include "nn/layers.h"

#include <cmath>

#include "autograd/ops/arguments.h"
#include "nn/init.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian::nn {
namespace {

std::string pair_text(const Pair& pair) {
  return pair[0] == pair[1] ? text(pair[0]) : text(pair[0], 'x', pair[1]);
}

void check_positive(const char* layer, const char* what, int64_t value) {
  check(value > 0, layer, ": ", what, " must be positive, got ", value);
}

void check_positive(const char* layer, const char* what, const Pair& pair) {
  check_positive(layer, what, std::min(pair[0], pair[1]));
}

void check_padding(const char* layer, const Pair& padding) {
  check(std::min(padding[0], padding[1]) >= 0, layer, ": padding must not be negative, got ",
        pair_text(padding));
}

const Pool2dOptions& checked(const char* layer, const Pool2dOptions& options) {
  check_positive(layer, "kernel_size", options.kernel);
  check_positive(layer, "stride", options.stride);
  check_positive(layer, "dilation", options.dilation);
  check_padding(layer, options.padding);
  for (size_t axis = 0; axis < 2; ++axis)
    check(options.padding[axis] <= options.kernel[axis] / 2, layer, ": padding ",
          pair_text(options.padding), " is more than half of the kernel ",
          pair_text(options.kernel));
  return options;
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

Shape channels(const char* layer, int64_t num_features) {
  check_positive(layer, "num_features", num_features);
  return {num_features};
}

// All of one value; undefined unless it is wanted.
Tensor initial_affine(bool wanted, const Shape& shape, double value) {
  return wanted ? Tensor::full(shape, value) : Tensor();
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

std::string Linear::description() const {
  return text("Linear(", weight.size(1), " -> ", weight.size(0), bias.defined() ? "" : ", no bias",
              ')');
}

Conv2d::Conv2d(int64_t in_channels, int64_t out_channels, Pair kernel_size, const Options& options)
    : weight(add_parameter("weight", initial_weight(conv2d_weight_shape(in_channels, out_channels,
                                                                        kernel_size, options)))),
      bias(add_parameter("bias", initial_bias(options.bias, weight))),
      options_{options.stride, options.padding, options.dilation, options.groups} {}

Variable Conv2d::forward(const Variable& x) { return conv2d(x, weight, bias, options_); }

std::string Conv2d::description() const {
  std::string result = text("Conv2d(", weight.size(1) * options_.groups, " -> ", weight.size(0),
                            ", ", weight.size(2), 'x', weight.size(3));
  const Conv2dOptions plain;
  if (options_.stride != plain.stride) result += ", stride " + pair_text(options_.stride);
  if (options_.padding != plain.padding) result += ", padding " + pair_text(options_.padding);
  if (options_.dilation != plain.dilation) result += ", dilation " + pair_text(options_.dilation);
  if (options_.groups != plain.groups) result += text(", groups ", options_.groups);
  return result + (bias.defined() ? ")" : ", no bias)");
}

MaxPool2d::MaxPool2d(const Pool2dOptions& options) : options_(checked("MaxPool2d", options)) {}

std::string MaxPool2d::description() const {
  return text("MaxPool2d(", pair_text(options_.kernel), ')');
}

AvgPool2d::AvgPool2d(const Pool2dOptions& options, bool count_include_pad)
    : options_(checked("AvgPool2d", options)), count_include_pad_(count_include_pad) {}

std::string AvgPool2d::description() const {
  return text("AvgPool2d(", pair_text(options_.kernel), ')');
}

AdaptiveAvgPool2d::AdaptiveAvgPool2d(Pair output_size) : output_size_(output_size) {
  check_positive("AdaptiveAvgPool2d", "output_size", output_size);
}

std::string AdaptiveAvgPool2d::description() const {
  return text("AdaptiveAvgPool2d(", pair_text(output_size_), ')');
}

PReLU::PReLU(int64_t num_parameters, double init)
    : weight(add_parameter("weight", initial_slopes(num_parameters, init))) {}

Variable PReLU::forward(const Variable& x) {
  if (weight.numel() == 1) return prelu(x, x.dim() == 0 ? reshape(weight, {}) : weight);
  check(x.dim() >= 2 && x.size(1) == weight.numel(), "PReLU: expected ", weight.numel(),
        " channels at axis 1, got shape ", x.shape());
  Shape channels = Shape::filled(x.dim(), 1);
  channels[1] = weight.numel();
  return prelu(x, reshape(weight, channels));
}

std::string PReLU::description() const { return text("PReLU(", weight.numel(), ')'); }

Dropout::Dropout(double p) : p_(p) {
  check(p >= 0 && p <= 1, "Dropout: expected a probability, got ", p);
}

std::string Dropout::description() const { return text("Dropout(", p_, ')'); }

Embedding::Embedding(int64_t num_embeddings, int64_t embedding_dim)
    : weight(add_parameter("weight", initial_table(num_embeddings, embedding_dim))) {}

std::string Embedding::description() const {
  return text("Embedding(", weight.size(0), " x ", weight.size(1), ')');
}

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

std::string LayerNorm::description() const { return text("LayerNorm(", normalized_shape_, ')'); }

BatchNorm::BatchNorm(std::string kind, std::vector<int> dims, int64_t num_features,
                     const Options& options)
    : weight(add_parameter(
          "weight", initial_affine(options.affine, channels(kind.c_str(), num_features), 1))),
      bias(add_parameter("bias", initial_affine(options.affine, {num_features}, 0))),
      running_mean(add_buffer("running_mean", Tensor::zeros({num_features}))),
      running_var(add_buffer("running_var", Tensor::ones({num_features}))),
      kind_(std::move(kind)),
      dims_(std::move(dims)),
      options_(options) {
  check_not_negative(kind_.c_str(), "eps", options.eps);
  check(options.momentum >= 0 && options.momentum <= 1, kind_,
        ": momentum must be between 0 and 1, got ", options.momentum);
}

Variable BatchNorm::forward(const Variable& x) {
  check(std::find(dims_.begin(), dims_.end(), x.dim()) != dims_.end() &&
            x.size(1) == running_mean.numel(),
        kind_, ": expected ", running_mean.numel(), " channels at axis 1 of an input with ",
        dims_.front(), dims_.size() > 1 ? text(" or ", dims_.back()) : "", " axes, got ",
        x.shape());
  if (!training())
    return batch_norm(x, running_mean.value(), running_var.value(), weight, bias, options_.eps);
  check(x.numel() > x.size(1), kind_, ": training needs more than one value a channel, got shape ",
        x.shape());
  BatchStatistics batch;
  const Variable y = batch_norm(x, {}, {}, weight, bias, options_.eps, &batch);
  const double count = static_cast<double>(x.numel() / x.size(1));
  update_running(batch, count / (count - 1));
  return y;
}

void BatchNorm::update_running(const BatchStatistics& batch, double correction) {
  const NoGrad no_grad;
  const double m = options_.momentum;
  running_mean.set_value(((1 - m) * running_mean + m * Variable(batch.mean)).value());
  running_var.set_value(
      ((1 - m) * running_var + m * correction * Variable(batch.variance)).value());
}

std::string BatchNorm::description() const { return text(kind_, '(', running_mean.numel(), ')'); }

}  // namespace gradian::nn
