#include "examples/training/curve.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "examples/metrics/accuracy.h"
#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

double mean_degrees(const Tensor& cosines) {
  double sum = 0;
  for (const double cosine : cosines.to_vector<double>())
    sum += std::acos(std::clamp(cosine, -1.0, 1.0));
  return sum / static_cast<double>(cosines.numel()) * 180 / std::numbers::pi;
}

// Of cosines [N, C], of which those of the labels, target [N, 1], get their margin first.
double accuracy_with_margin(const Tensor& cosines, const Tensor& target, const Tensor& labels,
                            const Margin& rule) {
  const Tensor is_label = one_hot(labels, cosines.size(1), cosines.dtype());
  return accuracy(where(is_label, apply_margin(Variable(target), rule).value(), cosines), labels);
}

}  // namespace

StepRecord measure_step(const Objective& objective, const Variable& features,
                        const Tensor& labels) {
  const NoGrad no_grad;
  const Tensor cosines = objective.cosines(features);
  const Tensor target = gather(cosines, 1, labels.unsqueeze(1));
  StepRecord record;
  record.accuracy = accuracy(objective.margin ? cosines : objective.scores(features), labels);
  record.margin_accuracy = objective.has_margin()
                               ? accuracy_with_margin(cosines, target, labels, objective.rule)
                               : record.accuracy;
  record.target_degrees = mean_degrees(target);
  return record;
}

}  // namespace gradian::examples
