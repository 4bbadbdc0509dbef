// Gradient cases of the losses of losses/, but for the margin family (margin_losses.cpp): by the
// scores or embeddings, by targets where they are Variables, and by centres.
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "tests/gradients/cases.h"
#include "tests/gradients/table.h"

namespace gradian::proof {
namespace {

GradientSubject loss(std::string name, std::vector<GradCase> cases) {
  return {"loss", std::move(name), std::move(cases)};
}

constexpr std::pair<const char*, Reduction> kReductions[] = {
    {"mean", Reduction::mean}, {"sum", Reduction::sum}, {"none", Reduction::none}};

using Classification = Variable (*)(const Variable&, const Tensor&, const CrossEntropyOptions&);

// Six rows for five classes: labels repeat, and class 4 is absent. -1 is ignored where it occurs.
GradCase classification(Classification f, const std::string& label, CrossEntropyOptions options,
                        const std::vector<int64_t>& labels = {0, 2, 2, 1, 3, 0}) {
  return on(label, {{static_cast<int64_t>(labels.size()), 5}}, [=](In in) {
    CrossEntropyOptions converted = options;
    converted.weight = constant_like(options.weight, in[0]);
    return f(in[0], labels_of(labels), converted);
  });
}

std::vector<GradCase> classification_cases(Classification f) {
  const Tensor weight = distinct_values({5}, 0.5, 2);
  const std::vector<int64_t> ignored{0, -1, 2, 1, -1, 0};
  std::vector<GradCase> cases{classification(f, "one row", {}, {3})};
  for (const auto& [name, reduction] : kReductions) {
    cases.push_back(classification(f, name, {.reduction = reduction}));
    cases.push_back(classification(f, text(name, ", class weights, ignored rows"),
                                   {.weight = weight, .ignore_index = -1, .reduction = reduction},
                                   ignored));
  }
  return cases;
}

std::vector<GradientSubject> classification_losses() {
  std::vector<GradCase> smoothed = classification_cases(cross_entropy);
  const Tensor weight = distinct_values({5}, 0.5, 2);
  for (const auto& [name, reduction] : kReductions)
    smoothed.push_back(classification(
        cross_entropy, text(name, ", smoothed, class weights"),
        {.weight = weight, .ignore_index = -1, .reduction = reduction, .label_smoothing = 0.2},
        {0, -1, 2, 1, 3, 0}));
  smoothed.push_back(classification(cross_entropy, "all smoothed away", {.label_smoothing = 1}));
  smoothed.push_back(far_from_zero({2, 3}, [](In in) {
    return cross_entropy(in[0], labels_of({0, 1}));
  }));
  return {loss("cross_entropy", std::move(smoothed)),
          loss("nll_loss", classification_cases(nll_loss))};
}

// A loss of two operands of one shape, with each reduction.
std::vector<GradCase> with_reductions(const std::vector<Shape>& shapes,
                                      const std::function<Variable(In, Reduction)>& f) {
  std::vector<GradCase> cases;
  for (const auto& [name, reduction] : kReductions)
    cases.push_back(
        on(name, shapes, [f, reduction = reduction](In in) { return f(in, reduction); }));
  return cases;
}

std::vector<GradientSubject> value_losses() {
  const std::vector<Shape> pair{{3, 4}, {3, 4}};
  const Tensor same = distinct_values({3}, -1, 1);

  std::vector<GradCase> smooth_l1 = with_reductions(pair, [](In in, Reduction reduction) {
    return smooth_l1_loss(in[0], in[1], {.reduction = reduction});
  });
  smooth_l1.push_back(
      on("wide", pair, [](In in) { return smooth_l1_loss(in[0], in[1], {.beta = 2.5}); }));
  smooth_l1.push_back(at("at each side of beta",
                         {Tensor::from<double>({0.499, 0.501, -0.499, -0.501}, {4}),
                          Tensor::zeros({4}, DType::float64)},
                         [](In in) {
                           return smooth_l1_loss(in[0], in[1], {Reduction::sum, 0.5});
                         }));
  // Equal operands are no kink here: the loss is d^2 / (2 beta) around them.
  smooth_l1.push_back({"equal operands",
                       [](In in) { return smooth_l1_loss(in[0], in[1]); },
                       {same, same},
                       {.expect_zero = true}});
  std::vector<GradCase> mse = with_reductions(
      pair, [](In in, Reduction reduction) { return mse_loss(in[0], in[1], {reduction}); });
  mse.push_back({"equal operands",
                 [](In in) { return mse_loss(in[0], in[1]); },
                 {same, same},
                 {.expect_zero = true}});

  const auto binary = [](const std::string& label, Reduction reduction, bool weighted) {
    return at(label, {distinct_values({3, 4}, -4, 4, 1), distinct_values({3, 4}, 0, 1, 2)},
              [=](In in) {
                BinaryCrossEntropyOptions options{.reduction = reduction};
                if (weighted) {
                  options.weight = constant_like(distinct_values({3, 1}, 0.5, 2, 3), in[0]);
                  options.pos_weight = constant_like(distinct_values({4}, 0.5, 3, 4), in[0]);
                }
                return binary_cross_entropy_with_logits(in[0], in[1], options);
              });
  };
  std::vector<GradCase> binary_cases;
  for (const auto& [name, reduction] : kReductions) {
    binary_cases.push_back(binary(name, reduction, false));
    binary_cases.push_back(binary(text(name, ", weight and pos_weight"), reduction, true));
  }
  binary_cases.push_back(
      at("zero and far logits",
         {Tensor::from<double>({0, 40, -40}, {3}), distinct_values({3}, 0.2, 0.8)},
         [](In in) { return binary_cross_entropy_with_logits(in[0], in[1]); }));

  const Tensor counts = Tensor::from<double>({1, 0, 1}, {3, 1});
  return {
      loss("weighted", {on("a weight a row, one of them 0", {{3, 1}, {3, 4}},
                           [counts](In in) {
                             return weighted(in[0] * Variable(constant_like(counts, in[0])), in[1]);
                           })}),
      loss("where_counted", {on("one row of three counts for nothing", {{3, 4}},
                                [counts](In in) {
                                  return where_counted(constant_like(counts, in[0]), in[0] * in[0]);
                                })}),
      loss("reduce", with_reductions({{3, 4}},
                                     [](In in, Reduction reduction) {
                                       return reduce(in[0] * 1.0,
                                                     reduction);  // `none` records nothing
                                     })),
      loss("mse_loss", std::move(mse)),
      loss("l1_loss", with_reductions(pair,
                                      [](In in, Reduction reduction) {
                                        return l1_loss(in[0], in[1], {reduction});
                                      })),
      loss("smooth_l1_loss", std::move(smooth_l1)),
      loss("binary_cross_entropy_with_logits", std::move(binary_cases)),
  };
}

std::vector<GradientSubject> pair_losses() {
  // Distances are near 2: a margin of 2 keeps some pairs inside and some outside, a margin of 9 all
  // of them inside.
  const auto contrastive = [](double margin) {
    return [=](In in, Reduction reduction) {
      return contrastive_loss(in[0], in[1], labels_of({1, 0, 0, 1, 0}), {margin, reduction});
    };
  };
  const auto triplet = [](double margin) {
    return [=](In in, Reduction reduction) {
      return triplet_margin_loss(in[0], in[1], in[2], {.margin = margin, .reduction = reduction});
    };
  };
  std::vector<GradCase> contrastives = with_reductions({{5, 3}, {5, 3}}, contrastive(2));
  contrastives.push_back(on("all within the margin", {{5, 3}, {5, 3}},
                            [=](In in) { return contrastive(9)(in, Reduction::mean); }));
  // A pair of one class has the loss d^2 / 2, which is smooth at distance 0.
  const Tensor same = distinct_values({2, 3}, -1, 1);
  contrastives.push_back({"equal embeddings of one class",
                          [](In in) {
                            return contrastive_loss(in[0], in[1], labels_of({1, 1}));
                          },
                          {same, same},
                          {.expect_zero = true}});
  std::vector<GradCase> triplets = with_reductions({{5, 3}, {5, 3}, {5, 3}}, triplet(0.7));
  triplets.push_back(on("all within the margin", {{5, 3}, {5, 3}, {5, 3}},
                        [=](In in) { return triplet(9)(in, Reduction::mean); }));
  return {loss("contrastive_loss", std::move(contrastives)),
          loss("triplet_margin_loss", std::move(triplets))};
}

// [N, 3] features that are the centre of their label, but for the rows named.
Tensor features_at_centers(const Tensor& centers, const std::vector<int64_t>& labels,
                           const std::vector<int64_t>& but_for) {
  Tensor features = index_select(Variable(centers), 0, labels_of(labels)).value().clone();
  for (const int64_t row : but_for)
    features.slice(0, row, row + 1).copy_from(distinct_values({1, 3}, -1, 1, 5));
  return features;
}

std::vector<GradCase> center_loss_by_gradient() {
  const auto make = [] { return CenterLoss(5, 3, 0.3); };
  const Tensor centers = distinct_values({5, 3}, -1, 1, 9);
  const auto point = [&](const char* label, const Tensor& features,
                         const std::vector<int64_t>& labels) {
    return module_case<CenterLoss>(
        label, make, {features},
        [=](CenterLoss& center_loss, In in) { return center_loss(in[0], labels_of(labels)); },
        {centers});
  };
  const std::vector<int64_t> repeated{0, 2, 2, 1, 2, 0};  // 3 and 4 are absent
  std::vector<GradCase> cases{
      point("one row", distinct_values({1, 3}, -2, 2), {3}),
      point("repeated and absent labels", distinct_values({6, 3}, -2, 2), repeated),
      point("some features at their centre", features_at_centers(centers, repeated, {1, 3}),
            repeated),
      point("all features at their centre", features_at_centers(centers, repeated, {}), repeated)};
  cases.back().first_order.expect_zero = true;
  return cases;
}

// The paper's update is not the gradient of one function: each half is one, of the features with
// the centres held and of the centres with the features held. The second half leaves no trace in
// the value of the loss, so there the value is replaced by the function whose gradient it claims.
std::vector<GradCase> center_loss_by_paper() {
  const Tensor centers = distinct_values({5, 3}, -1, 1, 9);
  const auto features_half = [&](const char* label, const Tensor& features,
                                 const std::vector<int64_t>& labels) {
    return at(label, {features}, [=](In in) {
      CenterLoss center_loss(5, 3, 0.3, CenterUpdate::paper);
      center_loss.to(in[0].dtype());
      center_loss.centers.set_value(constant_like(centers, in[0]));
      return center_loss(in[0], labels_of(labels));
    });
  };
  const auto centers_half = [&](const char* label, const Tensor& features,
                                const std::vector<int64_t>& labels,
                                const std::vector<double>& one_more_than_samples) {
    return at(label, {centers}, [=](In in) {
      CenterLoss center_loss(5, 3, 0.3, CenterUpdate::paper);
      center_loss.to(in[0].dtype());
      center_loss.replace_parameter("centers", in[0]);
      const Variable x(constant_like(features, in[0]));
      const Variable claimed = center_loss(x, labels_of(labels));
      // sum over i of ||x_i - c_{y_i}||^2 / (2 (1 + n_{y_i})), whose gradient is Eq. 4
      const Variable apart = x - index_select(in[0], 0, labels_of(labels));
      const Variable divisor(
          constant_like(Tensor::from(one_more_than_samples, {features.size(0), 1}), in[0]));
      const Variable potential = sum(apart * apart / (2 * divisor));
      return claimed + (potential - claimed).detach();
    });
  };
  const std::vector<int64_t> repeated{0, 2, 2, 1, 2, 0};
  const std::vector<double> divisors{3, 4, 4, 2, 4, 3};
  const Tensor some_at_centers = features_at_centers(centers, repeated, {1, 3});
  return {
      features_half("features, one row", distinct_values({1, 3}, -2, 2), {3}),
      features_half("features, repeated labels", distinct_values({6, 3}, -2, 2), repeated),
      features_half("features, some at their centre", some_at_centers, repeated),
      centers_half("centres, one row", distinct_values({1, 3}, -2, 2), {3}, {2}),
      centers_half("centres, repeated labels", distinct_values({6, 3}, -2, 2), repeated, divisors),
      centers_half("centres, some features there", some_at_centers, repeated, divisors)};
}

}  // namespace

std::vector<GradientSubject> loss_subjects() {
  std::vector<GradCase> center_cases = center_loss_by_gradient();
  for (const GradCase& half : center_loss_by_paper()) center_cases.push_back(half);
  std::vector<GradientSubject> all{loss("CenterLoss", std::move(center_cases))};
  for (const auto& part : {classification_losses(), value_losses(), pair_losses()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace gradian::proof
