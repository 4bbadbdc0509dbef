// Elementwise ops. Each struct holds one op: the kernel it calls, its derivative, and the points
// at which the derivative is proved.
#include <numbers>

#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

using Unary = Variable (*)(const Variable&);
using Binary = Variable (*)(VariableOrNumber, VariableOrNumber);

template <class Op>
Variable apply_binary(const Op& op, VariableOrNumber a, VariableOrNumber b) {
  const Calling calling(Op::name);
  return with_arrays(a, b, [&](const Variable& x, const Variable& y) { return apply(op, x, y); });
}

// f on values between low and high, where it is smooth.
std::vector<GradCase> unary_cases(Unary f, double low, double high) {
  return {grad_case("matrix", {{3, 4}}, unary(f), low, high),
          grad_case("scalar", {Shape{}}, unary(f), low, high)};
}

// f on operands of one shape and on operands that broadcast in both directions; they are nowhere
// equal.
std::vector<GradCase> binary_cases(Binary f, double low, double high) {
  const Function function = [f](const Inputs& in) { return f(in[0], in[1]); };
  const Function twice = [f](const Inputs& in) { return f(in[0], in[0] * in[0]); };
  return {grad_case("same shape", {{3, 4}, {3, 4}}, function, low, high),
          grad_case("broadcast", {{2, 1, 3}, {4, 1}}, function, low, high),
          grad_case("with scalar", {{2, 3}, Shape{}}, function, low, high),
          grad_case("one operand twice", {{4}}, twice, low, high)};
}

// Those, and operands that are nearly equal.
std::vector<GradCase> ordered_cases(Binary f) {
  std::vector<GradCase> cases = binary_cases(f, -2, 2);
  cases.push_back(
      {"just apart",
       [f](const Inputs& in) { return f(in[0], in[1]); },
       {Tensor::from<double>({-1, 2}, {2}), Tensor::from<double>({-0.999, 1.999}, {2})}});
  return cases;
}

}  // namespace

// y = a + b;  da = dy, db = dy
struct ops::Add {
  static constexpr auto name = "add";
  Tensor forward(const Tensor& a, const Tensor& b) const { return add(a, b); }
  Gradients backward(const Context&, const Variable& grad) const { return {grad, grad}; }
  static std::vector<GradCase> cases() { return binary_cases(add, -2, 2); }
};
Variable add(VariableOrNumber a, VariableOrNumber b) { return apply_binary(ops::Add{}, a, b); }

// y = a - b;  da = dy, db = -dy
struct ops::Sub {
  static constexpr auto name = "sub";
  Tensor forward(const Tensor& a, const Tensor& b) const { return sub(a, b); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {grad, context.needs(1) ? neg(grad) : Variable()};
  }
  static std::vector<GradCase> cases() { return binary_cases(sub, -2, 2); }
};
Variable sub(VariableOrNumber a, VariableOrNumber b) { return apply_binary(ops::Sub{}, a, b); }

// y = a b;  da = dy b, db = dy a
struct ops::Mul {
  static constexpr auto name = "mul";
  Tensor forward(const Tensor& a, const Tensor& b) const { return mul(a, b); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {context.needs(0) ? grad * context.input(1) : Variable(),
            context.needs(1) ? grad * context.input(0) : Variable()};
  }
  static std::vector<GradCase> cases() { return binary_cases(mul, -2, 2); }
};
Variable mul(VariableOrNumber a, VariableOrNumber b) { return apply_binary(ops::Mul{}, a, b); }

// y = a / b;  da = dy / b, db = -dy y / b
struct ops::Div {
  static constexpr auto name = "div";
  Tensor forward(const Tensor& a, const Tensor& b) const { return div(a, b); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable da = grad / context.input(1);
    return {da, context.needs(1) ? neg(da * context.output()) : Variable()};
  }
  static std::vector<GradCase> cases() { return binary_cases(div, 0.5, 2); }
};
Variable div(VariableOrNumber a, VariableOrNumber b) { return apply_binary(ops::Div{}, a, b); }

