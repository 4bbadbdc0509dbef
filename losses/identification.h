// Who is it: a probe is compared with every entry of a gallery. Distractors are entries of the
// gallery whose label no probe has. Nothing here has a gradient; cosines are taken in double.
#pragma once

#include "tensor/tensor.h"

namespace gradian {

// The place of the entry with the probe's label that is most like it, among the other labels': 1 is
// best, int64 [P]. Ties count against it: the rank is 1 + the entries of other labels whose cosine
// is at least as high. Features are [P, D] and [G, D], labels int64 [P] and [G], of any values; a
// probe whose label is not in the gallery is an error that names it.
Tensor identification_ranks(const Tensor& probes, const Tensor& probe_labels, const Tensor& gallery,
                            const Tensor& gallery_labels);

// The share of ranks that are at most k: rank-1, rank-5.
double identification_rate(const Tensor& ranks, int64_t k = 1);

}  // namespace gradian
