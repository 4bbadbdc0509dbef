#include "losses/sampled_margin.h"

#include <algorithm>

#include "autograd/ops/arguments.h"

namespace gradian {
namespace {

double checked_rate(double rate) {
  check(rate > 0 && rate <= 1, "the rate must be above 0 and at most 1, got ", rate);
  return rate;
}

}  // namespace

Tensor sample_classes(const Tensor& labels, int64_t num_classes, double rate,
                      Generator& generator) {
  const Calling calling("sample_classes");
  check(num_classes > 0, "expected a positive number of classes, got ", num_classes);
  const double wanted = std::round(checked_rate(rate) * static_cast<double>(num_classes));
  check_labels(labels, labels.numel(), num_classes);
  std::vector<bool> taken(static_cast<size_t>(num_classes));
  for (const int64_t label : labels.to_vector<int64_t>()) taken[static_cast<size_t>(label)] = true;
  int64_t left = std::ranges::count(taken, false);
  int64_t missing = static_cast<int64_t>(wanted) - (num_classes - left);
  std::vector<int64_t> classes;
  for (int64_t j = 0; j < num_classes; ++j) {
    bool take = taken[static_cast<size_t>(j)];
    if (!take && missing > 0) {  // Knuth, TAOCP 3.4.2, algorithm S: so many of those left
      take = generator.integer(left--) < missing;
      missing -= take;
    }
    if (take) classes.push_back(j);
  }
  return Tensor::from(classes);
}

SampledMarginLoss::SampledMarginLoss(int64_t in_features, int64_t out_features, double s,
                                     const Margin& margin, double rate, Generator& generator)
    // In braces, which are evaluated in order: the name comes before what is checked.
    : MarginLoss{Calling("SampledMarginLoss"),       in_features, out_features, s, margin,
                 text(", rate ", checked_rate(rate))},
      rate_(rate),
      generator_(generator) {}

Variable SampledMarginLoss::forward(const Variable& x, const Tensor& labels,
                                    nn::Optimizer& optimizer) const {
  const Calling calling(class_name());
  check_features(x);
  check_labels(labels, x.size(0), weight.size(0));
  const Tensor classes = sample_classes(labels, weight.size(0), rate_, generator_);
  std::vector<int64_t> places = labels.to_vector<int64_t>();  // of the labels among these classes
  const int64_t *const first = classes.data<int64_t>(), *const last = first + classes.numel();
  for (int64_t& label : places) label = std::lower_bound(first, last, label) - first;
  return margin_cross_entropy(
      x, optimizer.rows(weight, classes), Tensor::from(places), scale(),
      [margin = margin()](const Variable& cosine) { return apply_margin(cosine, margin); });
}

}  // namespace gradian
