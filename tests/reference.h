// What the fast kernels must match: products, convolutions and pooling as plain loops over their
// definitions, slow and obviously right; how far from them rounding may lead; and the layouts in
// memory in which the operands of every kernel are tried.
#pragma once

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tensor/conv/conv2d.h"
#include "tensor/conv/pooling.h"
#include "tensor/random.h"
#include "tensor/tensor.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::reference {

// Calls body(index) for every index into `shape`, the last axis fastest.
template <class Body>
void for_each_index(const Shape& shape, const Body& body) {
  Shape index = Shape::filled(shape.size(), 0);
  for (int64_t left = numel(shape); left > 0; --left) {
    body(std::as_const(index));
    for (int axis = shape.size() - 1; axis >= 0 && ++index[axis] == shape[axis]; --axis)
      index[axis] = 0;
  }
}

// A dense row-major array of doubles. Reads tensors through Tensor::at alone.
struct Array {
  explicit Array(const Shape& s) : shape(s), values(static_cast<size_t>(numel(s)), 0.0) {}
  explicit Array(const Tensor& x) : Array(x.shape()) {
    size_t next = 0;
    for_each_index(shape, [&](const Shape& index) { values[next++] = x.at(index); });
  }

  template <class... Index>
  double& operator()(Index... index) {
    return values[position(index...)];
  }
  template <class... Index>
  double operator()(Index... index) const {
    return values[position(index...)];
  }
  double& operator[](const Shape& index) { return values[position(index)]; }
  double operator[](const Shape& index) const { return values[position(index)]; }

  Shape shape;
  std::vector<double> values;

 private:
  template <class... Index>
  size_t position(int64_t first, Index... rest) const {
    int axis = 1;
    int64_t at = first;
    ((at = at * shape[axis++] + rest), ...);
    return static_cast<size_t>(at);
  }
  size_t position(const Shape& index) const {
    int64_t at = 0;
    for (int axis = 0; axis < shape.size(); ++axis) at = at * shape[axis] + index[axis];
    return static_cast<size_t>(at);
  }
};

inline Array absolute(Array x) {
  for (double& value : x.values) value = std::abs(value);
  return x;
}

inline double dot(const Array& a, const Array& b) {
  double total = 0;
  for (size_t i = 0; i < a.values.size(); ++i) total += a.values[i] * b.values[i];
  return total;
}

// [M, N] = [M, K] x [K, N]
inline Array matmul(const Array& a, const Array& b) {
  Array c(Shape{a.shape[0], b.shape[1]});
  for (int64_t i = 0; i < a.shape[0]; ++i)
    for (int64_t k = 0; k < a.shape[1]; ++k)
      for (int64_t j = 0; j < b.shape[1]; ++j) c(i, j) += a(i, k) * b(k, j);
  return c;
}

// How many windows of `kernel` taps fit into `size` elements with padding: counted, not computed.
inline int64_t windows(int64_t size, int64_t kernel, int64_t stride, int64_t padding,
                       int64_t dilation) {
  int64_t count = 0;
  while (count * stride + (kernel - 1) * dilation < size + 2 * padding) ++count;
  return count;
}

// Calls body(n, o, i, j, c, p, q, channel, row, column) for every product in a convolution: output
// (n, o, i, j) takes weight (o, c, p, q) times input (n, channel, row, column). Products with the
// padding are left out: they are 0.
template <class Body>
void for_each_product(const Shape& input, const Shape& weight, const Conv2dOptions& options,
                      const Body& body) {
  const auto& [stride, padding, dilation, groups] = options;
  const int64_t out_height = windows(input[2], weight[2], stride[0], padding[0], dilation[0]);
  const int64_t out_width = windows(input[3], weight[3], stride[1], padding[1], dilation[1]);
  for (int64_t n = 0; n < input[0]; ++n)
    for (int64_t o = 0; o < weight[0]; ++o)
      for (int64_t i = 0; i < out_height; ++i)
        for (int64_t j = 0; j < out_width; ++j)
          for (int64_t c = 0; c < weight[1]; ++c)
            for (int64_t p = 0; p < weight[2]; ++p)
              for (int64_t q = 0; q < weight[3]; ++q) {
                const int64_t group = o / (weight[0] / groups);
                const int64_t row = i * stride[0] + p * dilation[0] - padding[0];
                const int64_t column = j * stride[1] + q * dilation[1] - padding[1];
                if (row >= 0 && row < input[2] && column >= 0 && column < input[3])
                  body(n, o, i, j, c, p, q, group * weight[1] + c, row, column);
              }
}

