#include "losses/identification.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "autograd/ops/arguments.h"
#include "losses/verification.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian {

Tensor identification_ranks(const Tensor& probes, const Tensor& probe_labels, const Tensor& gallery,
                            const Tensor& gallery_labels) {
  const Calling calling("identification_ranks");
  const Tensor x = unit_rows(probes), entries = unit_rows(gallery);
  check(x.size(1) == entries.size(1), "probes have ", x.size(1), " features, the gallery ",
        entries.size(1));
  check_labels(probe_labels, x.size(0));
  check_labels(gallery_labels, entries.size(0));
  const auto wanted = probe_labels.to_vector<int64_t>(), held = gallery_labels.to_vector<int64_t>();
  const std::unordered_set<int64_t> known(held.begin(), held.end());
  for (size_t i = 0; i < wanted.size(); ++i)
    check(known.count(wanted[i]) > 0, "probe ", i, " has the label ", wanted[i],
          ", which is not in the gallery");
  const int64_t width = entries.size(0), block = std::max<int64_t>(1, (1 << 22) / (width + 1));
  std::vector<int64_t> ranks(wanted.size());
  for (int64_t begin = 0; begin < x.size(0); begin += block) {
    const Tensor rows = x.slice(0, begin, std::min(begin + block, x.size(0)));
    const Tensor cosines = matmul(rows, entries.transpose(0, 1));  // [rows, G]
    runtime::parallel_for(rows.size(0), [&](int64_t row) {
      const double* cosine = cosines.data<double>() + row * width;
      const auto probe = static_cast<size_t>(begin + row);
      double best = -std::numeric_limits<double>::infinity();
      for (size_t j = 0; j < held.size(); ++j)
        if (held[j] == wanted[probe]) best = std::max(best, cosine[j]);
      ranks[probe] = 1;
      for (size_t j = 0; j < held.size(); ++j)
        if (held[j] != wanted[probe] && cosine[j] >= best) ++ranks[probe];
    });
  }
  return Tensor::from(ranks);
}

double identification_rate(const Tensor& ranks, int64_t k) {
  const Calling calling("identification_rate");
  check_defined(ranks);
  check(ranks.dtype() == DType::int64 && ranks.dim() == 1 && ranks.numel() > 0 && k > 0,
        "expected ranks int64 [P] with P > 0 and k > 0, got ", describe(ranks), " and k ", k);
  return sum(less_equal(ranks, static_cast<double>(k))).item() / static_cast<double>(ranks.numel());
}

}  // namespace gradian
