// What every loss refuses, in one table: each error begins with the name that the user called.
#include <cmath>

#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/margin.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::test {
namespace {

// A call with a batch of two rows of three, or with what is wrong about it.
struct Loss {
  const char* name;
  std::function<void(const Variable& x, const Tensor& labels)> call;
};

std::vector<Loss> losses() {
  static const CenterLoss center(4, 3), paper(4, 3, 1, CenterUpdate::paper);
  static const MarginLoss margin(3, 4, 30, {});
  static const ArcFaceLoss arc(3, 4);
  static const CosFaceLoss cos(3, 4);
  const Variable good(Tensor::ones({2, 3}));
  return {
      {"cross_entropy", [](const Variable& x, const Tensor& y) { cross_entropy(x, y); }},
      {"nll_loss", [](const Variable& x, const Tensor& y) { nll_loss(x, y); }},
      {"CenterLoss", [](const Variable& x, const Tensor& y) { center(x, y); }},
      {"CenterLoss", [](const Variable& x, const Tensor& y) { paper(x, y); }},
      {"MarginLoss", [](const Variable& x, const Tensor& y) { margin(x, y); }},
      {"ArcFaceLoss", [](const Variable& x, const Tensor& y) { arc(x, y); }},
      {"CosFaceLoss", [](const Variable& x, const Tensor& y) { cos(x, y); }},
      {"contrastive_loss",
       [=](const Variable& x, const Tensor& y) { contrastive_loss(x, good, y); }},
  };
}

// The same of losses that have no labels.
std::vector<Loss> losses_without_labels() {
  static const ArcFaceLoss arc(3, 4);
  const Variable good(Tensor::ones({2, 3}));
  const auto of_pair = [=](const char* name, auto call) {
    return Loss{name, [=](const Variable& x, const Tensor&) { call(x, good); }};
  };
  const auto mirrored = [=](const char* name, auto call) {
    return Loss{name, [=](const Variable& x, const Tensor&) { call(good, x); }};
  };
  const auto mse = [](const Variable& a, const Variable& b) { mse_loss(a, b); };
  const auto l1 = [](const Variable& a, const Variable& b) { l1_loss(a, b); };
  const auto smooth = [](const Variable& a, const Variable& b) { smooth_l1_loss(a, b); };
  const auto binary = [](const Variable& a, const Variable& b) {
    binary_cross_entropy_with_logits(a, b);
  };
  const auto triplet = [=](const Variable& a, const Variable& b) {
    triplet_margin_loss(a, b, good);
  };
  return {of_pair("mse_loss", mse),
          mirrored("mse_loss", mse),
          of_pair("l1_loss", l1),
          mirrored("l1_loss", l1),
          of_pair("smooth_l1_loss", smooth),
          mirrored("smooth_l1_loss", smooth),
          of_pair("binary_cross_entropy_with_logits", binary),
          mirrored("binary_cross_entropy_with_logits", binary),
          of_pair("triplet_margin_loss", triplet),
          mirrored("triplet_margin_loss", triplet),
          {"ArcFaceLoss", [](const Variable& x, const Tensor&) { arc.cosine_logits(x); }}};
}

void check_named(const Loss& loss, const char* misuse, const Variable& x, const Tensor& labels) {
  const std::string error = error_of([&] { loss.call(x, labels); });
  CAPTURE(misuse);
  CAPTURE(error);
  CHECK(error.substr(0, error.find(": ")) == loss.name);
}

}  // namespace

TEST_CASE("losses: every misuse of the operands is an error that begins with the loss's name") {
  const Tensor ones = Tensor::ones({2, 3}), labels = integers({0, 1});
  const std::vector<std::pair<const char*, Variable>> bad_inputs = {
      {"undefined", Variable()},
      {"int64", Variable(ones.to(DType::int64))},
      {"one axis", Variable(Tensor::ones({2}))},
      {"three axes", Variable(Tensor::ones({2, 3, 1}))},
      {"no axis", Variable(Tensor::scalar(1))}};
  const std::vector<std::pair<const char*, Tensor>> bad_labels = {
      {"undefined", Tensor()},        {"a column", labels.unsqueeze(1)},
      {"too few", integers({0})},     {"too many", integers({0, 1, 1})},
      {"none", integers({})},         {"too large", integers({0, 4})},
      {"negative", integers({-1, 0})}};
  for (const Loss& loss : losses()) {
    for (const auto& [misuse, x] : bad_inputs) check_named(loss, misuse, x, labels);
    for (const auto& [misuse, y] : bad_labels) check_named(loss, misuse, Variable(ones), y);
  }
  for (const Loss& loss : losses_without_labels())
    for (const auto& [misuse, x] : bad_inputs) check_named(loss, misuse, x, labels);
}