inline Array conv2d(const Array& x, const Array& w, const Conv2dOptions& options) {
  const auto& [stride, padding, dilation, groups] = options;
  Array y(Shape{x.shape[0], w.shape[0],
                windows(x.shape[2], w.shape[2], stride[0], padding[0], dilation[0]),
                windows(x.shape[3], w.shape[3], stride[1], padding[1], dilation[1])});
  for_each_product(
      x.shape, w.shape, options,
      [&](auto n, auto o, auto i, auto j, auto c, auto p, auto q, auto channel, auto row,
          auto column) { y(n, o, i, j) += w(o, c, p, q) * x(n, channel, row, column); });
  return y;
}

inline Array conv2d_input_gradient(const Array& dy, const Array& w, const Shape& input,
                                   const Conv2dOptions& options) {
  Array dx(input);
  for_each_product(
      input, w.shape, options,
      [&](auto n, auto o, auto i, auto j, auto c, auto p, auto q, auto channel, auto row,
          auto column) { dx(n, channel, row, column) += dy(n, o, i, j) * w(o, c, p, q); });
  return dx;
}

inline Array conv2d_weight_gradient(const Array& dy, const Array& x, const Shape& weight,
                                    const Conv2dOptions& options) {
  Array dw(weight);
  for_each_product(
      x.shape, weight, options,
      [&](auto n, auto o, auto i, auto j, auto c, auto p, auto q, auto channel, auto row,
          auto column) { dw(o, c, p, q) += dy(n, o, i, j) * x(n, channel, row, column); });
  return dw;
}

struct Pooled {
  Array values, indices;
};

// Looks at the elements of each window in row-major order.
inline Pooled max_pool2d(const Array& x, const Pool2dOptions& o) {
  const Pair stride = o.stride;
  const int64_t height = x.shape[2], width = x.shape[3];
  const Shape shape{x.shape[0], x.shape[1],
                    windows(height, o.kernel[0], stride[0], o.padding[0], o.dilation[0]),
                    windows(width, o.kernel[1], stride[1], o.padding[1], o.dilation[1])};
  Pooled result{Array(shape), Array(shape)};
  for_each_index(shape, [&](const Shape& at) {
    bool found = false;
    for (int64_t p = 0; p < o.kernel[0]; ++p)
      for (int64_t q = 0; q < o.kernel[1]; ++q) {
        const int64_t row = at[2] * stride[0] + p * o.dilation[0] - o.padding[0];
        const int64_t column = at[3] * stride[1] + q * o.dilation[1] - o.padding[1];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        const double value = x(at[0], at[1], row, column), best = result.values[at];
        if (!found || value > best || (std::isnan(value) && !std::isnan(best))) {
          result.values[at] = value;
          result.indices[at] = static_cast<double>(row * width + column);
        }
        found = true;
      }
  });
  return result;
}

// The distance from 1 to the next number of the dtype; rounding errs by half of that at most.
inline double epsilon(DType dtype) {
  if (dtype == DType::int64) return 0;
  return dtype == DType::float32 ? std::numeric_limits<float>::epsilon()
                                 : std::numeric_limits<double>::epsilon();
}

// The largest |got - want| / bound over all elements, where equal elements and two NaNs differ by
// 0: at most 1 when the bound holds everywhere. Infinity when the shapes differ.
inline double error_over_bound(const Tensor& got, const Array& want, const Array& bound) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (got.shape() != want.shape || got.shape() != bound.shape) return infinity;
  double worst = 0;
  for_each_index(want.shape, [&](const Shape& index) {
    const double g = got.at(index), w = want[index];
    if (g == w || (std::isnan(g) && std::isnan(w))) return;
    const double ratio = std::abs(g - w) / bound[index];
    worst = std::isnan(ratio) ? infinity : std::max(worst, ratio);
  });
  return worst;
}

// The same with `relative` x |want| for the bound.
inline double error_over_bound(const Tensor& got, const Array& want, double relative) {
  Array bound = absolute(want);
  for (double& value : bound.values) value *= relative;
  return error_over_bound(got, want, bound);
}

inline bool identical(const Tensor& got, const Array& want) {
  return error_over_bound(got, want, 0.0) == 0;
}

