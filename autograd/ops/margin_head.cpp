// The margin classification head as one op: the fused twin of a composite, see autograd/apply.h,
// by the kernels of tensor/fused/margin_head.h.
#include <cmath>

#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"
#include "tensor/fused/margin_head.h"

namespace gradian {
namespace {

void check_head(const Variable& x, const Variable& weight, const Tensor& labels, double scale,
                const MarginFunction& margin) {
  check(x.dim() == 2 && weight.dim() == 2 && x.size(1) == weight.size(1),
        "expected x [B, D] and weight [C, D], got x ", x.shape(), ", weight ", weight.shape());
  check_same_dtype(x.value(), weight.value());
  check_floating(x);
  check_labels(labels, x.size(0), weight.size(0));
  const double rounded = Tensor::scalar(scale, x.dtype()).item();
  check(rounded > 0 && std::isfinite(rounded), "the scale must be positive and finite in ",
        x.dtype(), ", got ", scale);
  check(margin != nullptr, "there is no margin");
}

// What the margin makes of the target cosines [B]: as many logits.
Variable target_logits(const MarginFunction& margin, const Variable& cosines) {
  const Variable logits = margin(cosines);
  check(logits.defined(), "the margin returned an undefined variable");
  check(logits.shape() == cosines.shape() && logits.dtype() == cosines.dtype(),
        "the margin must return ", describe(cosines.value()), ", one logit for each row, got ",
        describe(logits.value()));
  return logits;
}

}  // namespace

Variable margin_cross_entropy_composite(const Variable& x, const Variable& weight,
                                        const Tensor& labels, double scale,
                                        const MarginFunction& margin) {
  const Calling calling("margin_cross_entropy_composite");
  check_head(x, weight, labels, scale, margin);
  const Tensor column = labels.unsqueeze(1);                              // [B, 1]
  const Variable cosine = linear(normalize(x, 1), normalize(weight, 1));  // [B, C]
  const Variable target =                                                 // [B]
      target_logits(margin, squeeze(gather(cosine, 1, column), 1));
  const Tensor is_target = one_hot(labels, weight.size(0), x.dtype());
  const Variable logits = scale * where(is_target, unsqueeze(target, 1), cosine);
  return neg(mean(gather(log_softmax(logits, 1), 1, column)));
}

// y = mean over i of -log softmax(scale * cosines, the label's replaced)[label];
// dx and dweight by the kernels
struct ops::MarginCrossEntropy {
  static constexpr auto name = "margin_cross_entropy";
  double scale;
  MarginFunction margin;
  // What forward leaves for backward; shared, as the op is copied into its node.
  struct Saved {
    fused::HeadProducts products;
    fused::TargetLosses losses;
  };
  std::shared_ptr<Saved> saved = std::make_shared<Saved>();

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& labels) const {
    saved->products = fused::head_products(x, weight, labels, scale);
    const Variable target = target_logits(margin, Variable(saved->products.target_cosine));
    check(!target.requires_grad(), "the margin depends on other variables that require a ",
          "gradient, which they would not get; detach them");
    saved->losses = fused::target_losses(saved->products, target.value().contiguous(), scale);
    return div(sum(saved->losses.loss), Tensor::scalar(static_cast<double>(x.size(0)), x.dtype()));
  }
  // The gradient of the sum of the losses / scale by the target cosines, through the margin, [B].
  Tensor by_target_cosine() const {
    const GradMode record(true);
    const Variable cosine(saved->products.target_cosine, true);
    const Variable logits = target_logits(margin, cosine);
    if (!logits.requires_grad()) return Tensor::zeros(cosine.shape(), cosine.dtype());
    return grad({logits}, {cosine}, {Variable(saved->losses.by_target)})[0].value().contiguous();
  }
  Gradients backward(const Context& context, const Variable& grad_out) const {
    const Variable &x = context.input(0), &weight = context.input(1), &labels = context.input(2);
    const double row_grad = grad_out.item() / static_cast<double>(x.size(0));
    const fused::HeadGradients gradients =
        fused::head_gradients(saved->products, weight.value(), labels.value(), by_target_cosine(),
                              saved->losses.log_normalizer, scale, row_grad);
    return {Variable(gradients.x), Variable(gradients.weight), Variable()};
  }
  Variable composite(const Inputs& in) const {
    return margin_cross_entropy_composite(in[0], in[1], in[2].value(), scale, margin);
  }
  Attributes attributes() const { return {{"scale", scale}}; }
  static std::vector<GradCase> cases() {
    const Tensor labels = Tensor::from(std::vector<int64_t>{0, 2, 2, 1}, {4});
    const auto with = [=](double scale, const MarginFunction& margin) {
      return [=](const Inputs& in) {
        return margin_cross_entropy(in[0], in[1], labels, scale, margin);
      };
    };
    const auto at = [](const char* label, int64_t classes, const Function& function) {
      return grad_case(label, {{4, 3}, {classes, 3}}, function, -1, 1.1);
    };
    const auto a_row = [](const Variable& c) {
      return c - Variable(distinct_values(c.shape(), 0.1, 0.4).to(c.dtype()));
    };
    const auto halved = [](const Variable& c) { return 0.5 * c; };
    return {
        at("cosine margin", 5, with(4, [](const Variable& c) { return c - 0.2; })),
        at("curved margin", 5, with(2, [](const Variable& c) { return c * c * 0.3 + 0.5 * c; })),
        at("a margin a row, as many rows as classes", 4, with(3, a_row)),
        at("a margin of the whole batch", 5,
           with(3, [](const Variable& c) { return c - mean(c * c) * 0.5; })),
        grad_case(
            "one input twice", {{4, 3}},
            [=](const Inputs& in) { return margin_cross_entropy(in[0], in[0], labels, 3, halved); },
            -1, 1.1)};
  }
};

Variable margin_cross_entropy(const Variable& x, const Variable& weight, const Tensor& labels,
                              double scale, const MarginFunction& margin) {
  const Calling calling(ops::MarginCrossEntropy::name);
  check_head(x, weight, labels, scale, margin);
  return apply(ops::MarginCrossEntropy{scale, margin}, x, weight, labels.contiguous());
}

template std::vector<OpCases> cases_of(ops::MarginHeadOps);

}  // namespace gradian
