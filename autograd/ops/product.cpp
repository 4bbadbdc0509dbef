// Bilinear ops: matrix product, linear layer and convolution, the latter two with a bias. The
// gradient by one operand is a product of dy with the other one.
#include "autograd/apply.h"
#include "autograd/ops.h"
#include "tensor/conv/conv2d.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

Attributes attributes_of(const Conv2dOptions& options) {
  return {{"stride", options.stride},
          {"padding", options.padding},
          {"dilation", options.dilation},
          {"groups", options.groups}};
}

// A setting at which all three convolution ops are proved.
struct ConvolutionPoint {
  const char* label;
  Shape input, weight;
  Conv2dOptions options;
  Shape output = conv2d_shape(input, weight, options);
};

using ConvolutionOp = Variable (*)(const Variable&, const Variable&, const ConvolutionPoint&);

// An op at each of them; the shapes of its operands are those of the tensors they stand for.
std::vector<GradCase> convolution_cases(ConvolutionOp op, Shape ConvolutionPoint::*left,
                                        Shape ConvolutionPoint::*right) {
  const ConvolutionPoint points[] = {
      {"3x3, padded", {2, 2, 4, 4}, {2, 2, 3, 3}, {.padding = 1}},
      {"stride 2 that leaves a rest", {1, 2, 6, 5}, {2, 2, 2, 2}, {.stride = 2}},
      {"dilated, rectangular", {1, 1, 6, 7}, {2, 1, 2, 3}, {.padding = {0, 1}, .dilation = 2}},
      {"two groups", {2, 4, 3, 3}, {4, 2, 2, 2}, {.groups = 2}}};
  std::vector<GradCase> cases;
  for (const ConvolutionPoint& p : points)
    cases.push_back(grad_case(p.label, {p.*left, p.*right},
                              [=](const Inputs& in) { return op(in[0], in[1], p); }));
  return cases;
}

}  // namespace

// y = a b;  da = dy b^T, db = a^T dy  (batch axes that were broadcast are summed by the engine)
struct ops::MatMul {
  static constexpr auto name = "matmul";
  Tensor forward(const Tensor& a, const Tensor& b) const { return matmul(a, b); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {context.needs(0) ? matmul(grad, transpose(context.input(1), -1, -2)) : Variable(),
            context.needs(1) ? matmul(transpose(context.input(0), -1, -2), grad) : Variable()};
  }
  static std::vector<GradCase> cases() {
    const Function product = [](const Inputs& in) { return matmul(in[0], in[1]); };
    const Function square = [](const Inputs& in) { return matmul(matmul(in[0], in[0]), in[1]); };
    return {grad_case("matrices", {{2, 3}, {3, 4}}, product),
            grad_case("batches that broadcast", {{2, 1, 2, 3}, {4, 3, 2}}, product),
            grad_case("vectors", {{3}, {3}}, product),
            grad_case("vector and batch", {{3}, {2, 3, 2}}, product),
            grad_case("matrix and vector", {{2, 3}, {3}}, product),
            grad_case("one operand twice", {{3, 3}, {3, 2}}, square)};
  }
};
Variable matmul(const Variable& a, const Variable& b) {
  const Calling calling("matmul");
  check(a.dim() > 0 && b.dim() > 0, "expected at least one axis, got a ", a.shape(), ", b ",
        b.shape());
  if (a.dim() >= 2 && b.dim() >= 2) return apply(ops::MatMul{}, a, b);
  check(a.size(-1) == b.size(b.dim() == 1 ? 0 : -2), "inner dimensions differ: a ", a.shape(),
        ", b ", b.shape());
  if (a.dim() == 1) {
    const Variable product = matmul(unsqueeze(a, 0), b);  // [..., 1, N], or [1] for two vectors
    return squeeze(product, b.dim() == 1 ? -1 : -2);
  }
  return squeeze(matmul(a, unsqueeze(b, 1)), -1);
}

