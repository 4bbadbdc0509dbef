// Gradient cases of the layers of nn/: by the input and by every parameter.
#include "nn/layers.h"

#include "tests/gradients/cases.h"
#include "tests/gradients/table.h"
#include "tensor/random.h"

namespace gradian::proof {
namespace {

GradientSubject layer(std::string name, std::vector<GradCase> cases) {
  return {"layer", std::move(name), std::move(cases)};
}

std::vector<GradientSubject> products() {
  using nn::Linear, nn::Conv2d, nn::Embedding;
  const auto conv = [&](const char* label, const Conv2d::Options& options) {
    return layer_case<Conv2d>(label, [=] { return Conv2d(2, 4, {2, 3}, options); }, {2, 2, 4, 5});
  };
  const auto normed = [](const char* label, int64_t slopes) {
    return module_case<nn::Sequential>(
        text("BatchNorm2d and PReLU, ", label),
        [=] {
          return nn::Sequential{nn::BatchNorm2d(3), nn::PReLU(slopes)};
        },
        {distinct_values({2, 3, 2, 3}, -2, 2)},
        [](nn::Sequential& net, In in) { return net(in[0]); },
        {distinct_values({3}, 0.5, 2), distinct_values({3}, 0.1, 0.9),  // z = 0 is a kink
         distinct_values({slopes}, 0.1, 0.6)});
  };
  return {
      layer("Linear",
            {layer_case<Linear>("batch", [] { return Linear(3, 2); }, {4, 3}),
             layer_case<Linear>("no bias", [] { return Linear(3, 2, false); }, {2, 2, 3})}),
      layer("Conv2d",
            {conv("plain", {}), conv("stride and padding", {.stride = {2, 1}, .padding = {1, 2}}),
             conv("dilated", {.dilation = {2, 1}}), conv("two groups", {.groups = 2}),
             layer_case<Conv2d>("no bias", [] { return Conv2d(1, 2, 3, {.bias = false}); },
                                {1, 1, 4, 4})}),
      layer("Embedding", {module_case<Embedding>(
                             "repeated and absent rows", [] { return Embedding(4, 3); }, {},
                             [](Embedding& table, In) {
                               return table(labels_of({2, 0, 2}));
                             })}),
      layer("Sequential",
            {normed("a slope a channel", 3), normed("one slope", 1),
             module_case<nn::Sequential>(
                 "Linear, ReLU, Linear",
                 [] {
                   return nn::Sequential{Linear(2, 4), nn::ReLU(), Linear(4, 2)};
                 },
                 {distinct_values({3, 2}, -2, 2)},
                 [](nn::Sequential& net, In in) { return net(in[0]); },
                 {distinct_values({4, 2}, -1, 1), distinct_values({4}, -1, 1, 2),
                  distinct_values({2, 4}, -1, 1, 3), distinct_values({2}, -1, 1, 4)})}),
  };
}

std::vector<GradientSubject> pooling() {
  using nn::MaxPool2d, nn::AvgPool2d, nn::AdaptiveAvgPool2d;
  const Shape image{2, 2, 5, 4};
  const Pool2dOptions padded{.kernel = 3, .stride = {2, 1}, .padding = 1};
  return {
      layer("MaxPool2d", {layer_case<MaxPool2d>(
                              "2x2", [] { return MaxPool2d(2); }, image),
                          layer_case<MaxPool2d>(
                              "padded", [=] { return MaxPool2d(padded); }, image)}),
      layer("AvgPool2d",
            {layer_case<AvgPool2d>(
                 "2x2", [] { return AvgPool2d(2); }, image),
             layer_case<AvgPool2d>(
                 "padding counts", [=] { return AvgPool2d(padded); }, image),
             layer_case<AvgPool2d>(
                 "padding does not count", [=] { return AvgPool2d(padded, false); }, image)}),
      layer("AdaptiveAvgPool2d", {layer_case<AdaptiveAvgPool2d>(
                                     "uneven windows",
                                     [] {
                                       return AdaptiveAvgPool2d({3, 3});
                                     },
                                     image)}),
  };
}

template <class M>
GradientSubject function_layer(std::string name) {
  return layer(std::move(name), {layer_case<M>("matrix", [] { return M(); }, {3, 4})});
}

std::vector<GradientSubject> elementwise() {
  using nn::PReLU, nn::Dropout, nn::Flatten;
  const auto seeded = [](Dropout& dropout, In in) {
    manual_seed(3);  // every evaluation drops the same elements
    return dropout(in[0]);
  };
  return {
      function_layer<nn::ReLU>("ReLU"),
      function_layer<nn::Tanh>("Tanh"),
      function_layer<nn::Sigmoid>("Sigmoid"),
      function_layer<nn::SiLU>("SiLU"),
      function_layer<nn::Softplus>("Softplus"),
      layer("Identity",
            {module_case<nn::Identity>(
                "times x", [] { return nn::Identity(); }, {distinct_values({3, 4}, -2, 2)},
                [](nn::Identity& same, In in) { return same(in[0]) * in[0]; })}),
      function_layer<nn::LeakyReLU>("LeakyReLU"),
      function_layer<nn::GELU>("GELU"),
      layer("Function",
            {layer_case<nn::Function>("exp", [] { return nn::Function("exp", exp); }, {3, 4})}),
      layer("PReLU",
            {layer_case<PReLU>("one slope", [] { return PReLU(); }, {3, 4}),
             layer_case<PReLU>("a slope a channel", [] { return PReLU(3); }, {2, 3, 2, 2})}),
      layer("Dropout", {module_case<Dropout>(
                           "training", [] { return Dropout(0.4); },
                           {distinct_values({4, 5}, -2, 2)}, seeded)}),
      layer("Flatten", {layer_case<Flatten>("images", [] { return Flatten(); }, {2, 3, 2, 2})}),
  };
}

// A batch norm layer of either kind by the statistics of the batch and by running ones.
template <class M>
GradientSubject batch_norm_layer(std::string name, const std::vector<Shape>& shapes) {
  std::vector<GradCase> cases;
  for (const Shape& shape : shapes) {
    cases.push_back(layer_case<M>(
        text("training ", shape), [] { return M(3); }, shape));
    cases.push_back(module_case<M>(
        text("evaluation ", shape), [] { return M(3); }, {distinct_values(shape, -2, 2)},
        [](M& layer, In in) {
          const DType dtype = in[0].dtype();
          layer.running_mean.set_value(distinct_values({3}, -1, 1).to(dtype));
          layer.running_var.set_value(distinct_values({3}, 0.5, 2).to(dtype));
          layer.eval();
          return layer(in[0]);
        }));
  }
  cases.push_back(layer_case<M>(
      "no weight and bias", [] { return M(3, {.affine = false}); }, shapes[0]));
  return layer(std::move(name), std::move(cases));
}

std::vector<GradientSubject> normalization() {
  using nn::LayerNorm, nn::GroupNorm;
  return {
      layer("LayerNorm", {layer_case<LayerNorm>("last axis", [] { return LayerNorm(4); }, {3, 4}),
                          layer_case<LayerNorm>("two axes",
                                                [] {
                                                  return LayerNorm({3, 2});
                                                },
                                                {2, 3, 2}),
                          layer_case<LayerNorm>("no weight and bias",
                                                [] { return LayerNorm(4, 1e-5, false); }, {3, 4})}),
      layer("GroupNorm",
            {layer_case<GroupNorm>("images", [] { return GroupNorm(2, 4); }, {2, 4, 2, 2}),
             layer_case<GroupNorm>("rows, no weight and bias",
                                   [] { return GroupNorm(2, 6, 1e-5, false); }, {3, 6})}),
      batch_norm_layer<nn::BatchNorm1d>("BatchNorm1d", {{4, 3}, {2, 3, 4}}),
      batch_norm_layer<nn::BatchNorm2d>("BatchNorm2d", {{2, 3, 2, 2}}),
  };
}

}  // namespace

std::vector<GradientSubject> layer_subjects() {
  std::vector<GradientSubject> all;
  for (const auto& part : {products(), pooling(), elementwise(), normalization()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace gradian::proof
