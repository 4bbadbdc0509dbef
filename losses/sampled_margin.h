// Sampled negatives: a margin loss over the classes of the batch and some of the others, drawn at
// random, "Partial FC" of An et al., "Killing Two Birds with One Stone: Efficient and Robust
// Training of Face Recognition CNNs by Partial FC", CVPR 2022, who lose nothing with a tenth of
// them. Time and the memory of the gradient go down with the part.
#pragma once

#include "losses/margin.h"
#include "nn/optimizer.h"
#include "tensor/random.h"

namespace gradian {

// The classes of the labels, int64 [N], and so many others, each set of them as likely, that there
// are round(rate * num_classes), 0 < rate <= 1, unless the labels' are more: int64 [S], ascending.
Tensor sample_classes(const Tensor& labels, int64_t num_classes, double rate,
                      Generator& generator = default_generator());

// MarginLoss over the classes of sample_classes(), anew at each call. The optimiser is the one that
// trains `weight`: it gives the rows of these classes, and its next step() moves no others (see
// Optimizer::rows). Called without it, the loss is that over all classes, which is the larger one.
//
//   const Variable loss = head(network(x), labels, optimizer);
//   optimizer.zero_grad();
//   loss.backward();
//   optimizer.step();
class SampledMarginLoss : public MarginLoss {
 public:
  // The generator has to outlive the loss. A Checkpoint holds the default one, another by add().
  SampledMarginLoss(int64_t in_features, int64_t out_features, double s, const Margin& margin,
                    double rate, Generator& generator = default_generator());

  using MarginLoss::forward, MarginLoss::operator();
  Variable forward(const Variable& x, const Tensor& labels, nn::Optimizer& optimizer) const;
  Variable operator()(const Variable& x, const Tensor& labels, nn::Optimizer& optimizer) const {
    return forward(x, labels, optimizer);
  }

 private:
  double rate_;
  Generator& generator_;
};

}  // namespace gradian
