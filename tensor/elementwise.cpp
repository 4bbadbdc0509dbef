// Elementwise kernels. The loop that walks operands of any strides is in loops.h; here is only
// what happens to one element; always_inline where a call that stays would keep the loop scalar.
#include <cmath>

#include "tensor/kernels.h"
#include "tensor/loops.h"
#include "tensor/simd/vector_math.h"

namespace gradian {
namespace {

template <class F>
Tensor map_floating(const char* op, const Tensor& x, const F& f) {
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  dispatch_floating(x.dtype(), op, [&]<class T>() { map_into<T, T>(out, f, x); });
  return out;
}

// `f` is called as f(T, T) and returns T.
template <class F>
Tensor map_binary(const char* op, const Tensor& a, const Tensor& b, const F& f) {
  check_same_dtype(a, b, op);
  const Shape shape =
      a.shape() == b.shape() ? a.shape() : broadcast_shapes(a.shape(), b.shape(), op);
  Tensor out = Tensor::empty(shape, a.dtype());
  dispatch(a.dtype(),
           [&]<class T>() { map_into<T, T, T>(out, f, a.expand(shape), b.expand(shape)); });
  return out;
}

}  // namespace

std::string describe(const Tensor& x) { return text(x.dtype(), ' ', x.shape()); }

void check_same_dtype(const Tensor& a, const Tensor& b, const char* op) {
  check_defined(a, op);
  check_defined(b, op);
  check(a.dtype() == b.dtype(), op, ": dtypes differ: ", a.dtype(), " and ", b.dtype());
}

Tensor exp(const Tensor& x) {
  return map_floating(
      "exp", x, [](auto v) __attribute__((always_inline)) { return vector_exp(v); });
}
Tensor log(const Tensor& x) {
  return map_floating(
      "log", x, [](auto v) __attribute__((always_inline)) { return vector_log(v); });
}
Tensor log1p(const Tensor& x) {
  return map_floating("log1p", x, [](auto v) { return std::log1p(v); });
}
Tensor sqrt(const Tensor& x) {
  return map_floating("sqrt", x, [](auto v) { return std::sqrt(v); });
}
Tensor sin(const Tensor& x) {
  return map_floating("sin", x, [](auto v) { return std::sin(v); });
}
Tensor cos(const Tensor& x) {
  return map_floating("cos", x, [](auto v) { return std::cos(v); });
}
Tensor acos(const Tensor& x) {
  return map_floating("acos", x, [](auto v) { return std::acos(v); });
}
Tensor tanh(const Tensor& x) {
  return map_floating(
      "tanh", x, [](auto v) __attribute__((always_inline)) { return vector_tanh(v); });
}
Tensor erf(const Tensor& x) {
  return map_floating("erf", x, [](auto v) { return std::erf(v); });
}
Tensor sigmoid(const Tensor& x) {
  return map_floating(
      "sigmoid", x, [](auto v) __attribute__((always_inline)) {
        const auto e = vector_exp(-std::abs(v));  // in [0, 1]: never overflows
        return (v >= 0 ? decltype(v)(1) : e) / (1 + e);
      });
}
Tensor softplus(const Tensor& x) {
  return map_floating(
      "softplus", x, [](auto v) __attribute__((always_inline)) {
        return std::max(v, decltype(v)(0)) + vector_log1p(vector_exp(-std::abs(v)));
      });
}
Tensor relu(const Tensor& x) {
  return map_floating("relu", x, [](auto v) { return v <= 0 ? decltype(v)(0) : v; });
}
Tensor sign(const Tensor& x) {
  return map_floating("sign", x, [](auto v) {
    using T = decltype(v);
    return v > 0 ? T(1) : v < 0 ? T(-1) : v;
  });
}
Tensor isfinite(const Tensor& x) {
  return map_floating("isfinite", x, [](auto v) { return decltype(v)(std::isfinite(v)); });
}

Tensor pow(const Tensor& x, const Tensor& exponent) {
  check(is_floating(x.dtype()), "pow: expected float32 or float64, got ", x.dtype());
  if (exponent.numel() == 1 && exponent.dtype() == x.dtype() && exponent.item() == 2)
    return mul(x, x.expand(broadcast_shapes(x.shape(), exponent.shape(), "pow")));
  return map_binary("pow", x, exponent, [](auto v, auto p) { return decltype(v)(std::pow(v, p)); });
}

Tensor add(const Tensor& a, const Tensor& b) {
  return map_binary("add", a, b, [](auto x, auto y) { return x + y; });
}
Tensor sub(const Tensor& a, const Tensor& b) {
  return map_binary("sub", a, b, [](auto x, auto y) { return x - y; });
}
Tensor mul(const Tensor& a, const Tensor& b) {
  return map_binary("mul", a, b, [](auto x, auto y) { return x * y; });
}
Tensor div(const Tensor& a, const Tensor& b) {
  return map_binary("div", a, b, [](auto x, auto y) {
    if constexpr (std::is_same_v<decltype(y), int64_t>) {
      check(y != 0, "div: int64 division by 0");
      check(y != -1 || x != INT64_MIN, "div: int64 overflow: ", x, " / -1");
    }
    return x / y;
  });
}

// A NaN on either side wins: the comparison with it is false, and it differs from itself.
Tensor maximum(const Tensor& a, const Tensor& b) {
  return map_binary("maximum", a, b, [](auto x, auto y) { return x > y || x != x ? x : y; });
}
Tensor minimum(const Tensor& a, const Tensor& b) {
  return map_binary("minimum", a, b, [](auto x, auto y) { return x < y || x != x ? x : y; });
}

Tensor equal(const Tensor& a, const Tensor& b) {
  return map_binary("equal", a, b, [](auto x, auto y) { return decltype(x)(x == y); });
}
Tensor less(const Tensor& a, const Tensor& b) {
  return map_binary("less", a, b, [](auto x, auto y) { return decltype(x)(x < y); });
}
Tensor less_equal(const Tensor& a, const Tensor& b) {
  return map_binary("less_equal", a, b, [](auto x, auto y) { return decltype(x)(x <= y); });
}
Tensor greater(const Tensor& a, const Tensor& b) {
  return map_binary("greater", a, b, [](auto x, auto y) { return decltype(x)(x > y); });
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_same_dtype(a, b, "where");
  const Shape shape =
      broadcast_shapes(condition.shape(), broadcast_shapes(a.shape(), b.shape(), "where"), "where");
  Tensor out = Tensor::empty(shape, a.dtype());
  dispatch(a.dtype(), [&]<class T>() {
    dispatch(condition.dtype(), [&]<class Mask>() {
      map_into<T, Mask, T, T>(
          out, [](Mask c, T x, T y) { return c != 0 ? x : y; }, condition.expand(shape),
          a.expand(shape), b.expand(shape));
    });
  });
  return out;
}

}  // namespace gradian
