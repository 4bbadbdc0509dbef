// Trains a small network to recognise Chinese characters, under one objective after the other, and
// measures each on characters and on a font that training never saw: what faces are to the papers
// of both losses. Takes a folder of your own images as well. embed.cpp uses what it has trained.
//   build/examples/glyphs --identities 1000 --out build/glyphs
//   build/examples/glyphs --images faces --size 48 --out build/faces
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "examples/program/arguments.h"
#include "examples/program/interrupt.h"
#include "examples/program/machine.h"
#include "examples/program/run_main.h"
#include "examples/program/text.h"
#include "examples/recognition/export.h"
#include "examples/recognition/images.h"
#include "examples/recognition/objectives.h"
#include "examples/recognition/recognizer.h"
#include "examples/recognition/report.h"
#include "examples/report/profile.h"
#include "examples/report/report.h"
#include "examples/training/train.h"
#include "losses/recommend.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

constexpr double kLearningRate = 0.1, kMomentum = 0.9, kWeightDecay = 5e-4;
constexpr int64_t kEmbeddingSize = 128, kSteps = 500;
constexpr int64_t kHardest = 12;

struct Options {
  ImageOptions images;
  std::vector<ObjectiveChoice> objectives;
  int64_t epochs;
  std::filesystem::path out, exported;
  CheckpointOptions checkpoint;
  std::filesystem::path trace;  // to be written of a profile; empty: no profile
  Profile* profile = nullptr;   // that hears of the steps

  // What has to be the same where a training goes on.
  std::string run() const {
    return text("images ", images.images.string(), ", identities ", images.identities, ", size ",
                images.channels, " x ", images.size, ", test on ",
                images.validation ? "validation" : "test", ", wrong labels ", images.wrong_labels,
                " %, batch size ", images.batch_size, ", epochs ", epochs, ", seed ", images.seed);
  }
};

Options options_of(Arguments& arguments) {
  Options options;
  ImageOptions& images = options.images;
  images.images = arguments.path("--images", "", "folder of your own, with one for each identity");
  images.fonts = arguments.path("--fonts", "", "folder of the fonts, if they are elsewhere");
  images.identities = arguments.integer("--identities", 1000, 2, 18000, "characters to train on");
  images.channels = arguments.integer("--channels", 1, 1, 3, "of your images: 1, grey, or 3");
  images.size = arguments.integer("--size", 24, 16, 128, "side of the images, a multiple of 8");
  const std::string test_on =
      arguments.text("--test-on", "test", "or validation, to choose settings by");
  images.wrong_labels =
      arguments.integer("--wrong-labels", 0, 0, 90, "percent of images that exchange labels");
  options.objectives = objective_choices(
      arguments.text("--objectives", "", "such as softmax,adaface,arcface:0.3:24; empty: five"));
  options.epochs = arguments.integer("--epochs", 0, 0, 100000, "0: as make about 500 steps");
  images.batch_size =
      arguments.integer("--batch-size", 0, 0, 1 << 20, "0: 128, of few images less");
  images.seed = static_cast<uint64_t>(arguments.integer(
      "--seed", 1, 0, 1 << 30, "of initial weights, order, poses, and your test identities"));
  options.checkpoint = checkpoint_options(arguments, "");
  options.out = arguments.path("--out", "build/glyphs", "folder for the report and the networks");
  options.trace = profile_option(arguments, options.out);
  options.exported =
      arguments.path("--export", "", "folder: hands the training to interop/glyphs.py instead");
  set_num_threads(static_cast<int>(
      arguments.integer("--threads", num_threads(), 1, 1024, "threads to compute with")));
  check(test_on == "test" || test_on == "validation",
        "option --test-on: expected test or validation, got '", test_on, "'");
  check(images.channels != 2, "option --channels: expected 1 or 3, got 2");
  check(images.channels == 1 || !images.images.empty(),
        "option --channels is for --images; characters have 1, got ", images.channels);
  check(images.size % 8 == 0, "option --size: expected a multiple of 8, got ", images.size);
  images.validation = test_on == "validation";
  return options;
}

Training train(nn::Module& network, const Objective& objective, const RecognitionImages& images,
               const Options& options) {
  nn::SGD optimizer(sgd_groups(network, objective),
                    {.lr = kLearningRate, .momentum = kMomentum, .weight_decay = kWeightDecay});
  AugmentedBatches batches(images, options.images);
  const int64_t steps = options.epochs * batches.per_epoch();
  return train(
      network, objective, optimizer,
      {.epochs = options.epochs,
       .steps_per_epoch = batches.per_epoch(),
       .batch = [&](int64_t step) { return batches.at(step); },
       .rate = training_schedule(steps),
       .margin = nn::warm_up(std::max<int64_t>(1, steps / 5)),
       .checkpoint = checkpoint_options_of(objective.name, options.checkpoint, options.out),
       .run = options.run() + ", objective " + objective.description(),
       .profile = options.profile});
}

