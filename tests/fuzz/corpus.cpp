// What `make fuzz` begins with, and that its table lacks no function. The fuzzing itself takes a
// compiler that has libFuzzer.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "tests/fuzz/functions.h"
#include "tests/fuzz/targets.h"
#include "tests/reference.h"

namespace gradian::fuzz {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  check(in.good(), file.string(), ": cannot be opened");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("each target of the fuzzer takes the inputs that it begins with") {
  for (const Target& target : kTargets) {
    int inputs = 0;
    for (const auto& file :
         fs::directory_iterator(fs::path(GRADIAN_SOURCE_DIR) / "tests/fuzz/corpus" / target.name)) {
      CAPTURE(file.path().string());
      CHECK_NOTHROW(target.run(content_of(file.path())));
      ++inputs;
    }
    CAPTURE(target.name);
    CHECK(inputs > 2);
  }
}

// The functions that a header declares, each as often as it has overloads.
void count_declarations(const std::string& header, std::map<std::string, int>& declared) {
  std::istringstream lines(content_of(fs::path(GRADIAN_SOURCE_DIR) / header));
  static const std::regex function(
      R"(^(?:Variable|Tensor|ValuesAndIndices|MaxPool2dResult)&? (operator[^\s(\w]+|\w+)\()");
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_search(line, match, function)) ++declared[match[1]];
}

TEST_CASE("the fuzzer calls each function of the headers, in every overload") {
  std::map<std::string, int> declared, called;
  for (const char* header :
       {"autograd/ops.h", "tensor/kernels.h", "tensor/conv/conv2d.h", "tensor/conv/pooling.h"})
    count_declarations(header, declared);
  CHECK(declared.size() > 100);
  for (const Function& function : functions()) ++called[function.name];
  for (const auto& entry : declared) {
    CAPTURE(entry.first);
    CHECK(called[entry.first] >= entry.second);
  }
  CHECK(functions().size() <= 256);  // one byte chooses
}

TEST_CASE("each function accepts some of what the fuzzer makes of bytes, not only refuses it") {
  std::map<std::string, int> accepted;
  uint64_t state = 1;
  for (int round = 0; round < 20000; ++round)
    for (const Function& function : functions()) {
      if (accepted[function.name] > 0) continue;
      std::string bytes;
      for (int n = 0; n < 64; ++n) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes += static_cast<char>(state >> 56);
      }
      Source source(bytes);
      try {
        function.call(source);
        ++accepted[function.name];
      } catch (const Error&) {
      }
    }
  for (const Function& function : functions()) {
    CAPTURE(function.name);
    CHECK(accepted[function.name] > 0);
  }
}

}  // namespace
}  // namespace gradian::fuzz
