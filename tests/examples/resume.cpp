// Trainings that end too early and go on: by Ctrl-C, by SIGTERM, by a kill that nothing survives.
// What is compared in the end is the whole state of the training, bit by bit.
#include <doctest/doctest.h>

#include <sys/time.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "examples/training/checkpoints.h"
#include "tensor/files/safetensors.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/examples/programs.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::test;

namespace {

using Words = std::vector<std::string>;

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

struct Resumed {
  Program program;
  Words words;
  Signals signals;    // in the middle of the training
  std::string where;  // the option that says where the training is kept
  std::string kept;   // what is there in the end, from there on
};

std::vector<Resumed> trainings() {
  const Words epochs = small_run({"--epochs", "3", "--checkpoint-every", "5"});
  return {{compare_losses,
           epochs,
           {.after = "ArcFace\nepoch 1/3"},
           "--out",
           "/checkpoints/arcface.safetensors"},
          {dimensions,
           with(epochs, {"--seeds", "1"}),
           {.after = "ArcFace, 64 features, seed 1\nepoch 1/3"},
           "--out",
           "/checkpoints/arcface-64-features-seed-1.safetensors"},
          {residual, epochs, {.after = "epoch 2/3", .signal = SIGTERM}, "--checkpoint", ""},
          {spiral, {}, {.after = "\n\n"}, "--checkpoint", ""}};
}

// Everything that a training would need to go on, but for how long it took.
void check_same_training(const std::filesystem::path& one, const std::filesystem::path& other) {
  const TensorFile a = read_safetensors(one), b = read_safetensors(other);
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (const auto& array : a.tensors) {
    CAPTURE(array.first);
    CHECK(identical(array.second, b.tensors.at(array.first)));
  }
  for (const auto& value : a.metadata) {
    CAPTURE(value.first);
    if (value.first != "seconds") CHECK(value.second == b.metadata.at(value.first));
  }
}

}  // namespace

TEST_CASE("every example goes on bit for bit after Ctrl-C, with another number of threads") {
  for (const Resumed& t : trainings()) {
    if (kSanitized && t.where == "--out") continue;  // so many trainings take long there
    CAPTURE(t.program.name);
    const TemporaryFolder folder;
    const std::string whole = folder.path() / "whole", parts = folder.path() / "parts";
    CHECK(run_program(t.program, with(t.words, {t.where, whole})).how == "exit 0");

    const Ended stopped = run_program(t.program, with(t.words, {t.where, parts}), t.signals);
    CHECK(stopped.how == text("exit ", 128 + t.signals.signal));
    CHECK(contains(stopped.output, "Interrupted; this goes on:\n" + t.program.name));
    CHECK(contains(stopped.output, " --resume " + parts));

    const Ended ended = run_program(t.program, with(t.words, {t.where, parts, "--resume", parts}),
                                    {.after = "never", .times = 0}, [] { set_num_threads(3); });
    CHECK_MESSAGE(ended.how == "exit 0", ended.output);
    check_same_training(whole + t.kept, parts + t.kept);
  }
}

TEST_CASE("a training that is killed at any moment goes on from its last checkpoint") {
  const int kills = kSanitized ? 5 : 100;
  const TemporaryFolder folder;
  const std::string whole = folder.path() / "whole", parts = folder.path() / "parts";
  CHECK(run_program(spiral, {"--checkpoint", whole}).how == "exit 0");

  std::minstd_rand random(1);
  const auto kill_soon = [&] {
    std::signal(SIGALRM, [](int) { kill(getpid(), SIGKILL); });
    const itimerval time{{}, {0, 1000 + static_cast<int>(random() % 30000)}};
    setitimer(ITIMER_REAL, &time, nullptr);
  };
  const auto go_on = [&](const std::function<void()>& prepare) {
    Words words{"--checkpoint", parts, "--checkpoint-every", "2"};
    if (std::filesystem::exists(parts)) words = with(words, {"--resume", parts});
    return run_program(spiral, words, {.after = "never", .times = 0}, prepare);
  };
  int killed = 0;
  for (int i = 0; killed < kills && i < 10 * kills; ++i) {
    const Ended ended = go_on(kill_soon);
    if (ended.how == "signal 9") {
      ++killed;
      continue;
    }
    CHECK_MESSAGE(ended.how == "exit 0", ended.output);  // it was done first: once more
    check_same_training(whole, parts);
    std::filesystem::remove(parts);
  }
  CHECK(killed == kills);
  CHECK(go_on([] {}).how == "exit 0");
  check_same_training(whole, parts);
}

