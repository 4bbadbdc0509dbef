// Every function of tensors says, under its own name, that it was given an undefined one.
#include <doctest/doctest.h>

#include <functional>

#include "tensor/conv/conv2d.h"
#include "tensor/conv/pooling.h"
#include "tensor/kernels.h"
#include "tests/helpers.h"

namespace gradian {
namespace {

struct Use {
  const char* function;
  std::function<void()> call;
};

TEST_CASE("an undefined tensor is none of the others") {
  CHECK_FALSE(Tensor().defined());
  CHECK(Tensor::zeros({0}).defined());
  CHECK(Tensor().stamp() == Tensor().stamp());
}

TEST_CASE("an undefined tensor is an error of the function that gets it") {
  Tensor x, y = Tensor::zeros({1}), labels = Tensor::arange(1);
  const Use uses[] = {
      {"data", [&] { x.data<float>(); }},
      {"mutable_data", [&] { x.mutable_data<float>(); }},
      {"size", [&] { x.size(0); }},
      {"at", [&] { x.at({}); }},
      {"item", [&] { x.item(); }},
      {"to_vector", [&] { x.to_vector<float>(); }},
      {"reshape", [&] { x.reshape({1}); }},
      {"permute", [&] { x.permute({}); }},
      {"transpose", [&] { x.transpose(0, 1); }},
      {"slice", [&] { x.slice(0, 0, 1); }},
      {"select", [&] { x.select(0, 0); }},
      {"expand", [&] { x.expand({2}); }},
      {"unsqueeze", [&] { x.unsqueeze(0); }},
      {"squeeze", [&] { x.squeeze(0); }},
      {"squeeze", [&] { x.squeeze(); }},
      {"flip", [&] { x.flip(0); }},
      {"contiguous", [&] { x.contiguous(); }},
      {"clone", [&] { x.clone(); }},
      {"to", [&] { x.to(DType::float32); }},
      {"owned", [&] { Tensor().owned(); }},
      {"fill", [&] { x.fill(1); }},
      {"copy_from", [&] { x.copy_from(y); }},
      {"copy_from", [&] { y.copy_from(x); }},
      {"operator+=", [&] { x += y; }},
      {"operator-=", [&] { y -= x; }},
      {"operator*=", [&] { x *= 2; }},
      {"operator/=", [&] { y /= x; }},
      {"exp", [&] { exp(x); }},
      {"log", [&] { log(x); }},
      {"log1p", [&] { log1p(x); }},
      {"sqrt", [&] { sqrt(x); }},
      {"sin", [&] { sin(x); }},
      {"cos", [&] { cos(x); }},
      {"acos", [&] { acos(x); }},
      {"tanh", [&] { tanh(x); }},
      {"erf", [&] { erf(x); }},
      {"sigmoid", [&] { sigmoid(x); }},
      {"softplus", [&] { softplus(x); }},
      {"relu", [&] { relu(x); }},
      {"sign", [&] { sign(x); }},
      {"isfinite", [&] { isfinite(x); }},
      {"abs", [&] { abs(x); }},
      {"square", [&] { square(x); }},
      {"pow", [&] { pow(x, 2); }},
      {"pow", [&] { pow(y, x); }},
      {"add", [&] { add(x, y); }},
      {"add", [&] { y + x; }},
      {"sub", [&] { sub(x, 1); }},
      {"mul", [&] { mul(y, x); }},
      {"div", [&] { div(2, x); }},
      {"neg", [&] { -x; }},
      {"maximum", [&] { maximum(x, y); }},
      {"minimum", [&] { minimum(y, x); }},
      {"equal", [&] { equal(x, y); }},
      {"not_equal", [&] { not_equal(x, y); }},
      {"less", [&] { less(x, y); }},
      {"less_equal", [&] { less_equal(x, y); }},
      {"greater", [&] { greater(x, 1); }},
      {"greater_equal", [&] { greater_equal(x, y); }},
      {"where", [&] { where(x, y, y); }},
      {"where", [&] { where(y, x, 1); }},
      {"full_like", [&] { full_like(x, 1); }},
      {"sum", [&] { sum(x); }},
      {"cumsum", [&] { cumsum(x, 0); }},
      {"argmax", [&] { argmax(x, 0); }},
      {"argmax", [&] { argmax(x); }},
      {"argmin", [&] { argmin(x, 0); }},
      {"argmin", [&] { argmin(x); }},
      {"log_softmax", [&] { log_softmax(x, 0); }},
      {"sort", [&] { sort(x); }},
      {"argsort", [&] { argsort(x); }},
      {"topk", [&] { topk(x, 1); }},
      {"matmul", [&] { matmul(y, x); }},
      {"linear", [&] { linear(x, y); }},
      {"gather", [&] { gather(x, 0, labels); }},
      {"gather", [&] { gather(y, 0, x); }},
      {"scatter_add", [&] { scatter_add({1}, 0, labels, x); }},
      {"scatter_add", [&] { scatter_add({1}, 0, x, y); }},
      {"one_hot", [&] { one_hot(x, 3, DType::float32); }},
      {"concat",
       [&] {
         concat({y, x}, 0);
       }},
      {"conv2d", [&] { conv2d(x, y); }},
      {"max_pool2d", [&] { max_pool2d(x, {.kernel = 1}); }},
  };
  for (const Use& use : uses) {
    INFO(std::string(use.function));
    CHECK(test::error_of(use.call) == text(use.function, ": the tensor is undefined"));
  }
}

}  // namespace
}  // namespace gradian
