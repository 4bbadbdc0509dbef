// Elementwise kernels. The loop that walks operands of any strides is in loops.h; here is only
// what happens to one element; always_inline where a call that stays would keep the loop scalar.
#include <cmath>
#include <functional>

#include "tensor/kernels.h"
#include "tensor/loops.h"
#include "tensor/simd/vector_math.h"

namespace gradian {
namespace {

using namespace loops;
using namespace simd;

template <class F>
Tensor map_floating(const char* function, const Tensor& x, const F& f) {
  const Calling calling(function);
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  dispatch_floating(x.dtype(), [&]<class T>() { map_into<T, T>(out, f, x); });
  return out;
}

// `f` is called as f(T, T) and returns T.
template <class F>
Tensor map_binary(const char* function, TensorOrNumber a, TensorOrNumber b, const F& f) {
  const Calling calling(function);
  return with_arrays(a, b, [&](const Tensor& x, const Tensor& y) {
    check_same_dtype(x, y);
    Tensor out = Tensor::empty(broadcast_shapes(x.shape(), y.shape()), x.dtype());
    dispatch(x.dtype(), [&]<class T>() { map_into<T, T, T>(out, f, x, y); });
    return out;
  });
}

// The same for a relation of two numbers.
template <class Relation>
Tensor compare(const char* function, TensorOrNumber a, TensorOrNumber b, const Relation& holds) {
  return map_binary(function, a, b, [=](auto x, auto y) { return decltype(x)(holds(x, y)); });
}

constexpr auto plus = [](auto x, auto y) { return x + y; };
constexpr auto minus = [](auto x, auto y) { return x - y; };
constexpr auto times = [](auto x, auto y) { return x * y; };
constexpr auto over = [](auto x, auto y) {
  if constexpr (std::is_same_v<decltype(y), int64_t>) {
    check(y != 0, "int64 division by 0");
    check(y != -1 || x != INT64_MIN, "int64 overflow: ", x, " / -1");
  }
  return x / y;
};

// x = f(x, other) in x's own memory. What is read there by `other`, too, is copied first.
template <class F>
Tensor& update(const char* function, Tensor& x, TensorOrNumber other, const F& f) {
  const Calling calling(function);
  check_writable(x);
  const Tensor y = other.is_number() ? constant(other.number(), x) : other.array();
  check_same_dtype(x, y);
  const bool overlaps = y.stamp().storage == x.stamp().storage;
  const Tensor source = (overlaps ? y.clone() : y).expand(x.shape());
  dispatch(x.dtype(), [&]<class T>() { map_into<T, T, T>(x, f, x, source); });
  return x;
}

Tensor filled_like(const char* function, const Tensor& x, double value) {
  const Calling calling(function);
  return Tensor::full(check_defined(x).shape(), value, x.dtype());
}

}  // namespace

Tensor constant(long double value, const Tensor& x) {
  const Calling calling("constant");
  check_defined(x);
  if (x.dtype() != DType::int64) return Tensor::scalar(static_cast<double>(value), x.dtype());
  check(value == std::trunc(value) && value >= -0x1p63 && value < 0x1p63,
        "an int64 array meets the number ", value, ": convert it to float32 or float64 first");
  return Tensor::from<int64_t>({static_cast<int64_t>(value)}, Shape{});
}

Tensor full_like(const Tensor& x, double value) { return filled_like("full_like", x, value); }
Tensor zeros_like(const Tensor& x) { return filled_like("zeros_like", x, 0); }
Tensor ones_like(const Tensor& x) { return filled_like("ones_like", x, 1); }

std::ostream& operator<<(std::ostream& out, const Description& description) {
  return out << description.tensor.dtype() << ' ' << description.tensor.shape();
}

void check_same_dtype(const Tensor& a, const Tensor& b) {
  const Calling calling("check_same_dtype");
  check_defined(a);
  check_defined(b);
  check(a.dtype() == b.dtype(), "dtypes differ: ", a.dtype(), " and ", b.dtype());
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

Tensor pow(const Tensor& x, TensorOrNumber exponent) {
  const Calling calling("pow");
  check(is_floating(x.dtype()), "expected float32 or float64, got ", x.dtype());
  return with_arrays(Operand<Tensor>(x), exponent, [](const Tensor& v, const Tensor& p) {
    if (p.numel() == 1 && p.dtype() == v.dtype() && p.item() == 2)
      return mul(v, v.expand(broadcast_shapes(v.shape(), p.shape())));
    return map_binary("pow", v, p, [](auto a, auto b) { return decltype(a)(std::pow(a, b)); });
  });
}

Tensor abs(const Tensor& x) {
  const Calling calling("abs");
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    map_into<T, T>(
        out, [](T v) { return T(std::abs(v)); }, x);
  });
  return out;
}
Tensor square(const Tensor& x) { return map_binary("square", x, x, times); }

