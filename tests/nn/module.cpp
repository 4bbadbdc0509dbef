// Modules: what their parameters are called, how mode and dtype spread to children, and the texts
// of summaries and errors.
#include "losses/center_loss.h"
#include "losses/margin.h"
#include "nn/layers.h"
#include "tensor/random.h"
#include "tests/child_process.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

using Strings = std::vector<std::string>;

struct Net : nn::Module {
  nn::Sequential& features =
      add_module("features", nn::Sequential{nn::Conv2d(1, 2, 3), nn::BatchNorm2d(2), nn::ReLU()});
  nn::Linear& output = add_module("output", nn::Linear(8, 3));
  const Variable& scale = add_parameter("scale", Tensor::ones({1}));
  Variable forward(const Variable& x) override { return output(flatten(features(x), 1)) * scale; }
};

template <class Layer>
struct Wrapper : nn::Module {};

struct Mlp : nn::Sequential {
  Mlp() : Sequential{nn::PReLU(), nn::PReLU()} {}
};

Variable image() { return Variable(Tensor::arange(32, DType::float32).reshape({2, 1, 4, 4})); }

// Opens the registration functions to the tests.
struct Registry : nn::Module {
  using Module::add_buffer;
  using Module::add_module;
  using Module::add_parameter;
};

}  // namespace

TEST_CASE("module: names are paths, own parameters first, then the children's in order") {
  const Net net;
  CHECK(names(net.named_parameters()) == Strings{"scale", "features.0.weight", "features.0.bias",
                                                 "features.1.weight", "features.1.bias",
                                                 "output.weight", "output.bias"});
  CHECK(names(net.named_buffers()) == Strings{"features.1.running_mean", "features.1.running_var",
                                              "features.1.num_batches_tracked"});
}

TEST_CASE("module: parameters require grad, buffers do not, and both are handles") {
  Net net;
  for (const nn::Parameter& p : net.named_parameters()) CHECK(p.variable.requires_grad());
  for (const nn::Parameter& b : net.named_buffers()) CHECK(!b.variable.requires_grad());
  CHECK(net.named_parameters()[5].variable.id() == net.output.weight.id());
}

TEST_CASE("module: parameter_count adds up all parameters and no buffers") {
  // scale 1, convolution 2 * 3 * 3 + 2, batch norm 2 + 2, linear 3 * 8 + 3
  CHECK(Net().parameter_count() == 1 + 20 + 4 + 27);
  CHECK(nn::ReLU().parameter_count() == 0);
}

TEST_CASE("module: the summary has a line for each module and the total") {
  CHECK(Net().summary() ==
        "name        layer                parameters\n"
        "(model)     Net                           1\n"
        "features    Sequential\n"
        "features.0  Conv2d(1 -> 2, 3x3)          20\n"
        "features.1  BatchNorm2d(2)                4\n"
        "features.2  ReLU\n"
        "output      Linear(8 -> 3)               27\n"
        "total                                    52\n");
}

TEST_CASE(
    "module: the summary for an input tells what each module makes of it, and at what price") {
  // Conv2d: 2 * 2 * 2 * 2 outputs of 3 * 3 products each; Linear: 2 * 3 outputs of 8.
  Net net;
  net.to(DType::float64);
  const Tensor before = net.named_buffers()[0].variable.value();
  CHECK(net.summary({2, 1, 4, 4}) ==
        "name        layer                output        parameters  mult-adds\n"
        "(model)     Net                  [2, 3]                 1\n"
        "features    Sequential           [2, 2, 2, 2]\n"
        "features.0  Conv2d(1 -> 2, 3x3)  [2, 2, 2, 2]          20        144\n"
        "features.1  BatchNorm2d(2)       [2, 2, 2, 2]           4\n"
        "features.2  ReLU                 [2, 2, 2, 2]\n"
        "output      Linear(8 -> 3)       [2, 3]                27         48\n"
        "total                                                  52        192\n");
  CHECK(net.training());
  CHECK(identical(net.named_buffers()[0].variable.value(), before));
  // A layer that runs twice shows its last output and what both runs take: (1 + 2) * 4 * 4.
  struct Twice : nn::Module {
    nn::Linear& layer = add_module("layer", nn::Linear(4, 4));
    Variable forward(const Variable& x) override { return layer(concat({layer(x), x})); }
  };
  CHECK(Twice().summary({1, 4}) ==
        "name     layer           output  parameters  mult-adds\n"
        "(model)  Twice           [2, 4]\n"
        "layer    Linear(4 -> 4)  [2, 4]          20         48\n"
        "total                                    20         48\n");
  CHECK(nn::Embedding(9, 4).summary(integers({1, 2})) ==
        "name     layer             output  parameters\n"
        "(model)  Embedding(9 x 4)  [2, 4]          36\n"
        "total                                      36\n");
}

