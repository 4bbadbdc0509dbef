// A tap of the kernel is an offset in the copy of the images, the same for all outputs, and one
// vector instruction handles that tap for a group of images: see lanes.h. The innermost loops keep
// twelve sums in registers, so that each vector read from the cache is used several times.
#include "tensor/conv_direct.h"

#include <vector>

#include "tensor/kernels.h"
#include "tensor/lanes.h"
#include "tensor/thread_pool.h"

namespace gradian {
namespace {

// Work is cut into blocks of images and bands of rows, whose copy should fit the second-level
// cache: what all three products share.
struct Bands {
  // `row_floats`: what one row of a band, and the rows around a band, take in the copy.
  Bands(const Images& images, int64_t row_floats, int64_t border_floats)
      : rows(std::clamp<int64_t>((kCacheFloats - border_floats) / std::max<int64_t>(1, row_floats),
                                 1, std::max<int64_t>(1, images.height))),
        height(images.height),
        a_block(ceil_div(images.height, rows)),
        count(ceil_div(images.count, kPanel) * a_block) {}

  int64_t first_image(int64_t band) const { return band / a_block * kPanel; }
  int64_t first_row(int64_t band) const { return band % a_block * rows; }
  int64_t last_row(int64_t band) const { return std::min(height, first_row(band) + rows); }

