// The program compare_losses as a whole, each time in a process of its own.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/examples/programs.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian::test;

namespace {

Ended run_into(const std::filesystem::path& out,
               const Signals& signals = {.after = "never", .times = 0}) {
  return run_program(compare_losses, small_run({"--epochs", "1", "--out", out.string()}), signals);
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("Ctrl-C while an objective trains ends in a report of those that are finished, and 130") {
  const TemporaryFolder folder;
  const Ended ended = run_into(folder.path(), {.after = "\nArcFace\n"});
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
  const Ended ended = run_into(folder.path(), {.after = "\nsoftmax\n"});
  CHECK(ended.how == "exit 130");
  CHECK(contains(ended.output, "compare_losses: interrupted after 0 of 5 objectives\n"));
  CHECK(content_of(folder.path() / "report.html") == "the old report");
}

TEST_CASE("a run from the start leaves no checkpoint of the run before") {
  const TemporaryFolder folder;
  const auto later = folder.path() / "checkpoints" / "cosface.safetensors";
  folder.write("checkpoints/cosface.safetensors", "of before");
  run_into(folder.path(), {.after = "\nArcFace\n"});
  CHECK_FALSE(std::filesystem::exists(later));
}

TEST_CASE("a second Ctrl-C ends the program at once") {
  const TemporaryFolder folder;
  CHECK(run_into(folder.path(), {.after = "\nArcFace\n", .times = 2}).how == "signal 2");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "report.html"));
}

TEST_CASE("a program that is not interrupted reports every objective and ends with 0") {
  const TemporaryFolder folder;
  const Ended ended = run_into(folder.path());
  CHECK(ended.how == "exit 0");
  CHECK(contains(content_of(folder.path() / "results.json"), "\"CosFace\""));
  CHECK_FALSE(contains(content_of(folder.path() / "report.html"), "interrupted"));
}

TEST_CASE("an empty --out is refused before anything is written") {
  const Ended ended = run_program(compare_losses, {"--out", ""});
  CHECK(ended.how == "exit 1");
  CHECK(ended.output == "compare_losses: option --out: expected a path, got ''\n");
}
