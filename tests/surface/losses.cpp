// What someone who knows PyTorch or pytorch-metric-learning writes about losses at the first try, a
// line each: with the value that PyTorch has (to its printed digits) or that is worked out by hand,
// or with the refusal that says what to write instead. Values in depth are proved in losses/.
#include <cmath>
#include <numbers>

#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/margin.h"
#include "losses/pairs.h"
#include "losses/regression.h"
#include "nn/optimizer.h"
#include "tests/helpers.h"

namespace gradian::test {

TEST_CASE("surface, losses on values: PyTorch's names and defaults, options in braces") {
  const Variable x = leaf({1, 2, 4}, {3}), t(doubles({0, 2, 1}));  // differences 1, 0, 3
  check_values(mse_loss(x, t), {10.0 / 3});
  check_values(mse_loss(x, t, {.reduction = Reduction::sum}), {10});
  check_values(mse_loss(x, t, {.reduction = Reduction::none}), {1, 0, 9});
  check_values(mse_loss(x, t, {Reduction::sum}), {10});
  check_values(mse_loss(x, t, {}), {10.0 / 3});
  check_values(mse_loss(x, x.detach()), {0});
  check_values(l1_loss(x, t), {4.0 / 3});
  check_values(l1_loss(x, t, {.reduction = Reduction::sum}), {4});
  check_values(smooth_l1_loss(x, t), {1});  // (1/2 + 0 + 5/2) / 3
  check_values(smooth_l1_loss(x, t, {.beta = 0.5}), {3.5 / 3});
  check_values(smooth_l1_loss(x, t, {.reduction = Reduction::sum, .beta = 0.5}), {3.5});
  mse_loss(x, t).backward();
  check_values(x.grad(), {2.0 / 3, 0, 2});
  check_values(reduce(x * x, Reduction::sum), {21});     // a loss of one's own
  check_errors({{[&] { mse_loss(x, unsqueeze(t, 1)); },  // PyTorch warns and broadcasts
                 "mse_loss: expected operands of one shape and dtype, got float64 [3] and float64 "
                 "[3, 1]"},
                {[&] { l1_loss(x, Variable(t.value().to(DType::float32))); },
                 "l1_loss: expected operands of one shape and dtype, got float64 [3] and float32 "
                 "[3]"},
                {[&] { smooth_l1_loss(x, t, {.beta = -1}); },
                 "smooth_l1_loss: beta must be finite and not negative, got -1"}});
}

TEST_CASE("surface, binary cross entropy: PyTorch's values") {
  const Variable x(doubles({0.5, -1, 2})), t(doubles({1, 0, 1}));
  const auto loss = binary_cross_entropy_with_logits;
  check_values(loss(x, t, {}), {0.3047555609137673});
  check_values(loss(x, t, {.reduction = Reduction::sum}), {0.914266682741302});
  check_values(loss(x, t, {.pos_weight = doubles({3})}), {0.7054255577291535});
  check_values(loss(x, t, {.weight = doubles({1, 0, 2})}), {0.24264433542201722});
  check_errors({{[&] { loss(unsqueeze(x, 1), t, {}); },
                 "binary_cross_entropy_with_logits: expected operands of one shape and dtype, got "
                 "float64 [3, 1] and float64 [3]"}});
}

TEST_CASE("surface, cross entropy: PyTorch's values") {
  const Variable x = leaf({2, 1, 0, 0, 3, 1}, {2, 3});
  const Tensor y = integers({0, 2});
  check_values(cross_entropy(x, y), {1.288725992000333});
  check_values(cross_entropy(x, y, {.reduction = Reduction::sum}), {2.577451984000666});
  check_values(cross_entropy(x, y, {.reduction = Reduction::none}),
               {0.4076059644443804, 2.1698460195562856});
  check_values(cross_entropy(x, y, {.weight = doubles({1, 2, 3})}), {1.7292860057783095});
  check_values(cross_entropy(x, y, {.label_smoothing = 0.1}), {1.3220593253336665});
  check_values(cross_entropy(x, integers({0, -100})), {0.4076059644443804});
  check_values(cross_entropy(x, integers({0, 255}), {.ignore_index = 255}), {0.4076059644443804});
  check_values(nll_loss(log_softmax(x, 1), y), {1.288725992000333});
  cross_entropy(x, y).backward();
  check_values(x.grad(), {-0.1673795221125891, 0.12236423552739882, 0.04501528658519022,
                          0.021005033067033024, 0.4218973672406698, -0.4429024003077028});
  check_errors({
      {[&] {
         cross_entropy(x, integers({0, 3}));
       },
       "cross_entropy: label 3 at row 1, but there are 3 classes"},
      {[&] { cross_entropy(x, x.value()); },  // a target of probabilities
       "cross_entropy: labels must be int64, got float64"},
      {[&] {
         cross_entropy(Variable(Tensor::zeros({2, 3, 4, 4})), y);
       },
       "cross_entropy: expected logits [N, C], got [2, 3, 4, 4]: move the classes last and make "
       "rows of the rest, reshape(permute(x, {0, 2, 3, 1}), {-1, C})"},
      {[&] {
         cross_entropy(Variable(doubles({2, 1, 0})), integers({0}));
       },
       "cross_entropy: expected logits [N, C], got [3]"},
  });
  const Variable pixels = leaf({2, 0, 1, 3, 0, 1}, {1, 3, 2});  // [N, C, length]
  check_values(cross_entropy(reshape(permute(pixels, {0, 2, 1}), {-1, 3}), y), {1.288725992000333});
}

TEST_CASE("surface, pairs and triplets: distances, margins by name") {
  const Variable a = leaf({0, 0, 1, 1}, {2, 2}), p(doubles({3, 4, 1, 2}, {2, 2})),
                 n(doubles({0, 2, 4, 5}, {2, 2}));  // distances 5 and 1, 2 and 5
  check_values(triplet_margin_loss(a, p, n), {1.9999997999998769});
  check_values(triplet_margin_loss(a, p, n, {.margin = 0.3}), {1.6499997999998768});
  check_values(triplet_margin_loss(a, p, n, {.margin = 0.3, .reduction = Reduction::none}),
               {3.2999995999997536, 0});
  check_values(triplet_margin_loss(a, p, n, {.eps = 0, .reduction = Reduction::sum}), {4});
  // Same: 25 / 2. Different, 1 apart: (margin - 1)^2 / 2.
  check_values(contrastive_loss(a, p, integers({1, 0})), {12.5 / 2});
  check_values(contrastive_loss(a, p, integers({1, 0}), {.margin = 3}), {(12.5 + 2) / 2});
  check_values(
      contrastive_loss(a, p, integers({1, 0}), {.margin = 3, .reduction = Reduction::none}),
      {12.5, 2});
  check_errors({{[&] {
                   contrastive_loss(a, p, integers({1, -1}));
                 },  // cosine_embedding_loss's
                 "contrastive_loss: `same` must be 0 or 1, got -1 at row 1"},
                {[&] { triplet_margin_loss(select(a, 0, 0), select(p, 0, 0), select(n, 0, 0)); },
                 "triplet_margin_loss: expected embeddings [N, D] with D > 0, got [2]"}});
}

TEST_CASE("surface, margin losses: the head owns the class weights, and speaks radians") {
  using std::numbers::pi;
  // 30 degrees from the first row, 60 from the second.
  const Variable x(doubles({3 * std::cos(pi / 6), 3 * std::sin(pi / 6)}, {1, 2}));
  const Tensor y = integers({0}), rows = doubles({1, 0, 0, 1}, {2, 2});
  const auto with_rows = [&](MarginLoss&& loss) {
    loss.to(DType::float64);
    loss.weight.set_value(rows);
    return loss(x, y);
  };
  const auto entropy = [](double s, double phi) { return std::log1p(std::exp(s * (0.5 - phi))); };
  check_values(with_rows(ArcFaceLoss(2, 2)), {entropy(30, std::cos(pi / 6 + 0.5))});
  check_values(with_rows(ArcFaceLoss(2, 2, 4.0, 0.2)), {entropy(4, std::cos(pi / 6 + 0.2))});
  check_values(with_rows(CosFaceLoss(2, 2, 4.0, 0.2)), {entropy(4, std::cos(pi / 6) - 0.2)});
  check_values(with_rows(MarginLoss(2, 2, 4, {.m1 = 1.35})), {entropy(4, std::cos(1.35 * pi / 6))});
  check_values(with_rows(ArcFaceLoss(2, 2, 4, 0.2, MarginOverflow::easy_margin)),
               {entropy(4, std::cos(pi / 6 + 0.2))});

  ArcFaceLoss arc(2, 2, 4.0, 0.2);
  arc.to(DType::float64);
  arc.weight.set_value(rows);
  check_values(arc.cosine_logits(x), {std::cos(pi / 6), 0.5});
  check_values(argmax(arc.cosine_logits(x).value(), 1), {0});
  CHECK(names(arc.named_parameters()) == std::vector<std::string>{"weight"});
  CHECK(arc.description() == "ArcFaceLoss(2 -> 2, s 4, m1 1, m2 0.2 rad, m3 0, mirror)");
  CHECK(text(Margin{.m2 = 0.5}) == "m1 1, m2 0.5 rad, m3 0, mirror");
  // reduction = 'none'
  const Variable c = arc.cosine_logits(x);
  const Tensor is_label = one_hot(y, c.size(1), c.dtype());
  check_values(cross_entropy(4 * where(is_label, apply_margin(c, {.m2 = 0.2}), c), y,
                             {.reduction = Reduction::none}),
               {arc(x, y).item()});
  check_errors({
      {[] { ArcFaceLoss(/*num_classes=*/10, /*embedding_size=*/512, 64, /*margin=*/28.6); },
       "ArcFaceLoss: the margin on the angle must be from 0 to pi radians, got 28.6"},
      {[&] { arc(x, integers({2})); }, "ArcFaceLoss: label 2 at row 0, but there are 2 classes"},
      {[&] { arc.forward(x); }, "ArcFaceLoss: forward(x) is not what this module takes"},
  });
}

TEST_CASE(
    "surface, CenterLoss: beside a classification loss, with centres that an optimiser moves") {
  const Variable x = leaf({1, 0, 3, 1, 1, 3}, {3, 2});
  const Tensor y = integers({0, 1, 1});
  CenterLoss center(/*num_classes=*/3, /*feat_dim=*/2);
  center.to(DType::float64);
  center.centers.set_value(doubles({0, 0, 1, 1, 5, 5}, {3, 2}));
  check_values(center(x, y), {3});                   // (1 + 4 + 4) / 3
  const Variable sum_of_squares = 3 * center(x, y);  // reduction = 'sum'
  check_values(sum_of_squares, {9});
  const Variable total = cross_entropy(x, y) + 0.1 * center(x, y);
  check_values(total, {cross_entropy(x, y).item() + 0.3});
  nn::SGD optimizer(center.named_parameters(), {.lr = 0.5});
  total.backward();
  optimizer.step();  // c -= 0.5 * 0.1 * 2 / 3 * sum(c - x)
  check_values(center.centers, {0.1 / 3, 0, 1 + 0.2 / 3, 1 + 0.2 / 3, 5, 5});
}

namespace {

template <class... Arguments>
concept mse_takes = requires(const Arguments&... arguments) {
  mse_loss(arguments...);
};
template <class... Arguments>
concept cross_entropy_takes = requires(const Arguments&... arguments) {
  cross_entropy(arguments...);
};
template <class... Arguments>
concept triplet_takes = requires(const Arguments&... arguments) {
  triplet_margin_loss(arguments...);
};
using V = Variable;
using T = Tensor;

static_assert(mse_takes<V, V> && mse_takes<V, V, LossOptions>);
static_assert(!mse_takes<V, V, Reduction>);  // {.reduction = Reduction::sum}
static_assert(!mse_takes<V, V, const char*>);
static_assert(!mse_takes<V, V, bool>);  // size_average
static_assert(!mse_takes<V, T>);        // a target may require grad: Variable(t)
static_assert(cross_entropy_takes<V, T> && cross_entropy_takes<V, T, CrossEntropyOptions>);
static_assert(!cross_entropy_takes<V, V>);     // labels are a Tensor, nothing flows into them
static_assert(!cross_entropy_takes<V, T, T>);  // {.weight = w}
static_assert(!cross_entropy_takes<V, T, Reduction>);
static_assert(triplet_takes<V, V, V> && triplet_takes<V, V, V, TripletMarginLossOptions>);
static_assert(!triplet_takes<V, V, V, double>);  // {.margin = 0.3}

}  // namespace

}  // namespace gradian::test
