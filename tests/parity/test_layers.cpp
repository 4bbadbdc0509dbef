// The layers of nn/layers.h against PyTorch's modules of the same names: tests/parity/layers.py has
// a case for each row here, with the same name and options. Initial values are random, so both get
// the fixture's parameters, by the names that PyTorch gives them.
#include <doctest/doctest.h>

#include <functional>
#include <memory>

#include "nn/layers.h"
#include "tests/parity/fixture.h"

namespace gradian::parity {
namespace {

// How to build the layer of each case.
using Layers = std::map<std::string, std::function<std::unique_ptr<nn::Module>()>>;

template <class Layer, class... Arguments>
auto make(const Arguments&... arguments) {
  return [=] { return std::make_unique<Layer>(arguments...); };
}

Layers all_layers() {
  using namespace nn;
  const Conv2d::Options conv_options{
      .stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2, .bias = false};
  const BatchNorm::Options norm_options{.eps = 0.1, .momentum = 0.3, .affine = false};
  Layers layers;
  layers["linear.default"] = make<Linear>(3, 2);
  layers["linear.no_bias"] = make<Linear>(3, 2, false);
  layers["conv2d.default"] = make<Conv2d>(4, 3, 3);
  layers["conv2d.options"] = make<Conv2d>(4, 6, Pair{2, 3}, conv_options);
  layers["max_pool2d.default"] = make<MaxPool2d>(2);
  layers["avg_pool2d.default"] = make<AvgPool2d>(2);
  layers["adaptive_avg_pool2d.default"] = make<AdaptiveAvgPool2d>(Pair{3, 4});
  layers["relu.default"] = make<ReLU>();
  layers["prelu.default"] = make<PReLU>();
  layers["prelu.channels"] = make<PReLU>(4);
  layers["dropout.eval"] = make<Dropout>();
  layers["flatten.default"] = make<Flatten>();
  layers["embedding.default"] = make<Embedding>(5, 3);
  layers["layer_norm.default"] = make<LayerNorm>(Shape{5, 6});
  layers["layer_norm.options"] = make<LayerNorm>(Shape{3}, 0.1, false);
  layers["batch_norm1d.rows"] = make<BatchNorm1d>(3);
  layers["batch_norm1d.sequences"] = make<BatchNorm1d>(3);
  layers["batch_norm2d.images"] = make<BatchNorm2d>(3);
  layers["batch_norm2d.options"] = make<BatchNorm2d>(3, norm_options);
  layers["tanh.default"] = make<Tanh>();
  layers["sigmoid.default"] = make<Sigmoid>();
  layers["silu.default"] = make<SiLU>();
  layers["softplus.default"] = make<Softplus>();
  layers["identity.default"] = make<Identity>();
  layers["leaky_relu.default"] = make<LeakyReLU>();
  layers["leaky_relu.options"] = make<LeakyReLU>(0.2);
  layers["gelu.default"] = make<GELU>();
  layers["gelu.approximate"] = make<GELU>(true);
  layers["max_pool2d.positional"] = make<MaxPool2d>(3, 2, 1);
  layers["avg_pool2d.positional"] = make<AvgPool2d>(3, 2, 1);
  layers["group_norm.default"] = make<GroupNorm>(2, 4);
  layers["group_norm.options"] = make<GroupNorm>(3, 3, 0.1, false);
  layers["batch_norm2d.cumulative"] =
      make<BatchNorm2d>(3, BatchNorm::Options{.momentum = std::nullopt});
  layers["batch_norm1d.untracked"] =
      make<BatchNorm1d>(3, BatchNorm::Options{.track_running_stats = false});
  layers["sequential.convnet"] = [] {
    return std::make_unique<Sequential>(Sequential{Conv2d(4, 3, 3, {.padding = 1, .bias = false}),
                                                   BatchNorm2d(3), PReLU(3), MaxPool2d(2),
                                                   Flatten(), Linear(18, 4)});
  };
  return layers;
}

// Output, gradients and buffers of one call.
void check_step(CaseArrays& arrays, const std::string& step, nn::Module& module) {
  const bool differentiable = arrays.has(step + ".grad");
  const Variable x(arrays.get(step + ".in"), differentiable);
  const Variable out = module(x);
  arrays.match(step + ".out", out.value());

  std::vector<std::string> keys;
  std::vector<Variable> wanted;
  if (differentiable) keys.push_back(step + ".grad"), wanted.push_back(x);
  for (const nn::Parameter& p : module.named_parameters()) {
    keys.push_back(step + ".grad." + p.name);
    wanted.push_back(p.variable);
  }
  const auto gradients = grad({out}, wanted, {Variable(arrays.get(step + ".cotangent"))});
  for (size_t i = 0; i < keys.size(); ++i) arrays.match(keys[i], gradients[i].value());
  for (const nn::Parameter& buffer : module.named_buffers())
    arrays.match(step + ".after." + buffer.name, buffer.variable.value().to(x.dtype()));
}

// Several steps are training, but for the last; a single one of dropout is evaluation.
void check_layer(const Fixture& fixture, const std::string& name, nn::Module& module, DType dtype) {
  CaseArrays arrays(fixture, name, dtype);
  module.to(dtype);
  for (nn::Parameter& p : module.named_parameters())
    p.variable.set_value(arrays.get("parameter." + p.name));
  int steps = 0;
  while (arrays.has(text("step", steps, ".in"))) ++steps;
  for (int i = 0; i < steps; ++i) {
    if ((i > 0 && i == steps - 1) || name == "dropout.eval") module.eval();
    check_step(arrays, text("step", i), module);
  }
  arrays.check_all_used();
}

const Fixture& fixture() {
  static const Fixture layers("layers");
  return layers;
}

TEST_CASE("layers with PyTorch's defaults and options match PyTorch, running statistics included") {
  for (const auto& [name, make_layer] : all_layers())
    for (const DType dtype : {DType::float64, DType::float32})
      check_layer(fixture(), name, *make_layer(), dtype);
}

TEST_CASE("every array of the layers fixture belongs to a case, and every case has arrays") {
  fixture().check_covered_by(names_of(all_layers()));
}

}  // namespace
}  // namespace gradian::parity
