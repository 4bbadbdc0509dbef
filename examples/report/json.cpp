// The report as JSON, put together from the parts of json_parts.h.
#include "examples/report/report.h"

#include "examples/report/json_parts.h"
#include "tensor/files/json.h"

namespace gradian::examples {
namespace {

using files::json_number, files::json_string;

std::string counts(const Tensor& confusion) {
  JsonParts rows;
  for (int64_t k = 0; k < confusion.size(0); ++k) {
    JsonParts row;
    for (const int64_t count : confusion.select(0, k).to_vector<int64_t>())
      row.push_back(std::to_string(count));
    rows.push_back(json_line(row));
  }
  return json_line(rows);
}

std::string run_object(const RunResult& run) {
  JsonParts members{json_member("objective", json_string(run.objective)),
                    json_member("description", json_string(run.description))};
  for (const Figure& figure : figures())
    members.push_back(json_member(figure.key, json_number(figure.value(run))));
  JsonParts curve;
  for (const StepRecord& step : run.curve)
    curve.push_back(json_line({json_number(step.epoch), json_number(step.loss)}));
  members.push_back(json_member("loss_curve", json_line(curve)));
  if (run.confusion.defined()) members.push_back(json_member("confusion", counts(run.confusion)));
  return json_block('{', members, '}', 6);
}

}  // namespace

std::string render_json(const Report& report) {
  JsonParts names, runs;
  for (const std::string& name : report.class_names) names.push_back(json_string(name));
  for (const RunResult& run : report.runs) runs.push_back(run_object(run));
  const JsonParts members{json_member("title", json_string(report.title)),
                          json_member("dataset", json_string(report.dataset)),
                          json_member("training", json_string(report.training)),
                          json_member("machine", json_string(report.machine)),
                          json_member("options", json_string(report.options)),
                          json_member("class_names", json_line(names)),
                          json_member("runs", json_block('[', runs, ']', 4))};
  return json_block('{', members, '}', 2) + '\n';
}

}  // namespace gradian::examples
