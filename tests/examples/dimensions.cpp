// The program dimensions as a whole: what its tables are made of, and what Ctrl-C leaves of them.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "tests/examples/programs.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::test;

namespace {

// The accuracy in percent that results.json has of a run.
double accuracy_in(const std::string& json, const std::string& run) {
  const std::string key = "\"test_accuracy\": ";
  const size_t begin = json.find("\"objective\": \"" + run + '"');
  REQUIRE(begin != std::string::npos);
  return 100 * std::stod(json.substr(json.find(key, begin) + key.size()));
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Whether a line of a table has "mean ± deviation", of two digits each. Which way a tie is rounded
// is left open: of two accuracies of 2,000 images every second mean is one.
bool has(const std::string& line, double mean, double deviation) {
  const std::string sign = " ± ";
  const auto prints = [&](size_t at, double value) {
    return std::abs(std::stod(line.substr(at)) - value) < 0.00501;
  };
  for (size_t at = line.find(sign); at != std::string::npos; at = line.find(sign, at + 1))
    if (prints(line.rfind(' ', at - 1) + 1, mean) && prints(at + sign.size(), deviation))
      return true;
  return false;
}

}  // namespace

TEST_CASE("dimensions: the tables are means and deviations of the runs that results.json holds") {
  const TemporaryFolder folder;
  const Ended ended = run_program(dimensions, small_run({"--epochs", "1", "--seeds", "2", "--seed",
                                                         "5", "--out", folder.path().string()}));
  REQUIRE_MESSAGE(ended.how == "exit 0", ended.output);
  const std::string json = content_of(folder.path() / "results.json");
  for (const std::string features : {"2", "64"}) {
    const std::string table = ended.output.substr(ended.output.find('\n' + features + " features"));
    for (const std::string objective :
         {"softmax", "softmax + center", "ArcFace", "ArcFace + center"}) {
      CAPTURE(objective);
      const std::string run = objective + ", " + features + " features, seed ";
      const double a = accuracy_in(json, run + '5'), b = accuracy_in(json, run + '6');
      const std::string line = table.substr(table.find('\n' + objective + ' '));
      CAPTURE(a);
      CAPTURE(b);
      CHECK(has(line.substr(0, line.find('\n', 1)), (a + b) / 2, std::abs(a - b) / std::sqrt(2)));
    }
  }
}

TEST_CASE("dimensions: Ctrl-C ends in the tables of what is finished, and 130") {
  const TemporaryFolder folder;
  const Ended ended =
      run_program(dimensions, small_run({"--epochs", "1", "--out", folder.path().string()}),
                  {.after = "\nArcFace, 2 features, seed 1\n"});
  CHECK(ended.how == "exit 130");
  const size_t begin = ended.output.find("2 features  ");
  const std::string tables = ended.output.substr(begin, ended.output.find("Mean") - begin);
  CHECK(contains(tables, "\nsoftmax + center "));
  CHECK_FALSE(contains(tables, "\nArcFace "));
  CHECK_FALSE(contains(tables, " ± "));
}
