// Replays the samples in a folder and prints, a line a family, how many apply and match; then what
// was left out and why; then every difference from PyTorch. Exits with 1 if one is not explained,
// or if an explanation explains nothing.
//     build/opinfo/replay --samples build/opinfo --only matmul
#include <iomanip>
#include <iostream>
#include <map>
#include <set>

#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "tests/opinfo/explained.h"
#include "tests/opinfo/functions.h"
#include "tests/opinfo/replay.h"

namespace gradian::opinfo {
namespace {

struct Counts {
  int64_t applied = 0, errors = 0, matched = 0, explained = 0, differ = 0, left_out = 0;
};

class Report {
 public:
  explicit Report(const SampleFile& file) : file_(file), used_(explanations().size()) {
    for (const LeftOutCount& row : file.left_out) leave_out(row.family, row.reason, row.count);
  }

  void add(const Sample& sample) {
    const Outcome outcome = replay(sample, file_);
    if (outcome.left_out) return leave_out(sample.family, *outcome.left_out, 1);
    for (const std::string& call : sample.calls) replayed_.insert(call.substr(0, call.find(' ')));
    Counts& counts = families_[sample.family];
    ++(sample.refused ? counts.errors : counts.applied);
    std::vector<Difference> unexplained;
    for (const Difference& difference : outcome.differences)
      if (!explained(sample, difference)) unexplained.push_back(difference);
    describe(sample, unexplained);
    ++(outcome.differences.empty() ? counts.matched
       : unexplained.empty()       ? counts.explained
                                   : counts.differ);
  }

  // Whether there is no difference without an explanation, and no explanation without a difference.
  bool print(bool complete) const {
    print_cells("family", "samples", "errors", "matched", "explained", "differ", "left out");
    Counts all;
    for (const auto& [family, counts] : families_) {
      print_row(family, counts);
      add_to(all, counts);
    }
    print_row("all", all);
    std::cout << "\nleft out:\n";
    for (const auto& [reason, count] : reasons_)
      std::cout << std::setw(8) << count << "  " << reason << '\n';
    std::cout << "\ndifferences from PyTorch:\n" << differences_;
    for (size_t i = 0; i < used_.size(); ++i)
      if (used_[i] > 0)
        std::cout << "explained, " << used_[i] << " times: " << name_of(explanations()[i]) << '\n';
    return all.differ == 0 && (!complete || all_used());
  }

 private:
  static std::string name_of(const Explanation& row) {
    return text(row.ops.empty() ? "any" : row.ops, ": ", row.reason);
  }

  // Whether each explanation and each row of the tables was of use; says which was not.
  bool all_used() const {
    bool all = true;
    for (size_t i = 0; i < used_.size(); ++i)
      if (used_[i] == 0)
        all = false, std::cout << "explains nothing: " << name_of(explanations()[i]) << '\n';
    for (const auto& [function, row] : table())
      if (replayed_.count(function) == 0)
        all = false, std::cout << "no sample of " << function << '\n';
    return all;
  }

  void leave_out(const std::string& family, const std::string& reason, int64_t count) {
    families_[family].left_out += count;
    reasons_[reason] += count;
  }

  bool explained(const Sample& sample, const Difference& difference) {
    for (size_t i = 0; i < used_.size(); ++i)
      if (explains(explanations()[i], sample, file_, difference)) return ++used_[i], true;
    return false;
  }

  // A line a difference, which names its layout unless it shows in all.
  void describe(const Sample& sample, const std::vector<Difference>& differences) {
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> layouts;
    for (const Difference& difference : differences)
      layouts[{difference.result, difference.text}].push_back(difference.layout);
    for (const auto& [difference, names] : layouts) {
      differences_ +=
          text(sample.op, ' ', sample.number, ", ", difference.first, ": ", difference.second);
      if (names.size() < kLayouts.size())
        for (const std::string& name : names) differences_ += " (" + name + ')';
      for (const std::string& call : sample.calls) differences_ += text(" | ", call);
      differences_ += '\n';
    }
  }

  static void add_to(Counts& all, const Counts& counts) {
    all.applied += counts.applied;
    all.errors += counts.errors;
    all.matched += counts.matched;
    all.explained += counts.explained;
    all.differ += counts.differ;
    all.left_out += counts.left_out;
  }

  static void print_row(const std::string& family, const Counts& counts) {
    print_cells(family, counts.applied, counts.errors, counts.matched, counts.explained,
                counts.differ, counts.left_out);
  }

  template <class... Cells>
  static void print_cells(const std::string& family, const Cells&... cells) {
    std::cout << std::left << std::setw(12) << family << std::right;
    ((std::cout << std::setw(10) << cells), ...) << '\n';
  }

  const SampleFile& file_;
  std::map<std::string, Counts> families_;
  std::map<std::string, int64_t> reasons_;
  std::vector<int64_t> used_;       // differences that each explanation has explained
  std::set<std::string> replayed_;  // functions
  std::string differences_;
};

int replay_all(int argc, char** argv) {
  examples::Arguments arguments(argc, argv, "Replays the samples of PyTorch's own databases.");
  const std::string folder = arguments.path("--samples", "build/opinfo", "folder of the samples");
  const std::string only = arguments.text("--only", "", "the samples of this op alone");
  if (!arguments.complete()) return 0;
  const SampleFile file = read_samples(folder);
  Report report(file);
  for (const Sample& sample : file.samples) {
    if (only.empty() || sample.op == only) report.add(sample);
  }
  return report.print(only.empty()) ? 0 : 1;
}

}  // namespace
}  // namespace gradian::opinfo

int main(int argc, char** argv) {
  return gradian::examples::run_main("replay",
                                     [&] { return gradian::opinfo::replay_all(argc, argv); });
}