TEST_CASE("module: the summary keeps to 80 columns, where a description can be broken") {
  const nn::Conv2d::Options rich{
      .stride = 2, .padding = {1, 0}, .dilation = 3, .groups = 4, .bias = false};
  nn::Sequential net{nn::Conv2d(4, 8, Pair{3, 1}, rich)};
  CHECK(net.summary({128, 4, 32, 32}) ==
        "name     layer                          output            parameters  mult-adds\n"
        "(model)  Sequential                     [128, 8, 14, 16]\n"
        "0        Conv2d(4 -> 8, 3x1, stride 2,  [128, 8, 14, 16]          24     688128\n"
        "           padding 1x0, dilation 3,\n"
        "           groups 4, no bias)\n"
        "total                                                             24     688128\n");
}

TEST_CASE("module: what is refused for its name is not registered") {
  Registry module;
  module.add_parameter("weight", Tensor::ones({1}));
  CHECK_THROWS_AS(module.add_parameter("weight", Tensor::zeros({2})), Error);
  CHECK_THROWS_AS(module.add_parameter("a.b", Tensor::zeros({2})), Error);
  CHECK_THROWS_AS(module.add_buffer("weight", Tensor::zeros({2})), Error);
  CHECK_THROWS_AS(module.add_module("", nn::Linear(2, 2)), Error);
  CHECK(names(module.named_parameters()) == Strings{"weight"});
  CHECK(module.named_buffers().empty());
}

TEST_CASE("module: an int64 buffer stays int64") {
  Registry module;
  module.add_buffer("steps", integers({7}));
  module.to(DType::float64);
  CHECK(module.named_buffers()[0].variable.dtype() == DType::int64);
}

TEST_CASE("module: train and eval reach every module below") {
  Net net;
  CHECK(net.training());
  CHECK(net.features.training());
  net.eval();
  CHECK(!net.training());
  CHECK(!net.features.training());
  CHECK(!net.output.training());
  // Batch norm, two levels down, has taken it in: a batch moves no running statistics now.
  const Tensor before = net.named_buffers()[0].variable.value();
  net(image());
  CHECK(identical(net.named_buffers()[0].variable.value(), before));
  net.train();
  net(image());
  CHECK(!identical(net.named_buffers()[0].variable.value(), before));
}

TEST_CASE(
    "module: a mode ends with its scope, by an exception too, and each module has its own again") {
  Net net;
  net.features.eval();  // frozen statistics in a net that trains
  const auto check_restored = [&] {
    CHECK(net.training());
    CHECK(net.output.training());
    CHECK(!net.features.training());
    const Tensor before = net.named_buffers()[0].variable.value();
    net(image());
    CHECK(identical(net.named_buffers()[0].variable.value(), before));
  };
  {
    const nn::EvalMode evaluation(net);
    CHECK(!net.training());
    CHECK(!net.output.training());
    {
      const nn::TrainingMode training(net);
      CHECK(net.output.training());
      CHECK(net.features.training());
    }
    CHECK(!net.output.training());
  }
  check_restored();
  try {
    const nn::TrainingMode training(net);
    net(leaf(1));  // of no shape that the net takes
    FAIL("no error");
  } catch (const Error&) {
  }
  check_restored();
}

TEST_CASE("module: to(dtype) converts in place, so that all handles follow") {
  Net net;
  net.eval();
  const Variable handle = net.output.weight;
  const std::vector<float> values = handle.value().to_vector<float>();
  const Variable before = net(image());
  sum(before).backward();
  CHECK(handle.grad().defined());

  net.to(DType::float64);
  CHECK(handle.dtype() == DType::float64);
  CHECK(handle.value().to_vector<float>() == values);
  CHECK(handle.requires_grad());
  CHECK(!handle.grad().defined());  // it was of the other dtype
  for (const nn::Parameter& p : net.named_parameters()) CHECK(p.variable.dtype() == DType::float64);
  for (const nn::Parameter& b : net.named_buffers())
    CHECK(b.variable.dtype() ==
          (b.name.ends_with("num_batches_tracked") ? DType::int64 : DType::float64));
  const Variable after = net(Variable(image().value().to(DType::float64)));
  CHECK(after.dtype() == DType::float64);
  check_close(after.value(), before.value().to(DType::float64), 1e-5);
}

TEST_CASE("module: zero_grad forgets the gradients of all parameters") {
  Net net;
  sum(net(image())).backward();
  for (const nn::Parameter& p : net.named_parameters()) CHECK(p.variable.grad().defined());
  net.zero_grad();
  for (const nn::Parameter& p : net.named_parameters()) CHECK(!p.variable.grad().defined());
}

