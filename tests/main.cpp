// Runs the tests (doctest's options apply: -tc=... selects, -ltc lists) and prints, as the last
// line of all output, how many test cases passed and failed. A run of no test at all is a failure:
// a filter that matches nothing proves nothing.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <iostream>
#include <optional>

#include "examples/program/run_main.h"
#include "tests/child_process.h"

// Under sanitizers: an allocation that is refused is what some tests are about, and so are threads
// of a child that is forked while there are others.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" int __lsan_is_turned_off() { return gradian::test::in_child; }
extern "C" const char* __tsan_default_options() {
  return "allocator_may_return_null=1:die_after_fork=0";
}

namespace {

struct Counts {
  unsigned run, failed;
};
std::optional<Counts> counts;  // none until a run has ended

// doctest tells its counts to listeners only.
struct KeepCounts : doctest::IReporter {
  explicit KeepCounts(const doctest::ContextOptions&) {}
  void test_run_end(const doctest::TestRunStats& stats) override {
    counts = {stats.numTestCasesPassingFilters, stats.numTestCasesFailed};
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("keep_counts", 1, KeepCounts);

}  // namespace

int main(int argc, char** argv) {
  return gradian::examples::run_main("tests", [&] {
    const int result = doctest::Context(argc, argv).run();
    if (!counts) return result;  // a query, such as --help
    std::cout << std::flush;
    std::printf("%u passed, %u failed\n", counts->run - counts->failed, counts->failed);
    return counts->failed > 0 || counts->run == 0 ? 1 : 0;
  });
}
