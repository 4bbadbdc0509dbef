// The idea: of small images a channel's values lie in short runs, one an image, and short loops are
// slow. So neighbouring channels make a group, whose values in an image are one long run. Every
// position of the run has constants and sums of its own; a channel's are added in the end. A group
// is made by one thread: the second pass finds in the cache what the first has read, if it fits.
#include "tensor/fused/batch_norm.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tensor/kernels.h"
#include "tensor/summation.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::fused {
namespace {

using namespace loops;
using namespace runtime;

// Positions that have room: their sums and constants, 16 to 36 KB, stay in the nearest caches.
constexpr int64_t kPositions = 512;
template <class T>
using Row = T[kPositions];

// Channels from `first` to before `last` of x as [images, channels, inner]. A channel of more than
// kPositions is a group of its own, of several runs an image: all its positions are alike.
struct Group {
  int64_t images, channels, inner, first, last;

  int64_t length() const { return (last - first) * inner; }  // in an image
  // Calls body(image, at, positions) for the runs that make the group in every `step`-th image.
  template <class Body>
  void for_each_run(int64_t step, const Body& body) const {
    for (int64_t n = 0; n < images; n += step)
      for (int64_t at = (n * channels + first) * inner, end = at + length(); at < end;
           at += kPositions)
        body(n, at, std::min(kPositions, end - at));
  }
  // row[p] = value for the positions of a channel.
  template <class T>
  void spread(Row<T>& row, int64_t channel, double value) const {
    std::fill_n(row + (channel - first) * inner, std::min(inner, kPositions),
                static_cast<T>(value));
  }
};

// Calls body(group) for groups that together are all channels, in parallel.
template <class Body>
void for_each_group(const Shape& x, const Body& body) {
  if (numel(x) == 0) return;
  const int64_t images = x[0], channels = x[1], inner = numel(x) / (images * channels);
  const int64_t positions = std::clamp<int64_t>(channels * inner / 16, 128, kPositions);
  const int64_t together = std::max<int64_t>(1, positions / inner);
  parallel_ranges(channels, together, [&](int64_t first, int64_t last) {
    body(Group{images, channels, inner, first, last});
  });
}

// Constants at each position, by what forward keeps: so z has the same bits in backward.
template <class T>
struct Constants {
  void spread(const Group& group, int64_t channel, const ChannelStatistics& kept) {
    group.spread(mean, channel, kept.mean.data<T>()[channel]);
    group.spread(scale, channel, kept.scale.data<T>()[channel]);
    group.spread(shift, channel, kept.shift.data<T>()[channel]);
    group.spread(slope, channel, kept.slope.defined() ? kept.slope.data<T>()[channel] : 1);
  }
  T z(T x, int64_t p) const { return (x - mean[p]) * scale[p] + shift[p]; }
  Row<T> mean, scale, shift, slope;
};

// Adds the first N of terms(i, position), an array, over one block in `step`, the same run of four
// images, at each position: the four in T, what they make in double.
template <size_t N>
class PositionSums {
 public:
  template <class Terms>
  PositionSums(const Group& group, int64_t step, const Terms& terms) : group_(group) {
    for (Row<double>& row : sums_) std::fill_n(row, std::min(group.length(), kPositions), 0);
    const int64_t next = group.channels * group.inner;
    int64_t block = 0;
    group.for_each_run(4, [&](int64_t image, int64_t at, int64_t positions) {
      if (block++ % step != 0) return;
      int64_t rows = std::min<int64_t>(4, group.images - image);
      count_ += static_cast<double>(rows * positions);
      for (int64_t p = 0; p < positions && rows == 4; ++p) {
        const auto a = terms(at + p, p), b = terms(at + p + next, p),
                   c = terms(at + p + 2 * next, p), d = terms(at + p + 3 * next, p);
        for (size_t k = 0; k < N; ++k) sums_[k][p] += (a[k] + b[k]) + (c[k] + d[k]);
      }
      for (; rows < 4 && rows > 0; --rows, at += next)
        for (int64_t p = 0; p < positions; ++p)
          for (size_t k = 0; k < N; ++k) sums_[k][p] += terms(at + p, p)[k];
    });
  }
  // How many elements the channel had, and their sums.
  std::array<double, 1 + N> of(int64_t channel) const {
    std::array<double, 1 + N> result{count_ / static_cast<double>(group_.last - group_.first)};
    const int64_t begin = (channel - group_.first) * group_.inner;
    for (size_t k = 0; k < N; ++k)
      result[1 + k] = sum_row(sums_[k] + begin, std::min(group_.inner, kPositions), 1);
    return result;
  }

 private:
  const Group& group_;
  Row<double> sums_[N];
  double count_ = 0;
};

}  // namespace

