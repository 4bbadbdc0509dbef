// Center loss: pulls each feature towards a learnt centre of its class.
// Wen, Zhang, Li, Qiao, "A Discriminative Feature Learning Approach for Deep Face Recognition",
// ECCV 2016, which the equation numbers refer to.
#pragma once

#include "nn/module.h"

namespace gradian {

// How the centres learn.
enum class CenterUpdate {
  // By the gradient of the loss, like any parameter; `weight` scales their rate too.
  gradient,
  // By the paper's rule: SGD(lr = alpha, no momentum, no decay) on `centers` is Algorithm 1,
  //   c_j -= alpha * sum over y_i = j of (c_j - x_i) / (1 + n_j)   (Eq. 4)
  // with n_j the samples of class j in the batch. No one loss has this step for c and
  // x - c for x: here there are two terms, each of which holds one of them constant.
  paper,
};

// CenterUpdate::gradient:  weight * mean over i of ||x_i - c_{y_i}||^2
// CenterUpdate::paper:     weight * mean over i of ||x_i - c_{y_i}||^2 / 2  (Eq. 2 as a mean)
// The paper's lambda with mean cross entropy is `weight` in the paper's form, and twice `weight`
// in the gradient form. Give the centres an optimiser group of their own, without weight decay,
// which would drag them to 0. Alone, this loss collapses all features to one point (section 3.3):
// add it to a classification loss.
class CenterLoss : public nn::Module {
 public:
  // Centres start from N(0, 1).
  CenterLoss(int64_t num_classes, int64_t feat_dim, double weight = 1.0,
             CenterUpdate update = CenterUpdate::gradient)
      : CenterLoss(Calling("CenterLoss"), num_classes, feat_dim, weight, update) {}

  using Module::forward;
  // features [N, feat_dim], labels int64 [N] -> scalar, the mean; their sum is N times it.
  Variable forward(const Variable& features, const Tensor& labels) const;
  Variable operator()(const Variable& features, const Tensor& labels) const {
    return forward(features, labels);
  }

  const Variable& centers;  // [num_classes, feat_dim]

 private:
  CenterLoss(const Calling&, int64_t num_classes, int64_t feat_dim, double weight,
             CenterUpdate update);
  double weight_;
  CenterUpdate update_;
};

}  // namespace gradian
