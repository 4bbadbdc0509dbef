// Finds declarations in the text of headers: comments out, classes apart, functions by their return
// type.
#include "tests/gradients/completeness.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "tensor/error.h"

namespace gradian::proof {
namespace {

struct ClassText {
  std::string name, base, body;
};

std::string without_comments(const std::filesystem::path& path) {
  std::ifstream file(path);
  check(file.good(), "completeness: cannot read ", path.string());
  std::string all, line;
  while (std::getline(file, line)) all += line.substr(0, line.find("//")) + '\n';
  return all;
}

size_t matching_brace(const std::string& source, size_t open) {
  int depth = 0;
  for (size_t i = open; i < source.size(); ++i) {
    if (source[i] == '{') ++depth;
    if (source[i] == '}' && --depth == 0) return i;
  }
  fail("completeness: a brace without its partner: ", source.substr(open, 60));
}

// Cuts the classes and structs out of `source` and returns them, with the body of a struct public.
std::vector<ClassText> take_classes(std::string& source) {
  static const std::regex head(
      R"((class|struct)\s+(\w+)\s*(?:final\s*)?(?::\s*public\s+([\w:]+)|:\s*([\w:]+))?\s*\{)");
  std::vector<ClassText> classes;
  for (std::smatch match; std::regex_search(source, match, head);) {
    const auto begin = static_cast<size_t>(match.position());
    const size_t open = begin + static_cast<size_t>(match.length()) - 1;
    const size_t close = matching_brace(source, open);
    std::string base = match[3].matched ? match[3].str() : match[4].str();
    base = base.substr(base.rfind(':') + 1);
    classes.push_back({match[2], base,
                       (match[1] == "struct" ? "public:" : "private:") +
                           source.substr(open + 1, close - open - 1)});
    source.erase(begin, close - begin + 1);
  }
  return classes;
}

// False when every constructor that the class declares is protected or private: a base, not a
// layer.
bool can_be_built(const ClassText& c) {
  const std::regex constructor("\\b" + c.name + "\\s*\\(");
  static const std::regex access(R"(\b(public|protected|private):)");
  bool declared = false;
  for (std::sregex_iterator section(c.body.begin(), c.body.end(), access), end; section != end;) {
    const auto begin = c.body.begin() + section->position() + section->length();
    const bool is_public = (*section)[1] == "public";
    ++section;
    const auto stop = section == end ? c.body.end() : c.body.begin() + section->position();
    if (!std::regex_search(begin, stop, constructor)) continue;
    if (is_public) return true;
    declared = true;
  }
  return !declared;
}

// What a set of headers declares.
struct Declarations {
  std::map<std::string, int> functions;  // those that return a Variable, with their overloads
  std::vector<ClassText> classes;
};

Declarations read(const std::vector<std::filesystem::path>& headers) {
  static const std::regex function(R"(\bVariable\s+(operator\s*[^\s(\w]+|\w+)\s*\()");
  Declarations result;
  for (const auto& header : headers) {
    std::string source = without_comments(header);
    for (ClassText& c : take_classes(source)) result.classes.push_back(std::move(c));
    for (std::sregex_iterator match(source.begin(), source.end(), function), end; match != end;
         ++match)
      ++result.functions[(*match)[1]];
  }
  return result;
}

// What derives from Module, through any number of bases.
std::set<std::string> modules_among(const std::vector<ClassText>& classes) {
  std::set<std::string> bases{"Module"}, modules;
  for (size_t known = 0; known != bases.size();) {
    known = bases.size();
    for (const ClassText& c : classes) {
      if (bases.count(c.base) == 0) continue;
      bases.insert(c.name);
      if (can_be_built(c)) modules.insert(c.name);
    }
  }
  return modules;
}

std::vector<std::filesystem::path> headers_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> headers;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".h") headers.push_back(entry.path());
  return headers;
}

}  // namespace

std::vector<std::string> completeness_failures(const std::vector<GradientSubject>& table,
                                               const std::string& source_dir) {
  const std::filesystem::path root(source_dir);
  const Declarations ops = read({root / "autograd/ops.h"});
  const Declarations layers = read(headers_in(root / "nn"));
  const Declarations losses = read(headers_in(root / "losses"));
  // A loss may derive from a layer.
  std::vector<ClassText> classes = layers.classes;
  classes.insert(classes.end(), losses.classes.begin(), losses.classes.end());
  const std::set<std::string> modules = modules_among(classes);

  std::vector<std::string> failures;
  const auto compare = [&](const std::vector<std::string>& kinds, const std::string& where,
                           const Declarations& declarations) {
    std::map<std::string, int> declared = declarations.functions;
    for (const ClassText& c : declarations.classes)
      if (modules.count(c.name) > 0) ++declared[c.name];
    std::map<std::string, int> proved;  // cases by name
    for (const GradientSubject& subject : table) {
      if (std::find(kinds.begin(), kinds.end(), subject.kind) == kinds.end()) continue;
      if (!proved.emplace(subject.name, static_cast<int>(subject.cases.size())).second)
        failures.push_back(subject.kind + " " + subject.name + " is in the table twice");
      if (declared.count(subject.name) == 0)
        failures.push_back(text(subject.kind, ' ', subject.name, " is in the table, but ", where,
                                " does not declare it"));
    }
    for (const auto& [name, overloads] : declared) {
      const auto found = proved.find(name);
      if (found == proved.end())
        failures.push_back(text(name, " is declared in ", where, ", but not in the table"));
      else if (found->second < overloads)
        failures.push_back(text(name, " has ", overloads, " overloads in ", where, ", but only ",
                                found->second, " cases"));
    }
  };
  compare({"op", "function"}, "autograd/ops.h", ops);
  compare({"layer"}, "nn/", layers);
  compare({"loss"}, "losses/", losses);
  for (const GradientSubject& subject : table)
    if (subject.kind != "op" && subject.kind != "function" && subject.kind != "layer" &&
        subject.kind != "loss")
      failures.push_back(subject.name + " is of the unknown kind " + subject.kind);
  return failures;
}

}  // namespace gradian::proof
