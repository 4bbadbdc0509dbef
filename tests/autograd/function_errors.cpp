// What the functions of autograd/ops.h refuse is reported under the name that was called, however
// many functions lie between it and the one that noticed.
#include <limits>

#include "tests/helpers.h"
#include "tests/unary_functions.h"

namespace gradian::test {
namespace {

using Call = std::function<void()>;

struct Function {
  std::string name;
  std::vector<Call> refused;
};

// Functions of one variable: an undefined one, and one that their `refused` values come from.
void check_named(const std::vector<Function>& functions) {
  for (const Function& function : functions)
    for (size_t i = 0; i < function.refused.size(); ++i) {
      const std::string error = error_of(function.refused[i]);
      CAPTURE(function.name);
      CAPTURE(i);
      CAPTURE(error);
      CHECK(error.starts_with(function.name + ": "));
    }
}

const Variable kUndefined, kWhole(Tensor::arange(6).reshape({2, 3}));
const Variable kMatrix(Tensor::ones({2, 3}, DType::float64)), kSingle(Tensor::ones({2, 3}));
const Tensor kNoTensor, kColumn = Tensor::zeros({2, 1}, DType::int64);
const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("elementwise functions: an error names the function that was called") {
  struct Unary {
    std::string name;
    Variable (*f)(const Variable&);
    bool takes_whole_numbers = false;
  };
  std::vector<Unary> unary{
      {"neg", neg, true},
      {"pow", [](const Variable& x) { return pow(x, 0.5); }},
      {"add", [](const Variable& x) { return x + 0.5; }},
      {"sub", [](const Variable& x) { return 0.5 - x; }},
      {"mul", [](const Variable& x) { return 0.5 * x; }},
      {"div", [](const Variable& x) { return x / 0.5; }},
      {"clamp", [](const Variable& x) { return clamp(x, 0.5, 2); }},
      {"mean", [](const Variable& x) { return mean(x); }},
      {"var", [](const Variable& x) { return var(x); }},
      {"logsumexp", [](const Variable& x) { return logsumexp(x); }},
      {"log_softmax", [](const Variable& x) { return log_softmax(x, 1); }},
      {"softmax", [](const Variable& x) { return softmax(x, 1); }},
      {"norm", [](const Variable& x) { return norm(x); }},
      {"normalize", [](const Variable& x) { return normalize(x); }},
      {"cosine_similarity", [](const Variable& x) { return cosine_similarity(x, x); }},
      {"layer_norm", [](const Variable& x) { return layer_norm(x, {3}); }},
      {"batch_norm", [](const Variable& x) { return batch_norm(x, {}, {}); }},
      {"prelu", [](const Variable& x) { return prelu(x, x); }},
  };
  for (const auto& [name, f] : kUnaryFunctions)
    unary.push_back({name, f, name == std::string("square")});
  for (const Unary& function : unary) {
    CAPTURE(function.name);
    CHECK(error_of([&] { function.f(kUndefined); }).starts_with(function.name + ": "));
    if (!function.takes_whole_numbers) {
      const std::string error = error_of([&] { function.f(kWhole); });
      CAPTURE(error);
      CHECK(error.starts_with(function.name + ": "));
      CHECK(error.find("int64") != std::string::npos);
    }
  }
}

TEST_CASE("functions of two operands: an error names the function that was called") {
  struct Binary {
    std::string name;
    Variable (*f)(const Variable&, const Variable&);
  };
  const std::vector<Binary> binary{
      {"add", of_variables<add>},
      {"sub", of_variables<sub>},
      {"mul", of_variables<mul>},
      {"div", of_variables<div>},
      {"pow", of_variables<pow>},
      {"maximum", of_variables<maximum>},
      {"minimum", of_variables<minimum>},
      {"prelu", prelu},
      {"where", [](const Variable& a, const Variable& b) { return where(kColumn, a, b); }},
      {"cosine_similarity",
       [](const Variable& a, const Variable& b) { return cosine_similarity(a, b); }},
      {"matmul", matmul},
      {"linear", [](const Variable& a, const Variable& b) { return linear(a, b); }},
      {"concat",
       [](const Variable& a, const Variable& b) {
         return concat({a, b}, 0);
       }},
      {"stack",
       [](const Variable& a, const Variable& b) {
         return stack({a, b});
       }},
  };
  for (const Binary& function : binary) {
    const auto refuses = [&](const Variable& a, const Variable& b) {
      const std::string error = error_of([&] { function.f(a, b); });
      CAPTURE(function.name);
      CAPTURE(error);
      CHECK(error.starts_with(function.name + ": "));
    };
    refuses(kMatrix, kUndefined);
    refuses(kUndefined, kMatrix);
    refuses(kMatrix, kSingle);
    refuses(kMatrix, Variable(Tensor::ones({4, 2}, DType::float64)));
  }
}

TEST_CASE("shapes, reductions and indexing: an error names the function that was called") {
  const Tensor outside = Tensor::full({2}, 5, DType::int64);
  check_named({
      {"reshape", {[] { reshape(kMatrix, {4}); }}},
      {"permute",
       {[] {
          permute(kMatrix, {0, 0});
        },
        [] { permute(kUndefined, {0}); }}},
      {"transpose", {[] { transpose(kMatrix, 0, 2); }, [] { transpose(kUndefined, 0, 1); }}},
      {"cumsum", {[] { cumsum(kMatrix, 2); }, [] { cumsum(kUndefined, 0); }}},
      {"flatten",
       {[] { flatten(kMatrix, 2); }, [] { flatten(kMatrix, 1, 0); }, [] { flatten(kUndefined); }}},
      {"squeeze",
       {[] { squeeze(kMatrix, 0); }, [] { squeeze(kUndefined); }, [] { squeeze(kMatrix, 5); }}},
      {"unsqueeze", {[] { unsqueeze(kMatrix, 4); }, [] { unsqueeze(kUndefined, 0); }}},
      {"expand",
       {[] {
          expand(kMatrix, {3, 3});
        },
        [] {
          expand(kMatrix, {-1, 2, 3});
        },
        [] { expand(kUndefined, {3}); }}},
      {"slice", {[] { slice(kMatrix, 0, 1, 4); }, [] { slice(kMatrix, 3, 0, 1); }}},
      {"select",
       {[] { select(kMatrix, 0, 2); }, [] { select(kMatrix, 0, -3); },
        [] { select(kMatrix, 2, 0); }}},
      {"slice_adjoint",
       {[] {
          slice_adjoint(kMatrix, {2, 2}, 1, 0);
        },
        [] {
          slice_adjoint(kMatrix, {4, 4}, 0, 0);
        },
        [] {
          slice_adjoint(kMatrix, {4, 3}, 2, 0);
        }}},
      {"pad",
       {[] { pad(kMatrix, {1}); },
        [] {
          pad(kMatrix, {-1, 0});
        },
        [] {
          pad(kUndefined, {1, 1});
        },
        [] {
          pad(kWhole, {1, 1}, 0.5);
        }}},
      {"flip",
       {[] { flip(kMatrix, 2); },
        [] {
          flip(kMatrix, {0, -2});
        }}},
      {"concat", {[] { concat({}); }, [] { concat({kMatrix}, 2); }}},
      {"stack", {[] { stack({}); }, [] { stack({kMatrix}, 4); }}},
      {"sum",
       {[] { sum(kMatrix, {2}); },
        [] {
          sum(kMatrix, {0, 0});
        },
        [] { sum(kUndefined); }}},
      {"sum_to", {[] { sum_to(kMatrix, {2}); }, [] { sum_to(kUndefined, {2}); }}},
      {"mean",
       {[] { mean(kMatrix, {2}); },
        [] {
          mean(kMatrix, {0, 0});
        }}},
      {"var",
       {[] { var(kMatrix, {2}); },
        [] {
          var(kMatrix, {0, 0});
        }}},
      {"max",
       {[] { max(kMatrix, {2}); },
        [] {
          max(kMatrix, {0, -2});
        },
        [] { max(kUndefined); },
        [] {
          max(Variable(Tensor::ones({2, 0})), {1});
        },
        [] { max(Variable(Tensor::ones({0}))); }}},
      {"min",
       {[] { min(kMatrix, {2}); },
        [] {
          min(kMatrix, {0, -2});
        },
        [] { min(kUndefined); },
        [] {
          min(Variable(Tensor::ones({2, 0})), {1});
        },
        [] { min(Variable(Tensor::ones({0}))); }}},
      {"logsumexp",
       {[] { logsumexp(kMatrix, {2}); },
        [] {
          logsumexp(kMatrix, {0, 0});
        }}},
      {"log_softmax", {[] { log_softmax(kMatrix, 2); }}},
      {"softmax", {[] { softmax(kMatrix, 2); }}},
      {"norm",
       {[] { norm(kMatrix, {2}); },
        [] {
          norm(kMatrix, {1, 1});
        }}},
      {"normalize", {[] { normalize(kMatrix, 2); }, [] { normalize(kMatrix, 1, kNaN); }}},
      {"cosine_similarity",
       {[] { cosine_similarity(kMatrix, kMatrix, 2); },
        [] { cosine_similarity(kMatrix, kMatrix, 1, -1); }}},
      {"gather",
       {[] { gather(kMatrix, 2, kColumn); }, [] { gather(kMatrix, 1, kNoTensor); },
        [] { gather(kMatrix, 1, kMatrix.value()); }, [] { gather(kUndefined, 1, kColumn); }}},
      {"gather_known", {[] { gather_known(kMatrix, 1, kColumn, kMatrix.value()); }}},
      {"scatter_add",
       {[] {
          scatter_add({2, 3}, 2, kColumn, kMatrix);
        },
        [] {
          scatter_add({2, 3}, 1, kNoTensor, kMatrix);
        }}},
      {"index_select",
       {[] { index_select(kMatrix, 2, Tensor::arange(1)); },
        [] { index_select(kMatrix, 0, kColumn); }, [=] { index_select(kMatrix, 0, outside); },
        [] { index_select(kMatrix, 0, kNoTensor); }}},
      {"embedding",
       {[=] { embedding(outside, kMatrix); }, [] { embedding(Tensor::ones({2}), kMatrix); },
        [] { embedding(kNoTensor, kMatrix); }, [] { embedding(kColumn, kUndefined); }}},
  });
}

TEST_CASE("products, norms and pooling: an error names the function that was called") {
  const Variable image(Tensor::ones({1, 2, 4, 4}, DType::float64));
  const Variable whole(Tensor::ones({1, 2, 4, 4}, DType::int64)), scalar(Tensor::scalar(1));
  const Pool2dOptions large{.kernel = {5, 5}}, wide_padding{.kernel = {2, 2}, .padding = {2, 2}};
  const Pool2dOptions none{.kernel = {0, 2}}, fits{.kernel = {2, 2}};
  check_named({
      {"matmul",
       {[=] { matmul(scalar, scalar); }, [] { matmul(kWhole, transpose(kWhole, 0, 1)); }}},
      {"linear", {[=] { linear(kMatrix, kMatrix, scalar); }, [] { linear(kUndefined, kMatrix); }}},
      {"conv2d",
       {[=] { conv2d(image, kMatrix); }, [=] { conv2d(image, kUndefined); },
        [=] { conv2d(kUndefined, image); }}},
      {"layer_norm",
       {[] { layer_norm(kMatrix, {2}); }, [] { layer_norm(kMatrix, {}); },
        [] { layer_norm(kUndefined, {3}); }, [] { layer_norm(kMatrix, {3}, {}, {}, -1); },
        [] { layer_norm(kMatrix, {3}, kSingle); }}},
      {"batch_norm",
       {[=] { batch_norm(scalar, {}, {}); },
        [] { batch_norm(kMatrix, Tensor::ones({3}, DType::float64), {}); },
        [] { batch_norm(kMatrix, {}, {}, Variable(Tensor::ones({3}))); },
        [] { batch_norm(kMatrix, {}, {}, {}, {}, kNaN); }}},
      {"max_pool2d",
       {[] {
          max_pool2d(kMatrix, {.kernel = {1, 1}});
        },
        [=] { max_pool2d(image, large); }, [=] { max_pool2d(image, wide_padding); },
        [=] { max_pool2d(image, none); }, [=] { max_pool2d(whole, fits); },
        [=] { max_pool2d(kUndefined, fits); }}},
      {"avg_pool2d",
       {[] {
          avg_pool2d(kMatrix, {.kernel = {1, 1}});
        },
        [=] { avg_pool2d(image, large); }, [=] { avg_pool2d(image, wide_padding); },
        [=] { avg_pool2d(image, none); }, [=] { avg_pool2d(whole, fits); },
        [=] { avg_pool2d(kUndefined, fits); }}},
      {"adaptive_avg_pool2d",
       {[] {
          adaptive_avg_pool2d(kMatrix, {1, 1});
        },
        [=] {
          adaptive_avg_pool2d(image, {0, 1});
        },
        [=] {
          adaptive_avg_pool2d(whole, {1, 1});
        },
        [] {
          adaptive_avg_pool2d(Variable(Tensor::ones({1, 1, 0, 2})), {1, 1});
        },
        [=] { adaptive_avg_pool2d(image, int64_t{1} << 62); },
        [=] {
          adaptive_avg_pool2d(image, {1, int64_t{1} << 45});
        }}},
  });
}

TEST_CASE("a parameter that would broadcast the result up is refused") {
  const Variable x(Tensor::ones({3})), wide(Tensor::ones({2, 3})), row(Tensor::ones({1, 3}));
  check_errors({
      {[&] { layer_norm(x, {3}, wide); },
       "layer_norm: expected weight and bias of shape [3], got [2, 3]"},
      {[&] { layer_norm(x, {3}, {}, wide); },
       "layer_norm: expected weight and bias of shape [3], got [2, 3]"},
      {[&] { layer_norm(wide, {3}, x, row); },
       "layer_norm: expected weight and bias of shape [3], got [1, 3]"},
      {[&] { batch_norm(wide, {}, {}, wide); },
       "batch_norm: expected shape [3] for an input of shape [2, 3], got [2, 3]"},
      {[&] { prelu(x, wide); }, "prelu: weight [2, 3] does not broadcast to x [3]"},
      {[&] {
         prelu(Variable(Tensor::ones({2, 1})), x);
       },
       "prelu: weight [3] does not broadcast to x [2, 1]"},
      {[&] {
         prelu(Variable(Tensor::ones({2, 1})), Variable(Tensor::ones({0})));
       },
       "prelu: weight [0] does not broadcast to x [2, 1]"},
  });
  CHECK(prelu(Variable(Tensor::scalar(-2)), Variable(Tensor::full({1}, 0.5))).shape() == Shape{});
}

TEST_CASE("avg_pool2d refuses windows that hold padding alone, unless padding counts") {
  const Variable x(Tensor::ones({1, 1, 1, 1}));
  const Pool2dOptions around{.kernel = 2, .padding = 1, .dilation = 2};
  check_errors({{[&] { avg_pool2d(x, around, false); },
                 "avg_pool2d: a window holds padding alone: kernel [2, 2], dilation [2, 2], input "
                 "[1, 1, 1, 1]"}});
  CHECK(avg_pool2d(x, around).item() == 0);
}

TEST_CASE("numbers that are no probability, no bound or no epsilon are refused with their value") {
  const double inf = std::numeric_limits<double>::infinity();
  check_errors({
      {[] { dropout(kMatrix, -0.1); }, "dropout: expected a probability, got -0.1"},
      {[] { dropout(kMatrix, 1.1); }, "dropout: expected a probability, got 1.1"},
      {[] { dropout(kMatrix, kNaN); }, "dropout: expected a probability, got nan"},
      {[] { dropout(kMatrix, kNaN, false); }, "dropout: expected a probability, got nan"},
      {[] { leaky_relu(kMatrix, kNaN); }, "leaky_relu: negative_slope must be finite, got nan"},
      {[=] { leaky_relu(kMatrix, -inf); }, "leaky_relu: negative_slope must be finite, got -inf"},
      {[=] { normalize(kMatrix, 1, inf); },
       "normalize: eps must be finite and not negative, got inf"},
      {[] { cosine_similarity(kMatrix, kMatrix, 1, kNaN); },
       "cosine_similarity: eps must be finite and not negative, got nan"},
      {[] { batch_norm(kMatrix, {}, {}, {}, {}, kNaN); },
       "batch_norm: eps must be finite and not negative, got nan"},
      {[] { clamp(kMatrix, 2, 1); }, "clamp: low 2 is not less than or equal to high 1"},
      {[] { clamp(kMatrix, kNaN, 1); }, "clamp: low nan is not less than or equal to high 1"},
      {[] { clamp(kMatrix, kNaN); }, "clamp: low nan is not less than or equal to high inf"},
      {[] { clamp(kMatrix, {}); }, "clamp: neither bound is given"},
      {[] { clamp(kMatrix, 1, kNaN); }, "clamp: low 1 is not less than or equal to high nan"},
      {[=] { clamp(kWhole, 0, inf); },
       "clamp: an int64 array meets the number inf: convert it to float32 or float64 first"},
      {[] { normalize(kMatrix, 1, -1.0); },
       "normalize: eps must be finite and not negative, got -1"},
      {[] { layer_norm(kMatrix, {3}, {}, {}, kNaN); },
       "layer_norm: eps must be finite and not negative, got nan"},
      {[] { batch_norm(kMatrix, Tensor::ones({3}), {}); },
       "batch_norm: mean and variance go together: variance is undefined"},
      {[] {
         max(Variable(Tensor::ones({2, 0, 3})), {1, 2});
       },
       "max: no values along axes [1, 2] of shape [2, 0, 3]"},
      {[&] {
         max(Variable(Tensor::ones({2, 3})), {0, -2});
       },
       "max: axis -2 is given twice"},
  });
}

}  // namespace
}  // namespace gradian::test
