// Who is it? Probes are compared with the entries of a gallery, by cosine in double. Distractors
// are entries whose label no probe has.
#pragma once

#include "tensor/tensor.h"

namespace gradian {

// int64 [P], 1 for the best: 1 + the entries of other labels that are at least as like the probe as
// the likest of its own label, so that ties count against it. Features are [P, D] and [G, D],
// labels int64 of any values; a probe whose label has no entry is an error that names it.
Tensor identification_ranks(const Tensor& probes, const Tensor& probe_labels, const Tensor& gallery,
                            const Tensor& gallery_labels);

// The share of the ranks that are at most k.
double identification_rate(const Tensor& ranks, int64_t k = 1);

}  // namespace gradian