TEST_CASE("losses: labels that are floating are refused, naming int64") {
  for (const Loss& loss : losses())
    if (std::string(loss.name) != "contrastive_loss")  // whose `same` may be of any dtype
      check_errors({{[&] {
                       loss.call(Variable(Tensor::ones({2, 3})), Tensor::zeros({2}));
                     },
                     text(loss.name, ": labels must be int64, got float32")}});
}

TEST_CASE("losses: operands of another dtype are refused, naming both") {
  const Variable wide(Tensor::ones({2, 3}, DType::float64));
  const Tensor labels = integers({0, 1});
  for (const auto& group : {losses(), losses_without_labels()})
    for (const Loss& loss : group) {
      const std::string error = error_of([&] { loss.call(wide, labels); });
      const std::string name = loss.name;
      if (name == "cross_entropy" || name == "nll_loss") continue;
      CAPTURE(error);
      CHECK(error.substr(0, error.find(": ")) == name);
      CHECK(error.find("float64") != std::string::npos);
      CHECK(error.find("float32") != std::string::npos);
    }
}

TEST_CASE("losses: an option outside its range is an error with the value that came") {
  const Variable x(Tensor::ones({2, 3}));
  const Tensor labels = integers({0, 1});
  for (const double bad : {-1.0, kNaN, kInfinity, -kInfinity}) {
    const std::string got = text(", got ", bad);
    check_errors({
        {[&] { triplet_margin_loss(x, x, x, {.margin = bad}); },
         "triplet_margin_loss: the margin must be positive and finite" + got},
        {[&] { triplet_margin_loss(x, x, x, {.eps = bad}); },
         "triplet_margin_loss: eps must be finite and not negative" + got},
        {[&] { contrastive_loss(x, x, labels, {.margin = bad}); },
         "contrastive_loss: the margin must be positive and finite" + got},
        {[&] { smooth_l1_loss(x, x, {.beta = bad}); },
         "smooth_l1_loss: beta must be finite and not negative" + got},
        {[&] { cross_entropy(x, labels, {.label_smoothing = bad}); },
         "cross_entropy: label_smoothing must be in [0, 1]" + got},
        {[&] { CenterLoss(2, 3, bad); },
         "CenterLoss: weight must be finite and not negative" + got},
        {[&] { MarginLoss(3, 2, bad, {}); },
         "MarginLoss: the scale s must be positive and finite" + got},
        {[&] { ArcFaceLoss(3, 2, bad); },
         "ArcFaceLoss: the scale s must be positive and finite" + got},
        {[&] { CosFaceLoss(3, 2, bad); },
         "CosFaceLoss: the scale s must be positive and finite" + got},
        {[&] { MarginLoss(3, 2, 30, {.m1 = bad}); },
         "MarginLoss: the angle's factor m1 must be positive and finite" + got},
        {[&] { ArcFaceLoss(3, 2, 30, bad); },
         "ArcFaceLoss: the margin on the angle must be from 0 to pi radians" + got},
        {[&] { apply_margin(x, {.m2 = bad}); },
         "apply_margin: the margin on the angle must be from 0 to pi radians" + got},
    });
  }
  for (const double bad : {5.0, -2.1, kNaN, kInfinity})
    check_errors({{[&] { CosFaceLoss(3, 2, 30, bad); },
                   text("CosFaceLoss: the margin on the cosine must be from -2 to 2, got ", bad)}});
  check_errors({
      {[&] { triplet_margin_loss(x, x, x, {.margin = 0}); },
       "triplet_margin_loss: the margin must be positive and finite, got 0"},
      {[&] { contrastive_loss(x, x, labels, {.margin = 0}); },
       "contrastive_loss: the margin must be positive and finite, got 0"},
      {[&] { ArcFaceLoss(3, 2, 0); },
       "ArcFaceLoss: the scale s must be positive and finite, got 0"},
      {[&] { nll_loss(x, labels, {.label_smoothing = 0.1}); },
       "nll_loss: label_smoothing is an option of cross_entropy"},
      {[&] { mse_loss(x, x, {static_cast<Reduction>(7)}); }, "mse_loss: unknown reduction 7"},
      {[&] { CenterLoss(2, 3, 1, static_cast<CenterUpdate>(7)); }, "CenterLoss: unknown update 7"},
      {[&] { cross_entropy(x, labels, {.weight = Tensor::full({3}, kNaN)}); },
       "cross_entropy: expected finite weights of the classes, got nan at class 0"},
      {[&] { nll_loss(x, labels, {.weight = Tensor::full({3}, -kInfinity)}); },
       "nll_loss: expected finite weights of the classes, got -inf at class 0"},
      {[&] { apply_margin(x, {.m2 = 0.1, .overflow = static_cast<MarginOverflow>(9)}); },
       "apply_margin: unknown overflow rule 9"},
      {[&] {
         contrastive_loss(x, x, integers({1, 2}));
       },
       "contrastive_loss: `same` must be 0 or 1, got 2 at row 1"},
      {[&] { contrastive_loss(x, x, Tensor::full({2}, 0.5)); },
       "contrastive_loss: `same` must be 0 or 1, got 0.5 at row 0"},
      {[&] {
         contrastive_loss(Variable(Tensor::ones({2, 0})), Variable(Tensor::ones({2, 0})), labels);
       },
       "contrastive_loss: expected embeddings [N, D] with D > 0, got [2, 0]"},
  });
}

