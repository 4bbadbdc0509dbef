// The idea is told in the header: class weights are walked in blocks that stay in the cache, and
// the micro-kernel multiplies them where they lie.
#include "tensor/fused/margin_head.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tensor/kernels.h"
#include "tensor/profile.h"
#include "tensor/simd/panels.h"
#include "tensor/runtime/thread_pool.h"
#include "tensor/simd/vector_math.h"

namespace gradian::fused {
namespace {

using namespace runtime;
using namespace simd;

// Classes a block at most: of 512 features, 393 KB of weights stay in the second-level cache.
constexpr int64_t kMostClasses = 192;
// Blocks of one size but the last, about a multiple of eight, which threads share evenly.
int64_t classes_per_block(int64_t classes) {
  const int64_t blocks = round_up(std::max<int64_t>(1, ceil_div(classes, kMostClasses)), 8);
  return std::max<int64_t>(1, ceil_div(classes, blocks));
}
// The sums over classes are kept in this many parts, added in order.
constexpr int64_t kParts = 16;

// The sum of a[i] * b[i]. With sum_of(), which rounds less, a step of ArcFace takes a tenth longer.
template <class T>
T dot(const T* a, const T* b, int64_t count) {
  using Vector = VectorOf<T>;
  Vector sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * lanes_of<T> <= count; i += 4 * lanes_of<T>)
    unrolled<4>([&](auto v) {
      const int64_t at = i + v * lanes_of<T>;
      sums[v] += load<Vector>(a + at) * load<Vector>(b + at);
    });
  T total = 0;
  for (; i < count; ++i) total += a[i] * b[i];
  const Vector sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (int64_t lane = 0; lane < lanes_of<T>; ++lane) total += sum[lane];
  return total;
}

// |x|, also where squares overflow: those of x over its largest entry do not. Squares that vanish
// are those of lengths below kSmallestLength.
template <class T>
T length_of(const T* x, int64_t width) {
  const T square = dot(x, x, width);
  if (std::isfinite(square)) return std::sqrt(square);
  T largest = 0, sum = 0;
  for (int64_t d = 0; d < width; ++d) largest = std::max(largest, std::abs(x[d]));
  if (!std::isfinite(largest)) return std::sqrt(square);
  for (int64_t d = 0; d < width; ++d) sum += x[d] / largest * (x[d] / largest);
  return largest * std::sqrt(sum);
}

template <class T>
T bounded(T length) {
  return std::max(length, static_cast<T>(kSmallestLength));
}

// length_i = |x_i| and unit_i = x_i / |x_i| of rows of x [B, D].
template <class T>
void normalize_rows(const T* x, int64_t batch, int64_t width, T* length, T* unit) {
  for (int64_t i = 0; i < batch; ++i) {
    const T* const row = x + i * width;
    length[i] = length_of(row, width);
    const T divisor = bounded(length[i]);
    for (int64_t d = 0; d < width; ++d) unit[i * width + d] = row[d] / divisor;
  }
}

// The cosines [classes, lanes] of w [classes, D] with features in panels [lanes / panel][D][panel].
template <class T>
void block_cosines(const T* w, const T* w_length, int64_t classes, int64_t width, const T* x_panels,
                   int64_t lanes, T* cosine) {
  if (width == 0) std::fill_n(cosine, classes * lanes, T(0));
  for (int64_t i = 0; i < lanes && width > 0; i += panel_of<T>)
    multiply_panel(classes, width, w, width, x_panels + i * width, cosine + i, lanes, false);
  for (int64_t j = 0; j < classes; ++j) {
    const T inverse = 1 / bounded(w_length[j]);
    for (int64_t i = 0; i < lanes; ++i) cosine[j * lanes + i] *= inverse;
  }
}

// The largest of each column of cosine [classes, lanes], and the sum of exp(scale * (cosine -
// largest)).
template <class T>
void fold(const T* cosine, int64_t classes, int64_t lanes, T scale, T* largest, T* sum) {
  std::fill_n(largest, lanes, T(-1));  // not -infinity, which has no difference from itself
  std::fill_n(sum, lanes, T(0));
  for (int64_t j = 0; j < classes; ++j)
    for (int64_t i = 0; i < lanes; ++i) {
      const T value = cosine[j * lanes + i];
      largest[i] = value > largest[i] ? value : largest[i];
    }
  for (int64_t j = 0; j < classes; ++j)
    for (int64_t i = 0; i < lanes; ++i)
      sum[i] += vector_exp(scale * (cosine[j * lanes + i] - largest[i]));
}

}  // namespace

