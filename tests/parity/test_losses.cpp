// The losses against PyTorch, pytorch-metric-learning and the formulas of the papers and of the
// note (losses/README.md): tests/parity/losses.py has a case for each row here, with the same
// name.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "losses/ada_face.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/margin.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "losses/sub_center.h"
#include "tests/parity/fixture.h"

namespace gradian::parity {
namespace {

const std::map<std::string, Reduction> kReductions = {
    {"none", Reduction::none}, {"mean", Reduction::mean}, {"sum", Reduction::sum}};

Cases classification_cases() {
  Cases cases;
  const auto logits = [&](const std::string& name, const CrossEntropyOptions& options) {
    cases["cross_entropy." + name] = [=](In in) {
      return cross_entropy(in[0], in[1].value(), options);
    };
  };
  logits("far", {});
  logits("ignored", {});
  logits("ignored_class", {.ignore_index = 2});
  logits("ignored_infinite", {});
  logits("ignored_infinite_smoothed", {.label_smoothing = 0.1});
  logits("everything_ignored", {});
  logits("smoothed", {.label_smoothing = 0.1});
  cases["cross_entropy.weighted"] = [](In in) {
    return cross_entropy(in[0], in[1].value(), {.weight = in[2].value()});
  };
  cases["nll_loss.plain"] = [](In in) { return nll_loss(in[0], in[1].value()); };
  cases["nll_loss.ignored_infinite"] = cases["nll_loss.plain"];
  for (const auto& [name, reduction] : kReductions) {
    CrossEntropyOptions options{.reduction = reduction};
    logits(name, options);
    cases["nll_loss.weighted_" + name] = [=](In in) mutable {
      options.weight = in[2].value();
      return nll_loss(in[0], in[1].value(), options);
    };
    options.label_smoothing = 0.2;
    cases["cross_entropy.everything_" + name] = [=](In in) mutable {
      options.weight = in[2].value();
      return cross_entropy(in[0], in[1].value(), options);
    };
  }
  return cases;
}

Cases regression_cases() {
  Cases cases;
  cases["l1_loss.equal"] = [](In in) { return l1_loss(in[0], in[1]); };
  cases["smooth_l1_loss.narrow"] = [](In in) {
    return smooth_l1_loss(in[0], in[1], {.beta = 0.25});
  };
  cases["smooth_l1_loss.beta_0"] = [](In in) { return smooth_l1_loss(in[0], in[1], {.beta = 0}); };
  cases["binary_cross_entropy_with_logits.far"] = [](In in) {
    return binary_cross_entropy_with_logits(in[0], in[1]);
  };
  for (const auto& [name, reduction] : kReductions) {
    cases["mse_loss." + name] = [reduction = reduction](In in) {
      return mse_loss(in[0], in[1], {reduction});
    };
    cases["l1_loss." + name] = [reduction = reduction](In in) {
      return l1_loss(in[0], in[1], {reduction});
    };
    cases["smooth_l1_loss." + name] = [reduction = reduction](In in) {
      return smooth_l1_loss(in[0], in[1], {.reduction = reduction});
    };
    cases["binary_cross_entropy_with_logits.everything_" + name] = [reduction = reduction](In in) {
      return binary_cross_entropy_with_logits(in[0], in[1],
                                              {in[2].value(), in[3].value(), reduction});
    };
  }
  return cases;
}

Cases embedding_cases() {
  Cases cases;
  cases["triplet_margin_loss.margin_eps"] = [](In in) {
    return triplet_margin_loss(in[0], in[1], in[2], {.margin = 0.3, .eps = 0.01});
  };
  cases["contrastive_loss.plain"] = [](In in) {
    return contrastive_loss(in[0], in[1], in[2].value());
  };
  cases["contrastive_loss.margin"] = [](In in) {
    return contrastive_loss(in[0], in[1], in[2].value(), {.margin = 4});
  };
  for (const auto& [name, reduction] : kReductions)
    cases["triplet_margin_loss." + name] = [reduction = reduction](In in) {
      return triplet_margin_loss(in[0], in[1], in[2], {.reduction = reduction});
    };
  return cases;
}

// A margin loss of features, labels and weight [classes * rows_per_class, size].
template <class Loss, int64_t rows_per_class = 1, class... Options>
Function margin_loss(const Options&... options) {
  return [=](In in) {
    Loss loss(in[2].size(1), in[2].size(0) / rows_per_class, options...);
    loss.to(in[2].dtype());
    loss.replace_parameter("weight", in[2]);
    return loss(in[0], in[1].value());
  };
}

Cases margin_cases() {
  Cases cases;
  // No angle exceeds pi - m in the cases named space, so the rule for that does not matter.
  cases["arcface.space"] = margin_loss<ArcFaceLoss>(8.0, 0.5);
  cases["arcface.large_scale"] = margin_loss<ArcFaceLoss>(64.0);
  cases["arcface.plane_fallback"] =
      margin_loss<ArcFaceLoss>(8.0, 0.5, MarginOverflow::cos_fallback);
  cases["cosface.space"] = margin_loss<CosFaceLoss>();
  cases["cosface.plane"] = margin_loss<CosFaceLoss>(8.0, 0.2);
  // What the note calls ArcFace subtracts its margin from the cosine: that is CosFace.
  cases["note_arcface.space"] = margin_loss<CosFaceLoss>(30.0, 0.5);
  cases["note_arcface.plane"] = margin_loss<MarginLoss>(30.0, Margin{.m3 = 0.5});

  cases["sub_center.space"] = margin_loss<SubCenterArcFaceLoss, 3>(3, 8.0, 0.5);
  cases["ada_face.space"] = margin_loss<AdaFaceLoss>(8.0, 0.4, 1.0);
  cases["ada_face.plane"] = margin_loss<AdaFaceLoss>(8.0, 0.4, 0.333);

  const auto on_cosine = [&](const std::string& name, const Margin& margin) {
    cases["apply_margin." + name] = [=](In in) { return apply_margin(in[0], margin); };
  };
  on_cosine("sphereface", {.m1 = 4});
  on_cosine("mirror", {.m2 = 0.5});
  on_cosine("combined", {.m1 = 1.5, .m2 = 0.5, .m3 = 0.25});
  on_cosine("cos_fallback", {.m2 = 0.5, .overflow = MarginOverflow::cos_fallback});
  on_cosine("easy_margin", {.m2 = 0.5, .overflow = MarginOverflow::easy_margin});
  on_cosine("none", {.m2 = 0.5, .overflow = MarginOverflow::none});
  return cases;
}

Cases center_cases() {
  Cases cases;
  const auto center = [&](const std::string& name, double weight, CenterUpdate update) {
    cases["center_loss." + name] = [=](In in) {
      CenterLoss loss(in[2].size(0), in[2].size(1), weight, update);
      loss.to(in[2].dtype());
      loss.replace_parameter("centers", in[2]);
      return loss(in[0], in[1].value());
    };
  };
  center("plain", 1, CenterUpdate::gradient);
  center("weighted", 0.25, CenterUpdate::gradient);
  center("paper", 0.25, CenterUpdate::paper);
  return cases;
}

std::vector<Difference> differences() {
  constexpr double m = 0.5;
  const Function arcface = [](In in) { return apply_margin(in[0], {.m2 = m}); };
  const double cosine = -0.9921875, theta = std::acos(cosine);
  const double smallest = std::acos(1 - 1e-7);
  return {
      {"apply_margin.beyond_pi",
       arcface,
       {{"out", {cosine - m * std::sin(m)}, {-2 - std::cos(theta + m)}},
        {"grad0", {1}, {-std::sin(theta + m) / std::sin(theta)}}},
       "the default rule continues the curve smoothly; pytorch-metric-learning's jumps at pi"},
      {"apply_margin.one",
       arcface,
       {{"out", {std::cos(m)}, {std::cos(smallest + m)}}},
       "acos has no finite slope at 1, so the cosine is clamped just below; both gradients are 0"},
  };
}

Cases all_cases() {
  Cases cases;
  for (const auto& part :
       {classification_cases, regression_cases, embedding_cases, margin_cases, center_cases})
    cases.merge(part());
  for (const Difference& difference : differences()) cases[difference.name] = difference.function;
  return cases;
}

const Fixture& fixture() {
  static const Fixture losses("losses");
  return losses;
}

TEST_CASE("cross entropy and nll_loss match PyTorch in every option") {
  check_cases(fixture(), classification_cases());
}
TEST_CASE("losses on values match PyTorch") { check_cases(fixture(), regression_cases()); }
TEST_CASE("losses on embeddings match PyTorch") { check_cases(fixture(), embedding_cases()); }
TEST_CASE("margin losses match pytorch-metric-learning, the note and the papers' formulas") {
  check_cases(fixture(), margin_cases());
}
TEST_CASE("CenterLoss matches the note's code and the paper's update") {
  check_cases(fixture(), center_cases());
}
TEST_CASE("losses differ from pytorch-metric-learning on purpose only in these values") {
  check_differences(fixture(), differences());
}

TEST_CASE("every array of the losses fixture belongs to a case, and every case has arrays") {
  fixture().check_covered_by(names_of(all_cases()));
}

}  // namespace
}  // namespace gradian::parity
