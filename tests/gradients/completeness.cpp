#include "tests/gradients/completeness.h"

#include <algorithm>

#include "tensor/error.h"
#include "tests/gradients/declarations.h"

namespace gradian::proof {

std::vector<std::string> completeness_failures(const std::vector<GradientSubject>& table,
                                               const std::string& source_dir) {
  const std::filesystem::path root(source_dir);
  const auto read = [](const std::vector<std::filesystem::path>& headers) {
    return read_headers(headers, "Variable");
  };
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
