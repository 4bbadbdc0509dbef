#include "tensor/batch_norm.h"

#include <cmath>

#include "tensor/kernels.h"
#include "tensor/thread_pool.h"

namespace gradian {
namespace {

// x as [images, channels, inner].
struct Layout {
  explicit Layout(const Shape& x)
      : images(x[0]), channels(x[1]), inner(x[0] * x[1] > 0 ? numel(x) / (x[0] * x[1]) : 0) {}
  double count() const { return static_cast<double>(images * inner); }
  int64_t images, channels, inner;
};

// Sums of f(i) over a run, in lanes that vectorise; the runs' sums are added in float64.
template <class T, class F>
double run_sum(int64_t begin, int64_t end, const F& f) {
  constexpr int64_t kSums = 16;
  T sums[kSums] = {};
  int64_t i = begin;
  for (; i + kSums <= end; i += kSums)
    for (int64_t lane = 0; lane < kSums; ++lane) sums[lane] += f(i + lane);
  T total = 0;
  for (; i < end; ++i) total += f(i);
  if (end - begin >= kSums)
    for (const T sum : sums) total += sum;
  return static_cast<double>(total);
}

// Calls run(begin, end) for each contiguous run of a channel.
template <class Run>
void for_each_run(const Layout& layout, int64_t channel, const Run& run) {
  for (int64_t n = 0; n < layout.images; ++n) {
    const int64_t begin = (n * layout.channels + channel) * layout.inner;
    run(begin, begin + layout.inner);
  }
}

// The sum of f(i) over all elements of a channel.
template <class T, class F>
double channel_sum(const Layout& layout, int64_t channel, const F& f) {
  double sum = 0;
  for_each_run(layout, channel,
               [&](int64_t begin, int64_t end) { sum += run_sum<T>(begin, end, f); });
  return sum;
}

}  // namespace

BatchNormResult batch_norm(const Tensor& x_in, const Tensor& weight, const Tensor& bias,
                           double eps) {
  const Tensor x = x_in.contiguous(), w_in = weight.contiguous(), b_in = bias.contiguous();
  const Layout layout(x.shape());
  const DType dtype = x.dtype();
  BatchNormResult result{Tensor::empty(x.shape(), dtype), Tensor::empty({layout.channels}, dtype),
                         Tensor::empty({layout.channels}, dtype)};
  dispatch_floating(dtype, "batch_norm", [&]<class T>() {
    const T *from = x.data<T>(), *w = w_in.data<T>(), *b = b_in.data<T>();
    T* const y = result.y.mutable_data<T>();
    T *means = result.mean.mutable_data<T>(), *variances = result.variance.mutable_data<T>();
    parallel_for(layout.channels, [&](int64_t c) {
      const T mean = static_cast<T>(channel_sum<T>(layout, c, [=](int64_t i) { return from[i]; }) /
                                    layout.count());
      const auto square = [=](int64_t i) { return (from[i] - mean) * (from[i] - mean); };
      const double variance = channel_sum<T>(layout, c, square) / layout.count();
      const T scale = static_cast<T>(w[c] / std::sqrt(variance + eps)), shift = b[c];
      for_each_run(layout, c, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) y[i] = (from[i] - mean) * scale + shift;
      });
      means[c] = mean;
      variances[c] = static_cast<T>(variance);
    });
  });
  return result;
}

// With u = (x - mean) / sqrt(variance + eps), the normalised input:
//   dbias = sum(dy), dweight = sum(dy u),
//   dx = weight / sqrt(variance + eps) * (dy - dbias / n - u dweight / n).
BatchNormGradients batch_norm_gradients(const Tensor& grad, const Tensor& x_in,
                                        const Tensor& weight, const Tensor& mean,
                                        const Tensor& variance, double eps) {
  const Tensor dy_in = grad.contiguous(), x = x_in.contiguous(), w_in = weight.contiguous();
  const Layout layout(x.shape());
  const DType dtype = x.dtype();
  BatchNormGradients result{Tensor::empty(x.shape(), dtype),
                            Tensor::empty({layout.channels}, dtype),
                            Tensor::empty({layout.channels}, dtype)};
  dispatch_floating(dtype, "batch_norm_gradients", [&]<class T>() {
    const T *from = x.data<T>(), *dy = dy_in.data<T>(), *w = w_in.data<T>();
    const T *means = mean.data<T>(), *variances = variance.data<T>();
    T* const dx = result.x.mutable_data<T>();
    T *dw = result.weight.mutable_data<T>(), *db = result.bias.mutable_data<T>();
    parallel_for(layout.channels, [&](int64_t c) {
      const T m = means[c];
      const double inverse = 1 / std::sqrt(static_cast<double>(variances[c]) + eps);
      double sum = 0, product = 0;
      for_each_run(layout, c, [&](int64_t begin, int64_t end) {
        sum += run_sum<T>(begin, end, [=](int64_t i) { return dy[i]; });
        product += run_sum<T>(begin, end, [=](int64_t i) { return dy[i] * (from[i] - m); });
      });
      db[c] = static_cast<T>(sum);
      dw[c] = static_cast<T>(product * inverse);
      const T scale = static_cast<T>(w[c] * inverse);
      const T mean_dy = static_cast<T>(sum / layout.count());
      const T along = static_cast<T>(product * inverse * inverse / layout.count());
      for_each_run(layout, c, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          dx[i] = scale * (dy[i] - mean_dy - (from[i] - m) * along);
      });
    });
  });
  return result;
}

}  // namespace gradian
