#include "tensor/margin_head.h"

#include <cmath>
#include <limits>

#include "tensor/blis.h"
#include "tensor/kernels.h"
#include "tensor/thread_pool.h"
#include "tensor/vector_math.h"

namespace gradian {
namespace {

// Classes a block: [512, 512] float32 weights are 1 MB, and each product is still large for BLIS.
constexpr int64_t kClasses = 512;
// The sums over classes are kept in this many parts, added in order.
constexpr int64_t kParts = 16;
constexpr int64_t kLanes = 16;

// Sums f(0) .. f(count - 1) in lanes, which vectorises where one running sum would not.
template <class T, class F>
T lane_sum(int64_t count, const F& f) {
  T lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += f(i + lane);
  for (; i < count; ++i) lanes[i % kLanes] += f(i);
  T total = 0;
  for (const T lane : lanes) total += lane;
  return total;
}

template <class T>
T dot(const T* a, const T* b, int64_t count) {
  return lane_sum<T>(count, [=](int64_t i) { return a[i] * b[i]; });
}

template <class T>
T largest(const T* values, int64_t count) {
  T lanes[kLanes];
  std::fill_n(lanes, kLanes, -std::numeric_limits<T>::infinity());
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
  for (; i < count; ++i) lanes[0] = std::max(lanes[0], values[i]);
  return *std::max_element(lanes, lanes + kLanes);
}

template <class T>
T bounded(T length) {
  return std::max(length, static_cast<T>(kSmallestLength));
}

}  // namespace

CosineProducts cosine_products(const Tensor& x_in, const Tensor& w_in) {
  const Tensor x = x_in.contiguous(), w = w_in.contiguous();
  const int64_t batch = x.size(0), classes = w.size(0), width = w.size(1);
  const DType dtype = x.dtype();
  CosineProducts result{Tensor::empty({batch, classes}, dtype), Tensor::empty(x.shape(), dtype),
                        Tensor::empty({batch}, dtype), Tensor::empty({classes}, dtype)};
  dispatch_floating(dtype, "cosine_products", [&]<class T>() {
    const T *x_data = x.data<T>(), *w_data = w.data<T>();
    T *cosine = result.cosine.mutable_data<T>(), *unit = result.x_unit.mutable_data<T>();
    T *x_length = result.x_length.mutable_data<T>(), *w_length = result.w_length.mutable_data<T>();
    for (int64_t i = 0; i < batch; ++i) {
      const T* const row = x_data + i * width;
      x_length[i] = std::sqrt(dot(row, row, width));
      const T length = bounded(x_length[i]);
      for (int64_t d = 0; d < width; ++d) unit[i * width + d] = row[d] / length;
    }
    parallel_ranges(classes, kClasses, [&](int64_t first, int64_t last) {
      // [B, block] = [B, D] x [block, D]^T
      gemm(batch, last - first, width, unit, width, int64_t{1}, w_data + first * width, int64_t{1},
           width, cosine + first, classes, int64_t{1}, false);
      T inverse[kClasses];
      for (int64_t j = first; j < last; ++j) {
        const T* const row = w_data + j * width;
        w_length[j] = std::sqrt(dot(row, row, width));
        inverse[j - first] = 1 / bounded(w_length[j]);
      }
      for (int64_t i = 0; i < batch; ++i) {
        T* const row = cosine + i * classes + first;
        for (int64_t j = 0; j < last - first; ++j) row[j] *= inverse[j];
      }
    });
  });
  return result;
}

Tensor log_normalizers(const Tensor& cosine, const Tensor& labels, const Tensor& target,
                       double scale) {
  const int64_t batch = cosine.size(0), classes = cosine.size(1);
  Tensor result = Tensor::empty({batch}, cosine.dtype());
  dispatch_floating(cosine.dtype(), "log_normalizers", [&]<class T>() {
    const T *c = cosine.data<T>(), *t = target.data<T>();
    const int64_t* label = labels.data<int64_t>();
    T* out = result.mutable_data<T>();
    const T s = static_cast<T>(scale);
    parallel_ranges(batch, 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        // The row without its target entry is what lies before and what lies after it.
        const T* const before = c + i * classes;
        const T* const after = before + label[i] + 1;
        const int64_t after_count = classes - label[i] - 1;
        const T top = s * std::max({t[i], largest(before, label[i]), largest(after, after_count)});
        const auto exponentials = [&](const T* row, int64_t count) {
          return lane_sum<T>(count, [=](int64_t j) { return vector_exp(s * row[j] - top); });
        };
        out[i] = top + std::log(std::exp(s * t[i] - top) + exponentials(before, label[i]) +
                                exponentials(after, after_count));
      }
    });
  });
  return result;
}

