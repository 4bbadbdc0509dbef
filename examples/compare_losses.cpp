// Trains one small CNN with a 2-D embedding under five objectives on the same images, and shows
// side by side what each does to the features: a table, and a report with the scatter plots. The
// objectives and the training loop are in examples/training/. With --compare settings it compares
// what the weight of center loss, the rate of its centres, s and m do.
//   build/examples/compare_losses --data build/data/fashion-mnist --out build/report
#include <filesystem>
#include <iostream>

#include "examples/program/arguments.h"
#include "examples/program/interrupt.h"
#include "examples/program/machine.h"
#include "examples/program/run_main.h"
#include "examples/program/text.h"
#include "examples/report/profile.h"
#include "examples/report/report.h"
#include "examples/training/checkpoints.h"
#include "examples/training/run.h"
#include "tensor/random.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

constexpr char kLosses[] = "losses", kSettings[] = "settings";
constexpr int64_t kFollowed = 300;  // images whose features the report shows as they move

// The tables on the terminal, and the files.
void show(const Report& report, const TrainOptions& options) {
  std::cout << '\n' << render_table(report) << std::flush;
  write_report(report, options.out);
  if (options.profile) show_profile(*options.profile, options.trace);
  std::cout << "\nOpen " << (options.out / "report.html").string() << " for the plots.\n";
}

// Trains one objective after the other. Ctrl-C still gets a report of those that are finished.
void run_all(const std::vector<Objective>& objectives, const DataSplit& data,
             const TrainOptions& options, Report& report) {
  for (const Objective& objective : objectives)
    forget_checkpoint(objective.name, options.checkpoint, options.out);
  const Tensor followed = at_rows(data.test, report.followed).images;
  try {
    for (const Objective& objective : objectives) {
      report.runs.push_back(run(objective.name, objective, data, options, followed));
      check_interrupted();  // it may have come after the last step
    }
  } catch (const Interrupted&) {
    const std::string finished =
        text("interrupted after ", report.runs.size(), " of ", objectives.size(), " objectives");
    std::cout << "compare_losses: " << finished << '\n';
    report.training += ", " + finished;
    if (!report.runs.empty()) show(report, options);
    throw;
  }
  show(report, options);
}

int compare(int argc, char** argv) {
  Arguments arguments(
      argc, argv,
      "Trains one small CNN with 2-D features under several objectives and compares them.");
  TrainOptions options = train_options(arguments, {.out = "build/report"});
  const std::string compared = arguments.text("--compare", kLosses, "losses, or settings of them");
  if (!arguments.complete()) return 0;
  check_resumes_folder(options.checkpoint);
  check_report_writable(options.out);
  Profile profile;
  options.profile = profile_for(options.trace, profile);
  check(compared == kLosses || compared == kSettings, "option --compare: expected ", kLosses,
        " or ", kSettings, ", got '", compared, "'");

  const DataSplit data = load(options);
  check(data.train.images.size(2) >= 8 && data.train.images.size(3) >= 8,
        "the network needs images of at least 8 x 8 pixels, got ", data.train.images.shape());
  Report report;
  report.title = compared == kLosses ? "What five losses do to the features"
                                     : "What the settings of the losses do to the features";
  report.dataset = data.description();
  report.training = training_description(options);
  report.machine = machine_description();
  report.options = arguments.command();
  report.class_names = data.train.class_names;
  report.images = data.test.images;
  report.followed = balanced_sample(data.test.labels, data.test.num_classes(), kFollowed);
  std::cout << report.dataset << '\n'
            << report.machine << '\n'
            << options.epochs << (options.epochs == 1 ? " epoch" : " epochs")
            << " for each objective\n";

  manual_seed(options.seed);
  const int64_t classes = data.train.num_classes();
  const std::vector<Objective> objectives =
      compared == kLosses ? make_objectives(classes) : make_settings(classes);
  return run_interruptible(arguments, options.out, [&] {
    run_all(objectives, data, options, report);
    return 0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("compare_losses", [&] { return compare(argc, argv); });
}
