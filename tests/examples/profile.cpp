// A profile written down, and what a training tells of its time.
#include "examples/report/profile.h"

#include <fstream>
#include <optional>

#include "examples/data/synthetic.h"
#include "examples/program/text.h"
#include "examples/training/train.h"
#include "tensor/files/json.h"
#include "tensor/random.h"
#include "tests/examples/programs.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

Profile made_up() {
  Profile profile;
  profile.rows[{Phase::forward, "exp"}] = {2, 1000000, 0, 500000};
  profile.rows[{Phase::forward, "matmul"}] = {10, 5000000, 150000000, 2500000};
  profile.rows[{Phase::forward, "neg"}] = {3, 9000, 0, 100};
  profile.rows[{Phase::backward, "matmul"}] = {10, 2000000, 20000000, 1000000};
  profile.rows[{Phase::other, "batch"}] = {1, 1500000, 0, 0};
  profile.nanoseconds = 10000000;
  profile.events = {{Phase::forward, "exp", 5000, 1234567},
                    {Phase::other, "a \"part\"", 2005001, 40}};
  return profile;
}

// Reads what chrome_trace wrote, strictly, and returns "name cat, " of each event.
class TraceReader : files::JsonReader {
 public:
  explicit TraceReader(std::string_view text) : JsonReader(text, "trace") {}

  std::string events() {
    std::string all;
    object([&](const std::string& key) {
      CHECK(key == "traceEvents");
      array([&] { all += event() + ", "; });
    });
    end();
    return all;
  }

 private:
  // Of digits and a point with three digits, a double.
  double microseconds() {
    skip_spaces();
    const size_t length = text_.find_first_not_of("0123456789.", position_) - position_;
    const std::string number(text_.substr(position_, length));
    CHECK(number.find('.') + 4 == number.size());
    position_ += length;
    return std::stod(number);
  }

  std::string event() {
    std::string name, category, keys;
    double begin = -1, duration = -1;
    object([&](const std::string& key) {
      keys += key + ' ';
      if (key == "name") name = string();
      if (key == "cat") category = string();
      if (key == "ph") CHECK(string() == "X");
      if (key == "ts") begin = microseconds();
      if (key == "dur") duration = microseconds();
      if (key == "pid" || key == "tid") CHECK(whole_number() == 1);
    });
    CHECK(keys == "name cat ph ts dur pid tid ");
    CHECK(begin >= 0);
    CHECK(duration >= 0);
    return name + ' ' + category;
  }
};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a profile's table has forward, backward and the rest apart, the longest row first") {
  CHECK(profile_table(made_up()) == R"(               Calls    ms      %  GFLOP/s   MB
-----------------------------------------------
forward           15   6.0   60.1     25.0  2.5
  matmul          10   5.0   50.0     30.0  2.5
  exp              2   1.0   10.0        -  0.5
  1 other          3   0.0    0.1        -  0.0
backward          10   2.0   20.0     10.0  1.0
  matmul          10   2.0   20.0     10.0  1.0
other              1   1.5   15.0        -  0.0
  batch            1   1.5   15.0        -  0.0
between these          0.5    4.9        -    -
total                 10.0  100.0        -    -
-----------------------------------------------
Times are without what has another row. GFLOP/s: of products and convolutions,
by their definition. MB: the most that one call needed at once.
)");
}

TEST_CASE("a profile's table has 80 columns, whatever the names and numbers") {
  Profile profile = made_up();
  profile.nanoseconds = int64_t{3600} * 24 * 1000000000;
  profile.rows[{Phase::other, std::string(200, 'x')}] = {1000000000, profile.nanoseconds / 2,
                                                         int64_t{1} << 58, size_t{1} << 40};
  for (const std::string& line : lines_of(profile_table(profile))) CHECK(display_width(line) <= 80);
  CHECK(contains(profile_table(Profile()), "total"));
}

TEST_CASE("a trace has its events in microseconds since the first began") {
  CHECK(chrome_trace(made_up()) == R"({
  "traceEvents": [
    {"name": "exp", "cat": "forward", "ph": "X", "ts": 0.000, "dur": 1234.567, "pid": 1, "tid": 1},
    {"name": "a \"part\"", "cat": "other", "ph": "X", "ts": 2000.001, "dur": 0.040, "pid": 1, "tid": 1}
  ]
}
)");
  CHECK(TraceReader(chrome_trace(made_up())).events() == "exp forward, a \"part\" other, ");
}

TEST_CASE("the rows of a training's profile account for 95 % of its steps") {
  const DataSplit data = synthetic(/*num_classes=*/10, /*train_samples=*/512, /*test_samples=*/10,
                                   /*seed=*/1);
  for (const Objective& objective : make_objectives(10)) {
    CAPTURE(objective.name);
    nn::Sequential network = make_network(28, 28);
    std::ostringstream log;
    Profile profile;
    train(network, objective, data.train,
          {.epochs = 1, .batch_size = 128, .seed = 1, .profile = &profile}, log);
    int64_t accounted = 0;
    for (const auto& [what, row] : profile.rows) accounted += row.nanoseconds;
    CHECK(accounted <= profile.nanoseconds);
    CHECK(static_cast<double>(accounted) >= 0.95 * static_cast<double>(profile.nanoseconds));
    for (const Phase phase : {Phase::forward, Phase::backward})
      CHECK(profile.rows.at({phase, "conv2d"}).calls == 4 * 3);
    for (const char* part : {"batch", "optimizer step", "clip_grad_norm", "accuracy", "checkpoint"})
      CHECK(profile.rows.at({Phase::other, part}).calls == 4);
  }
}

TEST_CASE("training is the same to the last bit when it is profiled") {
  const DataSplit data = synthetic(3, 96, 30, 1, 16);
  const auto features = [&](Profile* profile) {
    manual_seed(7);
    const std::vector<Objective> objectives = make_objectives(3);
    nn::Sequential network = make_network(16, 16);
    std::ostringstream log;
    train(network, objectives[3], data.train,
          {.epochs = 1, .batch_size = 32, .seed = 7, .profile = profile}, log);
    return examples::embed(network, data.test);
  };
  Profile profile;
  CHECK(identical(features(nullptr), features(&profile)));
}

TEST_CASE("--profile prints the table and writes the trace, beside the results or where it says") {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  const std::string trace = (folder.path() / "trace.json").string();
  const std::vector<std::string> small{"--epochs", "1", "--threads", "1"};
  const struct {
    const Program* program;
    std::vector<std::string> more;
    std::string file;
  } cases[] = {
      {&compare_losses, {"--out", out, "--profile"}, out + "/profile.json"},
      {&residual, {"--checkpoint", trace + ".st", "--profile", trace}, trace},
  };
  for (const auto& run : cases) {
    std::vector<std::string> words = small_run(small);
    words.insert(words.end(), run.more.begin(), run.more.end());
    const Ended ended = run_program(*run.program, words);
    CHECK(ended.how == "exit 0");
    CHECK(contains(ended.output, "\nbackward "));
    CHECK(contains(ended.output, "Open " + run.file + " in https://ui.perfetto.dev"));
    const std::string events = TraceReader(content_of(run.file)).events();
    CHECK(events.starts_with("batch other, conv2d forward, "));
    CHECK(contains(events, "optimizer step other, "));
  }
  CHECK(run_program(compare_losses, {"--profile="}).output ==
        "compare_losses: option --profile: expected a path, got ''\n");
}
