// Runs the table of misuses, and holds it against the headers.
#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "tests/child_process.h"
#include "tests/gradients/declarations.h"
#include "tests/misuse/misuse.h"
#include "tests/text.h"

namespace gradian::misuse {
namespace {

using Names = std::set<std::string>;

// A part of the library, the headers that declare it, and its rows.
struct Part {
  std::string name;
  std::vector<std::string> headers;  // a folder stands for all in it
  std::vector<Rows (*)()> rows;
  Names without_errors;  // what takes everything that compiles, or fails by its class's name
};

// The words of a line: what a list in braces would make a column of.
Names words(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

const std::vector<Part>& parts() {
  static const std::vector<Part> all{
      {"tensor/",
       {"tensor/tensor.h", "tensor/kernels.h", "tensor/random.h", "tensor/conv/conv2d.h",
        "tensor/conv/pooling.h", "tensor/runtime/thread_pool.h", "tensor/profile.h",
        "tensor/files/safetensors.h", "tensor/files/npy.h"},
       {shape_rows, tensor_rows, kernel_rows, conv_rows, file_rows},
       words("defined shape strides dtype dim is_contiguous stamp num_threads default_generator "
             "manual_seed conv_algorithm describe Tensor Generator seed position set_state uniform "
             "normal philox parallel_ranges count_flops Span")},
      {"autograd/",
       {"autograd/ops.h", "autograd/variable.h", "autograd/gradcheck.h", "autograd/anomaly.h",
        "autograd/dot.h"},
       {variable_rows, function_rows, function_shape_rows, function_product_rows},
       // The last three are the engine's: they fail in the names of ops.
       {"defined", "requires_grad", "id", "is_unique", "grad_enabled", "live_nodes", "unary",
        "GradMode", "NoGrad", "DetectAnomaly", "enabled", "before", "recorded", "check_output",
        "check_gradients"}},
      {"nn/",
       {"nn", "nn/onnx/export.h"},
       {layer_rows, layer_input_rows, module_rows, optimizer_rows, schedule_rows, state_rows,
        onnx_rows},
       words("Module Optimizer Sequential Identity EvalMode TrainingMode train eval training "
             "parameters named_parameters named_buffers parameter_count zero_grad description "
             "groups append forward state_dict list Checkpoint")},
      {"losses/",
       {"losses"},
       {loss_rows, margin_rows, sampled_margin_rows, verification_rows},
       {"forward"}},
  };
  return all;
}

Rows rows_of(const Part& part) {
  Rows rows;
  for (const auto& make : part.rows)
    for (test::ErrorCase& row : make()) rows.push_back(std::move(row));
  return rows;
}

// "sum" of "sum: axis 2 is out of range ...".
std::string function_of(const test::ErrorCase& row) {
  return row.text.substr(0, row.text.find(": "));
}

// Ends a row that asks for memory without bound, which the sanitizers do by themselves.
void limit_memory() {
  if (test::kSanitized) return;
  const rlimit four_gigabytes{rlim_t{1} << 32, rlim_t{1} << 32};
  setrlimit(RLIMIT_AS, &four_gigabytes);
}

// What a process of its own writes that calls the rows, a line each: the texts of the Errors.
test::Ended ended_by(const Rows& rows) {
  return test::run_in_child(
      [&] {
        limit_memory();
        for (const test::ErrorCase& row : rows) std::puts(test::error_of(row.call).c_str());
      },
      /*seconds=*/60);
}

// The text of the row's Error; anything else that happens to the process is told.
std::string outcome(const test::ErrorCase& row) {
  const test::Ended ended = ended_by({row});
  if (ended.how != "exit 0") return ended.how + ": " + ended.output;
  // A sanitizer tells, in lines before it, that memory was refused.
  return test::lines_of(ended.output).back();
}

// As many rows share a process as are quick to run again, one by one, when one of them ends it.
std::vector<std::string> outcomes(const Rows& rows) {
  constexpr size_t kTogether = 32;
  std::vector<std::string> all;
  for (size_t begin = 0; begin < rows.size(); begin += kTogether) {
    const size_t end = std::min(rows.size(), begin + kTogether);
    const Rows some(rows.begin() + long(begin), rows.begin() + long(end));
    const test::Ended ended = ended_by(some);
    std::vector<std::string> texts = test::lines_of(ended.output);
    if (ended.how != "exit 0" || texts.size() != some.size()) {
      texts.clear();
      for (const test::ErrorCase& row : some) texts.push_back(outcome(row));
    }
    all.insert(all.end(), texts.begin(), texts.end());
  }
  return all;
}

// The functions and public methods that the headers of a part declare, and the classes that a user
// can build.
Names declared_in(const Part& part) {
  const std::filesystem::path root(GRADIAN_SOURCE_DIR);
  std::vector<std::filesystem::path> headers;
  for (const std::string& name : part.headers) {
    const std::filesystem::path path = root / name;
    if (!std::filesystem::is_directory(path))
      headers.push_back(path);
    else
      for (const auto& header : proof::headers_in(path)) headers.push_back(header);
  }
  return proof::public_names(headers);
}

std::string joined(const Names& names) {
  std::string all;
  for (const std::string& name : names) all += name + '\n';
  return all;
}

}  // namespace

TEST_CASE("misuse: every row is refused by the error that names its function") {
  for (const Part& part : parts()) {
    const Rows rows = rows_of(part);
    const std::vector<std::string> texts = outcomes(rows);
    for (size_t i = 0; i < rows.size(); ++i) CHECK(texts[i] == rows[i].text);
  }
}

TEST_CASE("misuse: the table has at least 600 rows") {
  size_t rows = 0;
  for (const Part& part : parts()) rows += rows_of(part).size();
  CHECK(rows >= 600);
}

TEST_CASE("misuse: every public function and class has a row, or takes everything") {
  for (const Part& part : parts()) {
    CAPTURE(part.name);
    Names covered;
    for (const test::ErrorCase& row : rows_of(part)) covered.insert(function_of(row));
    Names missing, stale;
    const Names declared = declared_in(part);
    for (const std::string& name : declared)
      if (!covered.count(name) && !part.without_errors.count(name)) missing.insert(name);
    for (const std::string& name : part.without_errors)
      if (!declared.count(name) || covered.count(name)) stale.insert(name);
    CHECK(joined(missing) == "");
    CHECK(joined(stale) == "");
  }
}

}  // namespace gradian::misuse
