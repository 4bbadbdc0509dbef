// Formulas that a person types, and the program that shows their gradients.
#include "examples/tour/formula.h"

#include <cmath>
#include <fstream>

#include "tests/examples/programs.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

// With its variables a, b, ... at 2, 3, ...
double value_of(const std::string& typed) {
  const Formula formula = parse_formula(typed);
  Inputs inputs;
  for (size_t i = 0; i < formula.names.size(); ++i)
    inputs.push_back(leaf(static_cast<double>(2 + i)));
  return formula.function(inputs).item();
}

}  // namespace

TEST_CASE("formulas: operators bind as on paper, from the left, and ^ from the right") {
  const struct {
    const char* typed;
    double value;
  } cases[] = {
      {"a", 2},
      {" a + b * c ", 14},
      {"(a + b) * c", 20},
      {"a - b - c", -5},
      {"a / b / c", 2.0 / 3 / 4},
      {"a / b * c", 2.0 / 3 * 4},
      {"-a ^ 2", -4},
      {"(-a) ^ 2", 4},
      {"a ^ -1", 0.5},
      {"a ^ b ^ 2", 512},
      {"2 * -a", -4},
      {"--a", 2},
      {"1.5e1 + .5 * a", 16},
      {"a_1 * a2 - a_1", 4},
      {"exp(log(a) * b)", 8},
      {"sum(a) + max(b) - min(a)", 3},
      {"sin(a)", std::sin(2)},
      {"sqrt(square(a))", 2},
  };
  for (const auto& formula : cases) {
    CAPTURE(formula.typed);
    CHECK(value_of(formula.typed) == doctest::Approx(formula.value));
  }
}

TEST_CASE("formulas: every function that is listed takes a variable") {
  const std::string functions = formula_functions() + ", ";
  size_t tried = 0;
  for (size_t begin = 0; begin < functions.size(); begin = functions.find(", ", begin) + 2) {
    const std::string name = functions.substr(begin, functions.find(", ", begin) - begin);
    CAPTURE(name);
    const Formula formula = parse_formula(name + "(x)");
    CHECK(gradcheck(name, formula.function, {doubles({0.3, 0.6})}).passed);
    ++tried;
  }
  CHECK(tried == 22);
}

TEST_CASE("formulas: what is none is refused at its place") {
  const std::string deep(1001, '(');
  check_errors({
      {[] { parse_formula(""); }, "formula byte 0: expected a number, a name or '(', got its end"},
      {[] { parse_formula("x * * y"); },
       "formula byte 4: expected a number, a name or '(', got '*'"},
      {[] { parse_formula("(x + 1"); }, "formula byte 6: expected ')', got its end"},
      {[] { parse_formula("exp(x"); }, "formula byte 5: expected ')', got its end"},
      {[] { parse_formula("x + 1)"); }, "formula byte 5: expected an operator or its end, got ')'"},
      {[] { parse_formula("2 x"); }, "formula byte 2: expected an operator or its end, got 'x'"},
      {[] { parse_formula("x ** 2"); },
       "formula byte 3: expected a number, a name or '(', got '*'"},
      {[] { parse_formula("x % 2"); }, "formula byte 2: expected an operator or its end, got '%'"},
      {[] { parse_formula("."); }, "formula byte 0: expected a number of 64 bits, got '.'"},
      {[] { parse_formula("x + 1e999"); }, "formula byte 4: expected a number of 64 bits, got '1'"},
      {[] { parse_formula("x + \u00e9"); },
       "formula byte 4: expected a number, a name or '(', got '\u00e9'"},
      {[] { parse_formula("2 + 3"); }, "formula: there is no variable in it, such as x"},
      {[&] { parse_formula(deep); }, "formula: expected at most 1000 bytes, got 1001"},
      {[] { parse_formula("1 + tan(x)"); },
       "formula byte 4: there is no function tan, only " + formula_functions()},
  });
}

TEST_CASE("formulas: the deepest text that is taken is read, and so is the longest sum") {
  const std::string open(499, '('), close(499, ')');
  CHECK(value_of(open + "a" + close) == 2);
  CHECK(value_of(std::string(999, '-') + 'a') == -2);
  std::string sum = "a";
  while (sum.size() < 999) sum += "+a";
  CHECK(value_of(sum) == 1000);
}

TEST_CASE("numbers of a variable: one is a scalar, several are a vector") {
  CHECK(parse_numbers("2", "x").shape() == Shape{});
  CHECK(identical(parse_numbers("0.5,-1,1e2", "x"), doubles({0.5, -1, 100})));
  for (const std::string wrong : {"", "0.5,", ",1", "a", "1 2", "1,,2"})
    CHECK(error_of([&] { parse_numbers(wrong, "option --x"); }) ==
          "option --x: expected numbers such as 0.5,1, got '" + wrong + "'");
}

TEST_CASE("autograd_tour shows a typed formula's value, gradients and graph") {
  const TemporaryFolder folder;
  const std::string dot = (folder.path() / "graph.dot").string();
  const Ended ended = run_program(
      autograd_tour, {"--formula", "sum(x^2 * w)", "--x", "0.5,1", "--w", "3", "--dot", dot});
  CHECK(ended.how == "exit 0");
  CAPTURE(ended.output);
  // (0.25 + 1) * 3;  d/dx = 2 x w, d/dw = 0.25 + 1
  CHECK(contains(ended.output, "is 3.75"));
  CHECK(contains(ended.output, "records the ops: pow mul sum\n"));
  CHECK(contains(ended.output, "d/dx[0]                       3                  3\n"));
  CHECK(contains(ended.output, "d/dx[1]                       6                  6\n"));
  CHECK(contains(ended.output, "d/dw                       1.25               1.25\n"));
  CHECK(contains(ended.output, "quotients: passed"));
  std::ifstream file(dot);
  const std::string graph{std::istreambuf_iterator<char>(file), {}};
  CHECK(contains(graph, "label=\"x\\nfloat64 [2]\""));
  CHECK(contains(graph, "label=\"pow\""));
}

TEST_CASE("autograd_tour names what is missing or wrong in its command line") {
  const struct {
    std::vector<std::string> words;
    const char* text;
  } cases[] = {
      {{"--formula", "x + y", "--x", "1"},
       "the formula has a variable y: give its value, as in --y 0.5,1"},
      {{"--formula", "x", "--x", "1", "--y", "1"},
       "unknown option --y; --help lists those there are"},
      {{"--formula", "dot", "--dot", "1"},
       "the option --dot is taken: call the variable another name"},
      {{"--formula", "x +", "--x", "1"},
       "formula byte 3: expected a number, a name or '(', got its end"},
      {{"--formula", "x * y", "--x", "1,2", "--y", "1,2,3"},
       "mul: shapes [2] and [3] do not broadcast"},
      {{"--dot", "there.dot"}, "option --dot goes with --formula"},
  };
  for (const auto& wrong : cases) {
    const Ended ended = run_program(autograd_tour, wrong.words);
    CHECK(ended.how == "exit 1");
    CHECK(contains(ended.output, text("autograd_tour: ", wrong.text)));
  }
}

TEST_CASE("autograd_tour without a formula proves its own") {
  const Ended ended = run_program(autograd_tour, {});
  CHECK(ended.how == "exit 0");
  CHECK(count(ended.output, "against difference quotients: passed") == 2);
}