  static constexpr int64_t kCacheFloats = 64 * 1024;
  int64_t rows, height, a_block, count;
};

// The taps (c, p, q) of one kernel as offsets in the copy of the input.
struct Taps {
  Taps(const Shape& weight, const Conv2dOptions& options, const LaneRows& copy) {
    for (int64_t c = 0; c < weight[1]; ++c)
      for (int64_t p = 0; p < weight[2]; ++p)
        for (int64_t q = 0; q < weight[3]; ++q)
          offsets.push_back(c * copy.plane() + p * options.dilation[0] * copy.row() +
                            q * options.dilation[1] * kPanel);
  }
  std::vector<int64_t> offsets;
};

// What bands of output rows read of the input.
struct InputBands {
  InputBands(const Images& in, const Images& out, const Shape& weight, const Conv2dOptions& o)
      : span{(weight[2] - 1) * o.dilation[0] + 1, (weight[3] - 1) * o.dilation[1] + 1},
        columns((out.width - 1) * o.stride[1] + span[1]),
        bands(out, in.channels * columns * kPanel * o.stride[0],
              in.channels * columns * kPanel * (span[0] - o.stride[0])),
        rows((bands.rows - 1) * o.stride[0] + span[0]) {}
  Pair span;
  int64_t columns;
  Bands bands;
  int64_t rows;
};

// Pixels of a band of results: where each starts reading, and where its result goes.
struct Pixels {
  std::vector<int64_t> starts, places;
};

// to[row][place][lane] = sum over k of a[row][k] b[start + offsets[k]][lane] + bias[row] for a
// group of rows, `row_size` floats apart in `to`. bias may be null.
template <int rows>
void multiply_pixels(const float* a, const std::vector<int64_t>& offsets, const float* b,
                     const Pixels& pixels, const float* bias, float* to, int64_t row_size) {
  const auto inner = int64_t(offsets.size());
  const int64_t* const offset = offsets.data();
  for (size_t i = 0; i < pixels.starts.size(); ++i) {
    const float* const from = b + pixels.starts[i];
    Floats sums[rows][2];
    panel_sums<rows, float>(
        inner, [=](int64_t row, int64_t k) { return a[row * inner + k]; },
        [=](int64_t k) { return from + offset[k]; }, sums);
    unrolled<rows>([&](auto row) {
      float* const out = to + row * row_size + pixels.places[i] * kPanel;
      const float shift = bias ? bias[row] : 0;
      store(out, sums[row][0] + shift);
      store(out + kLanes, sums[row][1] + shift);
    });
  }
}

// Where each output pixel of some rows starts reading its input, in order.
std::vector<int64_t> output_starts(int64_t rows, int64_t columns, const Conv2dOptions& options,
                                   const LaneRows& copy) {
  std::vector<int64_t> starts;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      starts.push_back(i * options.stride[0] * copy.row() + j * options.stride[1] * kPanel);
  return starts;
}

// What bands of input rows read of dy for the gradient by the input.
struct InputGradientBands {
  InputGradientBands(const Images& dy, const Images& dx, const Shape& weight,
                     const Conv2dOptions& o)
      : reach{(weight[2] - 1) * o.dilation[0] / o.stride[0],
              (weight[3] - 1) * o.dilation[1] / o.stride[1]},
        left(reach[1] - o.padding[1] / o.stride[1]),
        columns((dx.width - 1 + o.padding[1]) / o.stride[1] + left + 1),
        bands(dx, dy.channels * columns * kPanel / o.stride[0],
              dy.channels * columns * kPanel * reach[0]),
        rows((bands.rows - 1) / o.stride[0] + 2 + reach[0]) {}
  Pair reach;  // how far before u the farthest tap lies: the largest v, see direct_input_gradient
  int64_t left, columns;
  Bands bands;
  int64_t rows;
};

// The taps that meet one class of pixels: their weights [C, taps O], and where each finds its dy,
// which lies before the pixel's u by v.
struct TapClass {
  struct Tap {
    int64_t filter;
    Pair v;
  };
  std::vector<Tap> taps;
  std::vector<float> weights;
};

std::vector<TapClass> tap_classes(const Tensor& w, const Conv2dOptions& options) {
  const auto& [stride, padding, dilation, groups] = options;
  const int64_t filters = w.size(0), channels = w.size(1), height = w.size(2), width = w.size(3);
  std::vector<TapClass> classes(size_t(stride[0] * stride[1]));
  std::vector<int64_t> class_of;  // of each tap
  for (int64_t tap = 0; tap < height * width; ++tap) {
    const int64_t row = tap / width * dilation[0], column = tap % width * dilation[1];
    class_of.push_back(row % stride[0] * stride[1] + column % stride[1]);
    for (int64_t o = 0; o < filters; ++o)
      classes[size_t(class_of.back())].taps.push_back({o, {row / stride[0], column / stride[1]}});
  }
  for (TapClass& same : classes) same.weights.resize(size_t(channels) * same.taps.size());
  std::vector<int64_t> taps_before(classes.size());
  for (int64_t tap = 0; tap < height * width; ++tap) {
    TapClass& same = classes[size_t(class_of[size_t(tap)])];
    int64_t& before = taps_before[size_t(class_of[size_t(tap)])];
    const float* const from = w.data<float>() + tap;
    for (int64_t o = 0; o < filters; ++o)
      for (int64_t c = 0; c < channels; ++c)
        same.weights[size_t(c) * same.taps.size() + size_t(before + o)] =
            from[(o * channels + c) * height * width];
    before += filters;
  }
  return classes;
}

// The pixels of one class, for `count` channels of the result from c on.
void multiply_class(const TapClass& same, const LaneRows& copy, const Pixels& pixels, int64_t c,
                    int64_t count, float* to, int64_t row_size) {
  if (same.taps.empty()) {  // no output read these pixels
    for (int64_t row = 0; row < count; ++row)
      for (const int64_t place : pixels.places)
        std::fill_n(to + row * row_size + place * kPanel, kPanel, 0.0f);
    return;
  }
  std::vector<int64_t> offsets;
  for (const TapClass::Tap& tap : same.taps)
    offsets.push_back(tap.filter * copy.plane() - tap.v[0] * copy.row() - tap.v[1] * kPanel);
  with_rows(count, [&](auto rows) {
    multiply_pixels<rows>(same.weights.data() + c * int64_t(offsets.size()), offsets, copy.data(),
                          pixels, nullptr, to, row_size);
  });
}

constexpr int kFilters = 4, kTaps = 3;  // whose twelve sums are formed together

// sums[filter][tap] += the sum over the pixels of dy[filter][pixel] x[start + offset[tap]], for
// four filters and `taps` taps. The lanes, which are images, are added at the end.
template <int taps>
void add_tap_sums(const float* x, const int64_t* offset, const std::vector<int64_t>& starts,
                  const float* dy, int64_t dy_plane, float* sums, int64_t row_size) {
  Floats sum[kFilters][taps] = {};
  for (size_t at = 0; at < starts.size(); ++at)
    for (int64_t half = 0; half < kPanel; half += kLanes) {
      const float* const from = x + starts[at] + half;
      const float* const dy_at = dy + int64_t(at) * kPanel + half;
      Floats d[kFilters];
      unrolled<kFilters>([&](auto o) { d[o] = load<Floats>(dy_at + o * dy_plane); });
      unrolled<taps>([&](auto tap) {
        Floats value = load<Floats>(from + offset[tap]);
        keep(value);
        unrolled<kFilters>([&](auto o) { sum[o][tap] += value * d[o]; });
      });
    }
  unrolled<taps>([&](auto tap) {
    const Float4 totals = lane_sums(sum[0][tap], sum[1][tap], sum[2][tap], sum[3][tap]);
    unrolled<kFilters>([&](auto o) { sums[o * row_size + tap] += totals[int(o)]; });
  });
}

// The same for all taps.
void add_tap_gradients(const float* x, const std::vector<int64_t>& offsets,
                       const std::vector<int64_t>& starts, const float* dy, int64_t dy_plane,
                       float* sums) {
  const auto count = int64_t(offsets.size());
  for (int64_t tap = 0; tap < count; tap += kTaps)
    with_rows<kTaps>(std::min<int64_t>(kTaps, count - tap), [&](auto taps) {
      add_tap_sums<taps>(x, offsets.data() + tap, starts, dy, dy_plane, sums + tap, count);
    });
}

}  // namespace

bool direct_applies(DType dtype, const Shape& weight, const Conv2dOptions& options) {
  return dtype == DType::float32 && options.groups == 1 && numel(weight) > 0;
}

// Lanes without an image cost what the others do, and a fifth goes into the copies.
int64_t direct_cost(int64_t images, int64_t multiplications) {
  return multiplications / std::max<int64_t>(1, images) * round_up(images, kPanel) * 5 / 4;
}

Tensor direct_conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options,
                     const Tensor& bias) {
  const Tensor x = input.contiguous(), w = weight.contiguous();
  const Tensor b = bias.defined() ? bias.contiguous() : bias;
  Tensor result = Tensor::empty(conv2d_shape(x.shape(), w.shape(), options));
  const Images in(x.shape()), out(result.shape());
  const InputBands input_bands(in, out, w.shape(), options);
  const Bands& bands = input_bands.bands;
  const float* const x_data = x.data<float>();
  const float* const w_data = w.data<float>();
  const float* const b_data = b.defined() ? b.data<float>() : nullptr;
  float* const y = result.mutable_data<float>();

  parallel_for(bands.count, [&](int64_t band) {
    const int64_t first_image = bands.first_image(band), first_row = bands.first_row(band);
    LaneRows copy(in.channels, input_bands.rows, input_bands.columns);
    copy.read(in, x_data, first_image, first_row * options.stride[0] - options.padding[0],
              options.padding[1]);
    const Taps taps(w.shape(), options, copy);
    Pixels pixels{output_starts(bands.last_row(band) - first_row, out.width, options, copy), {}};
    for (size_t i = 0; i < pixels.starts.size(); ++i) pixels.places.push_back(int64_t(i));
    const auto count_pixels = int64_t(pixels.starts.size()), inner = int64_t(taps.offsets.size());
    const int64_t row_size = count_pixels * kPanel;
    Tensor sums = Tensor::empty({kRows, row_size});
    float* const sums_data = sums.mutable_data<float>();
    for (int64_t o = 0; o < out.channels;) {
      const int64_t count = next_rows(out.channels - o);
      with_rows(count, [&](auto rows) {
        multiply_pixels<rows>(w_data + o * inner, taps.offsets, copy.data(), pixels,
                              b_data ? b_data + o : nullptr, sums_data, row_size);
      });
      for (int64_t row = 0; row < count; ++row)
        write_lanes(sums_data + row * row_size, count_pixels, out, first_image, o + row,
                    first_row * out.width, y);
      o += count;
    }
  });
  return result;
}

