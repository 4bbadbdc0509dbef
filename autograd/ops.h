// The differentiable functions: what may be called on Variables. Names, argument order and
// defaults are PyTorch's. How each is differentiated stands in ops/*.cpp; those marked "composite"
// are written in terms of the others and have no rule of their own.
//
// An error names the function that was called. What is not taken is selected away and never
// multiplied by 0, so that an infinity or NaN reaches only what depends on it.
//
// What is written in another way than there:
//   x[i], x[:, 1:3], x.T     select(x, 0, i), slice(x, 1, 1, 3), transpose(x, 0, 1)
//   x.max(1)                 max(x, 1) and argmax(x, 1): values alone, indices alone
//   x.std()                  sqrt(var(x))
//   x.masked_fill(m, 0)      where(m, 0, x);  masks m & n and ~m are m * n and 1 - m
//   x.scatter_add(0, i, s)   x + scatter_add(x.shape(), 0, i, s)
//   variable + tensor        variable + Variable(tensor)
//
// Operands broadcast as in NumPy and must share one dtype; masks, labels and indices are plain
// Tensors, since nothing flows into them. An empty list of axes means all axes.
//
// Subgradients, where a function has a kink: relu'(0) = 0, |x|' = 0 at 0, clamp' = 0 at and outside
// its bounds, maximum and minimum give each of two equal operands half, max over an axis gives all
// to the first of equals, sqrt' and norm' are 0 at 0, and so is the derivative of 0^p by p >= 0.
#pragma once

#include <concepts>
#include <functional>
#include <optional>

#include "autograd/variable.h"
#include "tensor/conv/pooling.h"
#include "tensor/kernels.h"

