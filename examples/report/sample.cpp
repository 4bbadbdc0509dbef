// Walks the rows in a random order and keeps those whose class is not yet full.
// Draws nothing on a page: see scatter.h.
#include "examples/report/sample.h"

#include <algorithm>

#include "tensor/random.h"

namespace gradian::examples {

std::vector<int64_t> balanced_sample(const Tensor& labels, int64_t classes, int64_t limit) {
  const std::vector<int64_t> label_of = labels.to_vector<int64_t>();
  const int64_t quota = std::max<int64_t>(1, limit / std::max<int64_t>(1, classes));
  std::vector<int64_t> taken(static_cast<size_t>(classes));
  std::vector<int64_t> rows;
  Generator generator(0);
  for (const int64_t row : randperm(labels.numel(), generator).to_vector<int64_t>()) {
    const int64_t label = label_of[static_cast<size_t>(row)];
    check(label >= 0 && label < classes, "report: label ", label, " at row ", row,
          ", but there are ", classes, " class names");
    if (static_cast<int64_t>(rows.size()) == limit) break;
    if (++taken[static_cast<size_t>(label)] <= quota) rows.push_back(row);
  }
  return rows;
}

}  // namespace gradian::examples