Tensor add(TensorOrNumber a, TensorOrNumber b) { return map_binary("add", a, b, plus); }
Tensor sub(TensorOrNumber a, TensorOrNumber b) { return map_binary("sub", a, b, minus); }
Tensor mul(TensorOrNumber a, TensorOrNumber b) { return map_binary("mul", a, b, times); }
Tensor div(TensorOrNumber a, TensorOrNumber b) { return map_binary("div", a, b, over); }
Tensor operator-(const Tensor& x) { return map_binary("neg", x, -1, times); }

Tensor& Tensor::operator+=(TensorOrNumber b) { return update("operator+=", *this, b, plus); }
Tensor& Tensor::operator-=(TensorOrNumber b) { return update("operator-=", *this, b, minus); }
Tensor& Tensor::operator*=(TensorOrNumber b) { return update("operator*=", *this, b, times); }
Tensor& Tensor::operator/=(TensorOrNumber b) { return update("operator/=", *this, b, over); }

// A NaN on either side wins: the comparison with it is false, and it differs from itself.
Tensor maximum(TensorOrNumber a, TensorOrNumber b) {
  return map_binary("maximum", a, b, [](auto x, auto y) { return x > y || x != x ? x : y; });
}
Tensor minimum(TensorOrNumber a, TensorOrNumber b) {
  return map_binary("minimum", a, b, [](auto x, auto y) { return x < y || x != x ? x : y; });
}

Tensor equal(TensorOrNumber a, TensorOrNumber b) {
  return compare("equal", a, b, std::equal_to<>());
}
Tensor not_equal(TensorOrNumber a, TensorOrNumber b) {
  return compare("not_equal", a, b, std::not_equal_to<>());
}
Tensor less(TensorOrNumber a, TensorOrNumber b) { return compare("less", a, b, std::less<>()); }
Tensor less_equal(TensorOrNumber a, TensorOrNumber b) {
  return compare("less_equal", a, b, std::less_equal<>());
}
Tensor greater(TensorOrNumber a, TensorOrNumber b) {
  return compare("greater", a, b, std::greater<>());
}
Tensor greater_equal(TensorOrNumber a, TensorOrNumber b) {
  return compare("greater_equal", a, b, std::greater_equal<>());
}

Tensor where(const Tensor& condition, TensorOrNumber a, TensorOrNumber b) {
  const Calling calling("where");
  return with_arrays(a, b, [&](const Tensor& taken, const Tensor& otherwise) {
    check_same_dtype(taken, otherwise);
    const Shape both = broadcast_shapes(taken.shape(), otherwise.shape());
    Tensor out = Tensor::empty(broadcast_shapes(condition.shape(), both), taken.dtype());
    dispatch(out.dtype(), [&]<class T>() {
      dispatch(condition.dtype(), [&]<class Mask>() {
        map_into<T, Mask, T, T>(
            out, [](Mask c, T x, T y) { return c != 0 ? x : y; }, condition, taken, otherwise);
      });
    });
    return out;
  });
}

}  // namespace gradian
