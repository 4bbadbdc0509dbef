// The layers. Each holds its parameters and options and calls one function of autograd/ops.h;
// names, argument order, defaults and initial values are PyTorch's. Options that make no sense are
// refused by the constructor.
#pragma once

#include <concepts>

#include "autograd/ops.h"
#include "nn/module.h"

namespace gradian::nn {

// y = x W^T + b:  [..., out] from [..., in], weight [out, in], bias [out].
class Linear : public Module {
 public:
  Linear(int64_t in_features, int64_t out_features, bool bias = true);
  Variable forward(const Variable& x) override { return linear(x, weight, bias); }
  std::string description() const override;
  const Variable &weight, &bias;  // bias is undefined without one
};

// [N, out, OH, OW] from [N, in, H, W], weight [out, in / groups, KH, KW], bias [out].
class Conv2d : public Module {
 public:
  struct Options {
    Pair stride = 1;
    Pair padding = 0;
    Pair dilation = 1;
    int64_t groups = 1;
    bool bias = true;
  };
  // Conv2d(16, 32, 3, {.padding = 1}), Conv2d(16, 32, {3, 5}, {.padding = {1, 2}}).
  Conv2d(int64_t in_channels, int64_t out_channels, Pair kernel_size)
      : Conv2d(in_channels, out_channels, kernel_size, Options()) {}
  Conv2d(int64_t in_channels, int64_t out_channels, Pair kernel_size, const Options& options);
  Variable forward(const Variable& x) override;
  std::string description() const override;
  const Variable &weight, &bias;

 private:
  Conv2dOptions options_;
};

// The largest value of each window. The stride is the kernel's size unless given:
// MaxPool2d(2), MaxPool2d({.kernel = 3, .stride = 2, .padding = 1}).
class MaxPool2d : public Module {
 public:
  explicit MaxPool2d(Pair kernel_size) : MaxPool2d(Pool2dOptions{kernel_size}) {}
  explicit MaxPool2d(const Pool2dOptions& options);
  Variable forward(const Variable& x) override { return max_pool2d(x, options_); }
  std::string description() const override;

 private:
  Pool2dOptions options_;
};

// The mean of each window.
class AvgPool2d : public Module {
 public:
  explicit AvgPool2d(Pair kernel_size) : AvgPool2d(Pool2dOptions{kernel_size}) {}
  explicit AvgPool2d(const Pool2dOptions& options, bool count_include_pad = true);
  Variable forward(const Variable& x) override {
    return avg_pool2d(x, options_, count_include_pad_);
  }
  std::string description() const override;

 private:
  Pool2dOptions options_;
  bool count_include_pad_;
};

class AdaptiveAvgPool2d : public Module {
 public:
  explicit AdaptiveAvgPool2d(Pair output_size);
  Variable forward(const Variable& x) override { return adaptive_avg_pool2d(x, output_size_); }
  std::string description() const override;

 private:
  Pair output_size_;
};

class ReLU : public Module {
 public:
  Variable forward(const Variable& x) override { return relu(x); }
  std::string description() const override { return "ReLU"; }
};

// x where x > 0, else a x, with one learnt slope a or one a channel (axis 1). He et al. 2015.
class PReLU : public Module {
 public:
  explicit PReLU(int64_t num_parameters = 1, double init = 0.25);
  Variable forward(const Variable& x) override;
  std::string description() const override;
  const Variable& weight;  // [num_parameters]
};

// In training zeroes each element with probability p and scales the rest by 1 / (1 - p).
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5);
  template <std::same_as<bool> T>
  explicit Dropout(T training) = delete;  // p is a number; the mode is the module's, see train()
  Variable forward(const Variable& x) override { return dropout(x, p_, training()); }
  std::string description() const override;

 private:
  double p_;
};

// Joins all axes from start_axis on: [N, C, H, W] -> [N, C H W].
class Flatten : public Module {
 public:
  explicit Flatten(int start_axis = 1) : start_axis_(start_axis) {}
  Variable forward(const Variable& x) override { return flatten(x, start_axis_); }
  std::string description() const override { return "Flatten"; }

 private:
  int start_axis_;
};

// Rows of a [num_embeddings, embedding_dim] table for int64 indices. Starts from N(0, 1).
class Embedding : public Module {
 public:
  Embedding(int64_t num_embeddings, int64_t embedding_dim);
  using Module::forward;
  Variable forward(const Tensor& index) { return embedding(index, weight); }
  Variable operator()(const Tensor& index) { return forward(index); }
  std::string description() const override;
  const Variable& weight;
};

// (x - mean) / sqrt(var + eps) * weight + bias over the last axes. Ba, Kiros & Hinton 2016.
class LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& normalized_shape, double eps = 1e-5, bool affine = true);
  template <std::same_as<bool> T>
  LayerNorm(const Shape& normalized_shape, T affine, bool = true) = delete;  // eps comes first
  Variable forward(const Variable& x) override {
    return layer_norm(x, normalized_shape_, weight, bias, eps_);
  }
  std::string description() const override;
  const Variable &weight, &bias;  // undefined unless affine

 private:
  Shape normalized_shape_;
  double eps_;
};

// Normalises each channel (axis 1) over all other axes: by the batch's statistics in training, by
// running ones otherwise. running = (1 - momentum) running + momentum batch, where the running
// variance takes the batch's with divisor n - 1. Ioffe & Szegedy 2015.
class BatchNorm : public Module {
 public:
  struct Options {
    double eps = 1e-5;
    double momentum = 0.1;
    bool affine = true;  // learn weight and bias
  };
  Variable forward(const Variable& x) override;
  std::string description() const override;
  const Variable &weight, &bias;               // undefined unless affine
  const Variable &running_mean, &running_var;  // buffers

 protected:
  // `dims` are the accepted numbers of axes.
  BatchNorm(std::string kind, std::vector<int> dims, int64_t num_features, const Options& options);

 private:
  // Takes the batch's mean, and its variance times `correction`, for divisor n - 1.
  void update_running(const BatchStatistics& batch, double correction);

  std::string kind_;
  std::vector<int> dims_;
  Options options_;
};

// For [N, C] and [N, C, L].
class BatchNorm1d : public BatchNorm {
 public:
  explicit BatchNorm1d(int64_t num_features) : BatchNorm1d(num_features, Options()) {}
  BatchNorm1d(int64_t num_features, const Options& options)
      : BatchNorm("BatchNorm1d", {2, 3}, num_features, options) {}
};

// For [N, C, H, W].
class BatchNorm2d : public BatchNorm {
 public:
  explicit BatchNorm2d(int64_t num_features) : BatchNorm2d(num_features, Options()) {}
  BatchNorm2d(int64_t num_features, const Options& options)
      : BatchNorm("BatchNorm2d", {4}, num_features, options) {}
};

}  // namespace gradian::nn
