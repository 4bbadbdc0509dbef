// The idea: of small images a channel's values lie in short runs, one an image, and short loops are
// slow. So neighbouring channels make a group, whose values in an image are one long run. Every
// position of the run has constants and sums of its own; a channel's are added in the end. A group
// is made by one thread: the second pass finds in the cache what the first has read, if it fits.
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

// Positions that have room: their sums and constants stay in the first-level cache.
constexpr int64_t kPositions = 1024;
template <class T>
using Row = T[kPositions];

// Channels from `first` to before `last` of x as [images, channels, inner]. A channel that is long,
// or of too few images for blocks of four, is a group of its own: all its positions are alike.
struct Group {
  int64_t images, channels, inner, first, last;

  static bool is_long(int64_t inner, int64_t images) { return inner > kPositions || images < 4; }
  int64_t positions() const { return std::min((last - first) * inner, kPositions); }
  int64_t begin(int64_t image) const { return (image * channels + first) * inner; }

  // Calls body(at, positions) for runs that are all of the group.
  template <class Body>
  void for_each_run(const Body& body) const {
    for (int64_t n = 0; n < images; ++n)
      for (int64_t at = begin(n), end = at + (last - first) * inner; at < end; at += kPositions)
        body(at, std::min(kPositions, end - at));
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
  const int64_t together = Group::is_long(inner, images) ? 1 : positions / inner;
  parallel_ranges(channels, together, [&](int64_t first, int64_t last) {
    body(Group{images, channels, inner, first, last});
  });
}

// Two sums of a channel, of `count` elements.
struct Sums {
  double a, b, count;
};

// Adds terms(i, position), pairs of numbers, over one block in `step`, at each position: the four
// rows in T, what they make in double. Of a long channel run by run, in lanes of double.
template <class T>
class PositionSums {
 public:
  template <class Terms>
  PositionSums(const Group& group, int64_t step, const Terms& terms) : group_(group) {
    std::fill_n(a_, group.positions(), 0);
    std::fill_n(b_, group.positions(), 0);
    if (Group::is_long(group.inner, group.images)) {
      int64_t run = 0;
      group.for_each_run([&](int64_t at, int64_t length) {
        if (run++ % step != 0) return;
        count_ += static_cast<double>(length);
        *a_ += sum_of<double>(at, at + length, [&](int64_t i) { return terms(i, 0).first; });
        *b_ += sum_of<double>(at, at + length, [&](int64_t i) { return terms(i, 0).second; });
      });
      return;
    }
    const int64_t next = group.channels * group.inner;
    const int64_t positions = group.positions();
    for (int64_t n = 0; n < group.images; n += 4 * step) {
      int64_t at = group.begin(n), rows = std::min<int64_t>(4, group.images - n);
      count_ += static_cast<double>(rows * positions);
      for (int64_t p = 0; p < positions && rows == 4; ++p) {
        const auto [a0, b0] = terms(at + p, p);
        const auto [a1, b1] = terms(at + p + next, p);
        const auto [a2, b2] = terms(at + p + 2 * next, p);
        const auto [a3, b3] = terms(at + p + 3 * next, p);
        a_[p] += (a0 + a1) + (a2 + a3);
        b_[p] += (b0 + b1) + (b2 + b3);
      }
      for (; rows < 4 && rows > 0; --rows, at += next)
        for (int64_t p = 0; p < positions; ++p) {
          const auto [a, b] = terms(at + p, p);
          a_[p] += a;
          b_[p] += b;
        }
    }
  }
  Sums of(int64_t channel) const {
    const int64_t begin = (channel - group_.first) * group_.inner;
    const int64_t length = std::min(group_.inner, kPositions);
    return {sum_row(a_ + begin, length, 1), sum_row(b_ + begin, length, 1),
            count_ / static_cast<double>(group_.last - group_.first)};
  }

 private:
  const Group& group_;
  Row<double> a_, b_;
  double count_ = 0;
};

}  // namespace