namespace gradian {

using VariableOrNumber = Operand<Variable>;

// Arithmetic (ops/elementwise.cpp); one of two operands may be a number.
Variable add(VariableOrNumber a, VariableOrNumber b);
Variable sub(VariableOrNumber a, VariableOrNumber b);
Variable mul(VariableOrNumber a, VariableOrNumber b);
Variable div(VariableOrNumber a, VariableOrNumber b);
Variable neg(const Variable& x);                              // composite
Variable pow(VariableOrNumber x, VariableOrNumber exponent);  // x^p
inline Variable operator+(VariableOrNumber a, VariableOrNumber b) { return add(a, b); }
inline Variable operator-(VariableOrNumber a, VariableOrNumber b) { return sub(a, b); }
inline Variable operator*(VariableOrNumber a, VariableOrNumber b) { return mul(a, b); }
inline Variable operator/(VariableOrNumber a, VariableOrNumber b) { return div(a, b); }
inline Variable operator-(const Variable& x) { return neg(x); }
// a = a + b: the handle stands for the sum from then on; the array that it stood for stays as it
// is. A leaf that requires grad must stay the leaf that it is: it takes the sum as its value under
// NoGrad, as in w -= lr * w.grad(), and is refused while recording.
Variable& operator+=(Variable& a, VariableOrNumber b);
Variable& operator-=(Variable& a, VariableOrNumber b);
Variable& operator*=(Variable& a, VariableOrNumber b);
Variable& operator/=(Variable& a, VariableOrNumber b);
// Masks, see tensor/kernels.h.
Tensor operator==(VariableOrNumber a, VariableOrNumber b);
Tensor operator!=(VariableOrNumber a, VariableOrNumber b);
Tensor operator<(VariableOrNumber a, VariableOrNumber b);
Tensor operator<=(VariableOrNumber a, VariableOrNumber b);
Tensor operator>(VariableOrNumber a, VariableOrNumber b);
Tensor operator>=(VariableOrNumber a, VariableOrNumber b);

// Elementwise functions (ops/elementwise.cpp).
Variable exp(const Variable& x);
Variable log(const Variable& x);
Variable log1p(const Variable& x);  // log(1 + x)
Variable sqrt(const Variable& x);
Variable sin(const Variable& x);   // radians
Variable cos(const Variable& x);   // radians
Variable acos(const Variable& x);  // radians, in [0, pi]
Variable tanh(const Variable& x);
Variable erf(const Variable& x);
Variable sigmoid(const Variable& x);   // 1 / (1 + exp(-x))
Variable softplus(const Variable& x);  // log(1 + exp(x))
Variable relu(const Variable& x);      // max(x, 0)
// a where condition is not 0, else b. Selects: what is not taken cannot leak, not even as NaN.
Variable where(const Tensor& condition, VariableOrNumber a, VariableOrNumber b);

Variable maximum(VariableOrNumber a, VariableOrNumber b);  // NaN where either is NaN
Variable minimum(VariableOrNumber a, VariableOrNumber b);

// Elementwise, with kinks and smooth (ops/activation.cpp); all but abs, clamp and prelu, which is
// fused, are composites.
Variable abs(const Variable& x);
Variable square(const Variable& x);
Variable reciprocal(const Variable& x);  // 1 / x
Variable rsqrt(const Variable& x);       // 1 / sqrt(x)
// Between low and high, of which one may be missing: clamp(x, 0), clamp(x, {}, 1). Neither is NaN,
// and low <= high. For bounds that are variables: minimum(maximum(x, low), high).
Variable clamp(const Variable& x, std::optional<double> low, std::optional<double> high = {});
Variable leaky_relu(const Variable& x, double negative_slope = 0.01);
// x where x > 0, else weight * x; weight has one element or broadcasts to x's shape.
Variable prelu(const Variable& x, const Variable& weight);
Variable silu(const Variable& x);  // x * sigmoid(x)
// x * Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016), or with
// approximate_tanh its approximation 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
Variable gelu(const Variable& x, bool approximate_tanh = false);
template <class T>
void gelu(const Variable& x, T approximate) = delete;  // PyTorch's "none" would count as true
// With `training`, zeroes each element with probability p and scales the others by 1 / (1 - p).
Variable dropout(const Variable& x, double p = 0.5, bool training = true);
template <std::same_as<bool> T>
void dropout(const Variable& x, T training, bool = true) = delete;  // p comes first

// Shape (ops/shape.cpp).
Variable reshape(const Variable& x, const Shape& shape);  // one size may be -1
Variable permute(const Variable& x, const Axes& axes);
Variable transpose(const Variable& x, int axis0, int axis1);  // composite
// Makes one axis of those from start_axis to end_axis, both included (composite).
Variable flatten(const Variable& x, int start_axis = 0, int end_axis = -1);
Variable squeeze(const Variable& x, int axis);           // composite; of size 1
Variable squeeze(const Variable& x);                     // composite; all axes of size 1
Variable unsqueeze(const Variable& x, int axis);         // composite
Variable expand(const Variable& x, const Shape& shape);  // broadcasts; -1 keeps a size
Variable slice(const Variable& x, int axis, int64_t begin, int64_t end = kEnd, int64_t step = 1);
Variable select(const Variable& x, int axis, int64_t index);  // composite
// zeros of `shape`, with x in the place that slice(axis, begin, ., step) reads: its adjoint.
Variable slice_adjoint(const Variable& x, const Shape& shape, int axis, int64_t begin,
                       int64_t step = 1);
// Pads the last axis by {before, after}, the one before it by the next two numbers, and so on.
Variable pad(const Variable& x, const Shape& padding, double value = 0);  // composite
Variable flip(const Variable& x, const Axes& axes);
Variable concat(const std::vector<Variable>& xs, int axis = 0);
Variable stack(const std::vector<Variable>& xs, int axis = 0);  // composite: along a new axis

// Reductions (ops/reduction.cpp).
Variable sum(const Variable& x, const Axes& axes = {}, bool keepdim = false);
// Sums the axes along which `shape` was broadcast to x's shape (composite).
Variable sum_to(const Variable& x, const Shape& shape);
Variable cumsum(const Variable& x, int axis);  // x[0], x[0] + x[1], ...
Variable mean(const Variable& x, const Axes& axes = {}, bool keepdim = false);  // composite
// sum((x - mean)^2) / max(n - correction, 0), composite.
Variable var(const Variable& x, const Axes& axes = {}, int64_t correction = 1,
             bool keepdim = false);
template <std::same_as<bool> T>
void var(const Variable& x, const Axes& axes, T keepdim, bool = false) = delete;
// The largest / smallest value over the axes (composite: gather at argmax).
Variable max(const Variable& x, const Axes& axes = {}, bool keepdim = false);
Variable min(const Variable& x, const Axes& axes = {}, bool keepdim = false);
Variable logsumexp(const Variable& x, const Axes& axes = {}, bool keepdim = false);  // composite
Variable log_softmax(const Variable& x, int axis);
Variable softmax(const Variable& x, int axis);  // composite

// Norms (ops/norm.cpp), composites but for batch_norm.
// sqrt(sum(x^2)) over the axes, also where the squares are too large or too small for the dtype.
Variable norm(const Variable& x, const Axes& axes = {}, bool keepdim = false);
// x / max(||x||, eps) along `axis`. Where ||x|| < eps the gradient is 0 (PyTorch's is 1 / eps).
Variable normalize(const Variable& x, int axis = 1, double eps = kSmallestLength);
// PyTorch's p, which comes before its axis: the norm here is always Euclidean.
template <std::floating_point P>
void normalize(const Variable& x, P p, double axis = 1) = delete;
template <std::integral Axis>
void normalize(const Variable& x, int p, Axis axis) = delete;
// x . y / (max(||x||, eps) max(||y||, eps)) along `axis` of the shape to which both broadcast.
// Below eps a length counts as the constant eps.
Variable cosine_similarity(const Variable& x, const Variable& y, int axis = 1, double eps = 1e-8);
// (x - mean) / sqrt(var + eps) over the last axes, which `weight` and `bias` span; either may be
// undefined (Ba, Kiros & Hinton 2016).
Variable layer_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight = {},
                    const Variable& bias = {}, double eps = 1e-5);
