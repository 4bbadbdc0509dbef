// The margin classification head as one op: the fused twin of a composite, see autograd/fused.h,
// by the kernels of tensor/margin_head.h.
#include "autograd/apply.h"
#include "autograd/fused.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tensor/margin_head.h"

namespace gradian {
namespace {

// The target cosines [B] as a leaf, and what the margin makes of them.
struct Targets {
  Variable cosine, logit;
};

Targets margin_targets(const Tensor& cosines, const MarginFunction& margin) {
  const GradMode record(true);
  const Variable target(cosines, true);
  return {target, margin(target)};
}

}  // namespace

Variable margin_cross_entropy_composite(const Variable& x, const Variable& weight,
                                        const Tensor& labels, double scale,
                                        const MarginFunction& margin) {
  const Variable cosine = linear(normalize(x, 1), normalize(weight, 1));   // [B, C]
  const Variable target = margin(gather(cosine, 1, labels.unsqueeze(1)));  // [B, 1]
  const Tensor is_target = one_hot(labels, weight.size(0), x.dtype());
  const Variable log_p = log_softmax(scale * where(is_target, target, cosine), 1);
  return neg(mean(gather(log_p, 1, labels.unsqueeze(1))));
}

// y = mean over i of -log softmax(scale * cosines, the label's replaced)[label];
// dx and dweight by the kernels, or by the composite's recorded gradients
struct MarginCrossEntropy {
  static constexpr auto name = "margin_cross_entropy";
  double scale;
  MarginFunction margin;
  // What forward leaves for backward; shared, as the op is copied into its node.
  struct Saved {
    CosineProducts products;  // with the margin's logits in place of the target cosines
    Tensor target_cosine, log_normalizer;
  };
  std::shared_ptr<Saved> saved = std::make_shared<Saved>();

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& labels) const {
    saved->products = cosine_products(x, weight);
    saved->target_cosine = target_cosines(saved->products, labels);
    const Tensor target = margin_targets(saved->target_cosine, margin).logit.value();
    replace_targets(saved->products, labels, target.contiguous());
    saved->log_normalizer = log_normalizers(saved->products, scale);
    const Tensor losses = sub(saved->log_normalizer, mul(target, Tensor::scalar(scale, x.dtype())));
    return div(sum(losses), Tensor::scalar(static_cast<double>(x.size(0)), x.dtype()));
  }
  Gradients backward(const Context& context, const Variable& grad_out) const {
    if (grad_enabled())
      return composite_gradients(context, grad_out, [&](const std::vector<Variable>& in) {
        return margin_cross_entropy_composite(in[0], in[1], in[2].value(), scale, margin);
      });
    const Variable &x = context.input(0), &weight = context.input(1), &labels = context.input(2);
    const Targets targets = margin_targets(saved->target_cosine, margin);
    const Variable ones(Tensor::ones(targets.logit.shape(), x.dtype()));
    const Tensor slope = grad({targets.logit}, {targets.cosine}, {ones})[0].value();
    const double row_grad = grad_out.item() / static_cast<double>(x.size(0));
    const HeadGradients gradients =
        head_gradients(saved->products, weight.value(), labels.value(), slope.contiguous(),
                       saved->log_normalizer, scale, row_grad);
    return {Variable(gradients.x), Variable(gradients.weight), Variable()};
  }
  static std::vector<GradCase> cases() {
    const Tensor labels = Tensor::from(std::vector<int64_t>{0, 2, 2, 1}, {4});
    const auto with = [=](double scale, const MarginFunction& margin) {
      return [=](const std::vector<Variable>& in) {
        return margin_cross_entropy(in[0], in[1], labels, scale, margin);
      };
    };
    const std::vector<Tensor> point{spread({4, 3}, -1, 1.1, 1), spread({5, 3}, -1, 1.1, 2)};
    return {
        {"cosine margin", with(4, [](const Variable& c) { return c - 0.2; }), point},
        {"curved margin", with(2, [](const Variable& c) { return c * c * 0.3 + 0.5 * c; }), point},
        {"one input twice",
         [=](const std::vector<Variable>& in) {
           return margin_cross_entropy(in[0], in[0], labels, 3.0,
                                       [](const Variable& c) { return 0.5 * c; });
         },
         {spread({4, 3}, -1, 1.1)}}};
  }
};

Variable margin_cross_entropy(const Variable& x, const Variable& weight, const Tensor& labels,
                              double scale, const MarginFunction& margin) {
  check(x.dim() == 2 && weight.dim() == 2 && x.size(1) == weight.size(1),
        "margin_cross_entropy: expected x [B, D] and weight [C, D], got x ", x.shape(), ", weight ",
        weight.shape());
  check_same_dtype(x.value(), weight.value(), "margin_cross_entropy");
  return apply(MarginCrossEntropy{scale, margin}, x, weight, Variable(labels.contiguous()));
}

template std::vector<OpCases> cases_of(MarginHeadOps);

}  // namespace gradian
