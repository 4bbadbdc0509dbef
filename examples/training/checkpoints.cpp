#include "examples/training/checkpoints.h"

#include <iostream>

#include "examples/program/interrupt.h"
#include "examples/program/text.h"
#include "tensor/files/file.h"
#include "tensor/files/json.h"
#include "tensor/files/safetensors.h"

namespace gradian::examples {

CheckpointOptions checkpoint_options(Arguments& arguments, const std::filesystem::path& file) {
  CheckpointOptions options{.file = file};
  if (!file.empty())
    options.file = arguments.path("--checkpoint", file.string(), "file that keeps the training");
  options.every = arguments.integer("--checkpoint-every", options.every, 1, 1 << 30,
                                    "steps until the training is kept again");
  options.resume = arguments.path("--resume", "", "where a training was kept: goes on from there");
  return options;
}

Checkpoints::Checkpoints(const nn::Checkpoint& training, const CheckpointOptions& options,
                         const std::string& run, int64_t steps)
    : training_(training), options_(options), run_(files::valid_utf8(run)), steps_(steps) {
  training_.add("run", run_);
  if (!options_.file.empty()) files::check_writable(options_.file);
  if (options_.resume.empty()) return;
  const Metadata there = read_safetensors_metadata(options_.resume);
  const auto found = there.find("run");
  check(found != there.end(), options_.resume.string(), ": holds no training to go on with");
  check(found->second == run_, options_.resume.string(), ": holds a training with ", found->second,
        ", which cannot go on with ", run_);
  training_.load(options_.resume);
  if (!options_.file.empty() && options_.file != options_.resume) training_.save(options_.file);
}

void Checkpoints::after_step(int64_t done) {
  const bool interrupted = examples::interrupted();
  const bool due = interrupted || done % options_.every == 0 || done == steps_;
  if (due && !options_.file.empty()) training_.save(options_.file);
  check_interrupted();
}

std::string file_name(const std::string& name) {
  std::string file;
  for (const char c : lowercase(name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      file += c;
    else if (!file.empty() && file.back() != '-')
      file += '-';
  }
  return file;
}

std::filesystem::path checkpoint_of(const std::string& name, const std::filesystem::path& out) {
  return out / "checkpoints" / (file_name(name) + ".safetensors");
}

CheckpointOptions checkpoint_options_of(const std::string& name, CheckpointOptions options,
                                        const std::filesystem::path& out) {
  options.file = checkpoint_of(name, out);
  if (!options.resume.empty()) options.resume = checkpoint_of(name, options.resume);
  if (!std::filesystem::exists(options.resume)) options.resume.clear();  // not begun yet
  return options;
}

void forget_checkpoint(const std::string& name, const CheckpointOptions& options,
                       const std::filesystem::path& out) {
  if (options.resume.empty()) std::filesystem::remove(checkpoint_of(name, out));
}

void check_resumes_folder(const CheckpointOptions& options) {
  check(options.resume.empty() || std::filesystem::is_directory(options.resume / "checkpoints"),
        "option --resume: expected the --out folder of a run before, got ",
        options.resume.string());
}

int run_interruptible(const Arguments& arguments, const std::filesystem::path& from,
                      const std::function<int()>& work) {
  const Interruptible interruptible;
  try {
    return work();
  } catch (const Interrupted& interrupted) {
    std::cout << "\nInterrupted; this goes on:\n"
              << arguments.command_with("--resume", from.string()) << std::endl;
    return interrupted.exit_code();
  }
}

}  // namespace gradian::examples
