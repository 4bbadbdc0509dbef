// `make gradcheck`: proves the gradients of everything in the table and prints one row for each,
// with the largest relative errors found. `--only NAME` proves one row alone. Exits with 1 when a
// row fails.
#include <algorithm>
#include <cstdio>

#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "tests/gradients/completeness.h"
#include "tests/gradients/prover.h"

namespace {

using namespace gradian;
using namespace gradian::proof;

class Report {
 public:
  Report() {
    std::printf("%-9s%-34s%6s%10s%10s  %s\n", "kind", "name", "cases", "order 1", "order 2",
                "verdict");
  }

  void add(const GradientSubject& subject, const Proof& proof) {
    row(subject.kind, subject.name, proof.cases, proof.failures, proof.first_order,
        proof.second_order);
  }
  // What a difference quotient does not decide: it has no errors to show.
  void add_table(int entries, const std::vector<std::string>& failures) {
    row("table", "against the headers", entries, failures, -1, -1);
  }

  int finish() const {
    std::printf("%d passed, %d failed\n", passed_, failed_);
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
  }

 private:
  void row(const std::string& kind, const std::string& name, int cases,
           const std::vector<std::string>& failures, double first, double second) {
    const auto error = [](double value) {
      char digits[32] = "-";
      if (value >= 0) std::snprintf(digits, sizeof digits, "%.1e", value);
      return std::string(digits);
    };
    std::printf("%-9s%-34s%6d%10s%10s  %s\n", kind.c_str(), name.c_str(), cases,
                error(first).c_str(), error(second).c_str(),
                failures.empty() ? "passed" : "FAILED");
    for (const std::string& failure : failures) std::printf("    %s\n", failure.c_str());
    std::fflush(stdout);
    ++(failures.empty() ? passed_ : failed_);
  }

  int passed_ = 0, failed_ = 0;
};

int prove_table(int argc, char** argv) {
  examples::Arguments arguments(argc, argv, "Proves the gradient of everything in the table.");
  const std::string only = arguments.text("--only", "", "the row of this name alone");
  if (!arguments.complete()) return 0;
  const std::vector<GradientSubject> table = gradient_table();
  const auto is_wanted = [&](const std::string& name) { return only.empty() || only == name; };
  check(is_wanted("table") || std::any_of(table.begin(), table.end(),
                                          [&](const auto& row) { return is_wanted(row.name); }),
        "no row is named ", only,
        "; the second column has the names, and what is new needs a row in tests/gradients/");
  Report report;
  for (const GradientSubject& subject : table)
    if (is_wanted(subject.name)) report.add(subject, prove(subject));
  if (is_wanted("table"))
    report.add_table(static_cast<int>(table.size()),
                     completeness_failures(table, GRADIAN_SOURCE_DIR));
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  return gradian::examples::run_main("gradcheck", [&] { return prove_table(argc, argv); });
}
