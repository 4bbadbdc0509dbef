// The options that every program which trains on images has, and the images that they ask for.
// Options of one program alone are asked for in that program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "examples/data/dataset.h"
#include "examples/program/arguments.h"
#include "examples/training/checkpoints.h"
#include "tensor/profile.h"

namespace gradian::examples {

struct TrainOptions {
  std::string data = "synthetic";  // a folder of IDX files, or "synthetic"
  std::filesystem::path out = {};  // folder for the results
  int64_t epochs = 4;
  int64_t train_samples = 0;  // the first ones; 0: all, of drawn images 10000
  int64_t batch_size = 128;
  uint64_t seed = 1;     // of initial weights, order and drawn images
  int64_t classes = 10;  // of drawn images
  CheckpointOptions checkpoint = {};
  std::filesystem::path trace = {};  // to be written of a profile; empty: no profile
  Profile* profile = nullptr;        // that hears of the steps

  // What has to be the same where a training goes on.
  std::string run() const;
};

// Asks for --profile: the file for the trace, or empty.
std::filesystem::path profile_option(Arguments& arguments, const std::filesystem::path& out);

// Asks for --data, --out, --epochs and the others; --threads takes effect at once. A program that
// leaves `out` empty in its defaults has no results to write, and no --out.
TrainOptions train_options(Arguments& arguments, const TrainOptions& defaults = {});

// The images, read or drawn. Drawn test images are a fifth of the training images, but at least two
// of each class.
DataSplit load(const TrainOptions& options);

}  // namespace gradian::examples