HeadProducts head_products(const Tensor& x_in, const Tensor& w_in, const Tensor& labels,
                           double scale, int64_t kept_bytes) {
  const Tensor x = x_in.contiguous(), w = w_in.contiguous();
  const int64_t batch = x.size(0), classes = w.size(0), width = w.size(1);
  Profile::count_flops(2 * batch * classes * width);
  HeadProducts result;
  dispatch_floating(x.dtype(), [&]<class T>() {
    const int64_t lanes = round_up(batch, panel_of<T>), per_block = classes_per_block(classes);
    const int64_t blocks = ceil_div(classes, per_block);
    const bool kept = classes * lanes * int64_t(sizeof(T)) <= kept_bytes;
    const auto make = [&](Tensor& array, const Shape& shape) {
      return (array = Tensor::empty(shape, x.dtype())).template mutable_data<T>();
    };
    T* const unit = make(result.x_unit, x.shape());
    T* const x_length = make(result.x_length, {batch});
    T* const x_panels = make(result.x_panels, {lanes * width});
    T* const w_length = make(result.w_length, {classes});
    T* const target = make(result.target_cosine, {batch});
    T* const largest = make(result.largest, {blocks, lanes});
    T* const sums = make(result.sums, {blocks, lanes});
    T* const cosine = kept ? make(result.cosine, {classes, lanes}) : nullptr;
    const T* const x_data = x.data<T>();
    parallel_ranges(batch, panel_of<T>, [&](int64_t first, int64_t last) {
      T* const rows = unit + first * width;
      normalize_rows(x_data + first * width, last - first, width, x_length + first, rows);
      pack_transposed(rows, last - first, width, width, x_panels + first * width);
    });

    const T* const w_data = w.data<T>();
    const int64_t* const label = labels.data<int64_t>();
    parallel_ranges(classes, per_block, [&](int64_t first, int64_t last) {
      Tensor room = Tensor::empty({kept ? 0 : per_block * lanes}, x.dtype());
      T* const c = kept ? cosine + first * lanes : room.mutable_data<T>();
      for (int64_t j = first; j < last; ++j) w_length[j] = length_of(w_data + j * width, width);
      block_cosines(w_data + first * width, w_length + first, last - first, width, x_panels, lanes,
                    c);
      for (int64_t i = 0; i < batch; ++i) {
        if (label[i] < first || label[i] >= last) continue;
        target[i] =
            std::exchange(c[(label[i] - first) * lanes + i], -std::numeric_limits<T>::infinity());
      }
      const int64_t block = first / per_block * lanes;
      fold(c, last - first, lanes, static_cast<T>(scale), largest + block, sums + block);
    });
  });
  return result;
}