namespace {

// What each operand gets, by where the other one was taken: dy, 0 beside it, half of dy in a tie,
// and dy beside a NaN.
Gradients taken_shares(const Context& context, const Variable& grad, const Tensor& b_taken,
                       const Tensor& a_taken) {
  const Tensor tie = context.input(0) == context.input(1);
  const auto share = [&](const Tensor& other_taken) {
    return where(other_taken, 0, where(tie, grad * 0.5, grad));
  };
  return {context.needs(0) ? share(b_taken) : Variable(),
          context.needs(1) ? share(a_taken) : Variable()};
}

}  // namespace

// y = the larger of a and b;  da = dy where a > b, dy / 2 where a = b, else 0; db likewise. An op,
// since a composite of where() needs a mean for ties, which overflows or loses the last digit.
struct ops::Maximum {
  static constexpr auto name = "maximum";
  Tensor forward(const Tensor& a, const Tensor& b) const { return maximum(a, b); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Tensor &a = context.input(0).value(), &b = context.input(1).value();
    return taken_shares(context, grad, less(a, b), less(b, a));
  }
  static std::vector<GradCase> cases() { return ordered_cases(maximum); }
};
Variable maximum(VariableOrNumber a, VariableOrNumber b) {
  return apply_binary(ops::Maximum{}, a, b);
}

// y = the smaller of a and b;  da = dy where a < b, dy / 2 where a = b, else 0; db likewise
struct ops::Minimum {
  static constexpr auto name = "minimum";
  Tensor forward(const Tensor& a, const Tensor& b) const { return minimum(a, b); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Tensor &a = context.input(0).value(), &b = context.input(1).value();
    return taken_shares(context, grad, less(b, a), less(a, b));
  }
  static std::vector<GradCase> cases() { return ordered_cases(minimum); }
};
Variable minimum(VariableOrNumber a, VariableOrNumber b) {
  return apply_binary(ops::Minimum{}, a, b);
}

// y = x^p;  dx = dy p x^(p - 1), dp = dy y log(x), which is 0 where x is 0 and p >= 0
struct ops::Pow {
  static constexpr auto name = "pow";
  Tensor forward(const Tensor& x, const Tensor& exponent) const { return pow(x, exponent); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &x = context.input(0), &p = context.input(1), &y = context.output();
    Gradients gradients(2);
    if (context.needs(0)) {
      // A constant exponent 0 stays 0 instead of becoming 0 * x^-1, which is NaN at x = 0.
      const Tensor is_zero = p == 0;
      gradients[0] = where(is_zero, 0, grad * p * pow(x, where(is_zero, 1, p - 1)));
    }
    if (context.needs(1)) {
      const Tensor flat = (x == 0) * (p >= 0);
      gradients[1] = where(flat, 0, grad * y * log(where(flat, 1, x)));
    }
    return gradients;
  }
  static std::vector<GradCase> cases() {
    std::vector<GradCase> cases = binary_cases(pow, 0.5, 2);
    for (const double exponent : {0.0, 1.0, 2.0, 3.0})
      cases.push_back(grad_case(text("negative base, exponent ", exponent), {{4}},
                                [=](const Inputs& in) { return pow(in[0], exponent) + in[0]; }));
    return cases;
  }
};
Variable pow(VariableOrNumber x, VariableOrNumber exponent) {
  return apply_binary(ops::Pow{}, x, exponent);
}

