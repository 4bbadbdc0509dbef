// Keeps a training in a file while it runs, so that it can go on from there after Ctrl-C, after a
// fault, or on another day. What is in the file is the business of nn/checkpoint.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "examples/program/arguments.h"
#include "nn/checkpoint.h"

namespace gradian::examples {

struct CheckpointOptions {
  std::filesystem::path file = {};    // that is written; empty: none
  std::filesystem::path resume = {};  // to go on from; empty: from the start
  int64_t every = 200;                // steps
};

// Asks for --resume and --checkpoint-every, and for --checkpoint if there is a default for it.
CheckpointOptions checkpoint_options(Arguments& arguments, const std::filesystem::path& file);

class Checkpoints {
 public:
  // `training` is all that changes while it runs, the number of steps done included. If there is
  // a file to go on from, all gets the values that it has there, and the file that is written holds
  // them at once: it will do to go on from, even if no step is left. `run` describes the options of
  // the run: a file of another one is an error.
  Checkpoints(const nn::Checkpoint& training, const CheckpointOptions& options,
              const std::string& run, int64_t steps);
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  // After each step, of which `done` are done: writes the file if it is time, after the last one,
  // and when Ctrl-C asks to end; then it throws Interrupted.
  void after_step(int64_t done);

 private:
  nn::Checkpoint training_;
  CheckpointOptions options_;
  std::string run_;  // referred to by training_
  int64_t steps_;
};

// "arcface-center" for "ArcFace + center".
std::string file_name(const std::string& name);
// Where the training of one of several things is kept, in the folder of a run's results:
// checkpoints/arcface-center.safetensors.
std::filesystem::path checkpoint_of(const std::string& name, const std::filesystem::path& out);

// Options for that one, of a run into `out` that goes on from the folder options.resume, if that is
// given and holds a file for it.
CheckpointOptions checkpoint_options_of(const std::string& name, CheckpointOptions options,
                                        const std::filesystem::path& out);
// Where no training is to go on, what an older run left of this one goes: it is none of the new
// run.
void forget_checkpoint(const std::string& name, const CheckpointOptions& options,
                       const std::filesystem::path& out);
// Fails unless that folder, if one is given, holds checkpoints.
void check_resumes_folder(const CheckpointOptions& options);

// Runs the work of a program. If Ctrl-C ends it, says how to go on, `from` being what --resume
// takes, and returns the exit code for that.
int run_interruptible(const Arguments& arguments, const std::filesystem::path& from,
                      const std::function<int()>& work);

}  // namespace gradian::examples
