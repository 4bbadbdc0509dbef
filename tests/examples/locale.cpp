// Texts and files are the same whatever global locale the program has set.
#include <doctest/doctest.h>

#include <functional>
#include <sstream>

#include "autograd/gradcheck.h"
#include "examples/data/idx.h"
#include "examples/program/arguments.h"
#include "examples/report/report.h"
#include "examples/training/progress.h"
#include "examples/training/train.h"
#include "losses/center_loss.h"
#include "losses/margin.h"
#include "nn/layers.h"
#include "tests/german_locale.h"
#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

// More than 1000 classes, fractions everywhere.
Report large_report() {
  constexpr int64_t kClasses = 1100;
  std::vector<float> features;
  std::vector<int64_t> labels;
  for (int i = 0; i < 2 * kClasses; ++i) {
    features.push_back(0.5f * static_cast<float>(i % 7));
    features.push_back(static_cast<float>(i % 11) - 5);
    labels.push_back(i % kClasses);
  }
  RunResult run;
  run.objective = "ArcFace";
  run.description = MarginLoss(1024, 2048, 30.5, {.m2 = 0.25}).description();
  run.test_accuracy = 0.125;
  run.seconds = 1234.5;
  run.curve = {{0.5, 1234.5}, {1, 0.25}};
  run.features = Tensor::from(features, {2 * kClasses, 2});
  run.labels = integers(labels);
  run.weights = Tensor::ones({kClasses, 2});
  run.statistics = feature_statistics(run.features, run.labels, run.weights);
  return {"title",   "data",    training_description({.batch_size = 1280}),
          "machine", "options", numbered_classes(kClasses),
          {run},     {},        {}};
}

template <class Value>
std::string streamed(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

std::string errors_of_a_command_line() {
  char program[] = "program", option[] = "--steps=0.5";
  char* words[] = {program, option};
  return error_of([&] { Arguments(2, words, "").integer("--steps", 4000, 1, 1000000, ""); });
}

std::string random_function() {
  int64_t calls = 0;
  return gradcheck(
             "f", [&](const std::vector<Variable>& in) { return in[0] * (0.5 + 1000.0 * ++calls); },
             {distinct_values({1}, 1, 2)})
      .message;
}

}  // namespace

TEST_CASE("texts do not depend on the program's global locale") {
  const std::pair<const char*, std::function<std::string()>> cases[] = {
      {"error",
       [] {
         return error_of([] { matmul(Tensor::ones({1000, 2000}), Tensor::ones({3000, 1})); });
       }},
      {"text",
       [] {
         return text(0.5, ' ', 1234567, ' ', Shape{1000, 2});
       }},
      {"shape",
       [] {
         return streamed(Shape{1000, 2});
       }},
      {"tensor",
       [] {
         return streamed(Tensor::full({1, 2000}, 1234.5));
       }},
      {"int64 tensor", [] { return streamed(Tensor::arange(2000)); }},
      {"layer",
       [] { return nn::Linear(1024, 2048).description() + nn::Dropout(0.25).description(); }},
      {"loss", [] { return CenterLoss(1000, 2, 0.1).description(); }},
      {"summary", [] { return nn::Linear(1024, 2048).summary(); }},
      {"gradcheck", random_function},
      {"json", [] { return render_json(large_report()); }},
      {"html", [] { return render_html(large_report()); }},
      {"table", [] { return render_table(large_report()); }},
      {"progress",
       [] {
         return progress_line({1, 1000, 1234, 2000, 0.5, 0.25, 12345.6, 42});
       }},
      {"training", [] { return training_description({.batch_size = 1280}); }},
      {"arguments", errors_of_a_command_line},
      {"idx", [] { return error_of([] { decode_idx_labels(std::string(1500, '\1'), "file"); }); }},
  };
  for (const auto& each : cases) {
    const std::string expected = each.second();
    const GermanLocale german;
    CHECK_MESSAGE(each.second() == expected, each.first);
  }
}

TEST_CASE("the locale of these tests does write a comma and groups of digits") {
  const GermanLocale german;
  CHECK(streamed(1234.5) == "1.234,5");
}
