// Losses on pairs and triplets of embeddings, which the papers of both headline losses compare
// with. Embeddings are [N, D]; distances are Euclidean. Margins are positive numbers.
#pragma once

#include "losses/reduction.h"

namespace gradian {

// For pairs of embeddings: t d^2 / 2 + (1 - t) max(margin - d, 0)^2 / 2, d = ||x1 - x2||, where
// `same` [N], of any dtype, is 1 for a pair of one class and 0 otherwise. Hadsell, Chopra & LeCun
// 2006, Eq. 4 (whose Y is 1 - same).
Variable contrastive_loss(const Variable& x1, const Variable& x2, const Tensor& same,
                          double margin = 1.0, Reduction reduction = Reduction::mean);

// max(||a - p|| - ||a - n|| + margin, 0). Schroff, Kalenichenko & Philbin 2015 with plain instead
// of squared distances, as PyTorch's triplet_margin_loss (p = 2); like there, eps is added to each
// coordinate of a difference.
Variable triplet_margin_loss(const Variable& anchor, const Variable& positive,
                             const Variable& negative, double margin = 1.0, double eps = 1e-6,
                             Reduction reduction = Reduction::mean);

}  // namespace gradian
