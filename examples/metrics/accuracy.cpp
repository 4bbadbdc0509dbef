#include "examples/metrics/accuracy.h"

#include <cmath>

#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian::examples {

double accuracy(const Tensor& logits, const Tensor& labels) {
  const Calling calling("accuracy");
  check(logits.dim() == 2 && logits.size(0) > 0, "expected logits [N, C] with N > 0, got ",
        logits.shape());
  check_labels(labels, logits.size(0), logits.size(1));
  const Tensor best = argmax(logits, 1);
  // NaN counts as largest.
  const std::vector<double> largest = gather(logits, 1, best.unsqueeze(1)).to_vector<double>();
  for (size_t row = 0; row < largest.size(); ++row)
    check(!std::isnan(largest[row]), "NaN among the logits of row ", row);
  return sum(equal(best, labels)).item() / static_cast<double>(logits.size(0));
}

}  // namespace gradian::examples