// y = x w^T + b;  dx = dy w, dw = dy^T x, db = the sum of dy's rows
struct ops::Linear {
  static constexpr auto name = "linear";
  Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b = {}) const {
    return linear(x, w, b);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &x = context.input(0), &w = context.input(1);
    Gradients gradients(context.input_count());
    if (context.needs(0)) gradients[0] = matmul(grad, w);
    const int64_t rows = numel(part(x.shape(), 0, x.dim() - 1));
    const Variable dy = reshape(grad, {rows, w.size(0)});
    if (context.needs(1))  // [O, I] = [O, rows] x [rows, I]
      gradients[1] = matmul(transpose(dy, 0, 1), reshape(x, {rows, w.size(1)}));
    if (gradients.size() == 3 && context.needs(2)) gradients[2] = sum(dy, 0);
    return gradients;
  }
  static std::vector<GradCase> cases() {
    const Function plain = [](const Inputs& in) { return linear(in[0], in[1]); };
    const Function biased = [](const Inputs& in) { return linear(in[0], in[1], in[2]); };
    return {grad_case("with bias", {{4, 3}, {2, 3}, {2}}, biased),
            grad_case("more axes, with bias", {{2, 2, 3}, {2, 3}, {2}}, biased),
            grad_case("without bias", {{4, 3}, {2, 3}}, plain),
            grad_case("vector", {{3}, {2, 3}}, plain)};
  }
};
Variable linear(const Variable& x, const Variable& weight, const Variable& bias) {
  return bias.defined() ? apply(ops::Linear{}, x, weight, bias) : apply(ops::Linear{}, x, weight);
}

// y = conv(x, w) + b;  dx and dw are the two products below, db = the sum of dy a channel
struct ops::Conv2d {
  static constexpr auto name = "conv2d";
  Conv2dOptions options;
  Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b = {}) const {
    return conv2d(x, w, b, options);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &x = context.input(0), &w = context.input(1);
    Gradients gradients(context.input_count());
    if (context.needs(0)) gradients[0] = conv2d_input_gradient(grad, w, x.shape(), options);
    if (context.needs(1)) gradients[1] = conv2d_weight_gradient(grad, x, w.shape(), options);
    if (gradients.size() == 3 && context.needs(2)) gradients[2] = sum(grad, {0, 2, 3});
    return gradients;
  }
  Attributes attributes() const { return attributes_of(options); }
  static std::vector<GradCase> cases() {
    auto cases =
        convolution_cases([](const Variable& x, const Variable& w,
                             const ConvolutionPoint& p) { return conv2d(x, w, p.options); },
                          &ConvolutionPoint::input, &ConvolutionPoint::weight);
    cases.push_back(grad_case("with bias", {{2, 2, 3, 3}, {3, 2, 2, 2}, {3}},
                              [](const Inputs& in) { return conv2d(in[0], in[1], in[2], {}); }));
    return cases;
  }
};
Variable conv2d(const Variable& x, const Variable& weight, const Conv2dOptions& options) {
  return apply(ops::Conv2d{options}, x, weight);
}
Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                const Conv2dOptions& options) {
  return bias.defined() ? apply(ops::Conv2d{options}, x, weight, bias) : conv2d(x, weight, options);
}

// y = conv^T(g, w): linear in g with adjoint conv(., w), so dg = conv(dy, w);
// <dy, conv^T(g, w)> = <conv(dy, w), g>, so dw = weight gradient of conv at input dy, output g
struct ops::Conv2dInputGradient {
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
  Attributes attributes() const { return attributes_of(options); }
  static std::vector<GradCase> cases() {
    return convolution_cases(
        [](const Variable& g, const Variable& w, const ConvolutionPoint& p) {
          return conv2d_input_gradient(g, w, p.input, p.options);
        },
        &ConvolutionPoint::output, &ConvolutionPoint::weight);
  }
};
Variable conv2d_input_gradient(const Variable& grad, const Variable& weight,
                               const Shape& input_shape, const Conv2dOptions& options) {
  return apply(ops::Conv2dInputGradient{input_shape, options}, grad, weight);
}

// y = W(g, x): <dy, W(g, x)> = <conv(x, dy), g>, so dg = conv(x, dy) and dx = conv^T(g, dy)
struct ops::Conv2dWeightGradient {
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
  Attributes attributes() const { return attributes_of(options); }
  static std::vector<GradCase> cases() {
    return convolution_cases(
        [](const Variable& g, const Variable& x, const ConvolutionPoint& p) {
          return conv2d_weight_gradient(g, x, p.weight, p.options);
        },
        &ConvolutionPoint::output, &ConvolutionPoint::input);
  }
};
Variable conv2d_weight_gradient(const Variable& grad, const Variable& input,
                                const Shape& weight_shape, const Conv2dOptions& options) {
  return apply(ops::Conv2dWeightGradient{weight_shape, options}, grad, input);
}

template std::vector<OpCases> cases_of(ops::ProductOps);

}  // namespace gradian
