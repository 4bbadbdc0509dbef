// Reports for tests, of random features: a plain one, and one with everything that a report can
// have; and a check of their markup.
#pragma once

#include <string>
#include <vector>

#include "examples/report/report.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {

// Three classes, whose labels take turns.
inline examples::RunResult make_run(const std::string& objective, int64_t samples,
                                    int64_t width = 2) {
  Generator generator(11);
  examples::RunResult run;
  run.objective = objective;
  run.description = objective + ", described";
  run.test_accuracy = 0.1 + 0.2;  // 0.30000000000000004
  run.seconds = 12.5;
  run.features = randn({samples, width}, DType::float32, 0, 5, generator);
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < samples; ++i) labels.push_back(i % 3);
  run.labels = integers(labels);
  run.weights = randn({3, width}, DType::float32, 0, 1, generator);
  run.statistics = examples::feature_statistics(run.features, run.labels, run.weights);
  for (int i = 1; i <= 500; ++i) run.curve.push_back({i / 100.0, 3.0 / i});
  return run;
}

inline examples::Report make_report() {
  return {"Losses",
          "synthetic glyphs",
          "5 epochs",
          "a machine",
          "--epochs 5",
          {"zero", "one", "two"},
          {make_run("softmax", 300), make_run("ArcFace + center", 6000)},
          {},
          {}};
}

// The same with the features of the first 60 images as they moved, images, curves and mistakes.
inline examples::Report make_moving_report() {
  examples::Report report = make_report();
  report.runs = {make_run("softmax", 300), make_run("ArcFace", 300)};
  Generator generator(12);
  report.images = randn({300, 1, 28, 28}, DType::float32, 0, 0.5, generator);
  for (int64_t i = 0; i < 60; ++i) report.followed.push_back(i);
  for (examples::RunResult& run : report.runs) {
    const Tensor end = run.features.slice(0, 0, 60);
    run.snapshots = {
        examples::snapshot_steps(500),
        concat({randn({examples::kSnapshots - 1, 60, 2}, DType::float32, 0, 5, generator),
                end.unsqueeze(0)},
               0),
        randn({examples::kSnapshots, 3, 2}, DType::float32, 0, 1, generator)};
    const Tensor scores = randn({300, 3}, DType::float32, 0, 1, generator);
    run.confusion = examples::confusion_matrix(scores, run.labels);
    run.mistakes = examples::surest_mistakes(scores, run.labels, 8);
    for (examples::StepRecord& step : run.curve) {
      step.accuracy = step.epoch / 6;
      step.margin_accuracy = step.epoch / 7;
      step.target_degrees = 90 - 10 * step.epoch;
      step.rate = 0.005;
    }
  }
  report.runs[1].s = 10;
  report.runs[1].rule = {.m2 = 0.2};
  return report;
}

// The first tag that is closed but not open, or left open; empty when all is well.
inline std::string first_unbalanced_tag(const std::string& html) {
  std::vector<std::string> open;
  size_t end = 0;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', end)) {
    end = html.find('>', at);
    if (end == std::string::npos) return html.substr(at);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const bool closes = tag[0] == '/';
    const size_t name_begin = closes ? 1 : 0;
    const std::string name =
        tag.substr(name_begin, tag.find_first_of(" /", name_begin) - name_begin);
    if (!closes && name == "script") end = html.find("</script", end) - 1;  // no markup in there
    if (tag.back() == '/' || name == "meta" || name == "img" || name == "input" || name == "br" ||
        name == "!DOCTYPE")
      continue;
    if (!closes) {
      open.push_back(name);
      continue;
    }
    if (open.empty() || open.back() != name) return name;
    open.pop_back();
  }
  return open.empty() ? "" : open.back();
}

}  // namespace gradian::test
