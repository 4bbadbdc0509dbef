#include "tests/gradients/declarations.h"

#include <cctype>
#include <fstream>
#include <regex>
#include <sstream>

#include "tensor/error.h"

namespace gradian::proof {
namespace {

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

// The text of a class that stands under `public:`.
std::string public_part(const ClassText& c) {
  static const std::regex access(R"(\b(public|protected|private):)");
  std::string part;
  for (std::sregex_iterator section(c.body.begin(), c.body.end(), access), end; section != end;) {
    const auto begin = c.body.begin() + section->position() + section->length();
    const bool is_public = (*section)[1] == "public";
    ++section;
    const auto stop = section == end ? c.body.end() : c.body.begin() + section->position();
    if (is_public) part.append(begin, stop);
  }
  return part;
}

// The names before a parenthesis in lines that begin a declaration, which is those indented by
// `indent`.
void add_called(const std::string& source, const std::string& indent,
                std::set<std::string>& names) {
  static const std::set<std::string> no_names{"requires", "decltype", "static_assert", "operator"};
  static const std::regex call(R"((\w+)\()");
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(indent) || line.size() <= indent.size()) continue;
    line = line.substr(indent.size());
    std::smatch match;
    if (!std::isalpha(static_cast<unsigned char>(line[0])) || line.starts_with("template") ||
        line.starts_with("using") || line.find("operator") != std::string::npos ||
        !std::regex_search(line, match, call))
      continue;
    if (no_names.count(match[1]) == 0) names.insert(match[1]);
  }
}

// False when every constructor that the class declares is protected or private: a base, not a
// layer.
bool can_be_built(const ClassText& c) {
  const std::regex constructor("\\b" + c.name + "\\s*\\(");
  return std::regex_search(public_part(c), constructor) || !std::regex_search(c.body, constructor);
}

}  // namespace

Declarations read_headers(const std::vector<std::filesystem::path>& headers,
                          const std::string& return_type) {
  const std::regex function("\\b" + return_type + R"(\s+(operator\s*[^\s(\w]+|\w+)\s*\()");
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

std::set<std::string> public_names(const std::vector<std::filesystem::path>& headers) {
  std::set<std::string> names;
  for (const auto& header : headers) {
    std::string source = without_comments(header);
    for (const ClassText& c : take_classes(source)) add_called(public_part(c), "  ", names);
    add_called(source, "", names);
  }
  return names;
}

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

}  // namespace gradian::proof
