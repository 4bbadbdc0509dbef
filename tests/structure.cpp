// The house as its files state it: rooms in their order, includes that run one way, files that can
// be read at a sitting. It reads the sources; what they compute is tested elsewhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tensor/error.h"

namespace gradian::test {
namespace {

namespace fs = std::filesystem;

// From the ground up. A file belongs to the last room whose name its path begins with, and includes
// nothing from a room above its own.
const std::vector<std::string> rooms = {"tensor/error.",
                                        "tensor/dtype.",
                                        "tensor/shape.",
                                        "tensor/simd/",
                                        "tensor/runtime/",
                                        "tensor/",
                                        "tensor/conv/",
                                        "tensor/fused/",
                                        "tensor/files/",
                                        "autograd/",
                                        "autograd/ops/",
                                        "nn/",
                                        "nn/onnx/",
                                        "losses/",
                                        "examples/program/",
                                        "examples/tour/",
                                        "examples/data/",
                                        "examples/metrics/",
                                        "examples/training/",
                                        "examples/report/",
                                        "examples/recognition/",
                                        "examples/interop/",
                                        "examples/"};

size_t room_of(const std::string& path) {
  size_t best = rooms.size(), length = 0;
  for (size_t i = 0; i < rooms.size(); ++i)
    if (path.starts_with(rooms[i]) && rooms[i].size() > length) {
      best = i;
      length = rooms[i].size();
    }
  check(best < rooms.size(), path, " is in no room: add its folder to the list in structure.cpp");
  return best;
}

struct Source {
  std::string path;  // from the root of the tree
  std::vector<std::string> lines;
};

std::vector<Source> sources_in(const std::vector<std::string>& folders) {
  std::vector<Source> sources;
  for (const std::string& folder : folders)
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(GRADIAN_SOURCE_DIR) / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      Source source{fs::relative(entry.path(), GRADIAN_SOURCE_DIR).string(), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  check(!sources.empty(), "structure: no sources in ", GRADIAN_SOURCE_DIR);
  return sources;
}

const std::vector<Source>& library_and_examples() {
  static const std::vector<Source> sources =
      sources_in({"tensor", "autograd", "nn", "losses", "examples"});
  return sources;
}

// The files of the tree that a source includes.
std::vector<std::string> includes_of(const Source& source) {
  static const std::string begin = "#include \"";
  std::vector<std::string> includes;
  for (const std::string& line : source.lines)
    if (line.starts_with(begin))
      includes.push_back(line.substr(begin.size(), line.find('"', begin.size()) - begin.size()));
  return includes;
}

TEST_CASE("includes run one way: no file includes one of a room above its own") {
  size_t seen = 0;
  for (const Source& source : library_and_examples())
    for (const std::string& included : includes_of(source)) {
      ++seen;
      const std::string upwards = source.path + " includes " + included;
      CHECK_MESSAGE(room_of(included) <= room_of(source.path), upwards);
    }
  CHECK(seen > 100);
}

TEST_CASE("includes form no circle, a header and its source counted as one") {
  const auto unit = [](const std::string& path) { return path.substr(0, path.rfind('.')); };
  std::map<std::string, std::set<std::string>> includes;
  for (const Source& source : library_and_examples()) {
    std::set<std::string>& below = includes[unit(source.path)];
    for (const std::string& included : includes_of(source))
      if (unit(included) != unit(source.path)) below.insert(unit(included));
  }
  // Takes away what includes nothing that is left, or is included by nothing, until all that is
  // left lies on circles or between them.
  for (size_t before = 0; before != includes.size();) {
    before = includes.size();
    std::set<std::string> included;
    for (const auto& [name, below] : includes) included.insert(below.begin(), below.end());
    std::erase_if(includes, [&](const auto& entry) {
      return !included.contains(entry.first) ||
             std::none_of(entry.second.begin(), entry.second.end(),
                          [&](const std::string& other) { return includes.contains(other); });
    });
  }
  std::string circle;
  for (const auto& [name, below] : includes) circle += name + ' ';
  CHECK(circle == "");
}

TEST_CASE("no source is longer than 400 lines, and each begins with what it is for") {
  for (const Source& source :
       sources_in({"tensor", "autograd", "nn", "losses", "examples", "tests"})) {
    CAPTURE(source.path);
    CHECK(source.lines.size() <= 400);
    // A source beside a header of its name may leave that to the header.
    const fs::path header = fs::path(GRADIAN_SOURCE_DIR) / source.path;
    if (source.path.ends_with(".h") || !fs::exists(fs::path(header).replace_extension(".h")))
      CHECK(source.lines.at(0).starts_with("//"));
  }
}

TEST_CASE(
    "the core that the README names is there, and holds the lines that it says, at most 4,000") {
  std::ifstream file(fs::path(GRADIAN_SOURCE_DIR) / "README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  const size_t begin = readme.find("**The core**"), end = readme.find("**The fast part**");
  REQUIRE(begin < end);
  const std::string core = readme.substr(begin, end - begin);
  size_t lines = 0;
  for (const Source& source : library_and_examples())
    if (core.find('`' + source.path + '`') != std::string::npos) lines += source.lines.size();
  CAPTURE(lines);
  CHECK(lines <= 4000);
  // "**The core**, 3 900 lines": in hundreds.
  std::string stated = core.substr(0, core.find(" lines"));
  std::erase_if(stated, [](char c) { return c < '0' || c > '9'; });
  CHECK(std::stod(stated) == doctest::Approx(double(lines)).epsilon(0.03));
}

// The map is what stands before a README's second `# ` heading; what is below it are lessons, which
// may be as long as they need. Lines of code, such as a comment of a shell, are no headings.
TEST_CASE(
    "each folder, or the one around it, says on one screen what it is: its map has at most 50 "
    "lines, and lessons follow after a second heading") {
  std::set<fs::path> folders{"tests"};
  for (const Source& source : library_and_examples())
    folders.insert(fs::path(source.path).parent_path());
  for (const fs::path& folder : folders) {
    CAPTURE(folder.string());
    fs::path readme = fs::path(GRADIAN_SOURCE_DIR) / folder / "README.md";
    if (!fs::exists(readme) && folder.has_parent_path())
      readme = fs::path(GRADIAN_SOURCE_DIR) / folder.parent_path() / "README.md";
    std::ifstream file(readme);
    int lines = 0, headings = 0;
    bool code = false;
    for (std::string line; std::getline(file, line); ++lines) {
      if (line.starts_with("```")) code = !code;
      if (!code && line.starts_with("# ") && ++headings == 2) break;
    }
    CHECK(headings > 0);
    CHECK(lines > 5);
    CHECK(lines <= 50);
  }
}

}  // namespace
}  // namespace gradian::test