// y = exp(x);  dx = dy y
struct ops::Exp {
  static constexpr auto name = "exp";
  Tensor forward(const Tensor& x) const { return exp(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {grad * context.output()};
  }
  static std::vector<GradCase> cases() { return unary_cases(exp, -2, 2); }
};
Variable exp(const Variable& x) { return apply(ops::Exp{}, x); }

// y = log(x);  dx = dy / x
struct ops::Log {
  static constexpr auto name = "log";
  Tensor forward(const Tensor& x) const { return log(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {grad / context.input(0)};
  }
  static std::vector<GradCase> cases() { return unary_cases(log, 0.5, 3); }
};
Variable log(const Variable& x) { return apply(ops::Log{}, x); }

// y = log(1 + x);  dx = dy / (1 + x)
struct ops::Log1p {
  static constexpr auto name = "log1p";
  Tensor forward(const Tensor& x) const { return log1p(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {grad / (context.input(0) + 1)};
  }
  static std::vector<GradCase> cases() { return unary_cases(log1p, -0.5, 2); }
};
Variable log1p(const Variable& x) { return apply(ops::Log1p{}, x); }

// y = sqrt(x);  dx = dy / (2 y), and 0 where y is 0
struct ops::Sqrt {
  static constexpr auto name = "sqrt";
  Tensor forward(const Tensor& x) const { return sqrt(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& y = context.output();
    const Tensor is_zero = y == 0;
    return {where(is_zero, 0, grad / (2 * where(is_zero, 1, y)))};
  }
  static std::vector<GradCase> cases() { return unary_cases(sqrt, 0.5, 3); }
};
Variable sqrt(const Variable& x) { return apply(ops::Sqrt{}, x); }

// y = sin(x);  dx = dy cos(x)
struct ops::Sin {
  static constexpr auto name = "sin";
  Tensor forward(const Tensor& x) const { return sin(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {grad * cos(context.input(0))};
  }
  static std::vector<GradCase> cases() { return unary_cases(sin, -2, 3); }
};
Variable sin(const Variable& x) { return apply(ops::Sin{}, x); }

// y = cos(x);  dx = -dy sin(x)
struct ops::Cos {
  static constexpr auto name = "cos";
  Tensor forward(const Tensor& x) const { return cos(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {neg(grad * sin(context.input(0)))};
  }
  static std::vector<GradCase> cases() { return unary_cases(cos, -2, 3); }
};
Variable cos(const Variable& x) { return apply(ops::Cos{}, x); }

// y = acos(x);  dx = -dy / sqrt(1 - x^2)
struct ops::Acos {
  static constexpr auto name = "acos";
  Tensor forward(const Tensor& x) const { return acos(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& x = context.input(0);
    return {neg(grad / sqrt((1 - x) * (1 + x)))};  // (1-x)(1+x) keeps the digits near |x| = 1
  }
  static std::vector<GradCase> cases() { return unary_cases(acos, -0.8, 0.9); }
};
Variable acos(const Variable& x) { return apply(ops::Acos{}, x); }

// y = tanh(x);  dx = dy (1 - y^2)
struct ops::Tanh {
  static constexpr auto name = "tanh";
  Tensor forward(const Tensor& x) const { return tanh(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& y = context.output();
    return {grad * (1 - y * y)};
  }
  static std::vector<GradCase> cases() { return unary_cases(tanh, -1.5, 2); }
};
Variable tanh(const Variable& x) { return apply(ops::Tanh{}, x); }

// y = erf(x);  dx = dy 2 / sqrt(pi) exp(-x^2)
struct ops::Erf {
  static constexpr auto name = "erf";
  Tensor forward(const Tensor& x) const { return erf(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& x = context.input(0);
    return {grad * exp(neg(x * x)) * (2 * std::numbers::inv_sqrtpi)};
  }
  static std::vector<GradCase> cases() { return unary_cases(erf, -1.5, 2); }
};
Variable erf(const Variable& x) { return apply(ops::Erf{}, x); }

// y = 1 / (1 + exp(-x));  dx = dy y (1 - y)
struct ops::Sigmoid {
  static constexpr auto name = "sigmoid";
  Tensor forward(const Tensor& x) const { return sigmoid(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& y = context.output();
    return {grad * y * (1 - y)};
  }
  static std::vector<GradCase> cases() { return unary_cases(sigmoid, -2, 3); }
};
Variable sigmoid(const Variable& x) { return apply(ops::Sigmoid{}, x); }

// y = log(1 + exp(x));  dx = dy sigmoid(x)
struct ops::Softplus {
  static constexpr auto name = "softplus";
  Tensor forward(const Tensor& x) const { return softplus(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {grad * sigmoid(context.input(0))};
  }
  static std::vector<GradCase> cases() { return unary_cases(softplus, -2, 3); }
};
Variable softplus(const Variable& x) { return apply(ops::Softplus{}, x); }

// y = max(x, 0);  dx = dy where y > 0, else 0
struct ops::Relu {
  static constexpr auto name = "relu";
  Tensor forward(const Tensor& x) const { return relu(x); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable& y = context.output();
    return {where(y.value(), grad, 0)};  // y is never below 0
  }
  static std::vector<GradCase> cases() { return unary_cases(relu, -0.9, 3.1); }
};
Variable relu(const Variable& x) { return apply(ops::Relu{}, x); }

// y = a where condition, else b;  da = dy where condition, else 0; db the other way round
struct ops::Where {
  static constexpr auto name = "where";
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& condition) const {
    return where(condition, a, b);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Tensor& condition = context.input(2).value();
    return {context.needs(0) ? where(condition, grad, 0) : Variable(),
            context.needs(1) ? where(condition, 0, grad) : Variable(), Variable()};
  }
  static std::vector<GradCase> cases() {
    const auto with_mask = [](const std::vector<int64_t>& mask, const Shape& shape) {
      const Tensor condition = Tensor::from(mask, shape);
      return [=](const Inputs& in) { return where(condition, in[0], in[1]); };
    };
    return {grad_case("same shape", {{2, 2}, {2, 2}}, with_mask({1, 0, 0, 1}, {2, 2})),
            grad_case("all broadcast", {{3, 1}, {4}}, with_mask({1, 0}, {2, 1, 1}))};
  }
};
Variable where(const Tensor& condition, VariableOrNumber a, VariableOrNumber b) {
  const Calling calling("where");
  return with_arrays(a, b, [&](const Variable& taken, const Variable& otherwise) {
    return apply(ops::Where{}, taken, otherwise, condition);
  });
}

Variable neg(const Variable& x) {
  const Calling calling("neg");
  return x * -1.0;
}

namespace {

// x = f(x, y)
Variable& assign(const char* op, Variable& x, VariableOrNumber y, Binary f) {
  const Calling calling(op);
  const Variable result = f(x, y);
  if (!x.requires_grad() || x.creator()) return x = result;
  check(!grad_enabled(), "the variable is a leaf that requires grad: give the result another ",
        "name, or update the leaf under NoGrad");
  x.set_value(result.value());
  return x;
}

Tensor compare(const char* op, VariableOrNumber a, VariableOrNumber b,
               Tensor (*kernel)(TensorOrNumber, TensorOrNumber)) {
  const Calling calling(op);
  return with_arrays(a, b, [kernel](const Variable& left, const Variable& right) {
    return kernel(left.value(), right.value());
  });
}

}  // namespace

Variable& operator+=(Variable& a, VariableOrNumber b) { return assign("operator+=", a, b, add); }
Variable& operator-=(Variable& a, VariableOrNumber b) { return assign("operator-=", a, b, sub); }
Variable& operator*=(Variable& a, VariableOrNumber b) { return assign("operator*=", a, b, mul); }
Variable& operator/=(Variable& a, VariableOrNumber b) { return assign("operator/=", a, b, div); }

Tensor operator==(VariableOrNumber a, VariableOrNumber b) { return compare("equal", a, b, equal); }
Tensor operator!=(VariableOrNumber a, VariableOrNumber b) {
  return compare("not_equal", a, b, not_equal);
}
Tensor operator<(VariableOrNumber a, VariableOrNumber b) { return compare("less", a, b, less); }
Tensor operator<=(VariableOrNumber a, VariableOrNumber b) {
  return compare("less_equal", a, b, less_equal);
}
Tensor operator>(VariableOrNumber a, VariableOrNumber b) {
  return compare("greater", a, b, greater);
}
Tensor operator>=(VariableOrNumber a, VariableOrNumber b) {
  return compare("greater_equal", a, b, greater_equal);
}

template std::vector<OpCases> cases_of(ops::ElementwiseOps);

}  // namespace gradian
