// Sub-center ArcFace: several weight rows a class, so that wrongly labelled samples gather around
// one of their own and can be found. Deng, Guo, Liu, Gong, Zafeiriou, "Sub-center ArcFace", ECCV
// 2020; Eq. 7 of arXiv:1801.07698v4.
#pragma once

#include "losses/margin.h"

namespace gradian {

// A row of features, and how far it is from the dominant centre of its class.
struct Outlier {
  int64_t row;
  double degrees;
};

// ArcFaceLoss whose cosine of class j is the largest of those of its K centres, rows j K to
// j K + K - 1 of weight [out_features K, in_features]; it alone gets a gradient, the first of
// equals. To clean data: train with K = 3, drop outliers(), train anew with K = 1, which is
// ArcFace.
class SubCenterArcFaceLoss : public MarginLoss {
 public:
  SubCenterArcFaceLoss(int64_t in_features, int64_t out_features, int64_t K = 3, double s = 30.0,
                       double m = 0.50, MarginOverflow overflow = MarginOverflow::mirror)
      : MarginLoss(Calling("SubCenterArcFaceLoss"), in_features, out_features, s,
                   {.m2 = m, .overflow = overflow}, text(", ", K, " centres a class"), K),
        K_(K) {}

  using MarginLoss::forward;
  Variable forward(const Variable& x, const Tensor& labels) const override;
  Variable cosine_logits(const Variable& x) const override;

  // int64 [out_features]: of each class the centre, from 0 to K - 1, that is nearest to most of its
  // rows; the first of equals, and of a class without rows.
  Tensor dominant_centers(const Tensor& features, const Tensor& labels) const;
  // The rows that are more than `degrees`, the paper's 75, from their class's dominant centre.
  std::vector<Outlier> outliers(const Tensor& features, const Tensor& labels,
                                double degrees = 75) const;

 private:
  int64_t classes() const { return weight.size(0) / K_; }
  Tensor own_cosines(const Tensor& features, const Tensor& labels) const;

  int64_t K_;
};

}  // namespace gradian
