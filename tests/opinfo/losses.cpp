// The losses that PyTorch has too, as functions and as modules.
#include "losses/cross_entropy.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "tests/opinfo/functions.h"

namespace gradian::opinfo {
namespace {

using Loss = Variable (*)(const Variable&, const Tensor&, const CrossEntropyOptions&);
using RegressionLoss = Variable (*)(const Variable&, const Variable&, const LossOptions&);

Row classification(Loss f) {
  return [f](Call& c) {
    const Variable input = c.variable("input");
    if (input.dim() == 1) throw LeftOut{"scores without a batch"};
    if (input.dim() > 2) throw LeftOut{"scores with axes behind the classes"};
    const Variable target = c.variable("target");
    if (is_floating(target.dtype())) throw LeftOut{"a target of probabilities"};
    CrossEntropyOptions options;
    options.weight = c.optional_tensor("weight");
    options.ignore_index = c.integer("ignore_index", -100);
    options.label_smoothing = c.number("label_smoothing", 0);
    options.reduction = c.reduction();
    return f(input, target.value(), options);
  };
}

Row regression(RegressionLoss f) {
  return [f](Call& c) {
    const Variable input = c.variable("input");
    return f(input, c.variable("target"), {c.reduction()});
  };
}

Variable smooth_l1(Call& c) {
  return smooth_l1_loss(c.variable("input"), c.variable("target"),
                        {c.reduction(), c.number("beta", 1)});
}

Variable binary_cross_entropy(Call& c) {
  BinaryCrossEntropyOptions options;
  options.weight = c.optional_tensor("weight");
  options.pos_weight = c.optional_tensor("pos_weight");
  options.reduction = c.reduction();
  return binary_cross_entropy_with_logits(c.variable("input"), c.variable("target"), options);
}

Variable triplet_margin(Call& c) {
  if (c.has("p") && c.number("p") != 2) throw LeftOut{"p other than 2"};
  const Variable anchor = c.variable("anchor");
  if (anchor.dim() == 1) throw LeftOut{"embeddings without a batch"};
  return triplet_margin_loss(anchor, c.variable("positive"), c.variable("negative"),
                             {c.number("margin", 1), c.number("eps", 1e-6), c.reduction()});
}

}  // namespace

Table losses() {
  Table rows;
  rows["nn.functional.cross_entropy"] = rows["nn.CrossEntropyLoss"] = classification(cross_entropy);
  rows["nn.functional.nll_loss"] = rows["nn.NLLLoss"] = classification(nll_loss);
  rows["nn.functional.mse_loss"] = rows["nn.MSELoss"] = regression(mse_loss);
  rows["nn.functional.l1_loss"] = rows["nn.L1Loss"] = regression(l1_loss);
  rows["nn.functional.smooth_l1_loss"] = rows["nn.SmoothL1Loss"] = smooth_l1;
  rows["nn.functional.binary_cross_entropy_with_logits"] = rows["nn.BCEWithLogitsLoss"] =
      binary_cross_entropy;
  rows["nn.functional.triplet_margin_loss"] = triplet_margin;
  return rows;
}

}  // namespace gradian::opinfo
