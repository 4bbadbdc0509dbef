// Every function at axes of size 0: value, gradient and second derivatives have their shapes, and
// what is a sum of nothing is 0. Run under the sanitizers it also shows that nothing is read.
#include <cmath>

#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/unary_functions.h"

namespace gradian::test {
namespace {

using In = const std::vector<Variable>&;

struct Function {
  std::string name;
  std::function<Variable(In)> f;
  std::vector<Shape> inputs;  // -1 stands for the size 0, at one place at a time
  Shape output;               // -1 where the 0 comes out again
};

Shape with_zero(Shape shape) {
  for (int64_t& size : shape)
    if (size == -1) size = 0;
  return shape;
}

Function unary(const char* name, Variable (*f)(const Variable&), const Shape& shape) {
  return {name, [f](In in) { return f(in[0]); }, {shape}, shape};
}

std::vector<Function> elementwise() {
  std::vector<Function> all;
  for (const Shape& shape : {Shape{-1}, Shape{-1, 3}, Shape{2, -1}, Shape{-1, -1}}) {
    for (const UnaryFunction& function : kUnaryFunctions)
      all.push_back(unary(function.name, function.f, shape));
    all.push_back(unary("neg", neg, shape));
    all.push_back(unary(
        "clamp", [](const Variable& x) { return clamp(x, -1, 1); }, shape));
    all.push_back(unary(
        "clamp, one bound", [](const Variable& x) { return clamp(x, {}, 0.5); }, shape));
    all.push_back(unary(
        "cumsum", [](const Variable& x) { return cumsum(x, 0); }, shape));
    all.push_back(unary(
        "softmax", [](const Variable& x) { return softmax(x, -1); }, shape));
    all.push_back(unary(
        "log_softmax", [](const Variable& x) { return log_softmax(x, 0); }, shape));
    all.push_back(unary(
        "normalize", [](const Variable& x) { return normalize(x, 0); }, shape));
    all.push_back(unary(
        "flip", [](const Variable& x) { return flip(x, 0); }, shape));
    for (const auto& [name, f] :
         std::vector<std::pair<const char*, Variable (*)(const Variable&, const Variable&)>>{
             {"add", of_variables<add>},
             {"sub", of_variables<sub>},
             {"mul", of_variables<mul>},
             {"div", of_variables<div>},
             {"maximum", of_variables<maximum>},
             {"minimum", of_variables<minimum>},
             {"prelu", prelu},
             {"pow", of_variables<pow>},
             {"where", [](const Variable&a, const Variable&b) {
                return where(greater(a.value(), b.value()), a, b);
              }}})
      all.push_back({name, [f = f](In in) { return f(in[0], in[1]); }, {shape, shape}, shape});
  }
  return all;
}

std::vector<Function> shapes_and_reductions() {
  const Shape x{-1, 3}, all_axes{};
  return {
      {"reshape",
       [](In in) {
         return reshape(in[0], {3, 0, 5});
       },
       {x},
       {3, -1, 5}},
      {"permute",
       [](In in) {
         return permute(in[0], {1, 0});
       },
       {x},
       {3, -1}},
      {"flatten", [](In in) { return flatten(in[0]); }, {x}, {-1}},
      {"flatten two axes", [](In in) { return flatten(in[0], 0, 1); }, {{-1, 3, 2}}, {-1, 2}},
      {"squeeze", [](In in) { return squeeze(in[0], 1); }, {{-1, 1}}, {-1}},
      {"squeeze all", [](In in) { return squeeze(in[0]); }, {{1, -1, 1}}, {-1}},
      {"unsqueeze", [](In in) { return unsqueeze(in[0], 0); }, {x}, {1, -1, 3}},
      {"expand",
       [](In in) {
         return expand(in[0], {2, 0, 3});
       },
       {x},
       {2, -1, 3}},
      {"expand to nothing",
       [](In in) {
         return expand(in[0], {0, 3});
       },
       {{1, 3}},
       {-1, 3}},
      {"slice", [](In in) { return slice(in[0], 1, 1, 3); }, {x}, {-1, 2}},
      {"empty slice", [](In in) { return slice(in[0], 0, 1, 1); }, {{2, 3}}, {-1, 3}},
      {"slice_adjoint",
       [](In in) {
         return slice_adjoint(in[0], {4, 3}, 0, 4);
       },
       {x},
       {4, 3}},
      {"select", [](In in) { return select(in[0], 1, 1); }, {x}, {-1}},
      {"pad",
       [](In in) {
         return pad(in[0], {1, 0, 2, 0}, 3);
       },
       {x},
       {2, 4}},
      {"concat",
       [](In in) {
         return concat({in[0], in[1]}, 0);
       },
       {x, {2, 3}},
       {2, 3}},
      {"stack",
       [](In in) {
         return stack({in[0], in[1]}, 1);
       },
       {x, x},
       {-1, 2, 3}},
      {"sum", [](In in) { return sum(in[0]); }, {x}, all_axes},
      {"sum of columns", [](In in) { return sum(in[0], {0}); }, {x}, {3}},
      {"sum of rows", [](In in) { return sum(in[0], {1}, true); }, {x}, {-1, 1}},
      {"sum_to",
       [](In in) {
         return sum_to(in[0], {1, 3});
       },
       {x},
       {1, 3}},
      {"mean of rows", [](In in) { return mean(in[0], {1}); }, {x}, {-1}},
      {"var of rows", [](In in) { return var(in[0], {1}); }, {x}, {-1}},
      {"max of rows", [](In in) { return max(in[0], {1}); }, {x}, {-1}},
      {"min of rows", [](In in) { return min(in[0], {1}); }, {x}, {-1}},
      {"logsumexp of rows", [](In in) { return logsumexp(in[0], {1}); }, {x}, {-1}},
      {"norm of rows", [](In in) { return norm(in[0], {1}); }, {x}, {-1}},
      {"norm of nothing", [](In in) { return norm(in[0], {1}); }, {{2, -1}}, {2}},
      {"cosine_similarity", [](In in) { return cosine_similarity(in[0], in[1]); }, {x, x}, {-1}},
      {"cosine_similarity of nothing",
       [](In in) { return cosine_similarity(in[0], in[1]); },
       {{2, -1}, {2, -1}},
       {2}},
  };
}

std::vector<Function> layers_and_indexing() {
  const auto conv = [](In in) { return conv2d(in[0], in[1], in[2], {.padding = {1, 1}}); };
  const auto normed = [](In in) { return batch_norm(in[0], {}, {}, in[1], in[2]); };
  const auto max_pool = [](In in) { return max_pool2d(in[0], {.kernel = {2, 2}}); };
  const auto avg_pool = [](In in) {
    return avg_pool2d(in[0], {.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}});
  };
  const auto adaptive = [](In in) { return adaptive_avg_pool2d(in[0], {3, 2}); };
  const auto with_bias = [](In in) { return linear(in[0], in[1], in[2]); };
  const auto product = [](In in) { return matmul(in[0], in[1]); };
  return {
      {"gather",
       [](In in) {
         return gather(in[0], 0, Tensor::zeros({0, 3}, DType::int64));
       },
       {{2, 3}},
       {-1, 3}},
      {"scatter_add",
       [](In in) {
         return scatter_add({2, 3}, 0, Tensor::zeros({0, 3}, DType::int64), in[0]);
       },
       {{-1, 3}},
       {2, 3}},
      {"index_select",
       [](In in) { return index_select(in[0], 1, integers({})); },
       {{2, 3}},
       {2, -1}},
      {"index_select, no rows",
       [](In in) {
         return index_select(in[0], 1, integers({2, 0}));
       },
       {{-1, 3}},
       {-1, 2}},
      {"embedding",
       [](In in) {
         return embedding(Tensor::zeros({2, 0}, DType::int64), in[0]);
       },
       {{4, 3}},
       {2, -1, 3}},
      {"embedding of width 0",
       [](In in) {
         return embedding(integers({1, 2}), in[0]);
       },
       {{4, -1}},
       {2, -1}},
      {"matmul, no rows", product, {{-1, 3}, {3, 2}}, {-1, 2}},
      {"matmul, nothing inside", product, {{2, -1}, {-1, 4}}, {2, 4}},
      {"matmul, no columns", product, {{2, 3}, {3, -1}}, {2, -1}},
      {"matmul, no batch", product, {{-1, 2, 3}, {3, 2}}, {-1, 2, 2}},
      {"matmul of vectors", product, {{-1}, {-1}}, {}},
      {"linear, empty batch", with_bias, {{-1, 3}, {2, 3}, {2}}, {-1, 2}},
      {"linear, no features", with_bias, {{2, -1}, {3, -1}, {3}}, {2, 3}},
      {"linear, no outputs", with_bias, {{2, 3}, {-1, 3}, {-1}}, {2, -1}},
      {"linear, neither", with_bias, {{2, -1}, {-1, -1}, {-1}}, {2, -1}},
      {"linear, two empty axes", with_bias, {{-1, 2, -1}, {3, -1}, {3}}, {-1, 2, 3}},
      {"conv2d, empty batch", conv, {{-1, 2, 4, 4}, {3, 2, 3, 3}, {3}}, {-1, 3, 4, 4}},
      {"conv2d, no channels", conv, {{2, -1, 4, 4}, {3, -1, 3, 3}, {3}}, {2, 3, 4, 4}},
      {"conv2d, no filters", conv, {{2, 2, 4, 4}, {-1, 2, 3, 3}, {-1}}, {2, -1, 4, 4}},
      {"layer_norm",
       [](In in) { return layer_norm(in[0], {3}, in[1], in[2]); },
       {{-1, 3}, {3}, {3}},
       {-1, 3}},
      {"layer_norm of nothing",
       [](In in) { return layer_norm(in[0], {0}, in[1], in[2]); },
       {{2, -1}, {-1}, {-1}},
       {2, -1}},
      {"batch_norm, no channels", normed, {{2, -1, 2, 2}, {-1}, {-1}}, {2, -1, 2, 2}},
      {"batch_norm, given statistics",
       [](In in) {
         const Tensor ones = Tensor::ones({3}, in[0].dtype());
         return batch_norm(in[0], ones, ones, in[1], in[2]);
       },
       {{-1, 3}, {3}, {3}},
       {-1, 3}},
      {"prelu, a slope a channel",
       [](In in) { return prelu(in[0], in[1]); },
       {{2, -1, 2}, {-1, 1}},
       {2, -1, 2}},
      {"prelu, one slope", [](In in) { return prelu(in[0], in[1]); }, {{-1, 2}, {1}}, {-1, 2}},
      {"max_pool2d, empty batch", max_pool, {{-1, 2, 4, 4}}, {-1, 2, 2, 2}},
      {"max_pool2d, no channels", max_pool, {{2, -1, 4, 4}}, {2, -1, 2, 2}},
      {"avg_pool2d, empty batch", avg_pool, {{-1, 2, 4, 4}}, {-1, 2, 4, 4}},
      {"avg_pool2d, no channels", avg_pool, {{2, -1, 4, 4}}, {2, -1, 4, 4}},
      {"adaptive_avg_pool2d, empty batch", adaptive, {{-1, 2, 4, 4}}, {-1, 2, 3, 2}},
      {"adaptive_avg_pool2d, no channels", adaptive, {{2, -1, 4, 4}}, {2, -1, 3, 2}},
  };
}

TEST_CASE("functions of empty arrays have their shapes, their gradients and second derivatives") {
  for (const auto& family : {elementwise(), shapes_and_reductions(), layers_and_indexing()})
    for (const Function& function : family)
      for (const DType dtype : {DType::float32, DType::float64}) {
        CAPTURE(function.name);
        CAPTURE(dtype);
        std::vector<Variable> inputs;
        for (const Shape& shape : function.inputs)
          inputs.emplace_back(rand(with_zero(shape), dtype), true);
        const auto expected = with_zero(function.output);
        const Variable y = function.f(inputs);
        CHECK(y.shape() == expected);
        // First order by the kernels, then recorded, and the derivatives of that.
        const Variable ones(Tensor::ones(y.shape(), dtype), true);
        for (const bool create_graph : {false, true}) {
          const auto gradients = grad({function.f(inputs)}, inputs, {ones}, create_graph);
          Variable total(Tensor::scalar(0, dtype));
          for (size_t i = 0; i < inputs.size(); ++i) {
            CAPTURE(i);
            REQUIRE(gradients[i].defined());
            CHECK(gradients[i].shape() == inputs[i].shape());
            total = total + sum(gradients[i]);
          }
          if (!total.requires_grad()) continue;
          std::vector<Variable> all = inputs;
          all.push_back(ones);
          for (const Variable& second : grad({total}, all))
            if (second.defined()) CHECK(all_finite(second.value()));
        }
      }
}

TEST_CASE("a product over nothing is 0, plus the bias") {
  check_values(matmul(leaf({}, {2, 0}), leaf({}, {0, 2})), {0, 0, 0, 0});
  check_values(linear(leaf({}, {2, 0}), leaf({}, {2, 0}), leaf({1, 2}, {2})), {1, 2, 1, 2});
  const Variable nothing(Tensor::ones({1, 0, 3, 3}, DType::float64));
  check_values(
      conv2d(nothing, Variable(Tensor::ones({2, 0, 3, 3}, DType::float64)), leaf({1, 2}, {2}), {}),
      {1, 2});
}

}  // namespace
}  // namespace gradian::test
