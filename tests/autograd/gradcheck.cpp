// The checker checked: wrong rules, each of a kind that has slipped through some checker before,
// must be caught and reported with the place and both values; right ones must pass. Then the same
// for each check of the prover, which holds gradients against themselves.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tests/gradients/cases.h"
#include "tests/gradients/custom_rule.h"
#include "tests/gradients/prover.h"

namespace gradian::proof {
namespace {

Tensor cube(const Tensor& x) { return mul(x, mul(x, x)); }

// y = x^3 under the name "cube", whose rule is 3 x^2 dy passed through `spoil`.
Function cube_with(std::function<Variable(const Variable& gradient)> spoil) {
  return [spoil = std::move(spoil)](In in) {
    return with_rule("cube", {in[0]}, cube(in[0].value()),
                     [spoil](const Context& context, const Variable& grad) {
                       const Variable& x = context.input(0);
                       return Gradients{spoil(grad * 3.0 * x * x)};
                     });
  };
}

Function scaled_cube(double factor) {
  return cube_with([=](const Variable& gradient) { return gradient * factor; });
}

Variable zeros_of(int64_t size) { return Variable(Tensor::zeros({size}, DType::float64)); }

const Tensor& point() {
  static const Tensor x = distinct_values({2, 3}, 0.5, 2);
  return x;
}

// What a report says: "cube: input 0 at [1, 2]: numeric 3, analytic 3.003, relative error 0.000999"
struct Report {
  std::string name, index;
  int input;
  double numeric, analytic, error;
};

Report parse(const std::string& message) {
  static const std::regex form(
      R"((.*): input (\d+) at (\[.*\]): numeric (\S+), analytic (\S+), relative error (\S+))");
  std::smatch part;
  REQUIRE_MESSAGE(std::regex_match(message, part, form), message);
  return {part[1],           part[3], std::stoi(part[2]), std::stod(part[4]), std::stod(part[5]),
          std::stod(part[6])};
}

TEST_CASE("a right rule passes at both orders, whatever the strides of the input") {
  for (const Tensor& x : {point(), point().transpose(0, 1), point().slice(1, 0, 3, 2)}) {
    const GradCheckResult first = gradcheck("cube", scaled_cube(1), {x});
    CHECK_MESSAGE(first.passed, first.message);
    CHECK(first.entries == x.numel());
    const GradCheckResult second = gradgradcheck("cube", scaled_cube(1), {x});
    CHECK_MESSAGE(second.passed, second.message);
    CHECK(second.entries == 2 * x.numel());  // x and the cotangent
  }
}

TEST_CASE("a rule that is off by 0.1 % or by 0.001 % is caught, with both values") {
  for (const double factor : {1.001, 0.999, 1.00001}) {
    const GradCheckResult result = gradcheck("cube", scaled_cube(factor), {point()});
    CHECK_FALSE(result.passed);
    const Report report = parse(result.message);
    CHECK(report.name == "cube");
    CHECK(report.input == 0);
    CHECK(report.analytic / report.numeric == doctest::Approx(factor).epsilon(1e-7));
    CHECK(report.error == doctest::Approx(std::abs(factor - 1)).epsilon(0.01));
    CHECK(report.error == doctest::Approx(result.max_error).epsilon(0.01));
  }
}

TEST_CASE("a rule that is wrong only at second order is caught there") {
  const Function constant_slope =
      cube_with([](const Variable& gradient) { return gradient.detach(); });
  CHECK(gradcheck("cube", constant_slope, {point()}).passed);
  const GradCheckResult result = gradgradcheck("cube", constant_slope, {point()});
  CHECK_FALSE(result.passed);
  CHECK(result.message == "cube (second order): the result does not depend on any input");

  // y = x^3 whose gradient has the right value and is off by 0.1 % when differentiated.
  const Function bent_slope = cube_with(
      [](const Variable& gradient) { return gradient * 1.001 - (gradient * 0.001).detach(); });
  CHECK(gradcheck("cube", bent_slope, {point()}).passed);
  const GradCheckResult bent = gradgradcheck("cube", bent_slope, {point()});
  CHECK_FALSE(bent.passed);
  const Report report = parse(bent.message);
  CHECK(report.name == "cube (second order)");
  CHECK(report.analytic / report.numeric == doctest::Approx(1.001).epsilon(1e-6));
}

TEST_CASE("a rule that is wrong only in one entry is caught at that entry") {
  const Tensor factor = Tensor::from<double>({1, 1, 1, 1, 1, 1.001}, {2, 3});
  const GradCheckResult result = gradcheck(
      "cube", cube_with([=](const Variable& gradient) { return gradient * Variable(factor); }),
      {point()});
  CHECK_FALSE(result.passed);
  const Report report = parse(result.message);
  CHECK(report.index == "[1, 2]");
  CHECK(report.analytic / report.numeric == doctest::Approx(1.001).epsilon(1e-7));
}

TEST_CASE("a rule that is wrong only for the second input is caught at that input") {
  const Function product = [](In in) {
    return with_rule("product", {in[0], in[1]}, mul(in[0].value(), in[1].value()),
                     [](const Context& context, const Variable& grad) {
                       return Gradients{grad * context.input(1), grad * context.input(0) * 1.001};
                     });
  };
  const GradCheckResult result =
      gradcheck("product", product, {point(), distinct_values({2, 3}, 1, 3, 2)});
  CHECK_FALSE(result.passed);
  CHECK(parse(result.message).input == 1);
}

TEST_CASE("a rule that ignores the cotangent is caught") {
  const Function ignores = [](In in) {
    return with_rule("cube", {in[0]}, cube(in[0].value()),
                     [](const Context& context, const Variable&) {
                       return Gradients{3.0 * context.input(0) * context.input(0)};
                     });
  };
  CHECK_FALSE(gradcheck("cube", ignores, {point()}).passed);
}

TEST_CASE("a rule that returns zero or nothing is caught") {
  const GradCheckResult zero = gradcheck("cube", scaled_cube(0), {point()});
  CHECK_FALSE(zero.passed);
  CHECK(parse(zero.message).analytic == 0);
  const Function nothing = cube_with([](const Variable&) { return Variable(); });
  const GradCheckResult undefined = gradcheck("cube", nothing, {point()});
  CHECK_FALSE(undefined.passed);
  CHECK(parse(undefined.message).analytic == 0);
}

TEST_CASE("a rule that returns NaN or infinity is caught") {
  for (const double factor :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK_FALSE(gradcheck("cube", scaled_cube(factor), {point()}).passed);
    CHECK_FALSE(gradgradcheck("cube", scaled_cube(factor), {point()}).passed);
  }
}

TEST_CASE("an input that the function does not use has a gradient of zero at both orders") {
  const Function cube = [](const Inputs& in) { return in[0] * in[0] * in[0]; };
  CHECK(gradcheck("cube", cube, {point(), point()}).passed);
  CHECK(gradgradcheck("cube", cube, {point(), point()}).passed);
}

TEST_CASE("a check that proves nothing fails") {
  const Function constant = [](In in) { return Variable(in[0].value()); };
  CHECK(gradcheck("constant", constant, {point()}).message ==
        "constant: the result does not depend on any input");
  const Function zero = [](In in) { return in[0] * 0.0; };
  CHECK(gradcheck("zero", zero, {point()}).message ==
        "zero: the largest gradient entry is 0, which proves nothing");
  CHECK(gradcheck("zero", zero, {point()}, {.expect_zero = true}).passed);
  CHECK(gradcheck("cube", scaled_cube(1), {point()}, {.expect_zero = true})
            .message.ends_with(", expected zero"));
  CHECK(gradcheck("cube", scaled_cube(1), {Tensor::zeros({0}, DType::float64)}).passed == false);
}

TEST_CASE("a function that cannot be checked fails with a message that says why, at both orders") {
  const struct {
    Function function;
    std::string complaint;
  } cases[] = {
      {[](In in) { return dropout(in[0], 0.5); },
       ": is the function random, or does it keep a state?"},
      {[calls = 0](In in) mutable { return in[0] * 0.0 + double(++calls); },
       ": two calls with the same inputs gave 1 and then 2 at [0, 0] of the result"},
      {[calls = int64_t{0}](In in) mutable { return sum(in[0]) + zeros_of(++calls); },
       ": two calls with the same inputs gave a result of shape [1] and then of [2]"},
      {[](In in) {
         Tensor x = in[0].value();
         x.fill(1);
         return in[0] * in[0];
       },
       ": the function writes to input 0, which it must leave as it is: it is called many times"},
      {[](In in) { return Variable(in[0].value().to(DType::float32)); },
       ": the result is float32, expected float64"},
      {[](In) { return Variable(); }, ": the result is undefined"},
  };
  for (const auto& [function, complaint] : cases)
    for (const auto& result : {gradcheck("f", Function(function), {point().clone()}),
                               gradgradcheck("f", Function(function), {point().clone()})}) {
      CHECK_FALSE(result.passed);
      CHECK_MESSAGE(result.message.find(complaint) != std::string::npos, result.message);
    }
}

TEST_CASE("a function that is random only in its gradient is told so at second order") {
  const Function random_slope =
      cube_with([](const Variable& gradient) { return dropout(gradient, 0.5) + gradient; });
  CHECK(gradgradcheck("cube", random_slope, {point()})
            .message.starts_with("cube (second order): two calls with the same inputs gave"));
}

// The margins of AdaFace (Kim, Jain & Liu 2022), which follow a quality of each row, its length
// among those of the batch; no gradient flows into it.
Variable quality_of(const Variable& x) {
  const Variable length = norm(x, {1});
  return clamp((length - mean(length)) / (sqrt(var(length)) + 1e-3) * 0.333, -1, 1);
}
Variable adaface(const Variable& x, const Variable& weight, const Variable& quality) {
  const Tensor labels = Tensor::from<int64_t>({0, 2, 2, 1}, {4});
  return margin_cross_entropy(x, weight, labels, 4, [=](const Variable& cosine) {
    const Variable q(quality.value().to(cosine.dtype()));
    return cos(acos(cosine) - 0.4 * q) - (0.4 * q + 0.4);
  });
}

TEST_CASE("a loss with detached statistics is proved by holding them at the point, and only so") {
  const GradCase whole = on("detached statistics", {{4, 3}, {5, 3}}, [](In in) {
    return adaface(in[0], in[1], quality_of(in[0]).detach());
  });
  const Tensor x = whole.inputs[0];
  const Variable quality = quality_of(Variable(x));
  const auto held_at = [](const Variable& q) {
    return [=](In in) { return adaface(in[0], in[1], q); };
  };
  CHECK(prove({"loss", "adaface", {holding(whole, held_at(quality))}}).failures.empty());
  CHECK_FALSE(gradcheck("adaface", whole.function, whole.inputs).passed);
  CHECK_FALSE(gradgradcheck("adaface", whole.function, whole.inputs).passed);
  // A part that is held elsewhere, and a gradient that flows although it should not, are noticed.
  const GradCheckOptions elsewhere{.held = held_at(quality + 0.01)};
  const std::string message = gradcheck("adaface", whole.function, whole.inputs, elsewhere).message;
  CHECK(message.starts_with("adaface: without and with its part held the function gave "));
  CHECK(message.ends_with(" of the result: is it held at its value at these inputs?"));
  CHECK_FALSE(gradcheck("flowing", [](In in) { return in[0] * in[0]; }, {x},
                        {.held = [=](In in) { return in[0] * Variable(x); }})
                  .passed);
}

TEST_CASE("a large input is checked at as many random entries as asked") {
  const Tensor large = distinct_values({40, 25}, 0.5, 2);
  for (const int64_t entries : {1, 30}) {
    const GradCheckResult result =
        gradcheck("cube", scaled_cube(1), {large}, {.max_entries = entries});
    CHECK(result.passed);
    CHECK(result.entries == entries);
  }
  CHECK_FALSE(gradcheck("cube", scaled_cube(1.001), {large}, {.max_entries = 30}).passed);
}

// A function with one fault, and what the prover must say of it.
struct Fault {
  const char* name;
  Function function;
  std::vector<Tensor> inputs;
  const char* complaint;
};

std::vector<Fault> faults() {
  // y = x^2 under the name "square", with a rule that may look at everything.
  const auto square = [](Rule rule) {
    return [=](In in) {
      return with_rule("square", {in[0]}, mul(in[0].value(), in[0].value()), rule);
    };
  };
  const Tensor x = distinct_values({2, 3}, 0.5, 2), y = distinct_values({2, 3}, 1, 3, 2);
  return {
      {"an input that does not matter",
       [](In in) { return in[0] * in[0] + 0 * in[1]; },
       {x, y},
       "every input matters: input 1: the largest gradient entry is 0"},
      {"a rule that ignores the cotangent",
       square([](const Context& c, const Variable&) { return Gradients{2 * c.input(0)}; }),
       {x},
       "from a cotangent of zeros"},
      {"a rule that remembers being called",
       square([calls = std::make_shared<int>(0)](const Context& c, const Variable& grad) {
         return Gradients{2.0 * ++*calls * grad * c.input(0)};
       }),
       {x},
       "two backwards: input 0: two backwards do not give exactly twice the gradient"},
      {"another value without recording",
       [](In in) { return in[0] * in[0] * (grad_enabled() ? 1.0 : 1.001); },
       {x},
       "recording: without recording: value off by 0.000999"},
      {"another gradient with create_graph",
       square([](const Context& c, const Variable& grad) {
         return Gradients{grad * c.input(0) * (grad_enabled() ? 2.0 : 2.002)};
       }),
       {x},
       "recording: with create_graph: gradient off by 0.000999"},
      {"a kernel that forgets the strides",
       [](In in) {
         const double* data = in[0].value().data<double>();
         const Tensor value =
             Tensor::from(std::vector<double>(data, data + in[0].numel()), in[0].shape());
         return with_rule("copy", {in[0]}, value,
                          [](const Context&, const Variable& grad) { return Gradients{grad}; });
       },
       {x},
       "views: input 0 as a transposed view: value off by"},
      {"a rule that forgets an input when asked for it alone",
       [](In in) {
         return with_rule("sum", {in[0], in[1]}, add(in[0].value(), in[1].value()),
                          [](const Context& c, const Variable& grad) {
                            return Gradients{grad, c.needs(0) ? grad : Variable()};
                          });
       },
       {x, y},
       "subsets: only inputs 1 need a gradient: gradient off by 1"},
      {"a kernel that is wrong in float32",
       [](In in) { return in[0] * in[0] * (in[0].dtype() == DType::float32 ? 1.001 : 1.0); },
       {x},
       "float32: value off by 0.000999"},
      {"an infinity on the way, although it is not taken",
       [](In in) { return in[0] * in[0] + where(in[0] > 0, 0, exp(in[0] + 1000)); },
       {x},
       "exp: the output has infinity at [0, 0]"},
      {"a function that records nothing",
       [](In in) { return in[0]; },
       {x},
       "graph: nothing was recorded"},
      {"a function that throws",
       [](In in) { return matmul(in[0], in[0]); },
       {x},
       "matmul: inner dimensions differ"},
  };
}

bool mentions(const Proof& proof, const std::string& complaint) {
  for (const std::string& failure : proof.failures)
    if (failure.find(complaint) != std::string::npos) return true;
  return false;
}

TEST_CASE("each check of the prover catches what it is for") {
  for (const Fault& fault : faults()) {
    const Proof proof = prove({"function", "faulty", {{fault.name, fault.function, fault.inputs}}});
    std::string all;
    for (const std::string& failure : proof.failures) all += failure + '\n';
    CHECK_MESSAGE(mentions(proof, fault.complaint), fault.name << ": " << all);
    CHECK(mentions(proof, text("faulty [", fault.name, "]")));
  }
}

TEST_CASE("a row without cases, and an op's case whose graph lacks the op, fail") {
  CHECK(prove({"loss", "empty", {}}).failures == std::vector<std::string>{"empty: no cases"});
  const GradCase of_exp{"exp", [](In in) { return exp(in[0]); }, {point()}};
  CHECK(prove({"op", "exp", {of_exp}}).failures.empty());
  CHECK(prove({"op", "log", {of_exp}}).failures ==
        std::vector<std::string>{"log [exp]: graph: the recorded graph does not hold the op"});
}

}  // namespace
}  // namespace gradian::proof
