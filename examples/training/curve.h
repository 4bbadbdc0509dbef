// What a training tells of each of its steps, for the curves of a report.
#pragma once

#include <limits>
#include <vector>

#include "examples/training/objective.h"

namespace gradian::examples {

// The numbers of a step, all of its own batch and of before the step changed anything.
struct StepRecord {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  double epoch = 0;  // since the start, 1.5 is the middle of the second epoch
  double loss = kUnknown;
  double accuracy = kUnknown;         // from 0 to 1, by the scores without margin
  double margin_accuracy = kUnknown;  // the same once the label's score has its whole margin
  double target_degrees = kUnknown;   // mean angle between a feature and the weight of its label
  double rate = kUnknown;             // the network's learning rate
};
using TrainingCurve = std::vector<StepRecord>;

// The accuracies and the angle of features [N, d], a constant, with labels int64 [N]; the rest is
// unknown.
StepRecord measure_step(const Objective& objective, const Variable& features, const Tensor& labels);

}  // namespace gradian::examples
