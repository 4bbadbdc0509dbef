// Where a function has no derivative, what its gradient is all the same: the conventions that
// autograd/ops.h states, by value, and finite numbers at the points where formulas divide by zero.
#include <doctest/doctest.h>

#include "losses/pairs.h"
#include "losses/regression.h"
#include "tensor/kernels.h"
#include "tests/gradients/margins.h"
#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::proof {
namespace {

using test::all_finite;
using test::kInfinity;
using test::kNaN;
using Values = std::vector<double>;
using In = const std::vector<Variable>&;

// The gradient of the sum of f at some vectors.
struct Convention {
  const char* name;
  std::vector<Values> inputs;
  Variable (*f)(In in);
  std::vector<Values> gradients;
};

const std::vector<Convention>& conventions() {
  static const std::vector<Convention> all{
      {"relu'(0) = 0", {{-1, 0, 1}}, [](In in) { return relu(in[0]); }, {{0, 0, 1}}},
      {"|x|' = 0 at 0", {{-1, 0, 1}}, [](In in) { return abs(in[0]); }, {{-1, 0, 1}}},
      {"clamp' = 0 at its bounds",
       {{-2, -1, 0, 1, 2}},
       [](In in) { return clamp(in[0], -1, 1); },
       {{0, 0, 1, 0, 0}}},
      {"maximum gives each of two equals half",
       {{1, 2, 3}, {2, 2, 2}},
       [](In in) { return maximum(in[0], in[1]); },
       {{0, 0.5, 1}, {1, 0.5, 0}}},
      {"minimum gives each of two equals half",
       {{1, 2, 3}, {2, 2, 2}},
       [](In in) { return minimum(in[0], in[1]); },
       {{1, 0.5, 0}, {0, 0.5, 1}}},
      {"max gives all to the first of equals",
       {{1, 3, 3, 2}},
       [](In in) { return max(in[0]); },
       {{0, 1, 0, 0}}},
      {"min gives all to the first of equals",
       {{4, 3, 3, 5}},
       [](In in) { return min(in[0]); },
       {{0, 1, 0, 0}}},
      {"max over an axis gives all to the first of equals",
       {{1, 3, 3, 2, 2, 2}},
       [](In in) {
         return max(reshape(in[0], {2, 3}), {1});
       },
       {{0, 1, 0, 1, 0, 0}}},
      {"max_pool2d gives all to the first of equals",
       {{3, 1, 3, 3}},
       [](In in) {
         return max_pool2d(reshape(in[0], {1, 1, 2, 2}), {.kernel = 2, .stride = 2});
       },
       {{1, 0, 0, 0}}},
      {"sqrt' = 0 at 0", {{0, 4}}, [](In in) { return sqrt(in[0]); }, {{0, 0.25}}},
      {"norm' = 0 at 0", {{0, 0, 0}}, [](In in) { return norm(in[0]); }, {{0, 0, 0}}},
      {"norm' = 0 in a row of zeros only",
       {{0, 0, 3, 4}},
       [](In in) {
         return norm(reshape(in[0], {2, 2}), {1});
       },
       {{0, 0, 0.6, 0.8}}},
      {"normalize' = 0 at 0", {{0, 0}}, [](In in) { return normalize(in[0], 0); }, {{0, 0}}},
      {"leaky_relu' is the slope at 0",
       {{-1, 0, 1}},
       [](In in) { return leaky_relu(in[0], 0.25); },
       {{0.25, 0.25, 1}}},
      {"x^0 is the constant 1", {{-1, 0, 2}}, [](In in) { return pow(in[0], 0); }, {{0, 0, 0}}},
      {"x^2 at 0", {{0, 3}}, [](In in) { return pow(in[0], 2); }, {{0, 6}}},
      {"0^p does not depend on p > 0",
       {{0, 0}, {1, 2}},
       [](In in) { return pow(in[0], in[1]); },
       {{1, 0}, {0, 0}}},
      {"where keeps out what it does not take",
       {{1, kNaN}, {kInfinity, 3}},
       [](In in) {
         return where(Tensor::from<int64_t>({1, 0}, {2}), in[0], in[1]);
       },
       {{1, 0}, {0, 1}}},
      {"logsumexp passes -infinity over",
       {{-kInfinity, 0, 0}},
       [](In in) { return logsumexp(in[0]); },
       {{0, 0.5, 0.5}}},
      {"l1_loss' = 0 at equal operands",
       {{1, 2}, {1, 0}},
       [](In in) { return l1_loss(in[0], in[1], {.reduction = Reduction::sum}); },
       {{0, 1}, {0, -1}}},
      {"contrastive_loss' = 0 at equal embeddings",
       {{1, 2}, {1, 2}},
       [](In in) {
         return contrastive_loss(reshape(in[0], {1, 2}), reshape(in[1], {1, 2}),
                                 Tensor::from<int64_t>({0}, {1}));
       },
       {{0, 0}, {0, 0}}},
  };
  return all;
}

TEST_CASE("the gradient on a kink is the one that autograd/ops.h states") {
  for (const Convention& convention : conventions())
    for (const DType dtype : {DType::float32, DType::float64}) {
      CAPTURE(convention.name);
      std::vector<Variable> inputs;
      for (const Values& values : convention.inputs)
        inputs.emplace_back(Tensor::from(values, {static_cast<int64_t>(values.size())}).to(dtype),
                            true);
      sum(convention.f(inputs)).backward();
      for (size_t i = 0; i < inputs.size(); ++i) {
        CAPTURE(i);
        const Values gradient = inputs[i].grad().value().to_vector<double>();
        for (size_t entry = 0; entry < gradient.size(); ++entry)
          CHECK(gradient[entry] == doctest::Approx(convention.gradients[i][entry]));
      }
    }
}

// Value, gradients and the gradient of their squared length, all finite.
void check_finite(const Variable& loss, const std::vector<Variable>& inputs) {
  CHECK(all_finite(loss.value()));
  Variable length(Tensor::scalar(0, loss.dtype()));
  for (const Variable& gradient : grad({loss}, inputs, {}, true)) {
    CHECK(all_finite(gradient.value()));
    length = length + sum(gradient * gradient);
  }
  for (const Variable& gradient : grad({length}, inputs)) CHECK(all_finite(gradient.value()));
}

TEST_CASE("second derivatives of margin losses are finite at zero features and along the class") {
  // Features of zeros, along their class, exactly against it, and of both in one batch.
  const Values direction{0.3, -0.2, 0.6}, other{1, 2, -1};
  for (const Margin& margin : margins())
    for (const DType dtype : {DType::float32, DType::float64})
      for (const double s : {1.0, 64.0}) {
        CAPTURE(margin);
        CAPTURE(dtype);
        Values rows;
        for (const double factor : {0.0, 1.0, 3.0, -1.0, -7.0})
          for (const double value : direction) rows.push_back(factor * value);
        Values classes = direction;
        classes.insert(classes.end(), other.begin(), other.end());
        MarginLoss loss(3, 2, s, margin);
        loss.to(dtype);
        loss.weight.set_value(Tensor::from(classes, {2, 3}).to(dtype));
        const Variable x(Tensor::from(rows, {5, 3}).to(dtype), true);
        const Variable result = loss(x, Tensor::zeros({5}, DType::int64));
        check_finite(result, {x, loss.weight});
      }
}

}  // namespace
}  // namespace gradian::proof