RecognitionRun run(const ObjectiveChoice& choice, const RecognitionImages& images,
                   const Options& options) {
  manual_seed(options.images.seed);  // every objective starts from one network
  Recognizer recognizer =
      make_recognizer(options.images.channels, options.images.size, kEmbeddingSize);
  const int64_t classes = images.train.num_classes();
  const Objective objective = make_objective(choice, classes, kEmbeddingSize);
  std::cout << '\n' << objective.name << '\n' << std::flush;
  RecognitionRun result;
  result.objective = objective.name;
  result.description = objective.description();
  result.training = train(recognizer.network, objective, images, options);
  result.expected_first_loss = expected_first_loss(choice, classes, kEmbeddingSize);
  for (const TestSet& set : images.test_sets)
    result.evaluations.push_back(evaluate(recognizer.network, set, kHardest));
  result.training_images = look_at_training_images(recognizer.network, objective, images);

  const TarAtFar& working = working_point(result.evaluations.front());
  recognizer.threshold = working.point.threshold;
  recognizer.false_accept_rate = working.wanted_far;
  const std::filesystem::path file = options.out / (file_name(objective.name) + ".safetensors");
  save(recognizer, file);
  std::cout << "first loss " << fixed(result.training.curve.front().loss, 2) << " (expected "
            << fixed(result.expected_first_loss, 2) << "); kept in " << file.string() << '\n';
  return result;
}

void show(const RecognitionReport& report, const Options& options) {
  std::cout << '\n' << recognition_tables(report);
  write_recognition_report(report, options.out);
  if (options.profile) show_profile(*options.profile, options.trace);
  std::cout << "\nOpen " << (options.out / "report.html").string()
            << " for the curves and pictures.\n";
}

void run_all(const RecognitionImages& images, const Options& options, RecognitionReport& report) {
  for (const ObjectiveChoice& choice : options.objectives)
    forget_checkpoint(choice.name, options.checkpoint, options.out);
  try {
    for (const ObjectiveChoice& choice : options.objectives) {
      report.runs.push_back(run(choice, images, options));
      check_interrupted();
    }
  } catch (const Interrupted&) {
    if (!report.runs.empty()) show(report, options);
    throw;
  }
  show(report, options);
}

// What the program says before it trains.
void introduce(const RecognitionReport& report, const Options& options, int64_t classes) {
  std::cout << report.dataset << '\n' << report.training << '\n' << report.machine << '\n';
  const Recommendation first = recommend(classes, kEmbeddingSize);
  std::cout << "To begin with, for " << classes << " classes: s " << fixed(first.s, 1)
            << ", ArcFace m " << fixed(first.arc_face_m, 2) << ", CosFace m "
            << fixed(first.cos_face_m, 2) << '\n';
  for (const ObjectiveChoice& choice : options.objectives)
    if (const std::string why = why_infeasible(margin_of(choice), classes, kEmbeddingSize);
        !why.empty())
      std::cout << "warning: " << choice.name << ": " << why << '\n';
  for (const std::string& warning : report.warnings) std::cout << "warning: " << warning << '\n';
}

int glyphs(int argc, char** argv) {
  Arguments arguments(argc, argv,
                      "Trains a network to recognise characters, or what your own images show, "
                      "and measures\nit on identities that training never saw.");
  Options options = options_of(arguments);
  if (!arguments.complete()) return 0;
  check_resumes_folder(options.checkpoint);
  check_report_writable(options.out);
  Profile profile;
  options.profile = profile_for(options.trace, profile);
  const RecognitionImages images = read_images(options.images);
  int64_t& batch_size = options.images.batch_size;
  if (batch_size == 0) batch_size = std::clamp<int64_t>(images.train.size() / 8, 8, 128);
  const int64_t per_epoch = AugmentedBatches(images, options.images).per_epoch();
  if (options.epochs == 0)
    options.epochs = std::max<int64_t>(1, (kSteps + per_epoch / 2) / per_epoch);

  if (!options.exported.empty()) {
    manual_seed(options.images.seed);
    export_training(images, options.images, options.epochs * per_epoch,
                    make_recognizer(options.images.channels, options.images.size, kEmbeddingSize),
                    options.exported);
    return 0;
  }

  RecognitionReport report;
  report.title = "Identities that training never saw";
  report.dataset = images.description;
  report.training = text(options.epochs, " epochs of ", per_epoch, " batches of ", batch_size,
                         ", SGD with learning rate ", kLearningRate, ", momentum ", kMomentum,
                         ", weight decay ", kWeightDecay, ", seed ", options.images.seed);
  report.machine = machine_description();
  report.command = arguments.command();
  report.warnings = images.warnings;
  introduce(report, options, images.train.num_classes());
  return run_interruptible(arguments, options.out, [&] {
    run_all(images, options, report);
    return 0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("glyphs", [&] { return glyphs(argc, argv); });
}
