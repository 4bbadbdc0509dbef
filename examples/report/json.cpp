// Writes JSON (RFC 8259) from three helpers: a string, a number, and a list of parts in brackets.
// There is no reader and no document type.
#include "examples/report/json.h"

#include <charconv>
#include <cmath>

#include "examples/report/figures.h"

namespace gradian::examples {
namespace {

using Parts = std::vector<std::string>;

std::string quoted(const std::string& plain) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : plain) {
    if (c == '"' || c == '\\')
      json += {'\\', c};
    else if (c == '\n')
      json += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20)
      json += {'\\', 'u', '0', '0', kHexDigits[c >> 4], kHexDigits[c & 15]};
    else
      json += c;
  }
  return json + '"';
}

std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[32];  // the shortest text that reads back to the same double has at most 24
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string member(const std::string& key, const std::string& value) {
  return quoted(key) + ": " + value;
}

// On one line.
std::string inline_array(const Parts& parts) {
  std::string json = "[";
  for (const std::string& part : parts) json += (json.size() > 1 ? ", " : "") + part;
  return json + ']';
}

// One part a line, indented by `indent` more than the brackets.
std::string block(char open, const Parts& parts, char close, size_t indent) {
  const std::string line_start = '\n' + std::string(indent, ' ');
  std::string json(1, open);
  for (size_t i = 0; i < parts.size(); ++i) json += (i > 0 ? "," : "") + line_start + parts[i];
  return json + line_start.substr(0, line_start.size() - 2) + close;
}

std::string run_object(const RunResult& run) {
  Parts members{member("objective", quoted(run.objective)),
                member("description", quoted(run.description))};
  for (const Figure& figure : figures())
    members.push_back(member(figure.key, number(figure.value(run))));
  Parts curve;
  for (const LossPoint& point : run.loss_curve)
    curve.push_back(inline_array({number(point.epoch), number(point.loss)}));
  members.push_back(member("loss_curve", inline_array(curve)));
  return block('{', members, '}', 6);
}

}  // namespace

std::string render_json(const Report& report) {
  Parts names, runs;
  for (const std::string& name : report.class_names) names.push_back(quoted(name));
  for (const RunResult& run : report.runs) runs.push_back(run_object(run));
  const Parts members{
      member("title", quoted(report.title)),       member("dataset", quoted(report.dataset)),
      member("training", quoted(report.training)), member("machine", quoted(report.machine)),
      member("options", quoted(report.options)),   member("class_names", inline_array(names)),
      member("runs", block('[', runs, ']', 4))};
  return block('{', members, '}', 2) + '\n';
}

}  // namespace gradian::examples
