// Includes run one way: down the list of floors, never up it and never into the tests.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tensor/error.h"

using namespace gradian;

namespace {

namespace fs = std::filesystem;

// Bottom first: how the names of the files on one floor begin. What begins like several is on the
// floor of the longest. The last one stands for the programs, which lie in no folder of examples/.
const std::vector<std::string> kFloors{"tensor/error",
                                       "tensor/shape",
                                       "tensor/dtype",
                                       "tensor/runtime/",
                                       "tensor/simd/",
                                       "tensor/",
                                       "tensor/conv/",
                                       "tensor/fused/",
                                       "autograd/",
                                       "nn/",
                                       "losses/",
                                       "examples/program/",
                                       "examples/data/",
                                       "examples/metrics/",
                                       "examples/training/",
                                       "examples/report/",
                                       "examples/"};

// The place of a file's floor in the list, or the number of floors.
size_t place_of(const std::string& file) {
  size_t place = kFloors.size(), longest = 0;
  for (size_t i = 0; i < kFloors.size(); ++i)
    if (kFloors[i].size() > longest && file.starts_with(kFloors[i]))
      place = i, longest = kFloors[i].size();
  return place;
}

// "nn/module.h includes losses/margin.h", or "" when `line` includes nothing from further up.
std::string climb(const std::string& file, const std::string& line) {
  const std::string include = "#include \"";
  if (!line.starts_with(include)) return "";
  const std::string included = line.substr(include.size(), line.rfind('"') - include.size());
  return place_of(included) <= place_of(file) ? "" : text(file, " includes ", included);
}

}  // namespace

TEST_CASE("no source includes one from a floor further up the list, or one from the tests") {
  const fs::path root = GRADIAN_SOURCE_DIR;
  size_t sources = 0;
  for (const char* top : {"tensor", "autograd", "nn", "losses", "examples"})
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
      const std::string file = entry.path().lexically_relative(root).string();
      ++sources;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) CHECK(climb(file, line) == "");
    }
  CHECK(sources > 100);
}

TEST_CASE("an include that climbs is noticed") {
  const auto includes = [](const std::string& file, const std::string& included) {
    return climb(file, "#include \"" + included + "\"");
  };
  CHECK(includes("nn/module.h", "losses/margin.h") == "nn/module.h includes losses/margin.h");
  CHECK(includes("examples/training/train.h", "examples/report/report.h") != "");
  CHECK(includes("examples/spiral.cpp", "tests/helpers.h") != "");
  CHECK(includes("examples/spiral.cpp", "examples/report/report.h") == "");
  CHECK(includes("losses/margin.h", "losses/reduction.h") == "");
  CHECK(includes("tensor/loops.h", "tensor/conv/tiles.h") != "");
  CHECK(includes("tensor/runtime/gemm.h", "tensor/tensor.h") != "");
  CHECK(includes("tensor/tensor.h", "tensor/runtime/memory.h") == "");
}