// A pixel of the input was read by the tap p at the output row i where i stride = pixel + padding -
// p dilation. So with pixel + padding = stride u + a, only the taps with p dilation = stride v + a
// meet it, at i = u - v: the pixels fall into stride classes a, each with taps of its own.
Tensor direct_input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options) {
  const Tensor dy = grad.contiguous(), w = weight.contiguous();
  Tensor result = Tensor::empty(input_shape);
  const Images in(dy.shape()), out(input_shape);
  const InputGradientBands input_bands(in, out, w.shape(), options);
  const Bands& bands = input_bands.bands;
  const std::vector<TapClass> classes = tap_classes(w, options);
  const float* const dy_data = dy.data<float>();
  float* const dx = result.mutable_data<float>();

  parallel_for(bands.count, [&](int64_t band) {
    const int64_t first_image = bands.first_image(band), first_row = bands.first_row(band);
    const int64_t rows = bands.last_row(band) - first_row;
    const int64_t first_u = (first_row + options.padding[0]) / options.stride[0];
    LaneRows copy(in.channels, input_bands.rows, input_bands.columns);
    copy.read(in, dy_data, first_image, first_u - input_bands.reach[0], input_bands.left);
    const int64_t row_size = rows * out.width * kPanel;
    Tensor sums = Tensor::empty({kRows, row_size});
    float* const sums_data = sums.mutable_data<float>();
    std::vector<Pixels> pixels(classes.size());
    for (int64_t y = 0; y < rows; ++y)
      for (int64_t x = 0; x < out.width; ++x) {
        const int64_t row = first_row + y + options.padding[0], column = x + options.padding[1];
        Pixels& same = pixels[size_t(row % options.stride[0] * options.stride[1] +
                                     column % options.stride[1])];
        same.starts.push_back((row / options.stride[0] - first_u + input_bands.reach[0]) *
                                  copy.row() +
                              (column / options.stride[1] + input_bands.left) * kPanel);
        same.places.push_back(y * out.width + x);
      }
    for (int64_t c = 0; c < out.channels;) {
      const int64_t count = next_rows(out.channels - c);
      for (size_t a = 0; a < classes.size(); ++a)
        multiply_class(classes[a], copy, pixels[a], c, count, sums_data, row_size);
      for (int64_t row = 0; row < count; ++row)
        write_lanes(sums_data + row * row_size, rows * out.width, out, first_image, c + row,
                    first_row * out.width, dx);
      c += count;
    }
  });
  return result;
}

