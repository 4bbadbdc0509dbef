// AdaFace: a margin whose kind depends on the length of the feature, which grows with the quality
// of the image. Kim, Jain, Liu, "AdaFace: Quality Adaptive Margin for Face Recognition", CVPR 2022.
#pragma once

#include "losses/margin.h"

namespace gradian {

// The target logit is s (cos(theta - m z) - (m + m z)), theta - m z kept in [0, pi], with the
// constant z = clamp(h (|x| - mean) / (std + 1e-3), -1, 1): ArcFace's margin where z = -1, for
// short features, CosFace's where z = 0. Each training batch of at least two rows moves mean and
// std (unbiased) of the lengths by 0.01 towards its own before they are used; the first sets them.
// The authors' code, unlike the paper, clips lengths to 0.001..100, cosines to +-(1 - 1e-3) and
// theta - m z to [1e-3, pi - 1e-3], starts from 20 and 100, and moves them in evaluation, too.
class AdaFaceLoss : public MarginLoss {
 public:
  AdaFaceLoss(int64_t in_features, int64_t out_features, double s = 64.0, double m = 0.4,
              double h = 0.333);

  using MarginLoss::forward;
  Variable forward(const Variable& x, const Tensor& labels) const override;

  const Variable& running_mean;  // buffers, []
  const Variable& running_std;

 private:
  double h_;
};

}  // namespace gradian
