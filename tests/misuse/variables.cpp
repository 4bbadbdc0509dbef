// Variable, backward(), grad() and the recorded graph; and the checkers of gradients.
#include "autograd/dot.h"
#include "autograd/gradcheck.h"
#include "autograd/node.h"
#include "tests/gradients/custom_rule.h"
#include "tests/misuse/variable_operands.h"

namespace gradian::misuse {
namespace {

Variable undefined() { return {}; }

Rows handles() {
  return {
      {[] { undefined().value(); }, "value: the variable is undefined"},
      {[] { undefined().shape(); }, "shape: the variable is undefined"},
      {[] { undefined().dtype(); }, "dtype: the variable is undefined"},
      {[] { undefined().dim(); }, "dim: the variable is undefined"},
      {[] { undefined().size(0); }, "size: the variable is undefined"},
      {[] { undefined().numel(); }, "numel: the variable is undefined"},
      {[] { undefined().item(); }, "item: the variable is undefined"},
      {[] { undefined().creator(); }, "creator: the variable is undefined"},
      {[] { undefined().grad(); }, "grad: the variable is undefined"},
      {[] { undefined().zero_grad(); }, "zero_grad: the variable is undefined"},
      {[] { undefined().set_grad({}); }, "set_grad: the variable is undefined"},
      {[] { undefined().set_grad(ones(2)); }, "set_grad: the variable is undefined"},
      {[] { undefined().set_value(Tensor::ones(sizes(2))); },
       "set_value: the variable is undefined"},
      {[] { undefined().set_dtype(DType::float64); }, "set_dtype: the variable is undefined"},
      {[] { undefined().set_requires_grad(true); }, "set_requires_grad: the variable is undefined"},
      {[] { undefined().set_requires_grad(false); },
       "set_requires_grad: the variable is undefined"},
      {[] { undefined().detach(); }, "detach: the variable is undefined"},
      {[] { undefined().owned(); }, "owned: the variable is undefined"},
      {[] { undefined().backward(); }, "backward: the variable is undefined"},
      {[] { undefined().backward(ones(1)); }, "backward: the variable is undefined"},
      {[] { Variable variable{Tensor()}; }, "Variable: the tensor is undefined"},
      {[] { Variable(Tensor(), true); }, "Variable: the tensor is undefined"},
      {[] { Variable(indices(1, 2), true); }, "Variable: expected float32 or float64, got int64"},
      {[] { ones(2, 3).size(2); }, "size: axis 2 is out of range for 2 axes"},
      {[] { ones(2, 3).size(INT32_MIN); }, "size: axis -2147483648 is out of range for 2 axes"},
      {[] { ones(2, 3).item(); }, "item: expected one element, got shape [2, 3]"},
      {[] { ones(0).item(); }, "item: expected one element, got shape [0]"},
  };
}

Rows setters() {
  return {
      {[] { whole(2).set_requires_grad(true); },
       "set_requires_grad: expected float32 or float64, got int64"},
      {[] { exp(trained(2)).set_requires_grad(false); },
       "set_requires_grad: only a leaf can be set, not the result of exp; detach() first"},
      {[] { exp(trained(2)).set_value(ones64(2).value()); },
       "set_value: only a leaf can be set, not the result of exp; detach() first"},
      {[] { exp(trained(2)).set_dtype(DType::float32); },
       "set_dtype: only a leaf can be set, not the result of exp; detach() first"},
      {[] { trained(2).set_value(ones64(3).value()); },
       "set_value: the value is float64 [3], the variable float64 [2]"},
      {[] { trained(2).set_value(ones64(1, 2).value()); },
       "set_value: the value is float64 [1, 2], the variable float64 [2]"},
      {[] { trained(2).set_value(ones(2).value()); },
       "set_value: the value is float32 [2], the variable float64 [2]"},
      {[] { trained(2).set_value(Tensor()); }, "set_value: the tensor is undefined"},
      {[] { trained(2).set_dtype(DType::int64); },
       "set_dtype: a variable that requires grad needs float32 or float64, got int64"},
      {[] { Variable(Tensor::full(sizes(2), 1e300, DType::float64)).set_dtype(DType::int64); },
       "set_dtype: int64 cannot hold 1e+300"},
      {[] { Variable(Tensor::full(sizes(2), kNaN)).set_dtype(DType::int64); },
       "set_dtype: int64 cannot hold nan"},
      {[] { trained(2).set_grad(ones64(3)); },
       "set_grad: the gradient is float64 [3], the variable float64 [2]"},
      {[] { trained(2).set_grad(ones(2)); },
       "set_grad: the gradient is float32 [2], the variable float64 [2]"},
      {[] { trained(2).set_grad(ones64(1)); },
       "set_grad: the gradient is float64 [1], the variable float64 [2]"},
  };
}

Rows starts() {
  return {
      {[] { trained(2).backward(); },
       "backward: the variable is float64 [2] and needs a grad_output; only one-element outputs "
       "may leave it out"},
      {[] { trained(0).backward(); },
       "backward: the variable is float64 [0] and needs a grad_output; only one-element outputs "
       "may leave it out"},
      {[] { trained(2).backward(ones64()); },
       "backward: the variable is float64 [2] but its grad_output is float64 []"},
      {[] { trained(2).backward(ones(2)); },
       "backward: the variable is float64 [2] but its grad_output is float32 [2]"},
      {[] { sum(ones64(2)).backward(); },
       "backward: nothing to differentiate, the variable does not require grad"},
      {[] { sum(whole(2)).backward(); },
       "backward: nothing to differentiate, the variable does not require grad"},
      {[] { sum(trained(2)).detach().backward(); },
       "backward: nothing to differentiate, the variable does not require grad"},
      {[] {
         const NoGrad no_grad;
         sum(trained(2)).backward();
       },
       "backward: nothing to differentiate, the variable does not require grad"},
      {[] { grad({trained(2)}, {trained(2)}); },
       "grad: output 0 is float64 [2] and needs a grad_output; only one-element outputs may leave "
       "it out"},
      {[] { grad({trained(2)}, {trained(2)}, {ones64(3)}); },
       "grad: output 0 is float64 [2] but its grad_output is float64 [3]"},
      {[] { grad({trained(2)}, {trained(2)}, {ones(2)}); },
       "grad: output 0 is float64 [2] but its grad_output is float32 [2]"},
      {[] {
         grad({trained(), trained()}, {trained()}, {ones64()});
       },
       "grad: 2 outputs but 1 grad_outputs"},
      {[] { grad({}, {trained()}, {ones64()}); }, "grad: 0 outputs but 1 grad_outputs"},
      {[] {
         grad({trained()}, {trained(), ones64()});
       },
       "grad: input 1 does not require grad"},
      {[] {
         grad({trained()}, {trained(), undefined()});
       },
       "grad: input 1 is undefined"},
      {[] {
         grad({trained(), undefined()}, {trained()});
       },
       "grad: output 1 is undefined"},
  };
}

// An op of (x, w), both [2], whose rule returns what `rule` does, differentiated.
void differentiate(const proof::Rule& rule) {
  const Variable x = trained(2), w = trained(2);
  sum(proof::with_rule("test_op", {x, w}, ones64(2).value(), rule)).backward();
}

Rows graphs() {
  return {
      {[] {
         const Variable y = square(trained());
         y.backward();
         y.backward();
       },
       "mul: the graph was freed by an earlier backward; pass retain_graph to keep it"},
      {[] {
         const Variable shared = exp(trained());
         const Variable a = 2.0 * shared, b = 3.0 * shared;
         a.backward();
         b.backward();
       },
       "exp: the graph was freed by an earlier backward; pass retain_graph to keep it"},
      {[] {
         const Variable x = trained(), y = square(x);
         grad({y}, {x});
         grad({y}, {x}, {}, /*create_graph=*/true);
       },
       "mul: the graph was freed by an earlier backward; pass retain_graph to keep it"},
      {[] {
         const Variable x = trained(), y = exp(x);
         const Variable slope = grad({y}, {x}, {}, /*create_graph=*/true)[0];
         y.backward();
         slope.backward();
       },
       "exp: the graph was freed by an earlier backward; pass retain_graph to keep it"},
      {[] {
         const Variable y = exp(trained());
         y.backward();
         to_dot(y);
       },
       "to_dot: backward() has freed the graph; draw it before, or retain_graph"},
      {[] { to_dot(undefined()); }, "to_dot: the variable is undefined"},
      {[] {
         to_dot(ones(2), {{"w", undefined()}});
       },
       "to_dot: the variable 'w' is undefined"},
      {[] {
         differentiate(
             [](const Context&, const Variable&) -> Gradients { fail("inner_op: any reason"); });
       },
       "backward of test_op: inner_op: any reason"},
      {[] { differentiate([](const Context&, const Variable& grad) { return Gradients{grad}; }); },
       "test_op: the rule returned 1 gradients for 2 inputs"},
      {[] { differentiate([](const Context&, const Variable& g) { return Gradients(3, g); }); },
       "test_op: the rule returned 3 gradients for 2 inputs"},
      {[] { differentiate([](const Context&, auto&) { return Gradients(2, ones64(3)); }); },
       "test_op: the gradient of input 0 has shape [3], the input has [2]"},
      // A smaller gradient is not broadcast up: that would hide a rule that summed too much.
      {[] { differentiate([](const Context&, auto&) { return Gradients(2, ones64()); }); },
       "test_op: the gradient of input 0 has shape [], the input has [2]"},
      {[] { differentiate([](const Context&, auto&) { return Gradients(2, ones(2)); }); },
       "test_op: the gradient of input 0 is float32, the input is float64"},
  };
}

// What is written to after the forward pass, by the input that it is.
Rows writes() {
  const auto overwrite = [](const Variable& variable) {
    Tensor array = variable.value();
    array.fill(0);
  };
  return {
      {[=] {
         const Variable x = trained(2), y = sum(x * ones64(2));
         overwrite(x);
         y.backward();
       },
       "mul: input 0 was written to after the forward pass"},
      {[=] {
         const Variable constant = ones64(2), y = sum(trained(2) * constant);
         overwrite(constant);
         y.backward();
       },
       "mul: input 1 was written to after the forward pass"},
      {[=] {
         const Variable product = trained(2) * 3, y = sum(product);
         overwrite(product);
         y.backward();
       },
       "mul: the output was written to after the forward pass"},
      {[=] {
         const Variable x = trained(2), view = slice(x, 0, 0, 1), y = sum(x * 3);
         overwrite(view);
         y.backward();
       },
       "mul: input 0 was written to after the forward pass"},
      {[] {
         const Variable x = trained(2), y = sum(x * 3);
         x.set_value(ones64(2).value());
         y.backward();
       },
       "mul: input 0 was written to after the forward pass"},
      {[] {
         Tensor index = indices(1, 0);
         const Variable y = sum(gather(trained(2), 0, index));
         index.fill(0);
         y.backward();
       },
       "gather: input 1 was written to after the forward pass"},
      {[] {
         Tensor index = indices(1, 0);
         const Variable y = sum(scatter_add(sizes(2), 0, index, trained(2)));
         index.fill(0);
         y.backward();
       },
       "scatter_add: input 1 was written to after the forward pass"},
      {[] {
         Tensor mask = indices(1, 0);
         const Variable y = sum(where(mask, trained(2), 0));
         mask.fill(0);
         y.backward();
       },
       "where: input 2 was written to after the forward pass"},
      {[] {
         Tensor labels = indices(1, 0);
         const Variable y = margin_cross_entropy(trained(2, 3), trained(2, 3), labels, 2,
                                                 [](const Variable& cosine) { return cosine; });
         labels.fill(0);
         y.backward();
       },
       "margin_cross_entropy: input 2 was written to after the forward pass"},
  };
}

// gradcheck() and gradgradcheck() refuse the same arguments.
void add_checks(Rows& rows) {
  struct Check {
    const char *name, *order;
    GradCheckResult (*f)(const std::string&, const Function&, const std::vector<Tensor>&,
                         const GradCheckOptions&);
  };
  static const Function cube = [](const Inputs& in) { return pow(in[0], 3); };
  static const Tensor x = Tensor::ones(sizes(2, 3), DType::float64);
  for (const Check& check : {Check{"gradcheck", "", gradcheck},
                             Check{"gradgradcheck", " (second order)", gradgradcheck}}) {
    const auto refused = [&](const std::string& error, const Function& function,
                             const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
      rows.push_back({[=, f = check.f] { f("cube", function, inputs, options); }, error});
    };
    const std::string name = text(check.name, ": ");
    refused(name + "there is no function", nullptr, {x}, {});
    refused(name + "input 1 is undefined", cube, {x, Tensor()}, {});
    refused(name + "expected float64 inputs, got float32 [2] as input 0", cube,
            {Tensor::ones(sizes(2))}, {});
    refused(name + "expected float64 inputs, got int64 [1] as input 1", cube, {x, indices(1)}, {});
    refused(name + "tolerance must be finite and not negative, got nan", cube, {x},
            {.tolerance = kNaN});
    refused(name + "tolerance must be finite and not negative, got -1", cube, {x},
            {.tolerance = -1});
    refused(name + "floor must be finite and not negative, got -1", cube, {x}, {.floor = -1});
    refused(name + "step must be positive, got 0", cube, {x}, {.step = 0});
    refused(name + "step must be finite and not negative, got nan", cube, {x}, {.step = kNaN});
    refused(name + "max_entries must be positive, got 0", cube, {x}, {.max_entries = 0});
    refused(name + "max_entries must be positive, got -9223372036854775808", cube, {x},
            {.max_entries = INT64_MIN});
    // What the function throws has the name that the check was given.
    refused(text("cube", check.order,
                 ": the function failed: matmul: inner dimensions differ: a [2, 3], b [2, 3]"),
            [](const Inputs& in) { return matmul(in[0], in[0]); }, {x}, {});
    refused(text("cube", check.order,
                 ": the function failed: cube: the gradient of input 0 has shape [3], the input "
                 "has [2, 3]"),
            [](const Inputs& in) {
              return proof::with_rule(
                  "cube", {in[0]}, in[0].value(),
                  [](const Context&, const Variable& grad) { return Gradients{sum(grad, 0)}; });
            },
            {x}, {});
    refused(text("cube", check.order, ": the function failed: bad_alloc"),
            [](const Inputs&) -> Variable { throw std::runtime_error("bad_alloc"); }, {x}, {});
  }
  const Rows points{
      {[] { distinct_values(sizes(-1), 0, 1); }, "distinct_values: negative size in shape [-1]"},
      {[] { distinct_values(sizes(kHuge, kHuge), 0, 1); },
       "distinct_values: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { distinct_values(sizes(2), 1, 0); },
       "distinct_values: expected finite low < high, got low 1, high 0"},
      {[] { distinct_values(sizes(2), kNaN, 1); },
       "distinct_values: expected finite low < high, got low nan, high 1"},
      {[] { distinct_values(sizes(2), 0, kInf); },
       "distinct_values: expected finite low < high, got low 0, high inf"},
      {[] {
         grad_case("cube", {sizes(2), sizes(-1)}, cube);
       },
       "grad_case: negative size in shape [-1]"},
      {[] { grad_case("cube", {sizes(2)}, cube, 1, 1); },
       "grad_case: expected finite low < high, got low 1, high 1"},
      {[] { grad_case("cube", {sizes(2)}, nullptr); }, "grad_case: there is no function"},
  };
  rows.insert(rows.end(), points.begin(), points.end());
}

}  // namespace

Rows variable_rows() {
  Rows rows = handles();
  for (const Rows& more : {setters(), starts(), graphs(), writes()})
    rows.insert(rows.end(), more.begin(), more.end());
  add_checks(rows);
  return rows;
}

}  // namespace gradian::misuse
