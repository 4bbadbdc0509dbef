// The idea: a channel's values lie in runs, one an image; statistics and result of a channel are
// made by one thread, so that the second pass finds in the cache what the first has read.
#include "tensor/fused/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tensor/kernels.h"
#include "tensor/summation.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::fused {
namespace {

using namespace loops;
using namespace runtime;

// x as [images, channels, inner].
struct Layout {
  explicit Layout(const Shape& x)
      : images(x[0]), channels(x[1]), inner(x[0] * x[1] > 0 ? numel(x) / (x[0] * x[1]) : 0) {}
  double count() const { return static_cast<double>(images * inner); }
  int64_t images, channels, inner;
};

// Calls run(begin, end) for each contiguous run of a channel in the images first..last-1.
template <class Run>
void for_each_run(const Layout& layout, int64_t channel, int64_t first, int64_t last,
                  const Run& run) {
  for (int64_t n = first; n < last; ++n) {
    const int64_t begin = (n * layout.channels + channel) * layout.inner;
    run(begin, begin + layout.inner);
  }
}
template <class Run>
void for_each_run(const Layout& layout, int64_t channel, const Run& run) {
  for_each_run(layout, channel, 0, layout.images, run);
}

// Mean and variance (divided by n) of a channel in one pass over memory: those of a few images,
// read twice while they are in the first-level cache, are merged (Chan, Golub & LeVeque 1979).
template <class T>
std::pair<double, double> channel_statistics(const Layout& layout, int64_t channel, const T* from) {
  constexpr int64_t kCached = 2048;  // elements
  const int64_t step = std::max<int64_t>(1, kCached / std::max<int64_t>(1, layout.inner));
  double count = 0, mean = 0, squares = 0;  // squares: the sum of squared distances from the mean
  for (int64_t first = 0; first < layout.images; first += step) {
    const int64_t last = std::min(layout.images, first + step);
    double sum = 0, distances = 0;
    // Distances from a number among them are added: small ones, whose sum rounds by little.
    const T pivot = first == 0 ? from[channel * layout.inner] : static_cast<T>(mean);
    for_each_run(layout, channel, first, last, [&](int64_t begin, int64_t end) {
      sum += sum_of<double>(begin, end, [=](int64_t i) { return from[i] - pivot; });
    });
    const auto added = static_cast<double>((last - first) * layout.inner), total = count + added;
    const double part_mean = double(pivot) + sum / added, offset = part_mean - mean;
    const T middle = static_cast<T>(part_mean);
    for_each_run(layout, channel, first, last, [&](int64_t begin, int64_t end) {
      distances += sum_of<double>(
          begin, end, [=](int64_t i) { return (from[i] - middle) * (from[i] - middle); });
    });
    const double rounded = double(middle) - part_mean;
    squares += distances - added * rounded * rounded + offset * offset * count * added / total;
    mean += offset * added / total;
    count = total;
  }
  return {mean, squares < 0 ? 0 : squares / count};  // rounding may leave less than nothing
}

}  // namespace

BatchNormResult batch_norm(const Tensor& x_in, const Tensor& weight, const Tensor& bias,
                           double eps) {
  const Tensor x = x_in.contiguous(), w_in = weight.contiguous(), b_in = bias.contiguous();
  const Layout layout(x.shape());
  const DType dtype = x.dtype();
  const auto of_channels = [&] { return Tensor::empty({layout.channels}, dtype); };
  BatchNormResult result{Tensor::empty(x.shape(), dtype),
                         {of_channels(), of_channels(), of_channels()}};
  dispatch_floating(dtype, [&]<class T>() {
    const T *from = x.data<T>(), *w = w_in.data<T>(), *b = b_in.data<T>();
    T* const y = result.y.mutable_data<T>();
    T* const means = result.statistics.mean.mutable_data<T>();
    T* const variances = result.statistics.variance.mutable_data<T>();
    T* const rests = result.statistics.mean_rest.mutable_data<T>();
    parallel_for(layout.channels, [&](int64_t c) {
      const auto [exact_mean, variance] = channel_statistics(layout, c, from);
      const T mean = static_cast<T>(exact_mean);
      const double rest = exact_mean - mean;
      const T scale = static_cast<T>(w[c] / std::sqrt(variance + eps));
      const T shift = static_cast<T>(b[c] - rest * scale);
      for_each_run(layout, c, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) y[i] = (from[i] - mean) * scale + shift;
      });
      means[c] = mean;
      rests[c] = static_cast<T>(rest);
      variances[c] = static_cast<T>(variance);
    });
  });
  return result;
}

// With u = (x - mean) / sqrt(variance + eps), the normalised input:
//   dbias = sum(dy), dweight = sum(dy u),
//   dx = weight / sqrt(variance + eps) * (dy - dbias / n - u dweight / n).
BatchNormGradients batch_norm_gradients(const Tensor& grad, const Tensor& x_in,
                                        const Tensor& weight, const ChannelStatistics& statistics,
                                        double eps) {
  const Tensor dy_in = grad.contiguous(), x = x_in.contiguous(), w_in = weight.contiguous();
  const Layout layout(x.shape());
  const DType dtype = x.dtype();
  BatchNormGradients result{Tensor::empty(x.shape(), dtype),
                            Tensor::empty({layout.channels}, dtype),
                            Tensor::empty({layout.channels}, dtype)};
  dispatch_floating(dtype, [&]<class T>() {
    const T *from = x.data<T>(), *dy = dy_in.data<T>(), *w = w_in.data<T>();
    const T* const means = statistics.mean.data<T>();
    const T* const variances = statistics.variance.data<T>();
    const T* const rests = statistics.mean_rest.data<T>();
    T* const dx = result.x.mutable_data<T>();
    T *dw = result.weight.mutable_data<T>(), *db = result.bias.mutable_data<T>();
    parallel_for(layout.channels, [&](int64_t c) {
      const T m = means[c];
      const double inverse = 1 / std::sqrt(static_cast<double>(variances[c]) + eps);
      double sum = 0, product = 0;
      for_each_run(layout, c, [&](int64_t begin, int64_t end) {
        sum += double(sum_row(dy + begin, end - begin, 1));
        product += sum_of<double>(begin, end, [=](int64_t i) { return dy[i] * (from[i] - m); });
      });
      const double rest = rests[c];  // x - mean = (x - m) - rest
      product -= rest * sum;
      db[c] = static_cast<T>(sum);
      dw[c] = static_cast<T>(product * inverse);
      const T scale = static_cast<T>(w[c] * inverse);
      const double exact_along = product * inverse * inverse / layout.count();
      const T along = static_cast<T>(exact_along);
      const T constant = static_cast<T>(sum / layout.count() - rest * exact_along);
      for_each_run(layout, c, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          dx[i] = scale * (dy[i] - constant - (from[i] - m) * along);
      });
    });
  });
  return result;
}

}  // namespace gradian::fused
