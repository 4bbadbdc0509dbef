#include "losses/identification.h"

#include <algorithm>

#include "autograd/ops/arguments.h"
#include "losses/verification.h"

namespace gradian {

Tensor identification_ranks(const Tensor& probes, const Tensor& probe_labels, const Tensor& gallery,
                            const Tensor& gallery_labels) {
  const Calling calling("identification_ranks");
  const Tensor x = unit_rows(probes), entries = unit_rows(gallery);
  check(x.size(1) == entries.size(1), "features differ: probes ", x.shape(), ", gallery ",
        entries.shape());
  check_labels(probe_labels, x.size(0));
  check_labels(gallery_labels, entries.size(0));
  const int64_t rows = std::max<int64_t>(1, (1 << 22) / entries.size(0));  // so many fit 32 MB
  std::vector<Tensor> ranks;
  for (int64_t begin = 0; begin < x.size(0); begin += rows) {
    const int64_t end = std::min(begin + rows, x.size(0));
    const Tensor labels = probe_labels.slice(0, begin, end);
    const Tensor cosines = matmul(x.slice(0, begin, end), entries.transpose(0, 1));  // [rows, G]
    const Tensor other = labels.unsqueeze(1) != gallery_labels;
    const Tensor own = where(other, -2, cosines), nearest = argmax(own, 1, true);
    const Tensor best = gather(own, 1, nearest);  // [rows, 1]
    const int64_t lost = static_cast<int64_t>(argmin(best).item());
    check(best.at({lost, 0}) > -2, "probe ", begin + lost, " has the label ",
          labels.to_vector<int64_t>()[static_cast<size_t>(lost)],
          ", which no entry of the gallery has");
    ranks.push_back(1 + sum(where(cosines >= best, other, 0), {1}));
  }
  return concat(ranks, 0);
}

double identification_rate(const Tensor& ranks, int64_t k) {
  const Calling calling("identification_rate");
  check_defined(ranks);
  check(ranks.dtype() == DType::int64 && ranks.dim() == 1 && ranks.numel() > 0 && k > 0,
        "expected ranks int64 [P] with P > 0 and k > 0, got ", describe(ranks), " and k ", k);
  return sum(ranks <= k).item() / static_cast<double>(ranks.numel());
}

}  // namespace gradian