Tensor direct_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options) {
  const Tensor dy = grad.contiguous(), x = input.contiguous();
  const Images in(x.shape()), out(dy.shape());
  const InputBands input_bands(in, out, weight_shape, options);
  const Bands& bands = input_bands.bands;
  const int64_t inner = numel(weight_shape) / out.channels;
  const int64_t filters = round_up(out.channels, kFilters);
  // A fixed number of parts of the bands, each with a sum of its own, added in order.
  const int64_t part = std::max<int64_t>(1, ceil_div(bands.count, 16));
  const int64_t parts = ceil_div(bands.count, part);
  Tensor sums = Tensor::zeros({parts, filters, inner});
  float* const sums_data = sums.mutable_data<float>();
  const float* const x_data = x.data<float>();
  const float* const dy_data = dy.data<float>();

  parallel_for(parts, [&](int64_t p) {
    LaneRows x_copy(in.channels, input_bands.rows, input_bands.columns);
    LaneRows dy_copy(filters, bands.rows, out.width);
    const Taps taps(weight_shape, options, x_copy);
    for (int64_t band = p * part; band < std::min(bands.count, (p + 1) * part); ++band) {
      const int64_t first_image = bands.first_image(band), first_row = bands.first_row(band);
      x_copy.read(in, x_data, first_image, first_row * options.stride[0] - options.padding[0],
                  options.padding[1]);
      dy_copy.read(out, dy_data, first_image, first_row, 0);
      const std::vector<int64_t> starts =
          output_starts(bands.last_row(band) - first_row, out.width, options, x_copy);
      for (int64_t o = 0; o < filters; o += kFilters)
        add_tap_gradients(x_copy.data(), taps.offsets, starts, dy_copy.data() + o * dy_copy.plane(),
                          dy_copy.plane(), sums_data + (p * filters + o) * inner);
    }
  });
  return sum(sums, {0}).slice(0, 0, out.channels).contiguous().reshape(weight_shape);
}

}  // namespace gradian
