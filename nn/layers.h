// The layers. Each holds its parameters and options and calls one function of autograd/ops.h;
// names, argument order, defaults and initial values are PyTorch's. Options that make no sense are
// refused by the constructor.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>

#include "autograd/ops.h"
#include "nn/module.h"

namespace gradian::nn {

// y = x W^T + b:  [..., out] from [..., in], weight [out, in], bias [out].
class Linear : public Module {
 public:
  Linear(int64_t in_features, int64_t out_features, bool bias = true)
      : Linear(Calling("Linear"), in_features, out_features, bias) {}
  Variable forward(const Variable& x) override { return linear(x, weight, bias); }
  const Variable &weight, &bias;  // bias is undefined without one

 private:
  Linear(const Calling&, int64_t in_features, int64_t out_features, bool bias);
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
  Conv2d(int64_t in_channels, int64_t out_channels, Pair kernel_size, const Options& options)
      : Conv2d(Calling("Conv2d"), in_channels, out_channels, kernel_size, options) {}
  Variable forward(const Variable& x) override { return conv2d(x, weight, bias, options_); }
  const Variable &weight, &bias;

 private:
  Conv2d(const Calling&, int64_t in_channels, int64_t out_channels, const Pair& kernel_size,
         const Options& options);
  Conv2dOptions options_;
};

// A function without parameters as a layer. Function("Square", [](const Variable& x) { return
// x * x; }) is one of your own, whose description is "Function(Square)"; those below are PyTorch's.
class Function : public Module {
 public:
  template <std::invocable<const Variable&> Callable>
  Function(std::string settings, Callable call) : Module(std::move(settings)), call_(given(call)) {}
  // Takes the overload of a name, as in Function("", tanh).
  Function(std::string settings, Variable (*call)(const Variable&))
      : Module(std::move(settings)), call_(given(call)) {}
  Variable forward(const Variable& x) override { return call_(x); }

 private:
  using Call = std::function<Variable(const Variable&)>;
  static Call given(Call call);  // fails when it is empty
  Call call_;
};

struct ReLU : Function {
  ReLU() : Function("", relu) {}
};
struct Tanh : Function {
  Tanh() : Function("", tanh) {}
};
struct Sigmoid : Function {
  Sigmoid() : Function("", sigmoid) {}
};
struct SiLU : Function {
  SiLU() : Function("", silu) {}
};
struct Softplus : Function {
  Softplus() : Function("", softplus) {}
};
struct Identity : Function {
  Identity() : Function("", [](const Variable& x) { return x; }) {}
};
struct LeakyReLU : Function {
  explicit LeakyReLU(double negative_slope = 0.01);
};
struct GELU : Function {
  GELU() : Function("", [](const Variable& x) { return gelu(x); }) {}
  explicit GELU(std::same_as<bool> auto approximate_tanh);
};

// Joins all axes from start_axis on: [N, C, H, W] -> [N, C H W].
struct Flatten : Function {
  explicit Flatten(int start_axis = 1);
};

// The largest value of each window. The stride is the kernel's size unless given: MaxPool2d(2),
// MaxPool2d(3, 2, 1) for kernel, stride and padding, MaxPool2d({.kernel = 3, .dilation = 2}).
struct MaxPool2d : Function {
  explicit MaxPool2d(Pair kernel_size) : MaxPool2d(Pool2dOptions{kernel_size}) {}
  MaxPool2d(Pair kernel_size, Pair stride, Pair padding = 0)
      : MaxPool2d(Pool2dOptions{kernel_size, stride, padding}) {}
  explicit MaxPool2d(const Pool2dOptions& options);
};

// The mean of each window.
struct AvgPool2d : Function {
  explicit AvgPool2d(Pair kernel_size) : AvgPool2d(Pool2dOptions{kernel_size}) {}
  AvgPool2d(Pair kernel_size, Pair stride, Pair padding = 0)
      : AvgPool2d(Pool2dOptions{kernel_size, stride, padding}) {}
  explicit AvgPool2d(const Pool2dOptions& options, bool count_include_pad = true);
};

struct AdaptiveAvgPool2d : Function {
  explicit AdaptiveAvgPool2d(Pair output_size);
};

// x where x > 0, else a x, with one learnt slope a or one a channel (axis 1). He et al. 2015.
class PReLU : public Module {
 public:
  explicit PReLU(int64_t num_parameters = 1, double init = 0.25)
      : PReLU(Calling("PReLU"), num_parameters, init) {}
  Variable forward(const Variable& x) override;
  const Variable& weight;  // [num_parameters]

 private:
  PReLU(const Calling&, int64_t num_parameters, double init);
};

// In training zeroes each element with probability p and scales the rest by 1 / (1 - p).
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5);
  template <std::same_as<bool> T>
  explicit Dropout(T training) = delete;  // p is a number; the mode is the module's, see train()
  Variable forward(const Variable& x) override { return dropout(x, p_, training()); }

 private:
  double p_;
};

// Rows of a [num_embeddings, embedding_dim] table for int64 indices. Starts from N(0, 1).
class Embedding : public Module {
 public:
  Embedding(int64_t num_embeddings, int64_t embedding_dim)
      : Embedding(Calling("Embedding"), num_embeddings, embedding_dim) {}
  Variable forward(const Variable& index) override { return embedding(index.value(), weight); }
  const Variable& weight;

 private:
  Embedding(const Calling&, int64_t num_embeddings, int64_t embedding_dim);
};

