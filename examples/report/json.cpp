// Puts JSON together from strings, numbers (tensor/files/json.h) and lists of parts in brackets.
// There is no document type.
#include "examples/report/report.h"

#include "tensor/files/json.h"

namespace gradian::examples {
namespace {

using files::json_number, files::json_string;
using Parts = std::vector<std::string>;

std::string member(const std::string& key, const std::string& value) {
  return json_string(key) + ": " + value;
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
  Parts members{member("objective", json_string(run.objective)),
                member("description", json_string(run.description))};
  for (const Figure& figure : figures())
    members.push_back(member(figure.key, json_number(figure.value(run))));
  Parts curve;
  for (const LossPoint& point : run.loss_curve)
    curve.push_back(inline_array({json_number(point.epoch), json_number(point.loss)}));
  members.push_back(member("loss_curve", inline_array(curve)));
  return block('{', members, '}', 6);
}

}  // namespace

std::string render_json(const Report& report) {
  Parts names, runs;
  for (const std::string& name : report.class_names) names.push_back(json_string(name));
  for (const RunResult& run : report.runs) runs.push_back(run_object(run));
  const Parts members{member("title", json_string(report.title)),
                      member("dataset", json_string(report.dataset)),
                      member("training", json_string(report.training)),
                      member("machine", json_string(report.machine)),
                      member("options", json_string(report.options)),
                      member("class_names", inline_array(names)),
                      member("runs", block('[', runs, ']', 4))};
  return block('{', members, '}', 2) + '\n';
}

}  // namespace gradian::examples
