// Module::summary: the table of a model's modules. What each of them makes of an input is seen
// where modules call one another, in Module::operator(); nothing else knows the order of a
// forward().
#include <algorithm>
#include <array>

#include "nn/module.h"

namespace gradian::nn {
namespace {

constexpr size_t kLineWidth = 80, kGap = 2;

// Name, description, output, parameters, multiply-adds; a column that is empty is not shown.
constexpr size_t kColumns = 5, kDescription = 1, kFirstNumber = 3;
using Row = std::array<std::string, kColumns>;

std::array<size_t, kColumns> widths_of(const std::vector<Row>& rows) {
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows)
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  return widths;
}

// Breaks the text after commas into lines of at most `width`, if it can.
std::vector<std::string> broken(const std::string& text, size_t width) {
  std::vector<std::string> lines{""};
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    end = std::min(text.find(", ", begin), text.size() - 1) + 1;
    const std::string part = text.substr(begin, end - begin);
    if (lines.back().size() + part.size() > width && !lines.back().empty()) lines.push_back(" ");
    lines.back() += part;
  }
  return lines;
}

std::string table(const std::vector<Row>& rows) {
  std::array<size_t, kColumns> widths = widths_of(rows);
  size_t others = 0;
  for (size_t i = 0; i < kColumns; ++i)
    if (i != kDescription && widths[i] > 0) others += widths[i] + kGap;
  const size_t room = std::max<size_t>(kLineWidth - std::min(others, kLineWidth), 24);
  std::vector<Row> lines;
  for (Row row : rows)
    for (const std::string& part : broken(row[kDescription], room)) {
      row[kDescription] = part;
      lines.push_back(row);
      row = {};
    }
  widths = widths_of(lines);
  std::string out;
  for (const Row& line : lines) {
    for (size_t i = 0; i < kColumns; ++i) {
      if (widths[i] == 0) continue;
      const std::string spaces(widths[i] - line[i].size(), ' '), gap(i == 0 ? 0 : kGap, ' ');
      out += gap + (i < kFirstNumber ? line[i] + spaces : spaces + line[i]);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

std::string count_text(int64_t count) { return count > 0 ? std::to_string(count) : ""; }

}  // namespace

thread_local Module::CallsOfModules* Module::heard_ = nullptr;

std::string Module::summary(CallsOfModules heard) const {
  const Calling calling("summary");
  int64_t total = 0;
  for (const Calls& calls : heard) total += calls.multiply_adds;
  std::vector<Row> rows{
      {"name", "layer", heard.empty() ? "" : "output", "parameters", total > 0 ? "mult-adds" : ""}};
  visit("", [&](const std::string& prefix, const Module& module) {
    int64_t own = 0;
    for (const Parameter& p : module.parameters_)
      own += p.variable.defined() ? p.variable.numel() : 0;
    Row row{prefix.empty() ? "(model)" : prefix, module.description(), "", count_text(own), ""};
    if (const auto found = std::ranges::find(heard, &module, &Calls::module);
        found != heard.end()) {
      row[2] = text(found->output);
      row[4] = count_text(found->multiply_adds);
      heard.erase(found);
    }
    rows.push_back(row);
  });
  for (const Calls& calls : heard)
    check(calls.layer.empty(), "forward() of ", description(), " calls a ", calls.layer,
          " that is not registered with add_module, so no one would train it");
  rows.push_back({"total", "", "", std::to_string(parameter_count()), count_text(total)});
  return table(rows);
}

std::string Module::summary() const { return summary(CallsOfModules()); }

std::string Module::summary(const Tensor& input) {
  check_in("summary", input.defined(), "the input is undefined");
  const NoGrad no_grad;
  const EvalMode evaluation(*this);
  struct Listening {
    CallsOfModules heard;
    Listening() { heard_ = &heard; }
    ~Listening() { heard_ = nullptr; }
  } listening;
  (*this)(input);
  return summary(std::move(listening.heard));
}

std::string Module::summary(const Shape& input_shape) {
  const std::vector<Parameter> parameters = named_parameters();
  const DType dtype = parameters.empty() ? DType::float32 : parameters[0].variable.dtype();
  const auto zeros = [&] {
    const Calling calling("summary");
    return Tensor::zeros(input_shape, dtype);
  };
  return summary(zeros());
}

}  // namespace gradian::nn
