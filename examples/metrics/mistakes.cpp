#include "examples/metrics/mistakes.h"

#include <algorithm>

#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

void check_arguments(const Tensor& scores, const Tensor& labels) {
  check(scores.dim() == 2, "expected scores [N, C], got ", scores.shape());
  check_labels(labels, scores.size(0), scores.size(1));
}

}  // namespace

Tensor confusion_matrix(const Tensor& scores, const Tensor& labels) {
  const Calling calling("confusion_matrix");
  check_arguments(scores, labels);
  const int64_t classes = scores.size(1);
  Tensor counts = Tensor::zeros({classes, classes}, DType::int64);
  int64_t* const data = counts.mutable_data<int64_t>();
  const std::vector<int64_t> best = argmax(scores, 1).to_vector<int64_t>();
  const std::vector<int64_t> label_of = labels.to_vector<int64_t>();
  for (size_t i = 0; i < best.size(); ++i) ++data[label_of[i] * classes + best[i]];
  return counts;
}

std::vector<Mistake> surest_mistakes(const Tensor& probabilities, const Tensor& labels,
                                     int64_t limit) {
  const Calling calling("surest_mistakes");
  check_arguments(probabilities, labels);
  const std::vector<int64_t> best = argmax(probabilities, 1).to_vector<int64_t>();
  const std::vector<int64_t> label_of = labels.to_vector<int64_t>();
  std::vector<Mistake> mistakes;
  for (size_t i = 0; i < best.size(); ++i) {
    const int64_t row = static_cast<int64_t>(i);
    if (label_of[i] != best[i])
      mistakes.push_back({row, label_of[i], best[i], probabilities.at({row, best[i]})});
  }
  std::ranges::stable_sort(mistakes, std::ranges::greater(), &Mistake::probability);
  mistakes.resize(std::min(mistakes.size(), static_cast<size_t>(limit)));
  return mistakes;
}

}  // namespace gradian::examples