TEST_CASE("losses: weights that would broadcast the losses to more of them are refused") {
  // [N, 1] against [N] would make [N, N] losses.
  struct Row {
    Shape weight, logits;
    bool fits;
  };
  const std::vector<Row> rows = {
      {{4}, {4}, true},    {{1}, {4}, true},     {{}, {4}, true},        {{4, 1}, {4, 3}, true},
      {{3}, {4, 3}, true}, {{4, 1}, {4}, false}, {{1, 4}, {4}, false},   {{4}, {4, 1}, false},
      {{4}, {1}, false},   {{4}, {4, 3}, false}, {{1, 1, 1}, {4}, false}};
  for (const Row& row : rows) {
    const Shape &weight_shape = row.weight, &logit_shape = row.logits;
    CAPTURE(weight_shape);
    CAPTURE(logit_shape);
    const Variable logits(Tensor::ones(logit_shape));
    const Tensor weight = Tensor::ones(weight_shape);
    const auto call = [&](const BinaryCrossEntropyOptions& options) {
      return error_of([&] { binary_cross_entropy_with_logits(logits, logits, options); });
    };
    const auto refused = [&](const char* option) {
      return row.fits ? std::string("no error")
                      : text("binary_cross_entropy_with_logits: ", option, ' ', weight_shape,
                             " does not broadcast to the logits ", logit_shape);
    };
    CHECK(call({.weight = weight}) == refused("weight"));
    CHECK(call({.pos_weight = weight}) == refused("pos_weight"));
    if (weight_shape == logit_shape) continue;
    // Between operands nothing broadcasts.
    using OfPair = std::function<void(const Variable&, const Variable&)>;
    const std::vector<std::pair<const char*, OfPair>> pairs = {
        {"mse_loss", [](const Variable& a, const Variable& b) { mse_loss(a, b); }},
        {"l1_loss", [](const Variable& a, const Variable& b) { l1_loss(a, b); }},
        {"smooth_l1_loss", [](const Variable& a, const Variable& b) { smooth_l1_loss(a, b); }},
        {"binary_cross_entropy_with_logits",
         [](const Variable& a, const Variable& b) { binary_cross_entropy_with_logits(a, b); }}};
    for (const auto& pair : pairs)
      check_errors({{[&] { pair.second(logits, Variable(weight)); },
                     text(pair.first, ": expected operands of one shape and dtype, got float32 ",
                          logit_shape, " and float32 ", weight_shape)}});
  }
  const Variable x(Tensor::ones({4}));
  check_errors({{[&] {
                   binary_cross_entropy_with_logits(x, x, {.weight = doubles({1, 1, 1, 1})});
                 },
                 "binary_cross_entropy_with_logits: expected a weight of dtype float32, got "
                 "float64"}});
}

}  // namespace gradian::test
