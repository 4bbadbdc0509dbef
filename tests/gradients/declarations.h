// Finds declarations in the text of headers: comments out, classes apart, functions by their return
// type or by where clang-format puts them. It knows the style that they are written in, not C++.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gradian::proof {

struct ClassText {
  std::string name, base, body;
};

// What a set of headers declares.
struct Declarations {
  std::map<std::string, int> functions;  // outside of classes, with their overloads
  std::vector<ClassText> classes;
};

std::vector<std::filesystem::path> headers_in(const std::filesystem::path& folder);

// The functions are those whose return type matches the regular expression.
Declarations read_headers(const std::vector<std::filesystem::path>& headers,
                          const std::string& return_type);

// What a user can call: functions, public methods, classes with a constructor of their own.
// Operators are left out: their errors have the name of a function.
std::set<std::string> public_names(const std::vector<std::filesystem::path>& headers);

// What derives from Module, through any number of bases, and can be built.
std::set<std::string> modules_among(const std::vector<ClassText>& classes);

}  // namespace gradian::proof
