// One objective trained and measured: what comparisons are made of. How it is reported is not known
// here.
#pragma once

#include <string>
#include <vector>

#include "examples/metrics/angles.h"
#include "examples/metrics/mistakes.h"
#include "examples/training/train.h"

namespace gradian::examples {

// One training run, measured on the test set.
struct RunResult {
  std::string objective;     // "softmax + center", "ArcFace", ...
  std::string description;   // its losses with their settings
  double test_accuracy = 0;  // from 0 to 1
  FeatureStatistics statistics;
  double seconds = 0;  // of training
  TrainingCurve curve;
  Tensor features;                // [N, d] of the test images
  Tensor labels;                  // [N] int64
  Tensor weights;                 // [C, d] of the classifier; may be undefined
  Snapshots snapshots;            // of the images that the report follows; may be empty
  Tensor confusion;               // [C, C] (metrics/mistakes.h); may be undefined
  std::vector<Mistake> mistakes;  // the surest ones
  double s = 1;                   // of the margin loss, if it is one
  Margin rule;
};

// Trains a network (make_network) under the objective from the seed of the options on, each from
// the same start, and measures it. Says what it does under `name`, by which its checkpoint is kept,
// too. Snapshots are taken of images `followed`.
RunResult run(const std::string& name, const Objective& objective, const DataSplit& data,
              TrainOptions options, const Tensor& followed = {});

}  // namespace gradian::examples