TEST_CASE(
    "a training that goes on is at once in the file that it writes, even when it is finished") {
  const TemporaryFolder folder;
  const std::string first = folder.path() / "first", second = folder.path() / "second";
  CHECK(run_program(compare_losses, small_run({"--epochs", "1", "--out", first})).how == "exit 0");
  CHECK(
      run_program(compare_losses, small_run({"--epochs", "1", "--out", second, "--resume", first}))
          .how == "exit 0");
  for (const auto& kept : std::filesystem::directory_iterator(first + "/checkpoints"))
    check_same_training(kept.path(), second + "/checkpoints/" + kept.path().filename().string());
}

TEST_CASE("a training of residual or spiral that meets NaN keeps the checkpoint of before") {
  const TemporaryFolder folder;
  const std::string kept = folder.path() / "kept";
  for (const auto& training :
       {std::pair{residual, small_run({"--epochs", "1"})}, std::pair{spiral, Words{}}}) {
    const Program& program = training.first;
    const Words& words = training.second;
    CAPTURE(program.name);
    CHECK(run_program(program, with(words, {"--checkpoint", kept})).how == "exit 0");
    TensorFile file = read_safetensors(kept);
    file.metadata["step"] = "2";
    file.tensors.at("network.0.weight").mutable_data<float>()[0] = NAN;
    write_safetensors(kept, file.tensors, file.metadata);
    const Ended ended = run_program(
        program, with(words, {"--checkpoint", kept, "--resume", kept, "--checkpoint-every", "1"}));
    CHECK(ended.how == "exit 1");
    CHECK(contains(ended.output, program.name + ": clip_grad_norm: the gradient of '0.weight' is "
                                                "not finite\n"));
    CHECK(read_safetensors_metadata(kept).at("step") == "2");
  }
}

TEST_CASE("a run may be described by bytes that are no UTF-8, as the name of a folder may be") {
  const TemporaryFolder folder;
  examples::CheckpointOptions options{.file = folder.path() / "x"};
  examples::Checkpoints(nn::Checkpoint(), options, "data \xff", 1).after_step(1);
  options.resume = options.file;
  examples::Checkpoints(nn::Checkpoint(), options, "data \xff", 1);
}

TEST_CASE("a checkpoint that does not fit is refused by what it holds") {
  const TemporaryFolder folder;
  const std::string kept = folder.path() / "kept", other = folder.path() / "other";
  CHECK(run_program(residual, small_run({"--epochs", "1", "--checkpoint", kept})).how == "exit 0");
  const auto refused = [&](const Program& program, const Words& words) {
    return run_program(program, with(words, {"--checkpoint", other, "--resume", kept})).output;
  };
  const std::string there =
      "data synthetic, epochs 1, training images 64, batch size 16, seed 1, drawn classes 3";
  CHECK(contains(refused(residual, small_run({"--epochs", "1", "--seed", "2"})),
                 "residual: " + kept + ": holds a training with " + there +
                     ", which cannot go on with data synthetic, epochs 1, training images 64, "
                     "batch size 16, seed 2, drawn classes 3\n"));
  CHECK(contains(refused(spiral, {}), "spiral: " + kept + ": holds a training with " + there +
                                          ", which cannot go on with three spirals\n"));
  write_safetensors(kept, {{"weight", Tensor::ones({2})}});
  CHECK(contains(refused(spiral, {}), "spiral: " + kept + ": holds no training to go on with\n"));
  CHECK(run_program(compare_losses, {"--resume", kept}).output ==
        "compare_losses: option --resume: expected the --out folder of a run before, got " + kept +
            '\n');
}
