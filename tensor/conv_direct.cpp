// Both products read a zero-padded copy of the image that fits the first-level cache. A tap of the
// kernel is then an offset into it, the same for all outputs: y[o, at] = sum of
// w[o, tap] image[at + offset[tap]] over the taps of all channels.
#include "tensor/conv_direct.h"

#include <vector>

#include "tensor/kernels.h"
#include "tensor/micro_kernel.h"
#include "tensor/thread_pool.h"
#include "tensor/tiles.h"

namespace gradian {
namespace {

constexpr int64_t kFewChannels = 3;

// A band of `rows` output rows of one image, with what it reads of the input.
class PaddedImage {
 public:
  PaddedImage(const Shape& input, const Shape& weight, const Conv2dOptions& options, int64_t rows)
      : images_(input),
        padding_(options.padding),
        rows_(rows + weight[2] - 1),
        width_(images_.width + 2 * padding_[1]),
        buffer_(Tensor::zeros({images_.channels * rows_ * width_ + 2 * kPanel})),
        data_(buffer_.mutable_data<float>()) {
    for (int64_t c = 0; c < images_.channels; ++c)
      for (int64_t p = 0; p < weight[2]; ++p)
        for (int64_t q = 0; q < weight[3]; ++q) offsets_.push_back((c * rows_ + p) * width_ + q);
  }

  // Takes the rows that belong to the output rows from `first_row` on.
  void read(const float* x, int64_t image, int64_t first_row) {
    for (int64_t c = 0; c < images_.channels; ++c) {
      float* const to = data_ + c * rows_ * width_;
      std::fill_n(to, rows_ * width_, 0.0f);
      copy_inside(x + (image * images_.channels + c) * images_.plane(), images_.height,
                  images_.width, first_row - padding_[0], rows_, padding_[1], width_, to);
    }
  }

  int64_t width() const { return width_; }
  int64_t taps() const { return int64_t(offsets_.size()); }
  const float* data() const { return data_; }
  const int64_t* offsets() const { return offsets_.data(); }