TargetLosses target_losses(const HeadProducts& products, const Tensor& targets, double scale) {
  const int64_t blocks = products.largest.size(0), lanes = products.largest.size(1);
  const int64_t batch = targets.numel();
  const DType dtype = targets.dtype();
  TargetLosses result{Tensor::empty({batch}, dtype), Tensor::empty({batch}, dtype),
                      Tensor::empty({batch}, dtype)};
  dispatch_floating(dtype, [&]<class T>() {
    const T s = static_cast<T>(scale);
    const T *const tops = products.largest.data<T>(), *const sums = products.sums.data<T>();
    const T* const target = targets.data<T>();
    T* const loss = result.loss.mutable_data<T>();
    T* const log_normalizer = result.log_normalizer.mutable_data<T>();
    T* const by_target = result.by_target.mutable_data<T>();
    for (int64_t i = 0; i < batch; ++i) {
      T top = target[i], total = 0;
      for (int64_t b = 0; b < blocks; ++b) top = std::max(top, tops[b * lanes + i]);
      for (int64_t b = 0; b < blocks; ++b)
        total += sums[b * lanes + i] * std::exp(s * (tops[b * lanes + i] - top));
      // log(exp(-gap) + total), where the target's own term is 1 if it is the largest.
      const T gap = s * (top - target[i]), rest = std::log1p(std::expm1(-gap) + total);
      loss[i] = gap + rest;
      log_normalizer[i] = s * top + rest;
      by_target[i] = std::expm1(-loss[i]);
    }
  });
  return result;
}

namespace {

// What all blocks of head_gradients read.
template <class T>
struct GradientInputs {
  const T *w, *w_length, *x_by_features, *normalizer, *by_target;
  const int64_t* label;
  int64_t batch, lanes, width;
  T scale, outer;
};

// g[j][i] = dL/dcosine_ij / |w_j| for the classes first..last-1 and their cosines.
template <class T>
void cosine_gradients(const GradientInputs<T>& in, int64_t first, int64_t last, const T* cosine,
                      T* g) {
  for (int64_t j = first; j < last; ++j) {
    const T* const c = cosine + (j - first) * in.lanes;
    T* const row = g + (j - first) * in.lanes;
    const T inverse = in.outer / bounded(in.w_length[j]);
    for (int64_t i = 0; i < in.lanes; ++i)
      row[i] = vector_exp(in.scale * c[i] - in.normalizer[i]) * inverse;
  }
  for (int64_t i = 0; i < in.batch; ++i) {
    const int64_t j = in.label[i];
    if (j < first || j >= last) continue;
    g[(j - first) * in.lanes + i] = in.by_target[i] * in.outer / bounded(in.w_length[j]);
  }
}

// The gradient by the weights of those classes: g x, less its part along each weight. `tile` has
// room for kRows rows of dw.
template <class T>
void weight_gradients(const GradientInputs<T>& in, int64_t first, int64_t last, const T* g, T* tile,
                      T* dw) {
  const int64_t columns = round_up(in.width, panel_of<T>);
  for (int64_t j = first; j < last;) {
    const int64_t rows = next_rows(last - j);
    // [rows, D] = [rows, B] x [B, D]
    for (int64_t d = 0; d < columns; d += panel_of<T>)
      multiply_panel(rows, in.batch, g + (j - first) * in.lanes, in.lanes,
                     in.x_by_features + d * in.batch, tile + d, columns, false);
    for (int64_t row = 0; row < rows; ++row, ++j) {
      const T length = in.w_length[j];
      const bool directed = length >= static_cast<T>(kSmallestLength);
      const T* const raw = in.w + j * in.width;
      const T* const full = tile + row * columns;
      const T inverse = directed ? 1 / length : T(0), keep = directed ? T(1) : T(0);
      const T along = dot(raw, full, in.width) * inverse;
      for (int64_t d = 0; d < in.width; ++d)
        dw[j * in.width + d] = keep * (full[d] - raw[d] * inverse * along);
    }
  }
}

// dx_i = (g_i - (g_i . u_i) u_i) / |x_i|, where g_i is the gradient by the direction u_i = x_i /
// |x_i| and comes in panels [D / panel][B][panel].
template <class T>
void feature_gradients(const T* panels, const T* unit, const T* length, int64_t batch,
                       int64_t width, T* dx) {
  constexpr int64_t panel = panel_of<T>;
  parallel_for(batch, [=](int64_t i) {
    T* const row = dx + i * width;
    for (int64_t d = 0; d < width; ++d)
      row[d] = panels[(d / panel * batch + i) * panel + d % panel];
    const T* const direction = unit + i * width;
    const T along = dot(direction, row, width);
    const T inverse = length[i] < static_cast<T>(kSmallestLength) ? T(0) : 1 / length[i];
    for (int64_t d = 0; d < width; ++d) row[d] = (row[d] - direction[d] * along) * inverse;
  });
}

}  // namespace

