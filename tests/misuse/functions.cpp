// The elementwise functions of autograd/ops.h; and of all its functions, an undefined variable in
// the place of each of their inputs.
#include <map>

#include "tests/gradients/table.h"
#include "tests/misuse/variable_operands.h"
#include "tests/unary_functions.h"

namespace gradian::misuse {
namespace {

void add_undefined(Rows& rows) {
  const std::map<std::string, std::string> operators{
      {"operator+", "add"}, {"operator-", "sub"}, {"operator*", "mul"}, {"operator/", "div"}};
  const std::map<std::string, size_t> required{{"batch_norm", 1},
                                               {"linear", 2}};  // the rest may be
  for (const auto& [kind, name, cases] : proof::gradient_table()) {
    if (kind != "op" && kind != "function") continue;
    const GradCase first = cases.front();
    const size_t count = required.contains(name) ? required.at(name) : first.inputs.size();
    for (size_t i = 0; i < count; ++i)
      rows.push_back(
          {[first, i] {
             std::vector<Variable> inputs(first.inputs.begin(), first.inputs.end());
             inputs[i] = Variable();
             first.function(inputs);
           },
           (operators.contains(name) ? operators.at(name) : name) + ": the variable is undefined"});
  }
}

// Functions of one variable that take no whole numbers.
void add_floating(Rows& rows) {
  std::vector<test::UnaryFunction> functions{
      {"mean", [](const Variable& x) { return mean(x); }},
      {"var", [](const Variable& x) { return var(x); }},
      {"logsumexp", [](const Variable& x) { return logsumexp(x); }},
      {"log_softmax", [](const Variable& x) { return log_softmax(x, 1); }},
      {"softmax", [](const Variable& x) { return softmax(x, 1); }},
      {"norm", [](const Variable& x) { return norm(x); }},
      {"normalize", [](const Variable& x) { return normalize(x); }},
      {"cosine_similarity", [](const Variable& x) { return cosine_similarity(x, x); }},
      {"layer_norm", [](const Variable& x) { return layer_norm(x, sizes(3)); }},
      {"batch_norm", [](const Variable& x) { return batch_norm(x, {}, {}); }},
      {"prelu", [](const Variable& x) { return prelu(x, x); }},
      {"linear", [](const Variable& x) { return linear(x, x); }},
      {"matmul", [](const Variable& x) { return matmul(x, transpose(x, 0, 1)); }},
  };
  for (const test::UnaryFunction& unary : test::kUnaryFunctions)
    if (unary.name != std::string("square")) functions.push_back(unary);
  for (const auto& [name, f] : functions)
    rows.push_back(
        {[f = f] { f(whole(2, 3)); }, text(name, ": expected float32 or float64, got int64")});
}

// Functions of two operands that broadcast and share their dtype.
void add_binary(Rows& rows) {
  struct Binary {
    const char* name;
    void (*f)(const Variable&, const Variable&);
  };
  const std::vector<Binary> functions{
      {"add", [](const Variable& a, const Variable& b) { a + b; }},
      {"sub", [](const Variable& a, const Variable& b) { a - b; }},
      {"mul", [](const Variable& a, const Variable& b) { a* b; }},
      {"div", [](const Variable& a, const Variable& b) { a / b; }},
      {"pow", [](const Variable& a, const Variable& b) { pow(a, b); }},
      {"maximum", [](const Variable& a, const Variable& b) { maximum(a, b); }},
      {"minimum", [](const Variable& a, const Variable& b) { minimum(a, b); }},
      {"where", [](const Variable& a, const Variable& b) { where(indices(1), a, b); }},
      {"cosine_similarity", [](const Variable& a, const Variable& b) { cosine_similarity(a, b); }},
      {"equal", [](const Variable& a, const Variable& b) { (void)(a == b); }},
      {"not_equal", [](const Variable& a, const Variable& b) { (void)(a != b); }},
      {"less", [](const Variable& a, const Variable& b) { (void)(a < b); }},
      {"less_equal", [](const Variable& a, const Variable& b) { (void)(a <= b); }},
      {"greater", [](const Variable& a, const Variable& b) { (void)(a > b); }},
      {"greater_equal", [](const Variable& a, const Variable& b) { (void)(a >= b); }},
  };
  for (const auto& [name, f] : functions) {
    rows.push_back({[f = f] { f(ones(2, 3), ones(4, 2)); },
                    text(name, ": shapes [2, 3] and [4, 2] do not broadcast")});
    rows.push_back({[f = f] { f(ones64(2, 3), ones(2, 3)); },
                    text(name, ": dtypes differ: float64 and float32")});
  }
}

Rows numbers() {
  return {
      {[] { add(VariableOrNumber(1), 2); },
       "add: expected an array, got two numbers, 1 and 2, which have no dtype: write "
       "Tensor::scalar for one"},
      {[] { pow(VariableOrNumber(2), 0.5); },
       "pow: expected an array, got two numbers, 2 and 0.5, which have no dtype: write "
       "Tensor::scalar for one"},
      {[] { where(indices(1), VariableOrNumber(1), 0); },
       "where: expected an array, got two numbers, 1 and 0, which have no dtype: write "
       "Tensor::scalar for one"},
      {[] { whole(2, 3) + 0.5; },
       "add: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { 0.5 - whole(2, 3); },
       "sub: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { 0.5 * whole(2, 3); },
       "mul: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { whole(2, 3) / 0.5; },
       "div: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { (void)(whole(2, 3) > kNaN); },
       "greater: an int64 array meets the number nan: convert it to float32 or float64 first"},
      {[] { maximum(whole(2, 3), kInf); },
       "maximum: an int64 array meets the number inf: convert it to float32 or float64 first"},
      {[] { minimum(whole(2, 3), 1e300); },
       "minimum: an int64 array meets the number 1e+300: convert it to float32 or float64 first"},
      {[] { where(indices(1), whole(1), 0.5); },
       "where: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { clamp(whole(2, 3), 0, kInf); },
       "clamp: an int64 array meets the number inf: convert it to float32 or float64 first"},
      {[] { whole(2, 3) / 0; }, "div: int64 division by 0"},
      {[] { Variable(indices(INT64_MIN)) / -1; }, "div: int64 overflow: -9223372036854775808 / -1"},
      {[] { where(Tensor(), ones(1), 0); }, "where: the tensor is undefined"},
      {[] { where(indices(1, 0, 1), ones(2), 0); }, "where: shapes [3] and [2] do not broadcast"},
      {[] { neg(Variable()); }, "neg: the variable is undefined"},
      {[] { Variable() + 1; }, "add: the variable is undefined"},
      {[] { 2 * Variable(); }, "mul: the variable is undefined"},
      {[] { (void)(Variable() == 0); }, "equal: the variable is undefined"},
      {[] { (void)(0 < Variable()); }, "less: the variable is undefined"},
      {[] { (void)(ones(1) >= Variable()); }, "greater_equal: the variable is undefined"},
  };
}

Rows assignments() {
  static const std::string leaf =
      ": the variable is a leaf that requires grad: give the result another name, or update the "
      "leaf under NoGrad";
  struct Assignment {
    const char* name;
    void (*f)(Variable&, VariableOrNumber);
  };
  const std::vector<Assignment> assignments{
      {"operator+=", [](Variable& a, VariableOrNumber b) { a += b; }},
      {"operator-=", [](Variable& a, VariableOrNumber b) { a -= b; }},
      {"operator*=", [](Variable& a, VariableOrNumber b) { a *= b; }},
      {"operator/=", [](Variable& a, VariableOrNumber b) { a /= b; }},
  };
  Rows rows;
  const auto refused = [&](const Assignment& assignment, const Variable& x, const Variable& y,
                           const std::string& error) {
    rows.push_back(
        {[f = assignment.f, x = Variable(x), y]() mutable { f(x, y); }, assignment.name + error});
  };
  for (const Assignment& assignment : assignments) {
    refused(assignment, trained(2), ones64(2), leaf);
    refused(assignment, ones(2), ones(3), ": shapes [2] and [3] do not broadcast");
    refused(assignment, ones(2), ones64(2), ": dtypes differ: float32 and float64");
    refused(assignment, Variable(), ones(2), ": the variable is undefined");
  }
  rows.push_back({[] {
                    Variable x = trained(2);
                    const NoGrad no_grad;
                    x += ones64(3, 2);
                  },
                  "operator+=: the value is float64 [3, 2], the variable float64 [2]"});
  return rows;
}

Rows parameters() {
  return {
      {[] { dropout(ones(2), -0.1); }, "dropout: expected a probability, got -0.1"},
      {[] { dropout(ones(2), 1.1); }, "dropout: expected a probability, got 1.1"},
      {[] { dropout(ones(2), kNaN); }, "dropout: expected a probability, got nan"},
      {[] { dropout(ones(2), kInf); }, "dropout: expected a probability, got inf"},
      {[] { dropout(ones(2), kNaN, false); }, "dropout: expected a probability, got nan"},
      {[] { leaky_relu(ones(2), kNaN); }, "leaky_relu: negative_slope must be finite, got nan"},
      {[] { leaky_relu(ones(2), -kInf); }, "leaky_relu: negative_slope must be finite, got -inf"},
      {[] { clamp(ones(2), 2, 1); }, "clamp: low 2 is not less than or equal to high 1"},
      {[] { clamp(ones(2), kNaN, 1); }, "clamp: low nan is not less than or equal to high 1"},
      {[] { clamp(ones(2), kNaN); }, "clamp: low nan is not less than or equal to high inf"},
      {[] { clamp(ones(2), 1, kNaN); }, "clamp: low 1 is not less than or equal to high nan"},
      {[] { clamp(ones(2), {}); }, "clamp: neither bound is given"},
      {[] { clamp(Tensor(), 0); }, "clamp: the tensor is undefined"},
      {[] { clamp(Tensor::ones(sizes(2)), 2, 1); },
       "clamp: low 2 is not less than or equal to high 1"},
      {[] { prelu(ones(3), ones(2, 3)); }, "prelu: weight [2, 3] does not broadcast to x [3]"},
      {[] { prelu(ones(2, 1), ones(3)); }, "prelu: weight [3] does not broadcast to x [2, 1]"},
      {[] { prelu(ones(2, 1), ones(0)); }, "prelu: weight [0] does not broadcast to x [2, 1]"},
      {[] { prelu(ones(2, 3), ones64(1)); }, "prelu: dtypes differ: float32 and float64"},
      {[] { prelu(ones(2, 3, 4, 4), ones64(1, 3, 1, 1)); },
       "prelu: dtypes differ: float32 and float64"},
  };
}

}  // namespace

Rows function_rows() {
  Rows rows;
  add_undefined(rows);
  add_floating(rows);
  add_binary(rows);
  for (const Rows& more : {numbers(), assignments(), parameters()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace gradian::misuse
