// Gradient cases of the functions of autograd/ops.h that have no rule of their own. Kinks are
// approached from both sides and never stood on: the difference quotients reach 2e-4 max(1, |x|).
// What holds on the kinks themselves is in tests/autograd/gradients_at_kinks.cpp.
#include "tests/gradients/cases.h"
#include "tests/gradients/table.h"
#include "tensor/random.h"

namespace gradian::proof {
namespace {

using Unary = Variable (*)(const Variable&);

// On distinct values in (low, high), and at `points` that deserve a look of their own.
GradientSubject unary(std::string name, Unary f, const std::vector<double>& points, double low = -2,
                      double high = 2) {
  const Function function = [f](In in) { return f(in[0]); };
  const auto count = static_cast<int64_t>(points.size());
  return {"function",
          std::move(name),
          {at("matrix", {distinct_values({3, 4}, low, high)}, function),
           at("chosen points", {Tensor::from(points, {count})}, function),
           at("scalar", {Tensor::scalar(0.7, DType::float64)}, function)}};
}

GradientSubject function(std::string name, std::vector<GradCase> cases) {
  return {"function", std::move(name), std::move(cases)};
}

std::vector<GradientSubject> arithmetic() {
  const std::vector<Shape> pair{{2, 3}, {2, 3}}, broadcast{{2, 1, 3}, {4, 1}}, one{{2, 3}};
  const std::vector<Tensor> positive{distinct_values({2, 3}, 0.5, 2)};
  return {
      unary("neg", neg, {0, 1e3}),
      function("operator+", {on("variables", pair, [](In in) { return in[0] + in[1]; }),
                             on("broadcast", broadcast, [](In in) { return in[0] + in[1]; }),
                             on("number right", one, [](In in) { return in[0] + 3; }),
                             on("number left", one, [](In in) { return 3 + in[0]; })}),
      function("operator-", {on("variables", pair, [](In in) { return in[0] - in[1]; }),
                             on("broadcast", broadcast, [](In in) { return in[0] - in[1]; }),
                             on("negation", one, [](In in) { return -in[0]; }),
                             on("number right", one, [](In in) { return in[0] - 3; }),
                             on("number left", one, [](In in) { return 3 - in[0]; })}),
      function("operator*", {on("variables", pair, [](In in) { return in[0] * in[1]; }),
                             on("broadcast", broadcast, [](In in) { return in[0] * in[1]; }),
                             on("square", one, [](In in) { return in[0] * in[0]; }),
                             on("number right", one, [](In in) { return in[0] * 3; }),
                             on("number left", one, [](In in) { return 3 * in[0]; })}),
      function(
          "operator/",
          {at("variables", {positive[0], distinct_values({2, 3}, -2, -0.5)},
              [](In in) { return in[0] / in[1]; }),
           at("broadcast", {distinct_values({2, 1, 3}, -1, 1), distinct_values({4, 1}, 0.5, 2)},
              [](In in) { return in[0] / in[1]; }),
           on("number right", one, [](In in) { return in[0] / 3; }),
           at("number left", positive, [](In in) { return 3 / in[0]; })}),
  };
}

std::vector<GradientSubject> activations() {
  const auto dropped = [](double p, bool training) {
    return [=](In in) {
      manual_seed(3);  // every evaluation drops the same elements
      return dropout(in[0], p, training);
    };
  };
  return {
      unary("square", square, {0.001, -1e3}),
      unary("reciprocal", reciprocal, {-0.5, 1e3}, 0.5, 2),
      unary("rsqrt", rsqrt, {0.3, 1e3}, 0.5, 2),
      function("leaky_relu",
               {on("default slope", {{3, 4}}, [](In in) { return leaky_relu(in[0]); }),
                at("at each side of zero", {Tensor::from<double>({-0.001, 0.001}, {2})},
                   [](In in) { return leaky_relu(in[0], 0.3); })}),
      unary("silu", silu, {0, -8, 8}),
      function("gelu", {on("exact", {{3, 4}}, [](In in) { return gelu(in[0]); }),
                        on("tanh", {{3, 4}}, [](In in) { return gelu(in[0], true); }),
                        at("zero and far out", {Tensor::from<double>({0, -4, 4}, {3})},
                           [](In in) { return gelu(in[0]); })}),
      function("dropout", {on("training", {{4, 5}}, dropped(0.4, true)),
                           on("evaluation", {{4, 5}},
                              [=](In in) {
                                return dropped(0.4, false)(in) *
                                       1.0;  // the identity records nothing
                              })}),
  };
}

std::vector<GradientSubject> shapes() {
  return {
      function("transpose",
               {on("outer axes", {{2, 3, 4}}, [](In in) { return transpose(in[0], 0, -1); })}),
      function("flatten",
               {on("all", {{2, 3, 2}}, [](In in) { return flatten(in[0]); }),
                on("from axis 1", {{2, 3, 2}}, [](In in) { return flatten(in[0], 1); }),
                on("up to axis 1", {{2, 3, 2}}, [](In in) { return flatten(in[0], 0, 1); })}),
      function("squeeze", {on("middle", {{2, 1, 3}}, [](In in) { return squeeze(in[0], 1); }),
                           on("all", {{1, 2, 1, 3}}, [](In in) { return squeeze(in[0]); })}),
      function("unsqueeze", {on("last", {{2, 3}}, [](In in) { return unsqueeze(in[0], -1); })}),
      function("select", {on("column", {{2, 3}}, [](In in) { return select(in[0], 1, -1); })}),
      function("pad", {on("one axis", {{2, 3}},
                          [](In in) {
                            return pad(in[0], {1, 2});
                          }),
                       on("two axes, with ones", {{2, 3}},
                          [](In in) {
                            return pad(in[0], {0, 1, 2, 0}, 1);
                          })}),
      function("stack", {on("two along axis 1", {{2, 3}, {2, 3}},
                            [](In in) {
                              return stack({in[0], in[1]}, 1);
                            }),
                         on("one input twice", {{3}},
                            [](In in) {
                              return stack({in[0], in[0]});
                            })}),
      function("sum_to", {on("inner and outer", {{2, 3, 4}},
                             [](In in) {
                               return sum_to(in[0], {3, 1});
                             })}),
  };
}

std::vector<GradientSubject> reductions() {
  // One row of a function along axes, with and without keeping them.
  // Numbers whose mean is not 0, for of a 0 only the rounding could be compared.
  const auto along = [](std::string name, Variable (*f)(const Variable&, const Axes&, bool)) {
    return function(std::move(name),
                    {GradCase{"all axes",
                              [f](In in) { return f(in[0], {}, false); },
                              {distinct_values({3, 4}, -1, 2)}},
                     on("last axis", {{3, 4}}, [f](In in) { return f(in[0], {-1}, false); }),
                     on("outer axes, kept", {{2, 3, 2}}, [f](In in) {
                       return f(in[0], {0, 2}, true);
                     })});
  };
  GradientSubject logsumexps = along("logsumexp", logsumexp);
  logsumexps.cases.push_back(far_from_zero({3}, [](In in) { return logsumexp(in[0]); }));
  return {
      along("mean", mean),
      function("var", {on("all axes", {{3, 4}}, [](In in) { return var(in[0]); }),
                       on("divisor n", {{3, 4}}, [](In in) { return var(in[0], {1}, 0); }),
                       on("kept", {{3, 4}}, [](In in) { return var(in[0], {0}, 1, true); })}),
      along("max", max),
      along("min", min),
      std::move(logsumexps),
      function("softmax", {on("rows", {{3, 4}}, [](In in) { return softmax(in[0], 1); }),
                           on("columns", {{3, 4}}, [](In in) { return softmax(in[0], 0); }),
                           far_from_zero({2, 3}, [](In in) { return softmax(in[0], 1); })}),
  };
}

std::vector<GradientSubject> norms() {
  return {
      function("norm", {on("all axes", {{3, 4}}, [](In in) { return norm(in[0]); }),
                        on("rows, kept", {{3, 4}}, [](In in) { return norm(in[0], {1}, true); }),
                        at("short", {distinct_values({3}, -0.02, 0.02)},
                           [](In in) { return norm(in[0]); })}),
      function("normalize", {on("rows", {{3, 4}}, [](In in) { return normalize(in[0]); }),
                             on("columns", {{3, 4}}, [](In in) { return normalize(in[0], 0); })}),
      function(
          "cosine_similarity",
          {on("rows", {{3, 4}, {3, 4}}, [](In in) { return cosine_similarity(in[0], in[1]); }),
           on("broadcast", {{3, 4}, {1, 4}}, [](In in) { return cosine_similarity(in[0], in[1]); }),
           on("columns", {{3, 2}, {3, 2}},
              [](In in) { return cosine_similarity(in[0], in[1], 0); })}),
      function("layer_norm", {on("plain", {{3, 4}}, [](In in) { return layer_norm(in[0], {4}); }),
                              on("two axes, weight and bias", {{2, 3, 2}, {3, 2}, {3, 2}},
                                 [](In in) {
                                   return layer_norm(in[0], {3, 2}, in[1], in[2]);
                                 })}),
  };
}

std::vector<GradientSubject> lookups_and_products() {
  const Tensor repeated = labels_of({2, 0, 2});
  const std::vector<Shape> image{{2, 2, 5, 4}};
  return {
      function("index_select",
               {on("rows", {{3, 2}}, [=](In in) { return index_select(in[0], 0, repeated); }),
                on("middle axis", {{2, 3, 2}},
                   [=](In in) { return index_select(in[0], 1, repeated); })}),
      function("embedding", {on("repeated", {{3, 2}},
                                [=](In in) {
                                  return embedding(repeated.reshape({3, 1}), in[0]);
                                })}),
      function(
          "avg_pool2d",
          {on("2x2", image, [](In in) { return avg_pool2d(in[0], {.kernel = 2, .stride = 2}); }),
           on("padding counts", image,
              [](In in) {
                return avg_pool2d(in[0], {.kernel = 3, .stride = {2, 1}, .padding = 1});
              }),
           on("padding does not count", image,
              [](In in) {
                return avg_pool2d(in[0], {.kernel = 3, .stride = {2, 1}, .padding = 1}, false);
              })}),
      function("adaptive_avg_pool2d", {on("uneven windows", image,
                                          [](In in) {
                                            return adaptive_avg_pool2d(in[0], {3, 3});
                                          }),
                                       on("global", image,
                                          [](In in) {
                                            return adaptive_avg_pool2d(in[0], {1, 1});
                                          })}),
  };
}

}  // namespace

std::vector<GradientSubject> function_subjects() {
  std::vector<GradientSubject> all;
  for (const auto& part :
       {arithmetic(), activations(), shapes(), reductions(), norms(), lookups_and_products()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace gradian::proof
