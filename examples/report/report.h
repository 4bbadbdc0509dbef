// What a comparison of training objectives has to tell: the data that table.h, html.h and json.h
// render. Nothing here is computed; examples/metrics/ does that.
#pragma once

#include <string>
#include <vector>

#include "examples/metrics/angles.h"
#include "tensor/tensor.h"

namespace gradian::examples {

struct LossPoint {
  double epoch;  // since the start, 1.5 is the middle of the second epoch
  double loss;
};
using LossCurve = std::vector<LossPoint>;

// One training run, measured on the test set.
struct RunResult {
  std::string objective;     // "softmax + center", "ArcFace", ...
  std::string description;   // its losses with their settings
  double test_accuracy = 0;  // from 0 to 1
  FeatureStatistics statistics;
  double seconds = 0;  // of training
  LossCurve loss_curve;
  Tensor features;  // [N, d] of the test images
  Tensor labels;    // [N] int64
  Tensor weights;   // [C, d] of the classifier; may be undefined
};

struct Report {
  std::string title;
  std::string dataset;   // its name and size
  std::string training;  // optimiser, schedule, epochs
  std::string machine;   // processor, threads, compiler
  std::string options;   // the command line
  std::vector<std::string> class_names;
  std::vector<RunResult> runs;
};

}  // namespace gradian::examples
