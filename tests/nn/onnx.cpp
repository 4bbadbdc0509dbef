// Export to ONNX: what stands in the file is what the network computes, for any batch.
#include "nn/onnx/export.h"

#include "nn/layers.h"
#include "tensor/random.h"
#include "tests/nn/onnx_reader.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

using nn::Sequential;
using On = Variable (*)(const Variable&);

// Another layer for each call, in the list of a table.
template <class Layer, class... Options>
std::function<Sequential()> layer(Options... options) {
  return [=] {
    Sequential made;
    made.append(Layer(options...));
    return made;
  };
}
std::function<Sequential()> function(On f) { return layer<nn::Function>(std::string(), f); }

OnnxFile exported(nn::Module& network, const Tensor& example) {
  const TemporaryFolder folder;
  nn::export_onnx(network, example, folder.path() / "model.onnx");
  return read_onnx(folder.read("model.onnx"));
}

// Exported from a batch of one or of two, it computes the same as the network for batches of each
// size.
void check_exported(Sequential network, const Shape& row, DType dtype) {
  for (const auto& parameter : network.parameters())
    parameter.set_value(rand(parameter.shape(), DType::float32, -1, 1));
  for (const auto& [name, buffer] : network.named_buffers())
    if (buffer.dtype() == DType::float32)
      buffer.set_value(rand(buffer.shape(), DType::float32, 0.5, 2));
  network.to(dtype);
  const auto inputs = [&](int64_t count) {
    Shape shape = row;
    shape.insert(0, count);
    return randn(shape, dtype, 0, 2);
  };
  for (const int64_t example : {1, 2}) {
    const OnnxFile file = exported(network, inputs(example));
    const nn::EvalMode evaluation(network);
    for (const int64_t count : {1, 2, 5}) {
      const Tensor x = inputs(count);
      const Tensor computed = run_onnx(file, x);
      CHECK(computed.dtype() == dtype);
      check_close(computed, network(x).value(), dtype == DType::float32 ? 1e-6 : 1e-13);
    }
  }
}

// x + f(x)
struct Residual : nn::Module {
  nn::Linear& inner = add_module("inner", nn::Linear(3, 3));
  Variable forward(const Variable& x) override { return x + relu(inner(x)); }
};

}  // namespace