// (x - mean) / sqrt(var + eps) * weight + bias over the last axes. Ba, Kiros & Hinton 2016.
class LayerNorm : public Module {
 public:
  explicit LayerNorm(int64_t size) : LayerNorm(Shape{size}) {}
  LayerNorm(int64_t size, std::floating_point auto eps, bool affine = true)
      : LayerNorm(Shape{size}, eps, affine) {}
  explicit LayerNorm(const Shape& normalized_shape, double eps = 1e-5, bool affine = true)
      : LayerNorm(Calling("LayerNorm"), normalized_shape, eps, affine) {}
  template <std::same_as<bool> T>
  LayerNorm(const Shape& normalized_shape, T affine, bool = true) = delete;  // eps comes first
  Variable forward(const Variable& x) override {
    return layer_norm(x, normalized_shape_, weight, bias, eps_);
  }
  const Variable &weight, &bias;  // undefined unless affine

 private:
  LayerNorm(const Calling&, const Shape& normalized_shape, double eps, bool affine);
  Shape normalized_shape_;
  double eps_;
};

// The same over each of num_groups groups of channels (axis 1) and all axes behind, for an input
// [N, C, ...]; weight and bias are a number a channel. Wu & He 2018.
class GroupNorm : public Module {
 public:
  GroupNorm(int64_t num_groups, int64_t num_channels, double eps = 1e-5, bool affine = true)
      : GroupNorm(Calling("GroupNorm"), num_groups, num_channels, eps, affine) {}
  template <std::same_as<bool> T>
  GroupNorm(int64_t num_groups, int64_t num_channels, T affine, bool = true) = delete;  // eps first
  Variable forward(const Variable& x) override;
  const Variable &weight, &bias;  // undefined unless affine

 private:
  GroupNorm(const Calling&, int64_t num_groups, int64_t num_channels, double eps, bool affine);
  int64_t num_groups_, num_channels_;
  double eps_;
};

// Normalises each channel (axis 1) over all other axes: by the batch's statistics in training, by
// running ones otherwise. running = (1 - momentum) running + momentum batch, where the running
// variance takes the batch's with divisor n - 1. Ioffe & Szegedy 2015.
class BatchNorm : public Module {
 public:
  struct Options {
    double eps = 1e-5;
    std::optional<double> momentum = 0.1;  // {}: 1 / (batches so far), their cumulative average
    bool affine = true;                    // learn weight and bias
    bool track_running_stats = true;       // without, evaluation takes the batch's statistics, too
  };
  Variable forward(const Variable& x) override { return forward(x, {}); }
  const Variable &weight, &bias;  // undefined unless affine
  // Buffers, undefined without running statistics; the number is int64.
  const Variable &running_mean, &running_var, &num_batches_tracked;

 protected:
  // `dims` are the accepted numbers of axes; errors of the options begin with the name.
  BatchNorm(const Calling&, std::vector<int> dims, int64_t num_features, const Options& options);

 private:
  friend class Sequential;
  // With a slope, in training, as one op with the PReLU behind it.
  Variable forward(const Variable& x, const Variable& slope);
  // Takes the batch's mean, and its variance times `correction`, for divisor n - 1.
  void update_running(const BatchStatistics& batch, double correction);

  std::vector<int> dims_;
  int64_t num_features_;
  Options options_;
};

// For [N, C] and [N, C, L].
class BatchNorm1d : public BatchNorm {
 public:
  explicit BatchNorm1d(int64_t num_features) : BatchNorm1d(num_features, Options()) {}
  BatchNorm1d(int64_t num_features, const Options& options)
      : BatchNorm(Calling("BatchNorm1d"), {2, 3}, num_features, options) {}
};

// For [N, C, H, W].
class BatchNorm2d : public BatchNorm {
 public:
  explicit BatchNorm2d(int64_t num_features) : BatchNorm2d(num_features, Options()) {}
  BatchNorm2d(int64_t num_features, const Options& options)
      : BatchNorm(Calling("BatchNorm2d"), {4}, num_features, options) {}
};

// Runs its children one after the other; they are named "0", "1", ... In training a BatchNorm2d
// and the PReLU behind it run as one op.
class Sequential : public Module {
 public:
  // A layer in the constructor's list.
  struct Item {
    template <std::derived_from<Module> Layer>
    Item(Layer item) : layer(std::make_unique<Layer>(std::move(item))) {}
    mutable std::unique_ptr<Module> layer;  // mutable, for lists hand out const items
  };

  Sequential() = default;
  // With braces, Sequential{Linear(784, 64), ReLU()}: their order of evaluation, and so the initial
  // values that a seed means, is the written one. In parentheses it would be the compiler's choice.
  // A Sequential that is alone in the braces is moved here, not nested: compilers differ in whether
  // they see a list there. One of a class of its own is nested, however it is written.
  explicit Sequential(std::initializer_list<Item> layers) : Sequential(made_of(layers)) {}
  template <std::derived_from<Sequential> Derived>
  requires(!std::same_as<Derived, Sequential>) Sequential(Derived&& derived) {
    append(std::move(derived));
  }
  template <std::derived_from<Module>... Layers>
  requires(sizeof...(Layers) > 1) explicit Sequential(Layers... layers) = delete;  // braces

  template <class Layer>
  Sequential& append(Layer layer) {
    add_module(std::to_string(children().size()), std::move(layer));
    return *this;
  }
  Variable forward(const Variable& x) override;

 private:
  static Sequential made_of(std::initializer_list<Item> layers);
};

}  // namespace gradian::nn