 private:
  Images images_;
  Pair padding_;
  int64_t rows_, width_;
  Tensor buffer_;
  float* data_;
  std::vector<int64_t> offsets_;
};

// Output rows a band: the image copy stays in the first-level cache.
int64_t band_rows(const Shape& input, const Shape& output) {
  return std::clamp<int64_t>(4096 / (input[1] * (input[3] + 8)), 1, output[2]);
}

// Writes the first `columns` of a row of sums.
[[gnu::always_inline]] inline void put_columns(const Floats* sums, int64_t columns, float* to) {
  if (columns >= kPanel) {
    store(to, sums[0]);
    store(to + kLanes, sums[1]);
    return;
  }
  float row[kPanel];
  store(row, sums[0]);
  store(row + kLanes, sums[1]);
  for (int64_t j = 0; j < columns; ++j) to[j] = row[j];
}

// One output row of `rows` filters: a panel of columns at a time, the sums in registers. The last
// panel overlaps the one before.
template <int rows>
void convolve_row(const PaddedImage& image, const float* from, const float* w, int64_t columns,
                  float* y, int64_t y_plane) {
  const int64_t* const offsets = image.offsets();
  for (int64_t next = 0; next < columns; next += kPanel) {
    const int64_t j = std::max<int64_t>(0, std::min(next, columns - kPanel));
    Floats sums[rows][2];
    panel_sums<rows>(
        image.taps(), w, image.taps(), [=](int64_t tap) { return from + j + offsets[tap]; }, sums);
    unrolled<rows>([&](auto o) { put_columns(sums[o], columns - j, y + o * y_plane + j); });
  }
}

// sums[o][tap] += the sum over all positions of dy[o][at] image[at + offset[tap]], for two filters
// and `taps` taps, a vector of positions at a time. dy has the row distance of the image copy and
// zeros between its rows. The lanes are added at the very end, by sum_of.
template <int taps>
void add_tap_gradients(const float* image, const int64_t* offsets, const float* dy0,
                       const float* dy1, int64_t positions, Floats* sums0, Floats* sums1) {
  Floats sum[taps][2] = {};
  int64_t at = 0;
  do {
    const Floats d0 = load<Floats>(dy0 + at), d1 = load<Floats>(dy1 + at);
    unrolled<taps>([&](auto tap) {
      Floats x = load<Floats>(image + at + offsets[tap]);
      keep(x);
      sum[tap][0] += x * d0;
      sum[tap][1] += x * d1;
    });
  } while ((at += kLanes) < positions);
  unrolled<taps>([&](auto tap) {
    sums0[tap] += sum[tap][0];
    sums1[tap] += sum[tap][1];
  });
}

float sum_of(const Floats& v) {
  float sum = 0;
  for (int64_t lane = 0; lane < kLanes; ++lane) sum += v[lane];
  return sum;
}

// For one band of an image, the sums of all pairs of filters and groups of taps.
void add_band_gradients(const PaddedImage& image, const Images& out, const float* dy,
                        int64_t first_row, int64_t band, float* dy_rows, int64_t positions,
                        Floats* sums) {
  const int64_t taps = image.taps(), rows = std::min(band, out.height - first_row);
  for (int64_t o = 0; o < out.channels; o += 2) {
    for (int64_t i = 0; i < 2; ++i) {  // a missing second filter counts as zeros
      float* const to = dy_rows + i * positions;
      const int64_t filled = o + i < out.channels ? rows * image.width() : 0;
      std::fill(to + filled, to + positions, 0.0f);
      if (filled > 0)
        copy_inside(dy + (o + i) * out.plane(), out.height, out.width, first_row, rows, 0,
                    image.width(), to);
    }
    for (int64_t tap = 0; tap < taps;) {
      const int64_t count = next_rows(taps - tap);
      with_rows(count, [&](auto n) {
        add_tap_gradients<n>(image.data(), image.offsets() + tap, dy_rows, dy_rows + positions,
                             positions, sums + o * taps + tap, sums + (o + 1) * taps + tap);
      });
      tap += count;
    }
  }
}

}  // namespace

bool direct_applies(DType dtype, const Shape& weight, const Conv2dOptions& options) {
  return dtype == DType::float32 && options.stride == Pair{1, 1} &&
         options.dilation == Pair{1, 1} && options.groups == 1 && weight[1] <= kFewChannels &&
         numel(weight) > 0;
}

Tensor direct_conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options) {
  const Tensor x = input.contiguous(), w = weight.contiguous();
  Tensor result = Tensor::empty(conv2d_shape(x.shape(), w.shape(), options));
  const Images out(result.shape());
  const float* const x_data = x.data<float>();
  const float* const w_data = w.data<float>();
  float* const y = result.mutable_data<float>();
  const int64_t band = band_rows(x.shape(), result.shape()), bands = ceil_div(out.height, band);
  parallel_for(out.count * bands, [&](int64_t block) {
    const int64_t n = block / bands, first_row = block % bands * band;
    const int64_t rows = std::min(band, out.height - first_row);
    PaddedImage image(x.shape(), w.shape(), options, band);
    image.read(x_data, n, first_row);
    for (int64_t o = 0; o < out.channels;) {
      const int64_t count = next_rows(out.channels - o);
      float* const to = y + (n * out.channels + o) * out.plane() + first_row * out.width;
      with_rows(count, [&](auto filters) {
        for (int64_t i = 0; i < rows; ++i)
          convolve_row<filters>(image, image.data() + i * image.width(), w_data + o * image.taps(),
                                out.width, to + i * out.width, out.plane());
      });
      o += count;
    }
  });
  return result;
}

Tensor direct_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options) {
  const Tensor dy = grad.contiguous(), x = input.contiguous();
  const Images out(dy.shape());
  const float* const x_data = x.data<float>();
  const float* const dy_data = dy.data<float>();
  // A fixed number of parts of the images, each with a sum of its own, added in order.
  const int64_t part = std::max<int64_t>(1, ceil_div(out.count, 16));
  Shape sums_shape = weight_shape;
  sums_shape.insert(0, ceil_div(out.count, part));
  Tensor sums = Tensor::zeros(sums_shape);
  float* const sums_data = sums.mutable_data<float>();
  const int64_t band = band_rows(x.shape(), dy.shape());

  parallel_for(sums_shape[0], [&](int64_t block) {
    PaddedImage image(x.shape(), weight_shape, options, band);
    const int64_t taps = image.taps(), positions = round_up(band * image.width(), kLanes);
    Tensor dy_rows = Tensor::zeros({2 * positions});
    std::vector<Floats> lanes(size_t(round_up(out.channels, 2) * taps));
    for (int64_t n = block * part; n < std::min(out.count, (block + 1) * part); ++n)
      for (int64_t row = 0; row < out.height; row += band) {
        image.read(x_data, n, row);
        add_band_gradients(image, out, dy_data + n * out.channels * out.plane(), row, band,
                           dy_rows.mutable_data<float>(), positions, lanes.data());
      }
    for (int64_t i = 0; i < out.channels * taps; ++i)
      sums_data[block * out.channels * taps + i] = sum_of(lanes[size_t(i)]);
  });
  return sum(sums, {0});
}

}  // namespace gradian