TEST_CASE("onnx: layers compute the same in ONNX, for batches of every size") {
  manual_seed(1);
  const Shape row{6}, sequence{4, 6}, image{4, 7, 6};
  const Pool2dOptions ceil{
      .kernel = {3, 2}, .stride = {2, 4}, .padding = {1, 0}, .ceil_mode = true};
  const nn::Conv2d::Options windows{
      .stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2};
  const struct {
    std::string name;
    std::function<Sequential()> make;
    Shape row;
  } cases[] = {
      {"Linear", layer<nn::Linear>(6, 3), row},
      {"Linear without bias", layer<nn::Linear>(6, 3, false), row},
      {"Linear of more axes", layer<nn::Linear>(6, 3), sequence},
      {"Linear of more axes without bias", layer<nn::Linear>(6, 3, false), sequence},
      {"Conv2d", layer<nn::Conv2d>(4, 6, Pair(3, 2), windows), image},
      {"Conv2d without bias", layer<nn::Conv2d>(4, 6, 3, nn::Conv2d::Options{.bias = false}),
       image},
      {"ReLU", layer<nn::ReLU>(), row},
      {"Tanh", layer<nn::Tanh>(), row},
      {"Sigmoid", layer<nn::Sigmoid>(), row},
      {"SiLU", layer<nn::SiLU>(), row},
      {"Softplus", layer<nn::Softplus>(), row},
      {"LeakyReLU", layer<nn::LeakyReLU>(0.3), row},
      {"GELU", layer<nn::GELU>(), row},
      {"GELU, tanh", layer<nn::GELU>(true), row},
      {"Flatten", layer<nn::Flatten>(), image},
      {"Flatten from axis 2", layer<nn::Flatten>(2), image},
      {"MaxPool2d", layer<nn::MaxPool2d>(3, 2, 1), image},
      {"MaxPool2d, ceil_mode", layer<nn::MaxPool2d>(ceil), image},
      {"MaxPool2d, dilated",
       layer<nn::MaxPool2d>(Pool2dOptions{.kernel = 2, .stride = 1, .dilation = {2, 3}}), image},
      {"AvgPool2d", layer<nn::AvgPool2d>(3, 2, 1), image},
      {"AvgPool2d, padding not counted", layer<nn::AvgPool2d>(ceil, false), image},
      {"AdaptiveAvgPool2d", layer<nn::AdaptiveAvgPool2d>(1), image},
      {"AdaptiveAvgPool2d, uneven", layer<nn::AdaptiveAvgPool2d>(Pair(3, 4)), image},
      {"PReLU", layer<nn::PReLU>(), image},
      {"PReLU of channels", layer<nn::PReLU>(4), image},
      {"PReLU of columns", layer<nn::PReLU>(6), row},
      {"LayerNorm", layer<nn::LayerNorm>(Shape{4, 6}), sequence},
      {"GroupNorm", layer<nn::GroupNorm>(2, 4), image},
      {"BatchNorm1d", layer<nn::BatchNorm1d>(4), sequence},
      {"BatchNorm2d", layer<nn::BatchNorm2d>(4), image},
      {"residual sum", layer<Residual>(), {3}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    Sequential network = c.make();
    network.append(nn::Dropout());  // nothing in evaluation mode
    network.append(nn::Function("", [](const Variable& x) { return 2 * x; }));
    check_exported(std::move(network), c.row, DType::float32);
  }
}

TEST_CASE("onnx: functions compute the same in ONNX, for batches of every size") {
  manual_seed(2);
  const Shape row{6}, sequence{4, 6}, image{4, 7, 6};
  const struct {
    const char* name;
    On f;
    Shape row;
  } cases[] = {
      {"abs", abs, row},
      {"clamp", [](const Variable& x) { return clamp(x, -1, 0.5) + clamp(x, 0.25); }, row},
      {"sin, cos, acos", [](const Variable& x) { return sin(x) + cos(x) * acos(tanh(x)); }, row},
      {"exp, log, erf", [](const Variable& x) { return log(exp(x) + 1) - erf(x); }, row},
      {"div, sqrt, pow", [](const Variable& x) { return x / sqrt(pow(x, 2) + 1); }, row},
      {"maximum", [](const Variable& x) { return maximum(x, 0.25) - minimum(x, x * x); }, row},
      {"softmax", [](const Variable& x) { return softmax(x, -1); }, sequence},
      {"sum",
       [](const Variable& x) {
         return sum(x, {1, -1});
       },
       image},
      {"sum, all", [](const Variable& x) { return x * sum(x); }, row},
      {"mean, kept",
       [](const Variable& x) {
         return mean(x, {2, 3}, true);
       },
       image},
      {"norm", [](const Variable& x) { return norm(x, 1); }, row},
      {"cumsum", [](const Variable& x) { return cumsum(x, -1); }, sequence},
      {"permute",
       [](const Variable& x) {
         return permute(x, {0, 3, -3, 2});
       },
       image},
      {"slice", [](const Variable& x) { return slice(x, -1, -5, -1, 2); }, image},
      {"slice of the batch", [](const Variable& x) { return slice(x, 0, 0, 1); }, image},
      {"pad",
       [](const Variable& x) {
         return pad(x, {1, 2, 0, 3});
       },
       image},
      {"pad with ones",
       [](const Variable& x) {
         return pad(x, {0, 1, 2, 0}, 1);
       },
       image},
      {"concat",
       [](const Variable& x) {
         return concat({x, x * 2}, -1);
       },
       sequence},
      {"select", [](const Variable& x) { return select(x, 1, 2); }, sequence},
      {"expand",
       [](const Variable& x) {
         return expand(unsqueeze(x, 1), {-1, 3, -1});
       },
       row},
      {"reshape",
       [](const Variable& x) {
         return reshape(x, {-1, 2, 12});
       },
       sequence},
      {"axes joined to the batch",
       [](const Variable& x) {
         return reshape(x, {-1, 6});
       },
       sequence},
      {"matmul", [](const Variable& x) { return matmul(x, transpose(x, 1, 2)); }, sequence},
      {"index_select",
       [](const Variable& x) {
         return index_select(x, 2, integers({0, 5, 5}));
       },
       sequence},
      {"gather",
       [](const Variable& x) {
         return gather(x, 1, integers({1, 0, 5}).reshape({1, 3}));
       },
       row},
      {"where",
       [](const Variable& x) {
         return where(integers({1, 0, 1, 0, 1, 1}), x, x * 3);
       },
       row},
      {"where, expanded along the batch",
       [](const Variable& x) {
         return where(integers({1, 0, 1, 0, 1, 1}).expand(x.shape()), x, x * 3);
       },
       row},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    check_exported(function(c.f)(), c.row, DType::float64);
  }
}

TEST_CASE("onnx: constants are called as the parameters are, and stand in the file once") {
  Sequential network{nn::Conv2d(1, 2, 3), nn::BatchNorm2d(2), nn::PReLU(2)};
  network.append(nn::Linear(3, 3));
  const OnnxFile file = exported(network, Tensor::ones({2, 1, 5, 5}));
  std::string all;
  for (const auto& [name, value] : file.constants) all += text(name, ' ', value.shape(), ", ");
  CHECK(all ==
        "0.bias [2], 0.weight [2, 1, 3, 3], 1.bias [1, 2, 1, 1], 1.running_mean [1, 2, 1, 1], "
        "1.weight [1, 2, 1, 1], 2.weight [1, 2, 1, 1], 3.bias [3], 3.weight [3, 3], "
        "constant [1, 2, 1, 1], ");
}

TEST_CASE("onnx: the batch is called so, and what follows from it is left open") {
  const auto sizes = [](On f) {
    Sequential network = function(f)();
    const OnnxFile file = exported(network, Tensor::ones({2, 3, 2}));
    CHECK(file.input_sizes == std::vector<std::string>{"batch", "3", "2"});
    return file.output_sizes;
  };
  using Sizes = std::vector<std::string>;
  CHECK(sizes([](const Variable& x) { return 2 * x; }) == Sizes{"batch", "3", "2"});
  CHECK(sizes([](const Variable& x) { return transpose(x, 0, 2); }) == Sizes{"2", "3", "batch"});
  CHECK(sizes([](const Variable& x) { return reshape(x, {-1, 2}); }) == Sizes{"?", "2"});
  CHECK(sizes([](const Variable& x) { return sum(x); }) == Sizes{});
}

TEST_CASE("onnx: a network keeps its mode, its statistics and its gradients") {
  Sequential network{nn::BatchNorm1d(2), nn::Dropout()};
  const Tensor before = network.named_buffers()[0].variable.value().clone();
  const NoGrad outside;
  exported(network, Tensor::ones({2, 2}));
  CHECK(network.training());
  CHECK(identical(network.named_buffers()[0].variable.value(), before));
  for (const Variable& parameter : network.parameters()) CHECK(!parameter.grad().defined());
}

}  // namespace gradian::test
