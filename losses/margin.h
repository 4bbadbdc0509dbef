// The angular-margin losses: cross entropy over cosines whose target class is made harder by a
// margin. One path serves them all, cos(m1 theta + m2) - m3, Eq. 4 of Deng, Guo, Xue, Zafeiriou,
// "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019.
#pragma once

#include "autograd/ops.h"
#include "nn/module.h"

namespace gradian {

// What the target cosine becomes once m1 theta + m2 exceeds pi, where the cosine would rise again
// and reward a larger angle. theta is spread over all of [0, pi] in few dimensions, so it matters.
enum class MarginOverflow {
  // (-1)^k cos(m1 theta + m2) - 2k with k = floor((m1 theta + m2) / pi): falls all the way, with a
  // continuous slope. For k = 1 it is -2 - cos(m1 theta + m2).
  mirror,
  // cos(theta) - m2 sin(m2): jumps down at the border and falls on for m1 = 1, jumps up for m1 = 4.
  cos_fallback,
  // The margin only where cos(theta) > 0, else cos(theta): jumps up at 90 degrees.
  easy_margin,
  // cos(m1 theta + m2) as it is: beyond pi the gradient points the wrong way.
  none,
};

struct Margin {
  double m1 = 1;  // SphereFace's factor, positive
  double m2 = 0;  // ArcFace's addend, radians, from 0 to pi
  double m3 = 0;  // CosFace's addend, from -2 to 2, the distance between cosines
  MarginOverflow overflow = MarginOverflow::mirror;
};
// "m1 1, m2 0.5 rad, m3 0, mirror"
std::ostream& operator<<(std::ostream& out, const Margin& margin);

// acos is taken of cosines clamped to +- this, the last float32 below 1 but one.
constexpr double kCosineBound = 1 - 1e-7;

// cos(m1 theta + m2) - m3 of cosine = cos(theta), any shape. With m1 = 1 and m2 = 0 it is
// cosine - m3 to the last bit. Otherwise theta = acos(cosine clamped to +-kCosineBound), never
// below 4.5e-4, and the gradient at and beyond that bound is 0: acos has no finite slope at +-1.
// (Where cos_fallback or easy_margin has taken over from acos it is 1.)
Variable apply_margin(const Variable& cosine, const Margin& margin);

// cross_entropy(s * [cosines, the target's one with its margin]), for features x [N, in_features].
// The cosine of x with row j of weight is that of their angle theta_j; rows of zeros, which have
// none, count as cosine 0 with a gradient of 0.
class MarginLoss : public nn::Module {
 public:
  // weight starts as random directions of length 1; the loss does not depend on its length.
  MarginLoss(int64_t in_features, int64_t out_features, double s, const Margin& margin)
      : MarginLoss(Calling("MarginLoss"), in_features, out_features, s, margin) {}

  using Module::forward;
  // labels int64 [N] -> scalar, the mean; the sum is N times it. A loss a row, which takes a matrix
  // of logits, with c = cosine_logits(x) and is_label = one_hot(labels, c.size(1), c.dtype()):
  //   cross_entropy(s * where(is_label, apply_margin(c, margin), c), labels,
  //                 {.reduction = Reduction::none})
  virtual Variable forward(const Variable& x, const Tensor& labels) const;
  Variable operator()(const Variable& x, const Tensor& labels) const { return forward(x, labels); }

  // [N, out_features] cosines without margin or scale: what accuracy is measured on. The margin
  // logits know the label, so their accuracy says how hard training is, not how good the model.
  virtual Variable cosine_logits(const Variable& x) const;

  // Margin warm-up: from now on the margin is 1 + f (m1 - 1), f m2, f m3, with f from 0 to 1 such
  // as nn::warm_up(1000)(step). Set before each step, as Optimizer::set_lr_factor: no checkpoint
  // has it.
  void set_margin_factor(double factor);

  const Variable& weight;  // [out_features, in_features]

 protected:
  // Of a class made from this one, whose name errors of its options begin with, with several rows
  // of weight a class, and what description() adds.
  MarginLoss(const Calling&, int64_t in_features, int64_t out_features, double s,
             const Margin& margin, const std::string& more_settings = "",
             int64_t rows_per_class = 1);
  void check_features(const Variable& x) const;
  double scale() const { return s_; }
  Margin margin() const;  // with its factor

 private:
  double s_, factor_ = 1;
  Margin margin_;
};

// The target logit is s cos(theta + m), m in radians. Infeasible margins do not converge: in two
// dimensions with C classes m must be under 2 pi / C.
class ArcFaceLoss : public MarginLoss {
 public:
  ArcFaceLoss(int64_t in_features, int64_t out_features, double s = 30.0, double m = 0.50,
              MarginOverflow overflow = MarginOverflow::mirror)
      : MarginLoss(Calling("ArcFaceLoss"), in_features, out_features, s,
                   {.m2 = m, .overflow = overflow}) {}
};

// The target logit is s (cos(theta) - m). Wang et al., "CosFace: Large Margin Cosine Loss for Deep
// Face Recognition", CVPR 2018, whose s and m are the defaults. In two dimensions with C classes m
// must be at most 1 - cos(2 pi / C).
class CosFaceLoss : public MarginLoss {
 public:
  CosFaceLoss(int64_t in_features, int64_t out_features, double s = 64.0, double m = 0.35)
      : MarginLoss(Calling("CosFaceLoss"), in_features, out_features, s, {.m3 = m}) {}
};

}  // namespace gradian
