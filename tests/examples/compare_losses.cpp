// The program compare_losses as a whole: its main, each time in a process of its own.
#define main compare_losses_main
#include "examples/compare_losses.cpp"
#undef main

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/child_process.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian::test;

namespace {

// Hands everything on to the standard output, and raises signals when a line `after` is printed.
class Interrupting : public std::streambuf {
 public:
  Interrupting(std::string after, int times) : after_("\n" + after + "\n"), times_(times) {}

 private:
  int overflow(int c) override {
    printed_ += static_cast<char>(c);
    std::putchar(c);
    if (printed_.ends_with(after_))
      for (int i = 0; i < times_; ++i) std::raise(SIGINT);
    return c;
  }
  int sync() override { return std::fflush(stdout); }

  std::string after_, printed_;
  int times_;
};

Ended run_program(std::vector<std::string> words, const std::string& interrupted_after = "never",
                  int times = 1) {
  words.insert(words.begin(), "compare_losses");
  return run_in_child([&] {
    Interrupting output(interrupted_after, times);
    std::cout.rdbuf(&output);
    std::signal(SIGINT, SIG_DFL);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    const int code = compare_losses_main(static_cast<int>(argv.size()), argv.data());
    std::fflush(stdout);
    _exit(code);
  });
}

std::vector<std::string> small_run(const std::filesystem::path& out) {
  return {"--epochs",  "1", "--train-samples", "64",        "--batch-size", "32",
          "--classes", "3", "--out",           out.string()};
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("Ctrl-C while an objective trains ends in a report of those that are finished, and 130") {
  const TemporaryFolder folder;
  const Ended ended = run_program(small_run(folder.path()), "ArcFace");
  CHECK(ended.how == "exit 130");
  CHECK(contains(ended.output, "\ncompare_losses: interrupted after 2 of 5 objectives\n"));
  const std::string json = content_of(folder.path() / "results.json");
  CHECK(contains(json, "\"softmax + center\""));
  CHECK_FALSE(contains(json, "\"ArcFace\""));
  CHECK(contains(content_of(folder.path() / "report.html"), "interrupted after 2 of 5 objectives"));
}

TEST_CASE("Ctrl-C before an objective is finished leaves the old report as it was") {
  const TemporaryFolder folder;
  folder.write("report.html", "the old report");
  const Ended ended = run_program(small_run(folder.path()), "softmax");
  CHECK(ended.how == "exit 130");
  CHECK(contains(ended.output, "compare_losses: interrupted after 0 of 5 objectives\n"));
  CHECK(content_of(folder.path() / "report.html") == "the old report");
}

TEST_CASE("a second Ctrl-C ends the program at once") {
  const TemporaryFolder folder;
  CHECK(run_program(small_run(folder.path()), "ArcFace", /*times=*/2).how == "signal 2");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "report.html"));
}

TEST_CASE("a program that is not interrupted reports every objective and ends with 0") {
  const TemporaryFolder folder;
  const Ended ended = run_program(small_run(folder.path()));
  CHECK(ended.how == "exit 0");
  CHECK(contains(content_of(folder.path() / "results.json"), "\"CosFace\""));
  CHECK_FALSE(contains(content_of(folder.path() / "report.html"), "interrupted"));
}

TEST_CASE("an empty --out is refused before anything is written") {
  const Ended ended = run_program({"--out", ""});
  CHECK(ended.how == "exit 1");
  CHECK(ended.output == "compare_losses: option --out: expected a path, got ''\n");
}
