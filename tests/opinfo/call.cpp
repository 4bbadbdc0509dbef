// How the text of a call becomes arguments.
#include "tests/opinfo/call.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <sstream>

namespace gradian::opinfo {
namespace {

// The items of "[a,b,[c,d]]", of which the last is "[c,d]".
std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> items;
  int depth = 0;
  for (char c : list) {
    depth -= c == ']';
    if (depth == 1 && c != ',' && items.empty()) items.emplace_back();
    if (depth == 1 && c == ',')
      items.emplace_back();
    else if (depth >= 1)
      items.back() += c;
    depth += c == '[';
  }
  return items;
}

double to_number(const std::string& name, const std::string& value) {
  if (value == "True" || value == "False") return value == "True";
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0') throw LeftOut{text(name, " that is no number")};
  return number;
}

int64_t to_integer(const std::string& name, const std::string& value) {
  if (value == "True" || value == "False") return value == "True";
  int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [parsed, error] = std::from_chars(value.data(), end, number);
  if (parsed != end || error != std::errc()) throw LeftOut{text(name, " that is no whole number")};
  return number;
}

}  // namespace

Call::Call(const std::string& line, Evaluation& evaluation) : evaluation_(evaluation) {
  std::istringstream words(line);
  words >> function_;
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    check(equals != std::string::npos, "opinfo: expected name=value, got '", word, "' in ", line);
    arguments_[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

std::string Call::take(const std::string& name) {
  const auto found = arguments_.find(name);
  if (found == arguments_.end()) throw LeftOut{text("no ", name, " is given")};
  std::string value = found->second;
  arguments_.erase(found);
  return value;
}

bool Call::is_number(const std::string& name) const {
  const auto found = arguments_.find(name);
  return found != arguments_.end() && !found->second.starts_with('@') &&
         !found->second.starts_with('%') && !found->second.starts_with('[');
}

bool Call::is_list(const std::string& name) const {
  const auto found = arguments_.find(name);
  return found != arguments_.end() && found->second.starts_with('[');
}

Variable Call::variable_of(const std::string& name, const std::string& value) const {
  if (value.starts_with('@')) return evaluation_.inputs.at(std::stoul(value.substr(1)));
  if (value.starts_with('%')) return evaluation_.results.at(std::stoul(value.substr(1)));
  const bool whole = std::none_of(evaluation_.inputs.begin(), evaluation_.inputs.end(),
                                  [](const Variable& x) { return is_floating(x.dtype()); });
  const DType dtype = whole ? DType::int64 : DType::float64;
  const double number = to_number(name, value);
  if (whole && (number != std::floor(number) || std::isinf(number)))
    throw LeftOut{"promotes whole numbers to floating ones"};
  return Variable(Tensor::scalar(number, dtype));
}

Variable Call::variable(const std::string& name) { return variable_of(name, take(name)); }

Variable Call::optional_variable(const std::string& name) {
  return has(name) ? variable(name) : Variable();
}

std::vector<Variable> Call::variables(const std::string& name) {
  std::vector<Variable> result;
  for (const std::string& item : items_of(take(name))) result.push_back(variable_of(name, item));
  return result;
}

Tensor Call::tensor(const std::string& name) {
  const Variable given = variable(name);
  if (given.requires_grad()) throw LeftOut{text("gradient of ", name, ", a constant here")};
  return given.value();
}

Tensor Call::optional_tensor(const std::string& name) {
  return has(name) ? tensor(name) : Tensor();
}

double Call::number(const std::string& name) { return to_number(name, take(name)); }

double Call::number(const std::string& name, double otherwise) {
  return has(name) ? number(name) : otherwise;
}

int64_t Call::integer(const std::string& name) { return to_integer(name, take(name)); }

int64_t Call::integer(const std::string& name, int64_t otherwise) {
  return has(name) ? integer(name) : otherwise;
}

int Call::axis(const std::string& name) { return static_cast<int>(integer(name)); }

int Call::axis(const std::string& name, int otherwise) {
  return has(name) ? axis(name) : otherwise;
}

bool Call::flag(const std::string& name, bool otherwise) {
  return has(name) ? take(name) == "True" : otherwise;
}

std::string Call::word(const std::string& name, const std::string& otherwise) {
  return has(name) ? take(name) : otherwise;
}

Shape Call::shape(const std::string& name) {
  const std::string value = take(name);
  if (!value.starts_with('[')) return {to_integer(name, value)};
  Shape result;
  for (const std::string& item : items_of(value)) result.push_back(to_integer(name, item));
  return result;
}

Axes Call::axes(const std::string& name) {
  Axes axes;
  if (has(name))
    for (const int64_t axis : shape(name)) axes.push_back(axis);
  return axes;
}

Pair Call::pair(const std::string& name) {
  const Shape sizes = shape(name);
  if (sizes.size() == 1) return {sizes[0], sizes[0]};
  if (sizes.size() != 2) throw LeftOut{text(name, " that is no pair")};
  return {sizes[0], sizes[1]};
}

Pair Call::pair(const std::string& name, Pair otherwise) {
  return has(name) ? pair(name) : otherwise;
}

Reduction Call::reduction() {
  const std::string name = word("reduction", "mean");
  if (name == "mean") return Reduction::mean;
  if (name == "sum") return Reduction::sum;
  if (name == "none") return Reduction::none;
  throw LeftOut{"does not compile: an unknown reduction"};
}

void Call::set_up(nn::Module& module) {
  module.to(DType::float64);
  module.train(flag("training", true));
  for (nn::Parameter& parameter : module.named_parameters()) {
    const std::string name = "parameter." + parameter.name;
    const std::string value = take(name);
    check(value.starts_with('@'), "opinfo: expected an input for ", name, ", got ", value);
    Variable& input = evaluation_.inputs.at(std::stoul(value.substr(1)));
    parameter.variable.set_value(input.value());
    input = parameter.variable;
  }
}

void Call::check_all_taken() const {
  for (const auto& [name, value] : arguments_)
    if (name != "training" && !name.starts_with("parameter.")) throw LeftOut{"option " + name};
}

}  // namespace gradian::opinfo
