#include "nn/layers.h"

#include "nn/init.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian::nn {
namespace {

void check_positive(const char* layer, const char* what, int64_t value) {
  check(value > 0, layer, ": ", what, " must be positive, got ", value);
}

std::string pair_text(const Pair& pair) {
  return pair[0] == pair[1] ? text(pair[0]) : text(pair[0], 'x', pair[1]);
}

}  // namespace

Linear::Linear(int64_t in_features, int64_t out_features, bool with_bias) {
  check_positive("Linear", "in_features", in_features);
  check_positive("Linear", "out_features", out_features);
  weight = add_parameter("weight", default_uniform({out_features, in_features}, in_features));
  if (with_bias) bias = add_parameter("bias", default_uniform({out_features}, in_features));
}

std::string Linear::description() const {
  return text("Linear(", weight.size(1), " -> ", weight.size(0), bias.defined() ? "" : ", no bias",
              ')');
}

Conv2d::Conv2d(int64_t in_channels, int64_t out_channels, Pair kernel_size, const Options& options)
    : options_{options.stride, options.padding, options.dilation, options.groups} {
  check_positive("Conv2d", "in_channels", in_channels);
  check_positive("Conv2d", "out_channels", out_channels);
  check_positive("Conv2d", "kernel_size", std::min(kernel_size[0], kernel_size[1]));
  check_positive("Conv2d", "groups", options.groups);
  check(in_channels % options.groups == 0 && out_channels % options.groups == 0,
        "Conv2d: ", in_channels, " and ", out_channels, " channels do not divide into ",
        options.groups, " groups");
  const Shape shape{out_channels, in_channels / options.groups, kernel_size[0], kernel_size[1]};
  weight = add_parameter("weight", default_uniform(shape, fan_in(shape)));
  if (options.bias) bias = add_parameter("bias", default_uniform({out_channels}, fan_in(shape)));
}

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

std::string MaxPool2d::description() const {
  return text("MaxPool2d(", pair_text(options_.kernel), ')');
}

std::string AvgPool2d::description() const {
  return text("AvgPool2d(", pair_text(options_.kernel), ')');
}

std::string AdaptiveAvgPool2d::description() const {
  return text("AdaptiveAvgPool2d(", pair_text(output_size_), ')');
}

PReLU::PReLU(int64_t num_parameters, double init) {
  check_positive("PReLU", "num_parameters", num_parameters);
  weight = add_parameter("weight", Tensor::full({num_parameters}, init));
}

Variable PReLU::forward(const Variable& x) {
  if (weight.numel() == 1) return prelu(x, weight);
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

Embedding::Embedding(int64_t num_embeddings, int64_t embedding_dim) {
  check_positive("Embedding", "num_embeddings", num_embeddings);
  check_positive("Embedding", "embedding_dim", embedding_dim);
  weight = add_parameter("weight", randn({num_embeddings, embedding_dim}));
}

std::string Embedding::description() const {
  return text("Embedding(", weight.size(0), " x ", weight.size(1), ')');
}

LayerNorm::LayerNorm(const Shape& normalized_shape, double eps, bool affine)
    : normalized_shape_(normalized_shape), eps_(eps) {
  if (!affine) return;
  weight = add_parameter("weight", Tensor::ones(normalized_shape));
  bias = add_parameter("bias", Tensor::zeros(normalized_shape));
}

std::string LayerNorm::description() const { return text("LayerNorm(", normalized_shape_, ')'); }

BatchNorm::BatchNorm(std::string kind, std::vector<int> dims, int64_t num_features,
                     const Options& options)
    : kind_(std::move(kind)), dims_(std::move(dims)), options_(options) {
  check_positive(kind_.c_str(), "num_features", num_features);
  running_mean = add_buffer("running_mean", Tensor::zeros({num_features}));
  running_var = add_buffer("running_var", Tensor::ones({num_features}));
  if (!options.affine) return;
  weight = add_parameter("weight", Tensor::ones({num_features}));
  bias = add_parameter("bias", Tensor::zeros({num_features}));
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