// Sums of distances from a pivot and of their squares give mean and variance in one pass over
// memory. They are as exact as the variance is large beside the square of the pivot's distance from
// the mean. The pivot is the mean of a sixteenth, one block of four images (of a long channel one
// run) in 16, so that the square is at most 16 variances or so.
BatchNormResult batch_norm(const Tensor& x_in, const Tensor& weight, const Tensor& bias,
                           double eps) {
  const Tensor x = x_in.contiguous(), w_in = weight.contiguous(), b_in = bias.contiguous();
  const DType dtype = x.dtype();
  const auto of_channels = [&] { return Tensor::empty({x.size(1)}, dtype); };
  BatchNormResult result{Tensor::empty(x.shape(), dtype),
                         {of_channels(), of_channels(), of_channels()}};
  dispatch_floating(dtype, [&]<class T>() {
    const T *from = x.data<T>(), *w = w_in.data<T>(), *b = b_in.data<T>();
    T* const y = result.y.mutable_data<T>();
    T* const means = result.statistics.mean.mutable_data<T>();
    T* const variances = result.statistics.variance.mutable_data<T>();
    T* const rests = result.statistics.mean_rest.mutable_data<T>();
    for_each_group(x.shape(), [&](const Group& group) {
      constexpr int64_t kSampled = 16;
      Row<T> mean, scale, shift;
      const auto terms = [&](int64_t i, int64_t p) {
        const T distance = from[i] - mean[p];
        return std::pair(distance, distance * distance);
      };
      for (int64_t c = group.first; c < group.last; ++c)
        group.spread(mean, c, from[c * group.inner]);
      const PositionSums<T> sample(group, kSampled, terms);
      for (int64_t c = group.first; c < group.last; ++c) {
        const auto [sum, squares, count] = sample.of(c);
        group.spread(mean, c, from[c * group.inner] + sum / count);
      }
      const PositionSums<T> all(group, 1, terms);
      for (int64_t c = group.first; c < group.last; ++c) {
        const auto [sum, squares, count] = all.of(c);
        const double pivot = mean[(c - group.first) * group.inner], offset = sum / count;
        const double exact_mean = pivot + offset;
        const double difference = squares / count - offset * offset;
        const double variance = difference < 0 ? 0 : difference;  // by rounding; NaN stays
        means[c] = static_cast<T>(exact_mean);
        rests[c] = static_cast<T>(exact_mean - means[c]);
        variances[c] = static_cast<T>(variance);
        const double factor = w[c] / std::sqrt(variance + eps);
        group.spread(mean, c, means[c]);
        group.spread(scale, c, factor);
        group.spread(shift, c, b[c] - rests[c] * factor);
      }
      group.for_each_run([&](int64_t at, int64_t positions) {
        for (int64_t p = 0; p < positions; ++p)
          y[at + p] = (from[at + p] - mean[p]) * scale[p] + shift[p];
      });
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
  const DType dtype = x.dtype();
  BatchNormGradients result{Tensor::empty(x.shape(), dtype), Tensor::empty({x.size(1)}, dtype),
                            Tensor::empty({x.size(1)}, dtype)};
  dispatch_floating(dtype, [&]<class T>() {
    const T *from = x.data<T>(), *dy = dy_in.data<T>(), *w = w_in.data<T>();
    const T* const means = statistics.mean.data<T>();
    const T* const variances = statistics.variance.data<T>();
    const T* const rests = statistics.mean_rest.data<T>();
    T* const dx = result.x.mutable_data<T>();
    T *dw = result.weight.mutable_data<T>(), *db = result.bias.mutable_data<T>();
    for_each_group(x.shape(), [&](const Group& group) {
      Row<T> mean, scale, along, constant;
      for (int64_t c = group.first; c < group.last; ++c) group.spread(mean, c, means[c]);
      const PositionSums<T> sums(group, 1, [&](int64_t i, int64_t p) {
        return std::pair(dy[i], dy[i] * (from[i] - mean[p]));
      });
      for (int64_t c = group.first; c < group.last; ++c) {
        const auto [sum, product_with_rest, count] = sums.of(c);
        const double rest = rests[c];  // x - mean = (x - means[c]) - rest
        const double product = product_with_rest - rest * sum;
        const double inverse = 1 / std::sqrt(static_cast<double>(variances[c]) + eps);
        db[c] = static_cast<T>(sum);
        dw[c] = static_cast<T>(product * inverse);
        const double exact_along = product * inverse * inverse / count;
        group.spread(scale, c, w[c] * inverse);
        group.spread(along, c, exact_along);
        group.spread(constant, c, sum / count - rest * exact_along);
      }
      group.for_each_run([&](int64_t at, int64_t positions) {
        for (int64_t p = 0; p < positions; ++p)
          dx[at + p] = scale[p] * (dy[at + p] - constant[p] - (from[at + p] - mean[p]) * along[p]);
      });
    });
  });
  return result;
}

}  // namespace gradian::fused
