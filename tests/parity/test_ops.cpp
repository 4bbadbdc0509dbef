// The functions of autograd/ops.h against PyTorch: tests/parity/ops.py has a case for each row
// here, with the same name. Second derivatives are not compared (see tests/gradients/).
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tests/helpers.h"
#include "tests/parity/fixture.h"
#include "tests/special_values.h"

namespace gradian::parity {
namespace {

using test::kInfinity;

using Unary = Variable (*)(const Variable&);
using Binary = Variable (*)(const Variable&, const Variable&);

Function unary(Unary f) {
  return [f](In in) { return f(in[0]); };
}

Function binary(Binary f) {
  return [f](In in) { return f(in[0], in[1]); };
}

Cases elementwise_cases() {
  Cases cases;
  cases["operators.numbers"] = [](In in) {
    return (2 - in[0] / 3) * 4 + (1 + in[0]) * 0.5 - 3 / in[0];
  };
  cases["neg.plain"] = unary(neg);
  cases["exp.plain"] = unary(exp);
  cases["exp.far"] = unary(exp);
  cases["log.plain"] = unary(log);
  cases["log.ends"] = unary(log);
  cases["log1p.plain"] = unary(log1p);
  cases["log1p.tiny"] = unary(log1p);
  cases["sqrt.plain"] = unary(sqrt);
  cases["sin.plain"] = unary(sin);
  cases["cos.plain"] = unary(cos);
  cases["acos.plain"] = unary(acos);
  cases["acos.ends"] = unary(acos);
  cases["tanh.plain"] = unary(tanh);
  cases["tanh.far"] = unary(tanh);
  cases["erf.plain"] = unary(erf);
  cases["erf.far"] = unary(erf);
  cases["sigmoid.plain"] = unary(sigmoid);
  cases["sigmoid.far"] = unary(sigmoid);
  cases["softplus.plain"] = unary(softplus);
  cases["softplus.far"] = unary(softplus);
  cases["relu.plain"] = unary(relu);
  cases["abs.plain"] = unary(abs);
  cases["silu.plain"] = unary(silu);
  cases["silu.far"] = unary(silu);
  cases["pow.variables"] = [](In in) { return pow(in[0], in[1]); };
  cases["pow.exponent_-1.5"] = [](In in) { return pow(in[0], -1.5); };
  cases["pow.exponent_0.0"] = [](In in) { return pow(in[0], 0); };
  cases["pow.exponent_0.5"] = [](In in) { return pow(in[0], 0.5); };
  cases["pow.exponent_1.0"] = [](In in) { return pow(in[0], 1); };
  cases["pow.exponent_3.0"] = [](In in) { return pow(in[0], 3); };
  cases["pow.negative_base"] = [](In in) { return pow(in[0], 3); };
  cases["pow.zero_base"] = cases["pow.variables"];
  cases["leaky_relu.plain"] = [](In in) { return leaky_relu(in[0]); };
  cases["leaky_relu.steep"] = [](In in) { return leaky_relu(in[0], 0.3); };
  cases["gelu.plain"] = [](In in) { return gelu(in[0]); };
  cases["gelu.far"] = [](In in) { return gelu(in[0]); };
  cases["gelu.tanh"] = [](In in) { return gelu(in[0], true); };
  cases["where.broadcast"] = [](In in) { return where(in[0].value(), in[1], in[2]); };
  cases["clamp.plain"] = [](In in) { return clamp(in[0], -0.5, 1); };
  cases["prelu.one_slope"] = binary(prelu);
  cases["prelu.channels"] = [](In in) { return prelu(in[0], reshape(in[1], {3, 1})); };
  cases["dropout.not_training"] = [](In in) { return dropout(in[0], 0.5, false); };
  cases["dropout.everything"] = [](In in) { return dropout(in[0], 1); };
  const auto everywhere = [&](const std::string& name, Binary f) {
    for (const char* shapes : {".same_shape", ".broadcast", ".scalar_tensor"})
      cases[name + shapes] = binary(f);
  };
  everywhere("add", test::of_variables<add>);
  everywhere("sub", test::of_variables<sub>);
  everywhere("mul", test::of_variables<mul>);
  everywhere("div", test::of_variables<div>);
  everywhere("maximum", test::of_variables<maximum>);
  everywhere("minimum", test::of_variables<minimum>);
  return cases;
}

Cases kink_cases() {
  Cases cases;
  cases["relu.kink"] = unary(relu);
  cases["abs.kink"] = unary(abs);
  cases["leaky_relu.kink"] = [](In in) { return leaky_relu(in[0]); };
  cases["prelu.kink"] = binary(prelu);
  cases["clamp.bounds"] = [](In in) { return clamp(in[0], -1, 1); };
  cases["maximum.ties"] = binary(test::of_variables<maximum>);
  cases["minimum.ties"] = binary(test::of_variables<minimum>);
  cases["norm.zero_row"] = [](In in) { return norm(in[0], {1}); };
  return cases;
}

Cases shape_cases() {
  Cases cases;
  cases["reshape.inferred"] = [](In in) { return reshape(in[0], {4, -1}); };
  cases["reshape.to_scalar"] = [](In in) { return reshape(in[0], {}); };
  cases["reshape.of_transposed"] = [](In in) { return reshape(transpose(in[0], 0, 2), {6, 4}); };
  cases["permute.cycle"] = [](In in) { return permute(in[0], {2, 0, 1}); };
  cases["permute.negative_axes"] = [](In in) { return permute(in[0], {-1, 1, -3}); };
  cases["transpose.negative_axes"] = [](In in) { return transpose(in[0], -1, 0); };
  cases["flatten.all"] = [](In in) { return flatten(in[0]); };
  cases["flatten.from_axis_1"] = [](In in) { return flatten(in[0], 1); };
  cases["squeeze.middle"] = [](In in) { return squeeze(in[0], 1); };
  cases["squeeze.negative_axis"] = [](In in) { return squeeze(in[0], -1); };
  cases["unsqueeze.first"] = [](In in) { return unsqueeze(in[0], 0); };
  cases["unsqueeze.negative_axis"] = [](In in) { return unsqueeze(in[0], -1); };
  cases["expand.new_and_old_axes"] = [](In in) { return expand(in[0], {2, 3, 4}); };
  cases["slice.step"] = [](In in) { return slice(in[0], 1, 1, 7, 2); };
  cases["slice.negative_bounds"] = [](In in) { return slice(in[0], -1, -3, -1); };
  cases["slice.empty"] = [](In in) { return slice(in[0], 0, 1, 1); };
  cases["select.negative"] = [](In in) { return select(in[0], -2, -1); };
  cases["slice_adjoint.step"] = [](In in) { return slice_adjoint(in[0], {2, 7}, 1, 1, 2); };
  cases["pad.last_axis"] = [](In in) { return pad(in[0], {1, 2}); };
  cases["pad.value_two_axes"] = [](In in) { return pad(in[0], {0, 1, 2, 0}, -1.5); };
  cases["pad.value_three_axes"] = [](In in) { return pad(in[0], {1, 0, 0, 0, 1, 1}, 3); };
  cases["flip.negative_axis"] = [](In in) { return flip(in[0], -1); };
  cases["concat.last_axis"] = [](In in) { return concat(in, -1); };
  cases["concat.default_axis"] = [](In in) { return concat(in); };
  cases["concat.empty_part"] = [](In in) { return concat(in, 1); };
  cases["stack.default_axis"] = [](In in) { return stack(in); };
  cases["stack.last_axis"] = [](In in) { return stack(in, -1); };
  return cases;
}

Cases reduction_cases() {
  Cases cases;
  cases["sum.nothing"] = [](In in) { return sum(in[0]); };
  cases["sum_to.row_and_new_axis"] = [](In in) { return sum_to(in[0], {3, 1}); };
  cases["var.default"] = [](In in) { return var(in[0]); };
  cases["var.middle_axis"] = [](In in) { return var(in[0], {1}); };
  cases["var.biased_kept"] = [](In in) { return var(in[0], {0, 2}, 0, true); };
  cases["var.correction_2"] = [](In in) { return var(in[0], {-1}, 2); };
  cases["logsumexp.infinite"] = [](In in) { return logsumexp(in[0], {1}); };
  cases["logsumexp.nothing_finite"] = [](In in) { return logsumexp(in[0]); };
  using Reduction = Variable (*)(const Variable&, const Axes&, bool);
  const auto along = [&](const std::string& name, Reduction f) {
    cases[name + ".all"] = [=](In in) { return f(in[0], {}, false); };
    cases[name + ".middle_axis"] = [=](In in) { return f(in[0], {1}, false); };
    cases[name + ".outer_axes_kept"] = [=](In in) { return f(in[0], {0, -1}, true); };
  };
  along("sum", sum);
  along("mean", mean);
  along("max", max);
  along("min", min);
  along("logsumexp", logsumexp);
  using Softmax = Variable (*)(const Variable&, int);
  const auto normalised = [&](const std::string& name, Softmax f) {
    cases[name + ".last_axis"] = [=](In in) { return f(in[0], -1); };
    cases[name + ".first_axis"] = [=](In in) { return f(in[0], 0); };
    cases[name + ".far"] = [=](In in) { return f(in[0], 1); };
  };
  normalised("log_softmax", log_softmax);
  normalised("softmax", softmax);
  return cases;
}

Cases norm_cases() {
  Cases cases;
  cases["norm.all"] = [](In in) { return norm(in[0]); };
  cases["norm.middle_axis_kept"] = [](In in) { return norm(in[0], {1}, true); };
  cases["norm.two_axes"] = [](In in) { return norm(in[0], {0, -1}); };
  cases["normalize.default_axis"] = [](In in) { return normalize(in[0]); };
  cases["normalize.last_axis"] = [](In in) { return normalize(in[0], -1); };
  cases["cosine_similarity.default_axis"] = [](In in) { return cosine_similarity(in[0], in[1]); };
  cases["cosine_similarity.broadcast"] = [](In in) { return cosine_similarity(in[0], in[1], -1); };
  cases["layer_norm.plain"] = [](In in) { return layer_norm(in[0], {4}); };
  cases["layer_norm.affine_two_axes"] = [](In in) {
    return layer_norm(in[0], {3, 4}, in[1], in[2], 1e-3);
  };
  cases["batch_norm.plain"] = [](In in) { return batch_norm(in[0], {}, {}); };
  cases["batch_norm.affine_image"] = [](In in) {
    return batch_norm(in[0], {}, {}, in[1], in[2], 1e-3);
  };
  cases["batch_norm.given_statistics"] = [](In in) {
    return batch_norm(in[0], in[1].value(), in[2].value(), in[3], in[4]);
  };
  return cases;
}

Cases indexing_cases() {
  Cases cases;
  cases["gather.rows"] = [](In in) { return gather(in[0], 0, in[1].value()); };
  cases["gather.negative_axis"] = [](In in) { return gather(in[0], -1, in[1].value()); };
  cases["scatter_add.rows"] = [](In in) { return scatter_add({3, 4}, 0, in[0].value(), in[1]); };
  cases["scatter_add.last_axis"] = [](In in) {
    return scatter_add({3, 4}, 1, in[0].value(), in[1]);
  };
  cases["index_select.repeated"] = [](In in) { return index_select(in[0], 1, in[1].value()); };
  cases["embedding.table_of_indices"] = [](In in) { return embedding(in[0].value(), in[1]); };
  return cases;
}

Cases product_cases() {
  Cases cases;
  cases["matmul.transposed_views"] = [](In in) {
    return matmul(transpose(in[0], 1, 2), transpose(in[1], 1, 2));
  };
  cases["linear.plain"] = [](In in) { return linear(in[0], in[1]); };
  cases["linear.bias_three_axes"] = [](In in) { return linear(in[0], in[1], in[2]); };
  cases["linear.one_vector"] = [](In in) { return linear(in[0], in[1], in[2]); };
  cases["conv2d_input_gradient.everything"] = [](In in) {
    return conv2d_input_gradient(in[0], in[1], {1, 4, 5, 6}, {{2, 1}, {1, 0}, {1, 2}, 2});
  };
  cases["conv2d_weight_gradient.everything"] = [](In in) {
    return conv2d_weight_gradient(in[0], in[1], {2, 2, 3, 2}, {{2, 1}, {1, 0}, {1, 2}, 2});
  };
  cases["matmul.vector_vector"] = binary(matmul);
  cases["matmul.matrix_vector"] = binary(matmul);
  cases["matmul.vector_matrix"] = binary(matmul);
  cases["matmul.matrices"] = binary(matmul);
  cases["matmul.batches_broadcast"] = binary(matmul);
  cases["matmul.batch_vector"] = binary(matmul);
  cases["matmul.vector_batch"] = binary(matmul);
  cases["matmul.nothing_inside"] = binary(matmul);
  const auto head = [](auto function) {
    return [=](In in) {
      const auto margin = [](const Variable& cosine) { return cosine - 0.25; };
      return function(in[0], in[1], in[2].value(), 8, margin);
    };
  };
  cases["margin_cross_entropy.cosface"] = head(margin_cross_entropy);
  cases["margin_cross_entropy_composite.cosface"] = head(margin_cross_entropy_composite);
  const auto conv = [&](const std::string& name, const Conv2dOptions& options) {
    cases["conv2d." + name] = [=](In in) { return conv2d(in[0], in[1], options); };
  };
  conv("plain", {});
  conv("one_by_one", {});
  conv("stride", {.stride = {2, 3}});
  conv("padding", {.padding = {2, 1}});
  conv("dilation", {.dilation = {2, 3}});
  conv("groups", {.groups = 2});
  conv("depthwise", {.padding = 1, .groups = 4});
  conv("everything", {{2, 1}, {1, 2}, {1, 2}, 2});
  return cases;
}

Cases pooling_cases() {
  Cases cases;
  const auto max_pool = [&](const std::string& name, const Pool2dOptions& options) {
    cases["max_pool2d." + name] = [=](In in) { return max_pool2d(in[0], options); };
  };
  max_pool("plain", {{2, 2}, {2, 2}});
  max_pool("overlapping", {{3, 2}, {1, 1}});
  max_pool("padding_dilation", {{2, 3}, {2, 1}, {1, 1}, {2, 2}});
  const auto avg_pool = [&](const std::string& name, const Pool2dOptions& options, auto... more) {
    cases["avg_pool2d." + name] = [=](In in) { return avg_pool2d(in[0], options, more...); };
  };
  avg_pool("plain", {{2, 2}, {2, 2}});
  avg_pool("padding", {{3, 2}, {2, 1}, {1, 1}});
  avg_pool("padding_not_counted", {{3, 3}, {2, 2}, {1, 1}}, false);
  const auto adaptive = [&](const std::string& name, const Pair& size) {
    cases["adaptive_avg_pool2d." + name] = [=](In in) { return adaptive_avg_pool2d(in[0], size); };
  };
  adaptive("1x1", {1, 1});
  adaptive("3x4", {3, 4});
  adaptive("5x2", {5, 2});
  adaptive("7x6", {7, 6});
  return cases;
}

std::vector<Difference> differences() {
  return {
      {"sqrt.zero",
       unary(sqrt),
       {{"grad0", {kInfinity, 0.25}, {0, 0.25}}},
       "an infinite slope becomes NaN as soon as a mask multiplies it by 0"},
      {"max.ties",
       [](In in) { return max(in[0], {1}); },
       {{"grad0", {0, 0.5, 0.5}, {0, 1, 0}}},
       "the first of equals is what argmax names; amax shares among them, torch.max does not"},
      {"min.ties",
       [](In in) { return min(in[0], {1}); },
       {{"grad0", {0.5, 0.5, 0}, {1, 0, 0}}},
       "as max"},
      {"normalize.shorter_than_eps",
       [](In in) { return normalize(in[0], 1, 1.0); },
       {{"grad0", {1, 1}, {0, 0}}},
       "with the default eps PyTorch's gradient there is 1e12, for a vector without direction"},
      {"cosine_similarity.one_shorter_than_eps",
       [](In in) { return cosine_similarity(in[0], in[1], 1, 1); },
       {{"grad0", {0.6, 0.4}, {0.6, 0.8}}},
       "PyTorch differentiates the norm although it counts as eps: its gradient is not that of its "
       "value, whose quotient of small differences is {0.6, 0.8}"},
      {"softplus.threshold",
       unary(softplus),
       {{"grad0", {1}, {1 / (1 + std::exp(-20.5))}}},
       "above its threshold of 20 PyTorch returns x"},
  };
}

Cases all_cases() {
  Cases cases;
  for (const auto& part : {elementwise_cases, kink_cases, shape_cases, reduction_cases, norm_cases,
                           indexing_cases, product_cases, pooling_cases})
    cases.merge(part());
  for (const Difference& difference : differences()) cases[difference.name] = difference.function;
  return cases;
}

const Fixture& fixture() {
  static const Fixture ops("ops");
  return ops;
}

TEST_CASE("elementwise functions match PyTorch") { check_cases(fixture(), elementwise_cases()); }
TEST_CASE("subgradients match PyTorch where they should") { check_cases(fixture(), kink_cases()); }
TEST_CASE("functions that move elements match PyTorch") { check_cases(fixture(), shape_cases()); }
TEST_CASE("reductions match PyTorch") { check_cases(fixture(), reduction_cases()); }
TEST_CASE("norms and normalisations match PyTorch") { check_cases(fixture(), norm_cases()); }
TEST_CASE("indexing matches PyTorch") { check_cases(fixture(), indexing_cases()); }
TEST_CASE("products and convolutions match PyTorch") { check_cases(fixture(), product_cases()); }
TEST_CASE("pooling matches PyTorch") { check_cases(fixture(), pooling_cases()); }
TEST_CASE("functions differ from PyTorch on purpose only in these values") {
  check_differences(fixture(), differences());
}

TEST_CASE("the mean and variance of whole numbers are refused, as by PyTorch") {
  const Variable whole(Tensor::arange(4));
  CHECK_THROWS_WITH_AS(mean(whole), "mean: expected float32 or float64, got int64", Error);
  CHECK_THROWS_WITH_AS(var(whole), "var: expected float32 or float64, got int64", Error);
}

TEST_CASE("every array of the ops fixture belongs to a case, and every case has arrays") {
  fixture().check_covered_by(names_of(all_cases()));
}

}  // namespace
}  // namespace gradian::parity