// What rounding allows for sums of `terms` products: each sum and each product rounds once, in the
// kernel and (in double) in the reference. `absolute_sum` is the reference of |a| and |b|.
inline Array rounding_bound(Array absolute_sum, int64_t terms, DType dtype) {
  const double factor = static_cast<double>(terms + 1) * epsilon(dtype);
  for (double& value : absolute_sum.values) value *= factor;
  return absolute_sum;
}

// Maps a tensor to one in another layout in memory. All but the broadcast layouts keep the values;
// those repeat some of them, so compare with a reference of the result.
struct Layout {
  const char* name;
  Tensor (*make)(const Tensor& x);
};

inline Tensor reversed_axes(const Tensor& x) {
  Axes axes;
  for (int axis = x.dim() - 1; axis >= 0; --axis) axes.push_back(axis);
  return x.permute(axes);
}

// Every `step`-th element of a last axis that has others around it; those are poison.
inline Tensor embedded(const Tensor& x, int64_t step) {
  if (x.dim() == 0) return x;
  const int64_t margin = 3, end = margin + step * x.size(-1);
  Shape shape = x.shape();
  shape[x.dim() - 1] = end + margin;
  const double poison = x.dtype() == DType::int64 ? 987654321 : std::nan("");
  Tensor view = Tensor::full(shape, poison, x.dtype()).slice(-1, margin, end, step);
  view.copy_from(x);
  return view;
}

inline Tensor flipped(Tensor x, int first_axis) {
  for (int axis = first_axis; axis < x.dim(); ++axis) x = x.flip(axis);
  x = x.clone();
  for (int axis = first_axis; axis < x.dim(); ++axis) x = x.flip(axis);
  return x;
}

// Repeats the first element of each axis in [first, last).
inline Tensor repeated(const Tensor& x, int first, int last) {
  Tensor one = x;
  for (int axis = first; axis < last; ++axis)
    if (x.size(axis) > 0) one = one.slice(axis, 0, 1);
  return one.expand(x.shape());
}

inline const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all{
      {"contiguous", [](const Tensor& x) { return x.clone(); }},
      {"transposed", [](const Tensor& x) { return reversed_axes(reversed_axes(x).clone()); }},
      {"row stride > columns", [](const Tensor& x) { return embedded(x, 1); }},
      {"column stride 2", [](const Tensor& x) { return embedded(x, 2); }},
      {"flipped", [](const Tensor& x) { return flipped(x, 0); }},
      {"last axis flipped", [](const Tensor& x) { return flipped(x, std::max(0, x.dim() - 1)); }},
      {"first axis broadcast",
       [](const Tensor& x) { return repeated(x, 0, std::min(1, x.dim())); }},
      {"last axis broadcast",
       [](const Tensor& x) { return repeated(x, std::max(0, x.dim() - 1), x.dim()); }},
      {"one element broadcast", [](const Tensor& x) { return repeated(x, 0, x.dim()); }},
  };
  return all;
}

// Values in (low, high) that are the same in every run.
inline Tensor sample(const Shape& shape, DType dtype, double low = -1, double high = 1,
                     uint64_t seed = 1) {
  Generator generator(seed);
  if (dtype != DType::int64) return rand(shape, dtype, low, high, generator);
  return rand(shape, DType::float64, low, high, generator).to(dtype);
}

// 0, 1, 2, ... in row-major order.
inline Tensor counting(const Shape& shape, DType dtype = DType::float32) {
  return Tensor::arange(numel(shape), dtype).reshape(shape);
}

// Whether a write to one may change the other.
inline bool share_storage(const Tensor& a, const Tensor& b) {
  return a.stamp().storage == b.stamp().storage;
}

// Sets the number of threads for the life of the object.
class Threads {
 public:
  explicit Threads(int count) : before_(num_threads()) { set_num_threads(count); }
  ~Threads() { set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

// Forces an algorithm of convolution for the life of the object.
class ForcedAlgorithm {
 public:
  explicit ForcedAlgorithm(ConvAlgorithm algorithm) : before_(conv_algorithm()) {
    set_conv_algorithm(algorithm);
  }
  ~ForcedAlgorithm() { set_conv_algorithm(before_); }
  ForcedAlgorithm(const ForcedAlgorithm&) = delete;
  ForcedAlgorithm& operator=(const ForcedAlgorithm&) = delete;

 private:
  ConvAlgorithm before_;
};

}  // namespace gradian::reference
