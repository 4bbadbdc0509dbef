// Losses on pairs and triplets of embeddings, which the papers of both headline losses compare
// with. Embeddings are [N, D]; distances are Euclidean. Margins are positive numbers.
#pragma once

#include "losses/reduction.h"

namespace gradian {

struct ContrastiveLossOptions {
  double margin = 1;  // the distance that pairs of two classes are pushed to
  Reduction reduction = Reduction::mean;
};
// For pairs of embeddings: t d^2 / 2 + (1 - t) max(margin - d, 0)^2 / 2, d = ||x1 - x2||, where
// `same` [N], of any dtype, is 1 for a pair of one class and 0 otherwise. Hadsell, Chopra & LeCun
// 2006, Eq. 4 (whose Y is 1 - same).
Variable contrastive_loss(const Variable& x1, const Variable& x2, const Tensor& same,
                          const ContrastiveLossOptions& options = {});

struct TripletMarginLossOptions {
  double margin = 1;  // how much nearer the positive has to be
  double eps = 1e-6;  // added to each coordinate of a difference
  Reduction reduction = Reduction::mean;
};
// max(||a - p|| - ||a - n|| + margin, 0). Schroff, Kalenichenko & Philbin 2015 with plain instead
// of squared distances, as PyTorch's triplet_margin_loss (with p = 2 and without swap).
Variable triplet_margin_loss(const Variable& anchor, const Variable& positive,
                             const Variable& negative,
                             const TripletMarginLossOptions& options = {});

}  // namespace gradian
