// Kernels on plain arrays: elementwise functions, reductions, products, indexing.
// Each takes Tensors of any strides and returns a new contiguous Tensor. Operands of a binary
// kernel broadcast and must share one dtype. Nothing here records gradients: the differentiable
// functions of the same names are declared in autograd/ops.h.
#pragma once

#include "tensor/tensor.h"

namespace gradian {

// Elementwise, float32 and float64 (elementwise.cpp). In float32 exp, log and tanh are within 2 ulp
// (simd/vector_math.h).
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor acos(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor sigmoid(const Tensor& x);   // 1 / (1 + exp(-x)), without overflow
Tensor softplus(const Tensor& x);  // log(1 + exp(x)), without overflow
Tensor relu(const Tensor& x);      // max(x, 0); NaN stays NaN
Tensor sign(const Tensor& x);      // -1 or 1; a zero and NaN stay what they are
Tensor pow(const Tensor& x, TensorOrNumber exponent);

// Elementwise, every dtype; operands broadcast, and one of two may be a number.
Tensor abs(const Tensor& x);
Tensor square(const Tensor& x);
Tensor add(TensorOrNumber a, TensorOrNumber b);
Tensor sub(TensorOrNumber a, TensorOrNumber b);
Tensor mul(TensorOrNumber a, TensorOrNumber b);
Tensor div(TensorOrNumber a, TensorOrNumber b);  // truncates for int64; an int64 zero is an error
Tensor maximum(TensorOrNumber a, TensorOrNumber b);  // NaN where either is NaN
Tensor minimum(TensorOrNumber a, TensorOrNumber b);

// Comparisons: 1 where the relation holds, otherwise 0, in the operands' dtype. (There is no
// boolean dtype; a mask is any tensor, and what is not 0 is true. Masks are joined as the numbers
// that they are: a * b for "and", 1 - a for "not".)
Tensor equal(TensorOrNumber a, TensorOrNumber b);
Tensor not_equal(TensorOrNumber a, TensorOrNumber b);
Tensor less(TensorOrNumber a, TensorOrNumber b);
Tensor less_equal(TensorOrNumber a, TensorOrNumber b);
Tensor greater(TensorOrNumber a, TensorOrNumber b);
Tensor greater_equal(TensorOrNumber a, TensorOrNumber b);
Tensor isfinite(const Tensor& x);

// The functions above as operators: 2 * x, labels == 3.
inline Tensor operator+(TensorOrNumber a, TensorOrNumber b) { return add(a, b); }
inline Tensor operator-(TensorOrNumber a, TensorOrNumber b) { return sub(a, b); }
inline Tensor operator*(TensorOrNumber a, TensorOrNumber b) { return mul(a, b); }
inline Tensor operator/(TensorOrNumber a, TensorOrNumber b) { return div(a, b); }
Tensor operator-(const Tensor& x);
inline Tensor operator==(TensorOrNumber a, TensorOrNumber b) { return equal(a, b); }
inline Tensor operator!=(TensorOrNumber a, TensorOrNumber b) { return not_equal(a, b); }
inline Tensor operator<(TensorOrNumber a, TensorOrNumber b) { return less(a, b); }
inline Tensor operator<=(TensorOrNumber a, TensorOrNumber b) { return less_equal(a, b); }
inline Tensor operator>(TensorOrNumber a, TensorOrNumber b) { return greater(a, b); }
inline Tensor operator>=(TensorOrNumber a, TensorOrNumber b) { return greater_equal(a, b); }

// a where condition is not 0, else b. It selects: an infinity or NaN on the other side stays out.
Tensor where(const Tensor& condition, TensorOrNumber a, TensorOrNumber b);

// A tensor of x's shape and dtype that holds `value` everywhere.
Tensor full_like(const Tensor& x, double value);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
// The number as a tensor without axes of x's dtype; of int64, whole numbers only.
Tensor constant(long double value, const Tensor& x);

// Reductions over any axes (reduce.cpp). An empty list of axes means all of them.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
// x[0], x[0] + x[1], ... along `axis`.
Tensor cumsum(const Tensor& x, int axis);
// Index of the largest value along `axis`, int64; the first one among equals. NaN counts as
// largest. Without an axis: the index in row-major order.
Tensor argmax(const Tensor& x, int axis, bool keepdim = false);
Tensor argmax(const Tensor& x);
// The same of the smallest value; NaN counts as smallest.
Tensor argmin(const Tensor& x, int axis, bool keepdim = false);
Tensor argmin(const Tensor& x);
// x - log(sum(exp(x))) along `axis`, shifted by the maximum. A line with NaN or
// +infinity, or of nothing but -infinity, becomes NaN; a -infinity among others stays one.
Tensor log_softmax(const Tensor& x, int axis);
// The gradient by x from that by y = log_softmax(x): grad - exp(y) sum(grad), as accurate for
// exp(y) near 1, where the two cancel in the gradient of cross entropy, as elsewhere.
Tensor log_softmax_gradient(const Tensor& y, const Tensor& grad, int axis);

// Order along an axis (sort.cpp). Equal values keep theirs, and NaN counts as largest. For values
// that gradients flow through: gather(x, axis, topk(x.value(), 5, axis).indices).
struct ValuesAndIndices {
  Tensor values, indices;  // indices is int64
};
ValuesAndIndices sort(const Tensor& x, int axis = -1, bool descending = false);
Tensor argsort(const Tensor& x, int axis = -1, bool descending = false);
// The k largest values, or smallest ones, in order.
ValuesAndIndices topk(const Tensor& x, int64_t k, int axis = -1, bool largest = true);
// The axis comes first.
void sort(const Tensor& x, std::same_as<bool> auto descending) = delete;
void argsort(const Tensor& x, std::same_as<bool> auto descending) = delete;
void topk(const Tensor& x, int64_t k, std::same_as<bool> auto largest) = delete;

// Matrix product of the last two axes; the axes before them broadcast (matmul.cpp).
//   [..., M, N] = [..., M, K] x [..., K, N]
Tensor matmul(const Tensor& a, const Tensor& b);
// [..., O] = [..., I] x weight [O, I]^T + bias [O]; bias may be undefined (matmul.cpp).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

// result[i][j][k] = x[i][index[i][j][k]][k] for axis 1; index is int64 and may be smaller than x
// along the other axes (indexing.cpp). Indices outside the axis are errors.
Tensor gather(const Tensor& x, int axis, const Tensor& index);
// zeros(shape)[i][index[i][j][k]][k] += source[i][j][k] for axis 1: the adjoint of gather.
// Positions that occur more than once accumulate.
Tensor scatter_add(const Shape& shape, int axis, const Tensor& index, const Tensor& source);
// 1 at each label's class: [N..., C] from int64 [N...].
Tensor one_hot(const Tensor& labels, int64_t num_classes, DType dtype);

// Vectors shorter than this have no direction: the eps of normalize() and of the margin head.
constexpr double kSmallestLength = 1e-12;

// Joins along an existing axis; the other sizes must agree.
Tensor concat(const std::vector<Tensor>& tensors, int axis);

// Fails unless both have one dtype.
void check_same_dtype(const Tensor& a, const Tensor& b);

// What errors call a tensor, "float32 [2, 3]": something that streams so, and costs nothing before.
struct Description {
  const Tensor& tensor;
};
inline Description describe(const Tensor& x) { return {x}; }
std::ostream& operator<<(std::ostream& out, const Description& description);

}  // namespace gradian
