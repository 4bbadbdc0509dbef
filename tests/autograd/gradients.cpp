// Proves every gradient in the table of tests/gradients/, and that the table is complete: the same
// functions, layers and losses as the headers declare. `make gradcheck` prints the same as a table.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/child_process.h"
#include "tests/gradients/completeness.h"
#include "tests/gradients/prover.h"
#include "tests/temporary_folder.h"

namespace gradian::proof {
namespace {

// "" when there are no lines, so that a failed CHECK shows them.
std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  return all;
}

TEST_CASE("every gradient in the table is right at first and second order") {
  for (GradientSubject& subject : gradient_table()) {
    // Sanitizers are slow; the kernels' own tests show them every shape.
    if (test::kSanitized && subject.cases.size() > 1)
      subject.cases.erase(subject.cases.begin() + 1, subject.cases.end());
    CAPTURE(subject.kind);
    CHECK(joined(prove(subject).failures) == "");
  }
}

TEST_CASE("no case loosens the tolerance of 1e-6 or the floor under relative errors") {
  const GradCheckOptions strict;
  CHECK(strict.tolerance == 1e-6);
  for (const GradientSubject& subject : gradient_table())
    for (const GradCase& grad_case : subject.cases)
      for (const GradCheckOptions& options : {grad_case.first_order, grad_case.second_order}) {
        CAPTURE(subject.name);
        CAPTURE(grad_case.label);
        CHECK(options.tolerance <= strict.tolerance);
        CHECK(options.floor <= strict.floor);
      }
}

TEST_CASE("the gradient table holds what the headers declare and nothing else") {
  CHECK(joined(completeness_failures(gradient_table(), GRADIAN_SOURCE_DIR)) == "");
}

TEST_CASE("any row that is taken out of the gradient table is missed by name") {
  const std::vector<GradientSubject> table = gradient_table();
  for (size_t i = 0; i < table.size(); ++i) {
    std::vector<GradientSubject> shorter = table;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string missing = joined(completeness_failures(shorter, GRADIAN_SOURCE_DIR));
    CHECK(missing.starts_with(table[i].name + " is declared in "));
  }
}

TEST_CASE("a row of the gradient table that no header declares, or that stands twice, is named") {
  std::vector<GradientSubject> table = gradient_table();
  const auto exp = std::find_if(table.begin(), table.end(),
                                [](const GradientSubject& s) { return s.name == "exp"; });
  table.push_back(*exp);
  table.push_back({"loss", "imagined_loss", {}});
  CHECK(joined(completeness_failures(table, GRADIAN_SOURCE_DIR)) ==
        "op exp is in the table twice\n"
        "loss imagined_loss is in the table, but losses/ does not declare it\n");
}

// A folder with headers of our own.
struct Headers : test::TemporaryFolder {
  Headers(const std::string& ops, const std::string& layers, const std::string& losses) {
    write("autograd/ops.h", ops);
    write("nn/layers.h", layers);
    write("losses/some.h", losses);
  }
};

TEST_CASE("the headers are read without comments, members and classes that are only bases") {
  const Headers headers(
      "// Variable commented(const Variable& x);\n"
      "Variable twice(const Variable& x);\nVariable twice(const Variable& x, double y);\n"
      "Variable operator+(const Variable& a,\n  const Variable& b);\n"
      "std::vector<Variable> several(const Variable& x);\nTensor plain(const Tensor& x);\n",
      "class Base : public Module {\n public:\n  Variable forward(const Variable& x);\n"
      " protected:\n  Base(int size);\n};\n"
      "class Layer : public Base {\n public:\n  Layer() : Base(3) {}\n struct Options { int x; };\n"
      "};\nclass Activation final : public Module {};\nclass NoModule { NoModule(); };\n",
      "namespace x {\nstruct Loss : nn::Base {\n  Loss();\n};\n"
      "Variable loss(const Variable& x) { return x; }\n}\n");
  CHECK(joined(completeness_failures({{"function", "twice", {GradCase{}}}}, headers.path())) ==
        "operator+ is declared in autograd/ops.h, but not in the table\n"
        "twice has 2 overloads in autograd/ops.h, but only 1 cases\n"
        "Activation is declared in nn/, but not in the table\n"
        "Layer is declared in nn/, but not in the table\n"
        "Loss is declared in losses/, but not in the table\n"
        "loss is declared in losses/, but not in the table\n");
}

}  // namespace
}  // namespace gradian::proof