TEST_CASE("module: a net that was moved works, with its references into it") {
  Net first;
  first.eval();
  const Tensor before = first(image()).value();
  Net second(std::move(first));
  CHECK(identical(second(image()).value(), before));
  CHECK(second.output.weight.id() == second.named_parameters()[5].variable.id());
  CHECK(second.parameter_count() == 52);
}

TEST_CASE("module: Sequential applies the layers that were moved into it, one after the other") {
  nn::Linear first(1, 1), second(1, 1);
  const Variable first_weight = first.weight;
  for (nn::Linear* layer : {&first, &second}) layer->to(DType::float64);
  first.weight.set_value(doubles({2}, {1, 1}));
  first.bias.set_value(doubles({1}));
  second.weight.set_value(doubles({-3}, {1, 1}));
  second.bias.set_value(doubles({10}));
  nn::Sequential net{std::move(first), nn::ReLU()};
  net.append(std::move(second)).append(nn::ReLU());
  CHECK(names(net.named_parameters()) == Strings{"0.weight", "0.bias", "2.weight", "2.bias"});
  CHECK(net.named_parameters()[0].variable.id() == first_weight.id());
  // x -> relu(10 - 3 relu(2 x + 1)): 1 -> 10 - 9 = 1, -1 -> 10 - 0 = 10, 3 -> relu(10 - 21) = 0
  check_values(net(leaf({1, -1, 3}, {3, 1})), {1, 10, 0});
  check_values(nn::Sequential()(leaf(5)), {5});
}

TEST_CASE("module: names do not depend on what a compiler makes of a Sequential in braces") {
  const nn::Sequential alone{nn::Sequential{nn::PReLU(), nn::ReLU(), nn::PReLU()}};
  CHECK(names(alone.named_parameters()) == Strings{"0.weight", "2.weight"});
  const nn::Sequential nested{nn::ReLU(), nn::Sequential{nn::PReLU()}};
  CHECK(names(nested.named_parameters()) == Strings{"1.0.weight"});
  // One of a class of its own is always a layer, never cut down to its base.
  Mlp mlp;
  const nn::Sequential braces{Mlp()}, moved{std::move(mlp)}, parentheses(Mlp{});
  const nn::Sequential assigned = Mlp();
  for (const nn::Sequential* net : {&braces, &moved, &parentheses, &assigned})
    CHECK(names(net->named_parameters()) == Strings{"0.0.weight", "0.1.weight"});
}

TEST_CASE("module: initial values follow the written order of the layers") {
  // The same in braces, where parentheses would leave it to the compiler, as one after the other.
  static_assert(!std::is_constructible_v<nn::Sequential, nn::Linear, nn::Linear>);
  manual_seed(3);
  const nn::Sequential listed{nn::Linear(2, 2), nn::Linear(2, 2)};
  manual_seed(3);
  nn::Sequential appended;
  appended.append(nn::Linear(2, 2)).append(nn::Linear(2, 2));
  const auto expected = appended.named_parameters(), parameters = listed.named_parameters();
  REQUIRE(parameters.size() == 4);
  for (size_t i = 0; i < 4; ++i)
    CHECK(identical(parameters[i].variable.value(), expected[i].variable.value()));
}

TEST_CASE("module: a class is called by its own name, wherever it stands") {
  struct Local : nn::Module {};
  CHECK(Net().description() == "Net");
  CHECK(Local().description() == "Local");
  CHECK(Wrapper<nn::Linear>().description() == "Wrapper");
  CHECK(nn::Sequential().description() == "Sequential");
  CHECK(nn::Function("exp", exp).description() == "Function(exp)");
}

TEST_CASE("call a layer as the program ends" * doctest::skip()) {
  struct Last {
    nn::Linear layer{2, 2};
    ~Last() { layer(Tensor::ones({1, 2})); }
  };
  static Last last;
  last.layer(Tensor::ones({1, 2}));
}

TEST_CASE("module: a static object may call a layer as the program ends") {
  CHECK(run_case_in_new_process("call a layer as the program ends").how == "exit 0");
}

TEST_CASE("module: a tensor is taken as a variable without gradient") {
  Net net;
  net.eval();
  CHECK(identical(net(image().value()).value(), net(image()).value()));
  nn::Sequential tokens{nn::Embedding(4, 3), nn::Flatten()};
  CHECK(tokens(integers({0, 3, 2, 2}).reshape({2, 2})).shape() == Shape{2, 6});
}