// Sums of distances from a pivot and of their squares give mean and variance in one pass over
// memory. They are as exact as the variance is large beside the square of the pivot's distance from
// the mean. The pivot is the mean of a sixteenth, one block in 16, so that the square is at most 16
// variances or so.
BatchNormResult batch_norm(const Tensor& x_in, const Tensor& weight, const Tensor& bias, double eps,
                           const Tensor& slope) {
  const Tensor x = x_in.contiguous(), w_in = weight.contiguous(), b_in = bias.contiguous();
  const auto of_channels = [&] { return Tensor::empty({x.size(1)}, x.dtype()); };
  BatchNormResult result{Tensor::empty(x.shape(), x.dtype()),
                         {of_channels(), of_channels(), of_channels(), of_channels(), of_channels(),
                          slope.defined() ? slope.contiguous() : slope}};
  ChannelStatistics& kept = result.statistics;
  dispatch_floating(x.dtype(), [&]<class T>() {
    const T *from = x.data<T>(), *w = w_in.data<T>(), *b = b_in.data<T>();
    T *const y = result.y.mutable_data<T>(), *const means = kept.mean.mutable_data<T>();
    T* const variances = kept.variance.mutable_data<T>();
    T* const rests = kept.mean_rest.mutable_data<T>();
    T *const scales = kept.scale.mutable_data<T>(), *const shifts = kept.shift.mutable_data<T>();
    for_each_group(x.shape(), [&](const Group& group) {
      constexpr int64_t kSampled = 16;
      Constants<T> at_position;
      Row<T>& pivots = at_position.mean;  // at first
      const auto terms = [&](int64_t i, int64_t p) {
        const T distance = from[i] - pivots[p];
        return std::array{distance, distance * distance};
      };
      for (int64_t c = group.first; c < group.last; ++c)
        group.spread(pivots, c, from[c * group.inner]);
      const PositionSums<2> sample(group, kSampled, terms);
      for (int64_t c = group.first; c < group.last; ++c) {
        const auto [count, sum, squares] = sample.of(c);
        group.spread(pivots, c, from[c * group.inner] + sum / count);
      }
      const PositionSums<2> all(group, 1, terms);
      for (int64_t c = group.first; c < group.last; ++c) {
        const auto [count, sum, squares] = all.of(c);
        const double pivot = pivots[(c - group.first) * group.inner], offset = sum / count;
        const double exact_mean = pivot + offset;
        const double difference = squares / count - offset * offset;
        const double variance = difference < 0 ? 0 : difference;  // by rounding; NaN stays
        means[c] = static_cast<T>(exact_mean);
        rests[c] = static_cast<T>(exact_mean - means[c]);
        variances[c] = static_cast<T>(variance);
        const double factor = w[c] / std::sqrt(variance + eps);
        scales[c] = static_cast<T>(factor);
        shifts[c] = static_cast<T>(b[c] - rests[c] * factor);
        at_position.spread(group, c, kept);
      }
      group.for_each_run(1, [&](int64_t, int64_t at, int64_t positions) {
        for (int64_t p = 0; p < positions; ++p) {
          const T z = at_position.z(from[at + p], p);
          y[at + p] = z > 0 ? z : at_position.slope[p] * z;
        }
      });
    });
  });
  return result;
}

// With u = (x - mean) / sqrt(variance + eps), the normalised input, and z = weight u + bias:
//   dz = dy, but slope dy where a PReLU follows and z <= 0; dslope = sum(z dy) there;
//   dbias = sum(dz), dweight = sum(dz u),
//   dx = weight / sqrt(variance + eps) * (dz - dbias / n - u dweight / n).
BatchNormGradients batch_norm_gradients(const Tensor& grad, const Tensor& x_in,
                                        const ChannelStatistics& kept, double eps) {
  const Tensor dy_in = grad.contiguous(), x = x_in.contiguous();
  const auto of_channels = [&] { return Tensor::empty({x.size(1)}, x.dtype()); };
  BatchNormGradients result{Tensor::empty(x.shape(), x.dtype()), of_channels(), of_channels(),
                            kept.slope.defined() ? of_channels() : Tensor()};
  const auto run = [&]<class T, bool activated>() {
    const T *from = x.data<T>(), *dy = dy_in.data<T>();
    const T *variances = kept.variance.data<T>(), *rests = kept.mean_rest.data<T>();
    T *const dx = result.x.mutable_data<T>(), *const dw = result.weight.mutable_data<T>();
    T* const db = result.bias.mutable_data<T>();
    T* const dslope = activated ? result.slope.mutable_data<T>() : nullptr;
    for_each_group(x.shape(), [&](const Group& group) {
      Constants<T> at_position;
      Row<T> along, constant;
      for (int64_t c = group.first; c < group.last; ++c) at_position.spread(group, c, kept);
      const auto distance = [&](int64_t i, int64_t p) { return from[i] - at_position.mean[p]; };
      const auto dz = [&](int64_t i, int64_t p) {
        const T full = dy[i], scaled = at_position.slope[p] * full;
        return !activated || at_position.z(from[i], p) > 0 ? full : scaled;
      };
      const PositionSums<activated ? 3 : 2> sums(group, 1, [&](int64_t i, int64_t p) {
        const T grad_z = dz(i, p), z = at_position.z(from[i], p), below = z * dy[i];
        return std::array{grad_z, grad_z * distance(i, p), z > 0 ? T(0) : below};
      });
      for (int64_t c = group.first; c < group.last; ++c) {
        const auto totals = sums.of(c);
        const double count = totals[0], sum = totals[1];
        const double rest = rests[c];  // x - mean = (x - means[c]) - rest
        const double product = totals[2] - rest * sum;
        const double inverse = 1 / std::sqrt(static_cast<double>(variances[c]) + eps);
        db[c] = static_cast<T>(sum);
        dw[c] = static_cast<T>(product * inverse);
        if (activated) dslope[c] = static_cast<T>(totals.back());
        const double exact_along = product * inverse * inverse / count;
        group.spread(along, c, exact_along);
        group.spread(constant, c, sum / count - rest * exact_along);
      }
      group.for_each_run(1, [&](int64_t, int64_t at, int64_t positions) {
        for (int64_t p = 0; p < positions; ++p)
          dx[at + p] =
              at_position.scale[p] * (dz(at + p, p) - constant[p] - distance(at + p, p) * along[p]);
      });
    });
  };
  dispatch_floating(x.dtype(), [&]<class T>() {
    kept.slope.defined() ? run.template operator()<T, true>() : run.template operator()<T, false>();
  });
  return result;
}

}  // namespace gradian::fused
