// Sampled negatives: rates, labels and optimisers that make no sense.
#include "losses/sampled_margin.h"

#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {
namespace {

using test::integers, test::kInfinity, test::kNaN;

// A head of 3 features and 4 classes, called with these.
std::function<void()> called(const Variable& x, const Tensor& labels) {
  return [=] {
    const SampledMarginLoss head(3, 4, 30, {}, 0.5);
    nn::SGD optimizer(head.parameters());
    head(x, labels, optimizer);
  };
}

Rows of_rates(double bad) {
  const std::string range = text("the rate must be above 0 and at most 1, got ", bad);
  return {{[=] { sample_classes(integers({0}), 4, bad); }, "sample_classes: " + range},
          {[=] { SampledMarginLoss(3, 4, 30, {}, bad); }, "SampledMarginLoss: " + range}};
}

}  // namespace

Rows sampled_margin_rows() {
  const Variable x(Tensor::ones({2, 3}));
  const Tensor labels = integers({0, 1});
  const auto drawn = [](const Tensor& labels, int64_t classes) {
    return [=] { sample_classes(labels, classes, 0.5); };
  };
  Rows rows{
      {drawn(Tensor(), 4), "sample_classes: the labels are undefined"},
      {drawn(Tensor::zeros({2}), 4), "sample_classes: labels must be int64, got float32"},
      {drawn(labels.unsqueeze(1), 4), "sample_classes: expected 2 labels, got shape [2, 1]"},
      {drawn(integers({0, 4}), 4), "sample_classes: label 4 at row 1, but there are 4 classes"},
      {drawn(integers({-1}), 4), "sample_classes: label -1 at row 0, but there are 4 classes"},
      {drawn(integers({}), 0), "sample_classes: expected a positive number of classes, got 0"},
      {drawn(integers({}), -3), "sample_classes: expected a positive number of classes, got -3"},
      {[] { SampledMarginLoss(3, 0, 30, {}, 0.5); },
       "SampledMarginLoss: expected positive sizes, got 3 features and 0 classes"},
      {[] { SampledMarginLoss(3, 4, 30, {.m2 = 4}, 0.5); },
       "SampledMarginLoss: the margin on the angle must be from 0 to pi radians, got 4"},
      {called(Variable(), labels), "SampledMarginLoss: the variable is undefined"},
      {called(Variable(Tensor::ones({2, 4})), labels),
       "SampledMarginLoss: expected features [N, 3], got [2, 4]"},
      {called(Variable(Tensor::ones({2, 3}, DType::float64)), labels),
       "SampledMarginLoss: dtypes differ: float64 and float32"},
      {called(x, Tensor()), "SampledMarginLoss: the labels are undefined"},
      {called(x, integers({0})), "SampledMarginLoss: expected 2 labels, got shape [1]"},
      {called(x, integers({0, 4})), "SampledMarginLoss: label 4 at row 1, but there are 4 classes"},
      {[=] {
         const SampledMarginLoss head(3, 4, 30, {}, 0.5), other(3, 4, 30, {}, 0.5);
         nn::SGD optimizer(other.parameters());
         head(x, labels, optimizer);
       },
       "SampledMarginLoss: the parameter is in no group of the optimiser"},
      {[=] {
         const SampledMarginLoss head(3, 4, 30, {}, 0.5);
         nn::SGD optimizer(head.parameters());
         head(x, labels, optimizer) + head(x, labels, optimizer);  // two draws, one step
       },
       "SampledMarginLoss: rows of this parameter are in a graph or have a gradient; step() comes "
       "before the next"},
  };
  for (const double bad : {0.0, -0.1, 1.1, kNaN, kInfinity})
    for (const test::ErrorCase& row : of_rates(bad)) rows.push_back(row);
  return rows;
}

}  // namespace gradian::misuse