HeadGradients head_gradients(const HeadProducts& products, const Tensor& w_in, const Tensor& labels,
                             const Tensor& by_target_cosine, const Tensor& log_normalizer,
                             double scale, double row_grad) {
  const Tensor w = w_in.contiguous();
  const int64_t batch = products.x_unit.size(0), classes = w.size(0), width = w.size(1);
  const int64_t blocks = products.largest.size(0), lanes = products.largest.size(1);
  const int64_t per_block = classes_per_block(classes), parts = std::min(kParts, blocks);
  const DType dtype = w.dtype();
  HeadGradients result{Tensor::zeros({batch, width}, dtype), Tensor::empty(w.shape(), dtype)};
  if (batch == 0) result.weight.fill(0);
  if (batch == 0 || width == 0) return result;
  Profile::count_flops((products.cosine.defined() ? 4 : 6) * batch * classes * width);
  dispatch_floating(dtype, [&]<class T>() {
    constexpr int64_t panel = panel_of<T>;
    const int64_t columns = round_up(width, panel);
    const T* const unit = products.x_unit.data<T>();
    Tensor packed = Tensor::empty({columns * batch}, dtype);  // [D / panel][B][panel]
    pack_panels(unit, batch, width, width, packed.mutable_data<T>());
    // Lanes without a row have an infinite normaliser, so that their gradient is 0.
    std::vector<T> normalizer(size_t(lanes), std::numeric_limits<T>::infinity());
    std::copy_n(log_normalizer.data<T>(), batch, normalizer.begin());
    const GradientInputs<T> in{w.data<T>(),
                               products.w_length.data<T>(),
                               packed.data<T>(),
                               normalizer.data(),
                               by_target_cosine.data<T>(),
                               labels.data<int64_t>(),
                               batch,
                               lanes,
                               width,
                               static_cast<T>(scale),
                               static_cast<T>(row_grad * scale)};
    const bool kept = products.cosine.defined();
    const T* const cosine = kept ? products.cosine.data<T>() : nullptr;
    T* const dw = result.weight.mutable_data<T>();
    Tensor partial = Tensor::empty({parts, columns * batch}, dtype);
    T* const dx_parts = partial.mutable_data<T>();
    parallel_for(parts, [&](int64_t part) {
      // Buffers for the cosines, g, the packed weights and a few rows of dw.
      Tensor room = Tensor::empty({per_block * (2 * lanes + columns) + kRows * columns}, dtype);
      T *const again = room.mutable_data<T>(), *const g = again + per_block * lanes;
      T *const w_panels = g + per_block * lanes, *const tile = w_panels + per_block * columns;
      const int64_t begin = part * blocks / parts;
      for (int64_t block = begin; block < (part + 1) * blocks / parts; ++block) {
        const int64_t first = block * per_block, last = std::min(classes, first + per_block);
        if (!kept)
          block_cosines(in.w + first * width, in.w_length + first, last - first, width,
                        products.x_panels.data<T>(), lanes, again);
        cosine_gradients(in, first, last, kept ? cosine + first * lanes : again, g);
        // [B, D] += [block, B]^T x [block, D]
        pack_panels(in.w + first * width, last - first, width, width, w_panels);
        for (int64_t d = 0; d < columns; d += panel)
          multiply_panel<true>(batch, last - first, g, lanes, w_panels + d * (last - first),
                               dx_parts + part * columns * batch + d * batch, panel, block > begin);
        weight_gradients(in, first, last, g, tile, dw);
      }
    });

    // [D / panel][B][panel]
    feature_gradients(sum(partial, {0}).data<T>(), unit, products.x_length.data<T>(), batch, width,
                      result.x.mutable_data<T>());
  });
  return result;
}

}  // namespace gradian::fused
