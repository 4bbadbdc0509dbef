// Bilinear ops: matrix product and convolution. The gradient by one operand is a product of dy
// with the other one.
#include "autograd/apply.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

GradCase product_case(std::string label, const Function& function, const Shape& a, const Shape& b) {
  return {std::move(label), function, {spread(a, -2, 2, 1), spread(b, -2, 2, 2)}};
}

struct ConvolutionPoint {
  const char* label;
  Shape input, weight;
  Conv2dOptions options;
};

// The settings at which all three convolution ops are proved.
std::vector<ConvolutionPoint> convolution_points() {
  return {
      {"3x3, padded", {2, 2, 4, 4}, {2, 2, 3, 3}, {.padding = {1, 1}}},
      {"stride 2 that leaves a rest", {1, 2, 6, 5}, {2, 2, 2, 2}, {.stride = {2, 2}}},
      {"dilated, rectangular", {1, 1, 6, 7}, {2, 1, 2, 3}, {.padding = {0, 1}, .dilation = {2, 2}}},
      {"two groups", {2, 4, 3, 3}, {4, 2, 2, 2}, {.groups = 2}}};
}

Shape output_of(const ConvolutionPoint& p) { return conv2d_shape(p.input, p.weight, p.options); }

}  // namespace

// y = a b;  da = dy b^T, db = a^T dy  (batch axes that were broadcast are summed by the engine)
struct MatMul {
  static constexpr auto name = "matmul";
  Tensor forward(const Tensor& a, const Tensor& b) const { return matmul(a, b); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {context.needs(0) ? matmul(grad, transpose(context.input(1), -1, -2)) : Variable(),
            context.needs(1) ? matmul(transpose(context.input(0), -1, -2), grad) : Variable()};
  }
  static std::vector<GradCase> cases() {
    const Function product = [](const std::vector<Variable>& in) { return matmul(in[0], in[1]); };
    const Function square = [](const std::vector<Variable>& in) {
      return matmul(matmul(in[0], in[0]), in[1]);
    };
    return {product_case("matrices", product, {2, 3}, {3, 4}),
            product_case("batches that broadcast", product, {2, 1, 2, 3}, {4, 3, 2}),
            product_case("vectors", product, {3}, {3}),
            product_case("vector and batch", product, {3}, {2, 3, 2}),
            product_case("matrix and vector", product, {2, 3}, {3}),
            product_case("one operand twice", square, {3, 3}, {3, 2})};
  }
};
Variable matmul(const Variable& a, const Variable& b) {
  check(a.dim() > 0 && b.dim() > 0, "matmul: expected at least one axis, got a ", a.shape(), ", b ",
        b.shape());
  if (a.dim() >= 2 && b.dim() >= 2) return apply(MatMul{}, a, b);
  if (a.dim() == 1) {
    const Variable product = matmul(unsqueeze(a, 0), b);  // [..., 1, N], or [1] for two vectors
    return squeeze(product, b.dim() == 1 ? -1 : -2);
  }
  return squeeze(matmul(a, unsqueeze(b, 1)), -1);
}

// y = conv(x, w);  dx and dw are the two products below
struct Conv2d {
  static constexpr auto name = "conv2d";
  Conv2dOptions options;
  Tensor forward(const Tensor& x, const Tensor& w) const { return conv2d(x, w, options); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &x = context.input(0), &w = context.input(1);
    return {context.needs(0) ? conv2d_input_gradient(grad, w, x.shape(), options) : Variable(),
            context.needs(1) ? conv2d_weight_gradient(grad, x, w.shape(), options) : Variable()};
  }
  static std::vector<GradCase> cases() {
    std::vector<GradCase> cases;
    for (const auto& p : convolution_points())
      cases.push_back(product_case(
          p.label, [p](const std::vector<Variable>& in) { return conv2d(in[0], in[1], p.options); },
          p.input, p.weight));
    return cases;
  }
};
Variable conv2d(const Variable& x, const Variable& weight, const Conv2dOptions& options) {
  return apply(Conv2d{options}, x, weight);
}

// y = conv^T(g, w): linear in g with adjoint conv(., w), so dg = conv(dy, w);
// <dy, conv^T(g, w)> = <conv(dy, w), g>, so dw = weight gradient of conv at input dy, output g
struct Conv2dInputGradient {
  static constexpr auto name = "conv2d_input_gradient";
  Shape input_shape;
  Conv2dOptions options;
  Tensor forward(const Tensor& g, const Tensor& w) const {
    return conv2d_input_gradient(g, w, input_shape, options);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &g = context.input(0), &w = context.input(1);
    return {context.needs(0) ? conv2d(grad, w, options) : Variable(),
            context.needs(1) ? conv2d_weight_gradient(g, grad, w.shape(), options) : Variable()};
  }
  static std::vector<GradCase> cases() {
    std::vector<GradCase> cases;
    for (const auto& p : convolution_points())
      cases.push_back(product_case(
          p.label,
          [p](const std::vector<Variable>& in) {
            return conv2d_input_gradient(in[0], in[1], p.input, p.options);
          },
          output_of(p), p.weight));
    return cases;
  }
};
Variable conv2d_input_gradient(const Variable& grad, const Variable& weight,
                               const Shape& input_shape, const Conv2dOptions& options) {
  return apply(Conv2dInputGradient{input_shape, options}, grad, weight);
}

// y = W(g, x): <dy, W(g, x)> = <conv(x, dy), g>, so dg = conv(x, dy) and dx = conv^T(g, dy)
struct Conv2dWeightGradient {
  static constexpr auto name = "conv2d_weight_gradient";
  Shape weight_shape;
  Conv2dOptions options;
  Tensor forward(const Tensor& g, const Tensor& x) const {
    return conv2d_weight_gradient(g, x, weight_shape, options);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &g = context.input(0), &x = context.input(1);
    return {context.needs(0) ? conv2d(x, grad, options) : Variable(),
            context.needs(1) ? conv2d_input_gradient(g, grad, x.shape(), options) : Variable()};
  }
  static std::vector<GradCase> cases() {
    std::vector<GradCase> cases;
    for (const auto& p : convolution_points())
      cases.push_back(product_case(
          p.label,
          [p](const std::vector<Variable>& in) {
            return conv2d_weight_gradient(in[0], in[1], p.weight, p.options);
          },
          output_of(p), p.input));
    return cases;
  }
};
Variable conv2d_weight_gradient(const Variable& grad, const Variable& input,
                                const Shape& weight_shape, const Conv2dOptions& options) {
  return apply(Conv2dWeightGradient{weight_shape, options}, grad, input);
}

Variable linear(const Variable& x, const Variable& weight, const Variable& bias) {
  check(weight.dim() == 2 && x.dim() >= 1 && x.size(-1) == weight.size(1),
        "linear: expected x [..., I] and weight [O, I], got x ", x.shape(), ", weight ",
        weight.shape());
  const Variable product = matmul(x, transpose(weight, 0, 1));
  return bias.defined() ? product + bias : product;
}

template std::vector<OpCases> cases_of(ProductOps);

}  // namespace gradian
