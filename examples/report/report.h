// What a comparison of training objectives has to tell, and the one entry that writes it down:
// write_report. Nothing here is computed; examples/metrics/ and examples/training/ do that.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "examples/training/run.h"
#include "tensor/tensor.h"

namespace gradian::examples {

struct Report {
  std::string title;
  std::string dataset;   // its name and size
  std::string training;  // optimiser, schedule, epochs
  std::string machine;   // processor, threads, compiler
  std::string options;   // the command line
  std::vector<std::string> class_names;
  std::vector<RunResult> runs;
  Tensor images;  // [N, 1 or 3, H, W] of the test images, as a Dataset has them; may be undefined
  std::vector<int64_t> followed;  // rows of them, in the order of the snapshots
};

// Fails, naming the file and the reason, unless write_report can write there; for the start of a
// program that reports at its end.
void check_report_writable(const std::filesystem::path& folder);

// Writes report.html, for people, and results.json, for programs, into the folder.
void write_report(const Report& report, const std::filesystem::path& folder);

// One file that shows all runs side by side and needs no network. What moves in it needs a script,
// which it holds; all else is there without. Equal reports give equal bytes: there is no date in
// it.
std::string render_html(const Report& report);

// What the report says in numbers, of the curves the loss alone. Numbers read back to the
// same double; what is not finite is null. Keys keep their order.
std::string render_json(const Report& report);

// The figures as an aligned table for the terminal, with a legend below. At most 80 columns wide as
// long as the names of the objectives have at most 19 characters. Ends in a newline.
std::string render_table(const Report& report);

// A number that all three give of a run: its name, what it means and how it is written.
struct Figure {
  std::string name;     // heads a column
  std::string key;      // names it in results.json
  std::string meaning;  // one sentence
  double (*value)(const RunResult&);
  int digits;         // written after the point
  double factor = 1;  // from the value to what is written: 100 for a percentage
  std::string unit = "";

  std::string written(const RunResult& run) const;
};

const std::vector<Figure>& figures();

}  // namespace gradian::examples