// The same over all axes but axis 1 (channels), with the given statistics [C] if `mean` is defined,
// else with those of the batch, variance divided by n (Ioffe & Szegedy 2015). The latter is fused
// into one op. `used` receives the statistics, for running averages. With a `slope`, [C] or [1],
// the result is prelu of that, where it is fused in the same op.
struct BatchStatistics {
  Tensor mean, variance;  // both [C]
};
Variable batch_norm(const Variable& x, const Tensor& mean, const Tensor& variance,
                    const Variable& weight = {}, const Variable& bias = {}, double eps = 1e-5,
                    BatchStatistics* used = nullptr, const Variable& slope = {});
template <std::same_as<bool> T>
void batch_norm(const Variable& x, const Tensor& mean, const Tensor& variance,
                const Variable& weight, const Variable& bias, T training) = delete;

// Indexing (ops/indexing.cpp). Indices are int64; one outside its axis is an error.
Variable gather(const Variable& x, int axis, const Tensor& index);
// zeros(shape) with `source` added at `index` along `axis`; duplicates accumulate.
Variable scatter_add(const Shape& shape, int axis, const Tensor& index, const Variable& source);
// The slices of x at `index` [n] along `axis`.
Variable index_select(const Variable& x, int axis, const Tensor& index);  // composite
// Rows of weight [num, dim]: [..., dim] for index [...].
Variable embedding(const Tensor& index, const Variable& weight);  // composite

// Products (ops/product.cpp).
// Vectors, matrices, and batches of matrices whose leading axes broadcast:
//   [..., M, N] = [..., M, K] x [..., K, N];  a vector stands for a row on the left, a column on
// the right, and its axis is dropped from the result.
Variable matmul(const Variable& a, const Variable& b);
// [..., O] = [..., I] x weight [O, I]^T + bias [O]; bias may be undefined.
Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {});
// Convolution, plus bias [O] unless it is undefined, and the two products that its gradients are
// made of: see tensor/conv/conv2d.h.
Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias = {},
                const Conv2dOptions& options = {});
Variable conv2d(const Variable& x, const Variable& weight, const Conv2dOptions& options);
Variable conv2d_input_gradient(const Variable& grad, const Variable& weight,
                               const Shape& input_shape, const Conv2dOptions& options = {});
Variable conv2d_weight_gradient(const Variable& grad, const Variable& input,
                                const Shape& weight_shape, const Conv2dOptions& options = {});

// Margin classification head (ops/margin_head.cpp). For x [B, D], weight [C, D], int64 labels [B]:
// the mean of -log softmax(scale * c)[label] over c_j = cos of the angle between x and weight_j,
// with c_label replaced by margin(c_label); NaN for B = 0. `margin` gets the target cosines [B] and
// returns as many logits; other tensors may take part, such as a margin a row, but get no gradient.
// It is called again in backward.
// Keeps one [B, C] array, the cosines, or none of many classes; the composite is its formula.
using MarginFunction = std::function<Variable(const Variable& target_cosines)>;
Variable margin_cross_entropy(const Variable& x, const Variable& weight, const Tensor& labels,
                              double scale, const MarginFunction& margin);
Variable margin_cross_entropy_composite(const Variable& x, const Variable& weight,
                                        const Tensor& labels, double scale,
                                        const MarginFunction& margin);

// Pooling of [N, C, H, W] (ops/pooling.cpp); the means are composites.
Variable max_pool2d(const Variable& x, const Pool2dOptions& options);
// The mean of each window; the padding, at most half of the kernel, counts as zeros unless
// count_include_pad is false.
Variable avg_pool2d(const Variable& x, const Pool2dOptions& options, bool count_include_pad = true);
// Windows from floor(i H / OH) to ceil((i + 1) H / OH), so that the result is [N, C, OH, OW].
Variable adaptive_avg_pool2d(const Variable& x, const Pair& output_size);

// Of plain Tensors, as their other functions are in tensor/kernels.h.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor var(const Tensor& x, const Axes& axes = {}, int64_t correction = 1, bool keepdim = false);
template <std::same_as<bool> T>
void var(const Tensor& x, const Axes& axes, T keepdim, bool = false) = delete;
Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor norm(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
Tensor softmax(const Tensor& x, int axis);
Tensor clamp(const Tensor& x, std::optional<double> low, std::optional<double> high = {});
// The index of the largest or smallest value of a variable, see tensor/kernels.h.
Tensor argmax(const Variable& x, int axis, bool keepdim = false);
Tensor argmin(const Variable& x, int axis, bool keepdim = false);

}  // namespace gradian
