// Losses: operands, labels and options that make no sense.
#include "losses/ada_face.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/margin.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "losses/sub_center.h"
#include "tests/misuse/misuse.h"
#include "tests/special_values.h"

namespace gradian::misuse {
namespace {

using test::doubles, test::integers, test::kInfinity, test::kNaN;

constexpr int64_t kHuge = int64_t{1} << 40, kLowest = std::numeric_limits<int64_t>::min();

Variable ones(const Shape& shape, DType dtype = DType::float32) {
  return Variable(Tensor::ones(shape, dtype));
}
Variable rows_of_three() { return ones({2, 3}); }

// A loss of features or logits [2, 3] and labels, what it calls those, and its classes.
struct Classification {
  const char *name, *expected;
  int64_t classes;
  std::function<void(const Variable& x, const Tensor& labels)> call;
};

std::vector<Classification> classifications() {
  const auto paper = CenterUpdate::paper;
  return {
      {"cross_entropy", "logits [N, C]", 3,
       [](const Variable& x, const Tensor& y) { cross_entropy(x, y); }},
      {"nll_loss", "logits [N, C]", 3, [](const Variable& x, const Tensor& y) { nll_loss(x, y); }},
      {"CenterLoss", "features [N, 3]", 4,
       [](const Variable& x, const Tensor& y) { CenterLoss(4, 3)(x, y); }},
      {"CenterLoss", "features [N, 3]", 4,
       [=](const Variable& x, const Tensor& y) { CenterLoss(4, 3, 1, paper)(x, y); }},
      {"MarginLoss", "features [N, 3]", 4,
       [](const Variable& x, const Tensor& y) { MarginLoss(3, 4, 30, {})(x, y); }},
      {"ArcFaceLoss", "features [N, 3]", 4,
       [](const Variable& x, const Tensor& y) { ArcFaceLoss(3, 4)(x, y); }},
      {"CosFaceLoss", "features [N, 3]", 4,
       [](const Variable& x, const Tensor& y) { CosFaceLoss(3, 4)(x, y); }},
      {"AdaFaceLoss", "features [N, 3]", 4,
       [](const Variable& x, const Tensor& y) { AdaFaceLoss(3, 4)(x, y); }},
      {"SubCenterArcFaceLoss", "features [N, 3]", 4,
       [](const Variable& x, const Tensor& y) { SubCenterArcFaceLoss(3, 4)(x, y); }},
  };
}

Rows of_labels(const Classification& loss) {
  const auto with = [&](const Tensor& labels, const std::string& what) {
    return test::ErrorCase{[=] { loss.call(rows_of_three(), labels); },
                           text(loss.name, ": ", what)};
  };
  const auto outside = [&](int64_t label, int row) {
    return text("label ", label, " at row ", row, ", but there are ", loss.classes, " classes");
  };
  return {
      with(Tensor(), "the labels are undefined"),
      with(Tensor::zeros({2}), "labels must be int64, got float32"),
      with(integers({0, 1}).unsqueeze(1), "expected 2 labels, got shape [2, 1]"),
      with(Tensor::zeros({}, DType::int64), "expected 2 labels, got shape []"),
      with(integers({0}), "expected 2 labels, got shape [1]"),
      with(integers({0, 1, 1}), "expected 2 labels, got shape [3]"),
      with(integers({}), "expected 2 labels, got shape [0]"),
      with(integers({0, loss.classes}), outside(loss.classes, 1)),
      with(integers({-1, 0}), outside(-1, 0)),
      with(integers({0, kLowest}), outside(kLowest, 1)),
  };
}

Rows of_inputs(const Classification& loss) {
  const bool of_logits = loss.classes == 3;
  const auto with = [&](const Variable& x, const std::string& what) {
    return test::ErrorCase{[=] { loss.call(x, integers({0, 1})); }, text(loss.name, ": ", what)};
  };
  const auto expected = [&](const char* got) {
    return text("expected ", loss.expected, ", got ", got);
  };
  Rows rows{
      with(Variable(), "the variable is undefined"),
      with(ones({2}), expected("[2]")),
      with(ones({}), expected("[]")),
      with(ones({2, 3, 1}), expected("[2, 3, 1]") +
                                (of_logits ? ": move the classes last and make rows of the rest, "
                                             "reshape(permute(x, {0, 2, 3, 1}), {-1, C})"
                                           : "")),
      with(ones({2, 3}, DType::int64), of_logits ? "expected float32 or float64, got int64"
                                                 : "dtypes differ: int64 and float32"),
  };
  if (of_logits) return rows;
  rows.push_back(with(ones({2, 4}), expected("[2, 4]")));
  rows.push_back(with(ones({2, 3}, DType::float64), "dtypes differ: float64 and float32"));
  return rows;
}

// A loss of two operands of one shape and dtype.
struct OfPair {
  const char* name;
  std::function<void(const Variable& a, const Variable& b)> call;
};

std::vector<OfPair> losses_of_pairs() {
  return {
      {"mse_loss", [](const Variable& a, const Variable& b) { mse_loss(a, b); }},
      {"l1_loss", [](const Variable& a, const Variable& b) { l1_loss(a, b); }},
      {"smooth_l1_loss", [](const Variable& a, const Variable& b) { smooth_l1_loss(a, b); }},
      {"binary_cross_entropy_with_logits",
       [](const Variable& a, const Variable& b) { binary_cross_entropy_with_logits(a, b); }},
      {"contrastive_loss",
       [](const Variable& a, const Variable& b) {
         contrastive_loss(a, b, integers({0, 1}));
       }},
      {"triplet_margin_loss",
       [](const Variable& a, const Variable& b) { triplet_margin_loss(a, b, a); }},
  };
}

Rows of_pairs(const OfPair& loss) {
  Rows rows;
  const Variable good = rows_of_three(), whole = ones({2, 3}, DType::int64);
  const std::string kinds = "expected operands of one shape and dtype, got ";
  const auto pair = [&](const Variable& a, const Variable& b, const std::string& what) {
    rows.push_back({[=] { loss.call(a, b); }, text(loss.name, ": ", what)});
  };
  pair(Variable(), good, "the variable is undefined");
  pair(good, Variable(), "the variable is undefined");
  pair(whole, whole, "expected float32 or float64, got int64");
  // What would broadcast does not, either.
  for (const Shape& shape : {Shape{}, Shape{2}, Shape{3}, Shape{1, 3}, Shape{2, 3, 1}}) {
    pair(ones(shape), good, text(kinds, "float32 ", shape, " and float32 [2, 3]"));
    pair(good, ones(shape), text(kinds, "float32 [2, 3] and float32 ", shape));
  }
  pair(whole, good, kinds + "int64 [2, 3] and float32 [2, 3]");
  pair(good, ones({2, 3}, DType::float64), kinds + "float32 [2, 3] and float64 [2, 3]");
  return rows;
}

// Numbers that must be in a range, one of them `bad`.
Rows of_numbers(double bad) {
  const Variable x = rows_of_three();
  const Tensor y = integers({0, 1});
  const std::string positive = text(" must be positive and finite, got ", bad);
  const std::string not_negative = text(" must be finite and not negative, got ", bad);
  const std::string radians = text(" must be from 0 to pi radians, got ", bad);
  return {
      {[=] { triplet_margin_loss(x, x, x, {.margin = bad}); },
       "triplet_margin_loss: the margin" + positive},
      {[=] { triplet_margin_loss(x, x, x, {.eps = bad}); },
       "triplet_margin_loss: eps" + not_negative},
      {[=] { contrastive_loss(x, x, y, {.margin = bad}); },
       "contrastive_loss: the margin" + positive},
      {[=] { smooth_l1_loss(x, x, {.beta = bad}); }, "smooth_l1_loss: beta" + not_negative},
      {[=] { cross_entropy(x, y, {.label_smoothing = bad}); },
       text("cross_entropy: label_smoothing must be in [0, 1], got ", bad)},
      {[=] { nll_loss(x, y, {.label_smoothing = bad}); },
       text("nll_loss: label_smoothing is an option of cross_entropy, got ", bad)},
      {[=] { CenterLoss(2, 3, bad); }, "CenterLoss: weight" + not_negative},
      {[=] { MarginLoss(3, 2, bad, {}); }, "MarginLoss: the scale s" + positive},
      {[=] { ArcFaceLoss(3, 2, bad); }, "ArcFaceLoss: the scale s" + positive},
      {[=] { CosFaceLoss(3, 2, bad); }, "CosFaceLoss: the scale s" + positive},
      {[=] { MarginLoss(3, 2, 30, {.m1 = bad}); }, "MarginLoss: the angle's factor m1" + positive},
      {[=] { ArcFaceLoss(3, 2, 30, bad); }, "ArcFaceLoss: the margin on the angle" + radians},
      {[=] { apply_margin(x, {.m2 = bad}); }, "apply_margin: the margin on the angle" + radians},
  };
}

Rows of_options() {
  const Variable x = rows_of_three();
  const Tensor y = integers({0, 1});
  const auto unknown = static_cast<Reduction>(7);
  Rows rows{
      {[=] { triplet_margin_loss(x, x, x, {.margin = 0}); },
       "triplet_margin_loss: the margin must be positive and finite, got 0"},
      {[=] { contrastive_loss(x, x, y, {.margin = 0}); },
       "contrastive_loss: the margin must be positive and finite, got 0"},
      {[] { ArcFaceLoss(3, 2, 0); }, "ArcFaceLoss: the scale s must be positive and finite, got 0"},
      {[=] { cross_entropy(x, y, {.label_smoothing = 1.5}); },
       "cross_entropy: label_smoothing must be in [0, 1], got 1.5"},
      {[=] { mse_loss(x, x, {unknown}); }, "mse_loss: unknown reduction 7"},
      {[=] { l1_loss(x, x, {unknown}); }, "l1_loss: unknown reduction 7"},
      {[=] { smooth_l1_loss(x, x, {.reduction = unknown}); },
       "smooth_l1_loss: unknown reduction 7"},
      {[=] { binary_cross_entropy_with_logits(x, x, {.reduction = unknown}); },
       "binary_cross_entropy_with_logits: unknown reduction 7"},
      {[=] { cross_entropy(x, y, {.reduction = unknown}); }, "cross_entropy: unknown reduction 7"},
      {[=] { nll_loss(x, y, {.reduction = static_cast<Reduction>(-1)}); },
       "nll_loss: unknown reduction -1"},
      {[=] { contrastive_loss(x, x, y, {.reduction = unknown}); },
       "contrastive_loss: unknown reduction 7"},
      {[=] { triplet_margin_loss(x, x, x, {.reduction = unknown}); },
       "triplet_margin_loss: unknown reduction 7"},
      {[=] { reduce(x, unknown); }, "reduce: unknown reduction 7"},
      {[] { CenterLoss(2, 3, 1, static_cast<CenterUpdate>(7)); }, "CenterLoss: unknown update 7"},
      {[=] { apply_margin(x, {.m2 = 0.1, .overflow = static_cast<MarginOverflow>(9)}); },
       "apply_margin: unknown overflow rule 9"},
      {[] { ArcFaceLoss(3, 2, 30, 0.5, static_cast<MarginOverflow>(-1)); },
       "ArcFaceLoss: unknown overflow rule -1"},
      {[] { text(Margin{.overflow = static_cast<MarginOverflow>(9)}); },
       "Margin: unknown overflow rule 9"},
      {[] { ArcFaceLoss(2, 3, 30, 28.6); },  // the same 0.5 in degrees
       "ArcFaceLoss: the margin on the angle must be from 0 to pi radians, got 28.6"},
      {[=] { cross_entropy(x, y, {.weight = Tensor::full({3}, kNaN)}); },
       "cross_entropy: expected finite weights of the classes, got nan at class 0"},
      {[=] { MarginLoss(3, 4, 1e300, {})(x, y); },  // finite, but not in float32
       "MarginLoss: the scale must be positive and finite in float32, got 1e+300"},
      {[=] { nll_loss(x, y, {.weight = Tensor::full({3}, -kInfinity)}); },
       "nll_loss: expected finite weights of the classes, got -inf at class 0"},
      {[=] { cross_entropy(x, y, {.weight = Tensor::ones({2})}); },
       "cross_entropy: expected a weight per class, [3], got [2]"},
      {[=] {
         cross_entropy(x, y, {.weight = doubles({1, 1, 1})});
       },
       "cross_entropy: dtypes differ: float64 and float32"},
      {[=] {
         cross_entropy(x, integers({-100, 0}), {.ignore_index = 7});
       },
       "cross_entropy: label -100 at row 0, but there are 3 classes"},
      {[=] {
         CenterLoss(4, 3)(x, integers({-100, 0}));
       },  // there is no ignore_index
       "CenterLoss: label -100 at row 0, but there are 4 classes"},
  };
  for (const double bad : {5.0, -2.1, kNaN, kInfinity})
    rows.push_back({[=] { CosFaceLoss(3, 2, 30, bad); },
                    text("CosFaceLoss: the margin on the cosine must be from -2 to 2, got ", bad)});
  return rows;
}

Rows of_sizes() {
  return {
      {[] { CenterLoss(0, 2); },
       "CenterLoss: expected positive sizes, got 0 classes and feat_dim 2"},
      {[] { CenterLoss(3, -1); },
       "CenterLoss: expected positive sizes, got 3 classes and feat_dim -1"},
      {[] { CenterLoss(kHuge, kHuge); },
       "CenterLoss: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { CenterLoss(kHuge, 1); },
       "CenterLoss: no memory for 4398.05 GB, float32 [1099511627776, 1]"},
      {[] { MarginLoss(-2, 3, 30, {}); },
       "MarginLoss: expected positive sizes, got -2 features and 3 classes"},
      {[] { ArcFaceLoss(0, 3); },
       "ArcFaceLoss: expected positive sizes, got 0 features and 3 classes"},
      {[] { CosFaceLoss(2, 0); },
       "CosFaceLoss: expected positive sizes, got 2 features and 0 classes"},
      {[] { ArcFaceLoss(kHuge, kHuge); },
       "ArcFaceLoss: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { CosFaceLoss(1, kHuge); },
       "CosFaceLoss: no memory for 4398.05 GB, float32 [1099511627776, 1]"},
  };
}

// Weights that do not broadcast to the logits, or would broadcast those: [N, 1] against [N] would
// make [N, N] losses.
Rows of_weights() {
  Rows rows;
  const std::vector<std::pair<Shape, Shape>> unfit{{{4, 1}, {4}}, {{1, 4}, {4}}, {{4}, {4, 1}},
                                                   {{4}, {1}},    {{4}, {4, 3}}, {{1, 1, 1}, {4}}};
  for (const auto& shapes : unfit) {
    const Tensor weight = Tensor::ones(shapes.first);
    const Variable x = ones(shapes.second);
    const std::string what =
        text(' ', shapes.first, " does not broadcast to the logits ", shapes.second);
    rows.push_back({[=] { binary_cross_entropy_with_logits(x, x, {.weight = weight}); },
                    "binary_cross_entropy_with_logits: weight" + what});
    rows.push_back({[=] { binary_cross_entropy_with_logits(x, x, {.pos_weight = weight}); },
                    "binary_cross_entropy_with_logits: pos_weight" + what});
  }
  const Variable x = rows_of_three();
  const Tensor wide = Tensor::ones({3}, DType::float64), whole = Tensor::ones({3}, DType::int64);
  rows.push_back({[=] { binary_cross_entropy_with_logits(x, x, {.weight = wide}); },
                  "binary_cross_entropy_with_logits: expected a weight of dtype float32, got "
                  "float64"});
  rows.push_back({[=] { binary_cross_entropy_with_logits(x, x, {.pos_weight = whole}); },
                  "binary_cross_entropy_with_logits: expected a pos_weight of dtype float32, got "
                  "int64"});
  return rows;
}

Rows of_embeddings() {
  const Variable x = rows_of_three();
  const auto same = [=](const Tensor& values, const std::string& what) {
    return test::ErrorCase{[=] { contrastive_loss(x, x, values); }, "contrastive_loss: " + what};
  };
  const auto shaped = [](const Shape& shape) {
    const std::string what = text("expected embeddings [N, D] with D > 0, got ", shape);
    return Rows{{[=] { contrastive_loss(ones(shape), ones(shape), Tensor::zeros({2})); },
                 "contrastive_loss: " + what},
                {[=] { triplet_margin_loss(ones(shape), ones(shape), ones(shape)); },
                 "triplet_margin_loss: " + what}};
  };
  Rows rows{same(Tensor(), "`same` is undefined"),
            same(integers({0, 1, 0}), "expected `same` [2], got [3]"),
            same(integers({}), "expected `same` [2], got [0]"),
            same(Tensor::zeros({2, 1}), "expected `same` [2], got [2, 1]"),
            same(integers({1, 2}), "`same` must be 0 or 1, got 2 at row 1"),
            same(integers({-1, 1}), "`same` must be 0 or 1, got -1 at row 0"),
            same(Tensor::full({2}, 0.5), "`same` must be 0 or 1, got 0.5 at row 0"),
            same(Tensor::full({2}, kNaN), "`same` must be 0 or 1, got nan at row 0"),
            {[=] { triplet_margin_loss(x, x, Variable()); },
             "triplet_margin_loss: the variable is undefined"},
            {[=] { triplet_margin_loss(x, x, ones({2})); },
             "triplet_margin_loss: expected operands of one shape and dtype, got float32 [2, 3] "
             "and float32 [2]"},
            {[=] {
               triplet_margin_loss(x, x, ones({2, 3}, DType::float64));
             },
             "triplet_margin_loss: expected operands of one shape and dtype, got float32 [2, 3] "
             "and float64 [2, 3]"}};
  for (const Shape& shape : {Shape{}, Shape{2}, Shape{2, 0}, Shape{2, 3, 1}})
    for (const test::ErrorCase& row : shaped(shape)) rows.push_back(row);
  return rows;
}

// cosine_logits, apply_margin and what losses share.
Rows of_parts() {
  const auto cosines = [](const Variable& x) {
    return [=] { ArcFaceLoss(3, 4).cosine_logits(x); };
  };
  const Variable x = rows_of_three();
  return {
      {cosines(Variable()), "cosine_logits: the variable is undefined"},
      {cosines(ones({3})), "cosine_logits: expected features [N, 3], got [3]"},
      {cosines(ones({2, 4})), "cosine_logits: expected features [N, 3], got [2, 4]"},
      {cosines(ones({2, 3, 1})), "cosine_logits: expected features [N, 3], got [2, 3, 1]"},
      {cosines(ones({2, 3}, DType::int64)), "cosine_logits: dtypes differ: int64 and float32"},
      {cosines(ones({2, 3}, DType::float64)), "cosine_logits: dtypes differ: float64 and float32"},
      {[] { apply_margin(Variable(), {}); }, "apply_margin: the variable is undefined"},
      {[] { apply_margin(ones({2}, DType::int64), {}); },
       "apply_margin: expected float32 or float64, got int64"},
      {[] { reduce(Variable(), Reduction::mean); }, "reduce: the variable is undefined"},
      {[] { reduce(Variable(), Reduction::none); }, "reduce: the variable is undefined"},
      {[=] { weighted(Variable(), x); }, "weighted: the variable is undefined"},
      {[=] { weighted(x, Variable()); }, "weighted: the variable is undefined"},
      {[=] { weighted(ones({2}), x); }, "weighted: shapes [2] and [2, 3] do not broadcast"},
      {[=] { where_counted(Tensor(), x); }, "where_counted: the tensor is undefined"},
      {[] { where_counted(Tensor::zeros({2}), Variable()); },
       "where_counted: the variable is undefined"},
      {[=] { check_same_kind(x, Variable()); }, "check_same_kind: the variable is undefined"},
      {[=] { check_same_kind(x, ones({3})); },
       "check_same_kind: expected operands of one shape and dtype, got float32 [2, 3] and float32 "
       "[3]"},
  };
}

}  // namespace

Rows loss_rows() {
  Rows rows;
  const auto add = [&](const Rows& more) { rows.insert(rows.end(), more.begin(), more.end()); };
  for (const Classification& loss : classifications()) {
    add(of_labels(loss));
    add(of_inputs(loss));
  }
  for (const OfPair& loss : losses_of_pairs()) add(of_pairs(loss));
  for (const double bad : {-1.0, kNaN, kInfinity, -kInfinity}) add(of_numbers(bad));
  for (const auto& of : {of_options, of_sizes, of_weights, of_embeddings, of_parts}) add(of());
  return rows;
}

}  // namespace gradian::misuse