HeadGradients head_gradients(const CosineProducts& products, const Tensor& w_in,
                             const Tensor& labels, const Tensor& target, const Tensor& slope,
                             const Tensor& log_normalizer, double scale, double row_grad) {
  const Tensor w = w_in.contiguous();
  const int64_t batch = products.cosine.size(0), classes = w.size(0), width = w.size(1);
  const DType dtype = w.dtype();
  const int64_t blocks = (classes + kClasses - 1) / kClasses;
  const int64_t parts = std::min(kParts, blocks), blocks_a_part = (blocks + parts - 1) / parts;
  HeadGradients result{Tensor(), Tensor::empty(w.shape(), dtype)};
  Tensor partial = Tensor::zeros({parts, batch, width}, dtype);
  dispatch_floating(dtype, "head_gradients", [&]<class T>() {
    const T *cosine = products.cosine.data<T>(), *unit = products.x_unit.data<T>();
    const T *w_data = w.data<T>(), *w_length = products.w_length.data<T>();
    const T *t = target.data<T>(), *dt = slope.data<T>(), *normalizer = log_normalizer.data<T>();
    const int64_t* label = labels.data<int64_t>();
    T *dw = result.weight.mutable_data<T>(), *dx_parts = partial.mutable_data<T>();
    const T s = static_cast<T>(scale), outer = static_cast<T>(row_grad * scale);

    parallel_for(parts, [&](int64_t part) {
      Tensor buffer = Tensor::empty({batch, kClasses}, dtype);
      T* const g = buffer.mutable_data<T>();
      for (int64_t block = part * blocks_a_part;
           block < std::min(blocks, (part + 1) * blocks_a_part); ++block) {
        const int64_t first = block * kClasses, count = std::min(kClasses, classes - first);
        T inverse[kClasses];
        for (int64_t j = 0; j < count; ++j) inverse[j] = outer / bounded(w_length[first + j]);
        // g_ij = dL/dcosine_ij / |w_j|
        for (int64_t i = 0; i < batch; ++i) {
          const T* const c = cosine + i * classes + first;
          T* const row = g + i * kClasses;
          const T shift = normalizer[i];
          for (int64_t j = 0; j < count; ++j) row[j] = vector_exp(s * c[j] - shift) * inverse[j];
          const int64_t y = label[i] - first;
          if (y >= 0 && y < count) row[y] = (std::exp(s * t[i] - shift) - 1) * dt[i] * inverse[y];
        }
        // [B, D] += [B, block] x [block, D]
        gemm(batch, width, count, g, kClasses, int64_t{1}, w_data + first * width, width,
             int64_t{1}, dx_parts + part * batch * width, width, int64_t{1}, true);
        // [block, D] = [B, block]^T x [B, D]
        gemm(count, width, batch, g, int64_t{1}, kClasses, unit, width, int64_t{1},
             dw + first * width, width, int64_t{1}, false);
        for (int64_t j = first; j < first + count; ++j) {
          // g already holds 1 / |w|: what is left is to take out the part along w.
          const T length = w_length[j];
          const bool directed = length >= static_cast<T>(kSmallestLength);
          T* const grad = dw + j * width;
          const T* const raw = w_data + j * width;
          const T along = directed ? dot(raw, grad, width) / (length * length) : T(0);
          const T keep = directed ? T(1) : T(0);
          for (int64_t d = 0; d < width; ++d) grad[d] = keep * (grad[d] - raw[d] * along);
        }
      }
    });

    result.x = sum(partial, {0});
    T* const dx = result.x.mutable_data<T>();
    const T* const x_length = products.x_length.data<T>();
    for (int64_t i = 0; i < batch; ++i) {
      T* const grad = dx + i * width;
      const T* const direction = unit + i * width;
      const T along = dot(direction, grad, width);
      const T inverse = x_length[i] < static_cast<T>(kSmallestLength) ? T(0) : 1 / x_length[i];
      for (int64_t d = 0; d < width; ++d) grad[d] = (grad[d] - direction[d] * along) * inverse;
    }
  });
  return result;
}

}  // namespace gradian
