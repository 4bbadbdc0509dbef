// What the engine refuses, and the words it finds for it: graphs that cannot be differentiated or
// are gone, arrays that changed under it, and rules that return the wrong thing.
#include <functional>

#include "tests/gradients/custom_rule.h"
#include "tests/helpers.h"

namespace gradian::test {

using proof::with_rule;

TEST_CASE("engine: a freed graph says so, and names the op") {
  const Variable x = leaf(2);
  const Variable y = x * x;
  y.backward();
  CHECK_THROWS_WITH_AS(
      y.backward(), "mul: the graph was freed by an earlier backward; pass retain_graph to keep it",
      Error);

  const Variable shared = exp(x);
  const Variable a = 2.0 * shared, b = 3.0 * shared;
  a.backward();
  CHECK_THROWS_WITH_AS(
      b.backward(), "exp: the graph was freed by an earlier backward; pass retain_graph to keep it",
      Error);
}

TEST_CASE("engine: what cannot be differentiated is refused with a reason") {
  const Variable x = leaf({1, 2}, {2}), constant(doubles({1, 2}));
  check_errors({
      {[&] { (x * x).backward(); },
       "backward: the variable is float64 [2] and needs a grad_output; only one-element outputs "
       "may leave it out"},
      {[&] { (x * x).backward(leaf(1)); },
       "backward: the variable is float64 [2] but its grad_output is float64 []"},
      {[&] { (x * x).backward(Variable(Tensor::ones({2}))); },
       "backward: the variable is float64 [2] but its grad_output is float32 [2]"},
      {[&] { grad({x * x}, {x}); },
       "grad: output 0 is float64 [2] and needs a grad_output; only one-element outputs may leave "
       "it out"},
      {[&] {
         grad({x * x}, {x}, {leaf({1, 2, 3}, {3})});
       },
       "grad: output 0 is float64 [2] but its grad_output is float64 [3]"},
      {[&] { grad({x * x}, {x}, {Variable(Tensor::ones({2}))}); },
       "grad: output 0 is float64 [2] but its grad_output is float32 [2]"},
      {[&] {
         grad({sum(x), sum(x)}, {x}, {leaf(1)});
       },
       "grad: 2 outputs but 1 grad_outputs"},
      {[&] {
         grad({sum(x)}, {x, constant});
       },
       "grad: input 1 does not require grad"},
      {[&] {
         grad({sum(x)}, {x, Variable()});
       },
       "grad: input 1 is undefined"},
      {[&] {
         grad({sum(x), Variable()}, {x});
       },
       "grad: output 1 is undefined"},
      {[&] { constant.backward(); },
       "backward: nothing to differentiate, the variable does not require grad"},
      {[&] {
         sum(Variable(integers({1, 2}))).backward();
       },
       "backward: nothing to differentiate, the variable does not require grad"},
      {[&] { sum(constant).backward(); },
       "backward: nothing to differentiate, the variable does not require grad"},
      {[&] { Variable().backward(); }, "backward: the variable is undefined"},
      {[&] { Variable().value(); }, "Variable: the variable is undefined"},
      {[&] { Variable{Tensor()}; }, "Variable: the tensor is undefined"},
      {[&] {
         Variable(integers({1, 2}), true);
       },
       "set_requires_grad: expected float32 or float64, got int64"},
      {[&] { (x * x).set_requires_grad(false); },
       "set_requires_grad: only a leaf can be set; detach() first"},
      {[&] {
         (x * x).set_value(doubles({1, 2}));
       },
       "set_value: only a leaf can be set"},
      {[&] {
         x.set_value(doubles({1, 2, 3}));
       },
       "set_value: the value is float64 [3], the variable float64 [2]"},
      {[&] {
         x.set_value(doubles({1, 2}, {1, 2}));
       },
       "set_value: the value is float64 [1, 2], the variable float64 [2]"},
      {[&] { x.set_value(Tensor::ones({2})); },
       "set_value: the value is float32 [2], the variable float64 [2]"},
      {[&] { x.set_value(Tensor()); }, "set_value: the tensor is undefined"},
      {[&] { x.set_dtype(DType::int64); },
       "set_dtype: a variable that requires grad needs float32 or float64, got int64"},
      {[&] { (x * x).set_dtype(DType::float32); }, "set_dtype: only a leaf can be set"},
      {[&] {
         leaf({1, 2}, {2}).set_grad(Variable(doubles({1, 2, 3})));
       },
       "set_grad: the gradient is float64 [3], the variable float64 [2]"},
      {[&] {
         leaf({1, 2}, {2}).set_grad(Variable(Tensor::ones({2})));
       },
       "set_grad: the gradient is float32 [2], the variable float64 [2]"},
  });
}

TEST_CASE("engine: an array that was written to after the forward pass is refused") {
  const auto written = [](Variable& variable) {
    Tensor value = variable.value();
    value.fill(7);
  };
  Variable x = leaf({1, 2}, {2}), constant(doubles({3, 4}));
  Variable view = slice(x, 0, 0, 1);
  Variable result = x * constant;
  struct Case {
    const char* label;
    std::function<void()> write;
    const char* error;
  };
  const std::vector<Case> cases = {
      {"operand", [&] { written(x); }, "mul: input 0 was written to after the forward pass"},
      {"constant operand", [&] { written(constant); },
       "mul: input 1 was written to after the forward pass"},
      {"result", [&] { written(result); }, "mul: the output was written to after the forward pass"},
      {"view of an operand", [&] { written(view); },
       "mul: input 0 was written to after the forward pass"},
      {"operand replaced",
       [&] {
         x.set_value(doubles({5, 6}));
       },
       "mul: input 0 was written to after the forward pass"}};
  for (const Case& c : cases) {
    CAPTURE(c.label);
    view = slice(x, 0, 0, 1);
    result = x * constant;
    const Variable y = sum(result);
    c.write();
    check_errors({{[&] { y.backward(); }, c.error}});
  }
  written(x);  // before recording it is nobody's business
  sum(x * constant).backward();
}

TEST_CASE("engine: an index, a mask or labels written to after the forward pass are refused, too") {
  Tensor numbers = integers({1, 0, 1});
  const Variable x = leaf({1, 2, 3}, {3}), logits = leaf({1, 2, 3, 4, 5, 6}, {3, 2});
  const auto keep = [](const Variable& cosine) { return cosine; };
  struct Use {
    const char* input;
    std::function<Variable()> call;
  };
  const std::vector<Use> uses = {
      {"gather: input 1", [&] { return gather(x, 0, numbers); }},
      {"scatter_add: input 1", [&] { return scatter_add({3}, 0, numbers, x); }},
      {"where: input 2", [&] { return where(numbers, x, exp(x)); }},
      {"margin_cross_entropy: input 2",
       [&] { return margin_cross_entropy(logits, logits, numbers, 2, keep); }}};
  for (const Use& use : uses) {
    CAPTURE(use.input);
    const Variable y = sum(use.call());
    numbers.fill(0);
    check_errors({{[&] { y.backward(); },
                   std::string(use.input) + " was written to after the forward pass"}});
    numbers.copy_from(integers({1, 0, 1}));
  }
}

TEST_CASE("engine: an error inside a rule names the op whose rule it is") {
  const Variable x = leaf({1, 2}, {2});
  const Variable y =
      with_rule("test_op", {x}, x.value(),
                [](const Context&, const Variable&) -> Gradients { fail("inner_op: any reason"); });
  check_errors({{[&] { sum(y).backward(); }, "backward of test_op: inner_op: any reason"}});
}

TEST_CASE("engine: a rule that returns the wrong thing is an error that names the op") {
  const Variable x = leaf({1, 2}, {2}), w = leaf({3, 4}, {2});
  struct Case {
    proof::Rule rule;
    const char* error;
  };
  const std::vector<Case> cases = {
      {[](const Context&, const Variable& grad) { return Gradients{grad}; },
       "test_op: the rule returned 1 gradients for 2 inputs"},
      {[](const Context&, const Variable& grad) {
         return Gradients{grad, grad, grad};
       },
       "test_op: the rule returned 3 gradients for 2 inputs"},
      {[](const Context&, const Variable& grad) {
         return Gradients{grad, Variable(Tensor::ones({3}, DType::float64))};
       },
       "test_op: the gradient of input 1 has shape [3], the input has [2]"},
      // A smaller gradient is not broadcast up: that would hide a rule that summed too much.
      {[](const Context&, const Variable& grad) {
         return Gradients{sum(grad), grad};
       },
       "test_op: the gradient of input 0 has shape [], the input has [2]"},
      {[](const Context&, const Variable& grad) {
         return Gradients{Variable(grad.value().to(DType::float32)), grad};
       },
       "test_op: the gradient of input 0 is float32, the input is float64"}};
  for (const Case& c : cases) {
    const Variable y = sum(with_rule("test_op", {x, w}, doubles({5, 6}), c.rule));
    check_errors({{[&] { y.backward(); }, c.error}});
  }
  // A backward that failed has changed no gradient and left recording on.
  CHECK(!x.grad().defined());
  CHECK(!w.grad().defined());
  CHECK(grad_enabled());
}

}  // namespace gradian::test