TEST_CASE("module: descriptions tell the kind and what differs from the defaults") {
  const nn::Conv2d::Options rich{
      .stride = 2, .padding = {1, 0}, .dilation = 3, .groups = 4, .bias = false};
  const std::vector<std::pair<std::string, std::string>> cases = {
      {nn::Linear(784, 64).description(), "Linear(784 -> 64)"},
      {nn::Linear(784, 64, false).description(), "Linear(784 -> 64, no bias)"},
      {nn::Conv2d(1, 32, 5).description(), "Conv2d(1 -> 32, 5x5)"},
      {nn::Conv2d(4, 8, Pair{3, 1}, rich).description(),
       "Conv2d(4 -> 8, 3x1, stride 2, padding 1x0, dilation 3, groups 4, no bias)"},
      {nn::MaxPool2d(2).description(), "MaxPool2d(2)"},
      {nn::MaxPool2d(3, 2, 1).description(), "MaxPool2d(3, stride 2, padding 1)"},
      {nn::MaxPool2d({.kernel = {2, 3}, .stride = 1, .dilation = {1, 2}}).description(),
       "MaxPool2d(2x3, stride 1, dilation 1x2)"},
      {nn::MaxPool2d({.kernel = 2, .ceil_mode = true}).description(), "MaxPool2d(2, ceil_mode)"},
      {nn::AvgPool2d(3).description(), "AvgPool2d(3)"},
      {nn::AvgPool2d({.kernel = 3, .padding = 1}, false).description(),
       "AvgPool2d(3, padding 1, padding not counted)"},
      {nn::AdaptiveAvgPool2d({1, 2}).description(), "AdaptiveAvgPool2d(1x2)"},
      {nn::ReLU().description(), "ReLU"},
      {nn::PReLU(16).description(), "PReLU(16)"},
      {nn::Dropout(0.2).description(), "Dropout(0.2)"},
      {nn::Flatten().description(), "Flatten"},
      {nn::Flatten(2).description(), "Flatten(from axis 2)"},
      {nn::Tanh().description(), "Tanh"},
      {nn::GELU().description(), "GELU"},
      {nn::GELU(true).description(), "GELU(tanh)"},
      {nn::LeakyReLU(0.2).description(), "LeakyReLU(0.2)"},
      {nn::Embedding(100, 8).description(), "Embedding(100 x 8)"},
      {nn::LayerNorm({4, 8}).description(), "LayerNorm([4, 8])"},
      {nn::LayerNorm(4, 0.1, false).description(), "LayerNorm([4], eps 0.1, no affine)"},
      {nn::GroupNorm(2, 6).description(), "GroupNorm(2 groups, 6 channels)"},
      {nn::GroupNorm(2, 6, 1, false).description(),
       "GroupNorm(2 groups, 6 channels, eps 1, no affine)"},
      {nn::BatchNorm1d(5).description(), "BatchNorm1d(5)"},
      {nn::BatchNorm2d(6).description(), "BatchNorm2d(6)"},
      {nn::BatchNorm2d(6, {.eps = 0.1, .momentum = 0.5, .affine = false}).description(),
       "BatchNorm2d(6, eps 0.1, momentum 0.5, no affine)"},
      {nn::BatchNorm2d(6, {.momentum = {}}).description(), "BatchNorm2d(6, cumulative average)"},
      {nn::BatchNorm2d(6, {.track_running_stats = false}).description(),
       "BatchNorm2d(6, no running statistics)"},
      {CenterLoss(10, 2).description(), "CenterLoss(10 classes, 2-d, weight 1)"},
      {CenterLoss(10, 2, 0.1, CenterUpdate::paper).description(),
       "CenterLoss(10 classes, 2-d, weight 0.1, paper's update)"},
      {CosFaceLoss(2, 10).description(),
       "CosFaceLoss(2 -> 10, s 64, m1 1, m2 0 rad, m3 0.35, mirror)"},
      {ArcFaceLoss(2, 8, 16, 0.2).description(),
       "ArcFaceLoss(2 -> 8, s 16, m1 1, m2 0.2 rad, m3 0, mirror)"},
      {MarginLoss(2, 8, 64, {1.35, 0.1, 0.2, MarginOverflow::cos_fallback}).description(),
       "MarginLoss(2 -> 8, s 64, m1 1.35, m2 0.1 rad, m3 0.2, cos_fallback)"},
      {ArcFaceLoss(2, 8, 16, 0, MarginOverflow::easy_margin).description(),
       "ArcFaceLoss(2 -> 8, s 16, m1 1, m2 0 rad, m3 0, easy_margin)"},
      {ArcFaceLoss(2, 8, 16, 0, MarginOverflow::none).description(),
       "ArcFaceLoss(2 -> 8, s 16, m1 1, m2 0 rad, m3 0, none)"}};
  for (const auto& [description, expected] : cases) CHECK(description == expected);
}

}  // namespace gradian::test
