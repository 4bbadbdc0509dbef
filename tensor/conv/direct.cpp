// A tap of the kernel is an offset in a padded copy of the images, the same for all pixels. So with
// the channels of the result in the lanes of panels, all three are products for the micro-kernel:
//   y[pixel][filter]  = sum over taps (c, p, q) of       x[start of pixel + tap] w[tap][filter]
//   dx[pixel][c]      = sum over taps (filter, p, q) of dy[start of pixel - tap] w[tap][c]
//   dw[tap][filter]   = sum over pixels of               x[start of pixel + tap] dy[pixel][filter]
// whose left factor is read from the copy, so that no matrix of patches is made.
#include "tensor/conv/direct.h"

#include <bit>
#include <vector>

#include "tensor/conv/tiles.h"
#include "tensor/kernels.h"
#include "tensor/runtime/thread_pool.h"
#include "tensor/simd/panels.h"

namespace gradian::conv::direct {
namespace {

using namespace runtime;
using namespace simd;

// Tiles a block, in whole rows of the grid: as many as let the copy of their pixels stay in the
// second-level cache, in a power of two of blocks, which 2, 4 or 8 threads share evenly. The copy
// has `size` rows and columns for each tile.
int64_t tiles_per_block(const TileGrid& grid, Pair size, int64_t channels) {
  constexpr int64_t kCacheFloats = 64 * 1024, kMostTiles = 512;
  const int64_t row = channels * grid.width(size[1]) * grid.step[0];
  const int64_t border =
      channels * grid.width(size[1]) * std::max<int64_t>(0, size[0] - grid.step[0]);
  const int64_t images = kCacheFloats / (row * grid.rows + border);
  const int64_t rows = images > 0 ? images * grid.rows : (kCacheFloats - border) / row;
  const int64_t fit = std::clamp<int64_t>(rows, 1, ceil_div(kMostTiles, grid.columns));
  const int64_t all = grid.count / grid.columns;
  const auto blocks =
      static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(ceil_div(all, fit))));
  return ceil_div(all, blocks) * grid.columns;
}

// Calls part(image, begin, end) for each image's share of the tiles first..last-1, the numbers
// counted within the image.
template <class Part>
void for_each_image(const TileGrid& grid, int64_t first, int64_t last, const Part& part) {
  const int64_t plane = grid.rows * grid.columns;
  for (int64_t t = first; t < last;) {
    const int64_t image = grid.image(t), begin = t - image * plane;
    const int64_t end = std::min(plane, begin + last - t);
    part(image, begin, end);
    t += end - begin;
  }
}

// Copies a panel of channels, from number c on, of the pixels first..last-1 to lanes[pixel][lane].
void read_pixels(const float* data, const Images& images, const TileGrid& grid, int64_t first,
                 int64_t last, int64_t c, float* lanes) {
  for_each_image(grid, first, last, [&](int64_t image, int64_t begin, int64_t end) {
    pack_transposed(data + (image * images.channels + c) * images.plane() + begin,
                    std::min(kPanel, images.channels - c), end - begin, images.plane(), lanes);
    lanes += (end - begin) * kPanel;
  });
}

// The opposite.
void write_pixels(const float* lanes, const Images& images, const TileGrid& grid, int64_t first,
                  int64_t last, int64_t c, float* data) {
  for_each_image(grid, first, last, [&](int64_t image, int64_t begin, int64_t end) {
    unpack_transposed(lanes, std::min(kPanel, images.channels - c), end - begin,
                      data + (image * images.channels + c) * images.plane() + begin,
                      images.plane());
    lanes += (end - begin) * kPanel;
  });
}

// The taps (c, p, q) of one filter as offsets in the copy of the input.
std::vector<int64_t> tap_offsets(const Geometry& g, const PaddedRows& x) {
  std::vector<int64_t> offsets;
  for (int64_t c = 0; c < g.input.channels; ++c)
    for (int64_t p = 0; p < g.kernel[0]; ++p)
      for (int64_t q = 0; q < g.kernel[1]; ++q)
        offsets.push_back(c * x.channel_stride() + p * g.dilation[0] * x.row_stride() +
                          q * g.dilation[1]);
  return offsets;
}

// A pixel of the result: where it starts reading and the number of its place.
struct Pixel {
  const float* from;
  int64_t place;
};

// to[place][lane] = sum over k of from[offsets[k]] panel[k][lane] + bias[lane] for each pixel.
void multiply_pixels(const Pixel* pixels, int64_t count, const std::vector<int64_t>& offsets,
                     const float* panel, const float* bias, float* to) {
  const int64_t* const offset = offsets.data();
  const auto inner = int64_t(offsets.size());
  const auto bias0 = load<Floats>(bias), bias1 = load<Floats>(bias + kLanes);
  for_each_row_group(count, [&](int64_t first, auto rows) {
    const Pixel* const group = pixels + first;
    const float* from[rows];
    unrolled<rows>([&](auto row) { from[row] = group[row].from; });
    Floats sums[rows][2] = {};
    if (inner > 0)
      panel_sums<rows, float>(
          inner, [&](int64_t row, int64_t k) { return from[row][offset[k]]; },
          [=](int64_t k) { return panel + k * kPanel; }, sums);
    unrolled<rows>([&](auto row) {
      float* const out = to + group[row].place * kPanel;
      store(out, sums[row][0] + bias0);
      store(out + kLanes, sums[row][1] + bias1);
    });
  });
}

}  // namespace

// The images are copied with their padding, which may be larger than image and result together
// without bound.
bool applies(DType dtype, const Geometry& g) {
  const double copy =
      double(g.input.height + 2 * g.padding[0]) * double(g.input.width + 2 * g.padding[1]);
  const bool small_copy = copy <= 8 * double(g.input.plane() + g.output.plane()) + 65536;
  return dtype == DType::float32 && g.groups == 1 && numel(g.weight_shape()) > 0 && small_copy;
}

// The multiply-adds of the definition, where lanes without a channel cost what the others do. A
// quarter more stands for the copies. Measured (see README.md): 0.96 to 1.2 in all, 1.4 to 1.8
// where only one to three channels are summed.
double cost(const Geometry& g, const Images& tiled) {
  const int64_t summed = g.input.channels + g.output.channels - tiled.channels;
  const auto lanes = static_cast<double>(round_up(tiled.channels, kPanel));
  return double(g.output.count * g.output.plane()) * double(g.taps() * summed) * lanes * 1.25;
}

Tensor output(const Geometry& g, const Tensor& x, const Tensor& w, const Tensor& bias) {
  const Images &in = g.input, &out = g.output;
  Tensor result = Tensor::empty(out.shape());
  const int64_t filters = round_up(out.channels, kPanel), taps = in.channels * g.taps();
  Tensor panels = Tensor::empty({filters * taps});  // [O / panel][taps][panel]
  pack_transposed(w.data<float>(), out.channels, taps, taps, panels.mutable_data<float>());
  Tensor shifts = Tensor::zeros({filters});
  if (bias.defined()) shifts.slice(0, 0, out.channels).copy_from(bias);
  const float *const w_panels = panels.data<float>(), *const shift = shifts.data<float>();
  const float* const x_data = x.data<float>();
  float* const y = result.mutable_data<float>();

  const TileGrid grid(out.count, out.height, out.width, g.stride);
  const Pair span = g.span();
  parallel_ranges(grid.count, tiles_per_block(grid, span, in.channels),
                  [&](int64_t first, int64_t last) {
                    PaddedRows copy(in, grid, first, last, span, g.padding, in.channels);
                    copy.read(x_data, 0);
                    const std::vector<int64_t> offsets = tap_offsets(g, copy);
                    // A few pixels at a time, so that their results stay in the first-level cache.
                    constexpr int64_t kPixels = 96;
                    std::vector<Pixel> pixels;
                    pixels.reserve(size_t(last - first));
                    for (int64_t t = first; t < last; ++t)
                      pixels.push_back({copy.tile(t - first), (t - first) % kPixels});
                    Tensor room = Tensor::empty({kPixels * kPanel});
                    float* const lanes = room.mutable_data<float>();
                    for (int64_t o = 0; o < filters; o += kPanel)
                      for (int64_t begin = first; begin < last; begin += kPixels) {
                        const int64_t end = std::min(last, begin + kPixels);
                        multiply_pixels(pixels.data() + (begin - first), end - begin, offsets,
                                        w_panels + o * taps, shift + o, lanes);
                        write_pixels(lanes, out, grid, begin, end, o, y);
                      }
                  });
  return result;
}

namespace {

// The taps that meet one class of pixels, see input_gradient(): where each finds its dy, which
// lies before the pixel's u by v, and its weights, for all filters, as panels
// [C / panel][filters][taps][panel].
struct TapClass {
  std::vector<int64_t> taps;  // p KW + q
  std::vector<Pair> v;
  std::vector<float> panels;

  std::vector<int64_t> offsets(int64_t filters, const PaddedRows& dy, const Pair& reach) const {
    std::vector<int64_t> result;
    for (int64_t o = 0; o < filters; ++o)
      for (const auto& [row, column] : v)
        result.push_back(o * dy.channel_stride() + (reach[0] - row) * dy.row_stride() + reach[1] -
                         column);
    return result;
  }
};

// The pixels with (row + padding) % stride = a[0], and so for columns, are class number
// a[0] stride[1] + a[1].
std::vector<TapClass> tap_classes(const Geometry& g, const float* w) {
  const Pair stride = g.stride;
  const int64_t filters = g.output.channels, channels = g.input.channels, kernel = g.taps();
  std::vector<TapClass> classes(size_t(stride[0] * stride[1]));
  for (int64_t tap = 0; tap < kernel; ++tap) {
    const int64_t row = tap / g.kernel[1] * g.dilation[0];
    const int64_t column = tap % g.kernel[1] * g.dilation[1];
    TapClass& meeting = classes[size_t(row % stride[0] * stride[1] + column % stride[1])];
    meeting.taps.push_back(tap);
    meeting.v.push_back({row / stride[0], column / stride[1]});
  }
  for (TapClass& meeting : classes) {
    const auto taps = int64_t(meeting.taps.size());
    meeting.panels.resize(size_t(round_up(channels, kPanel) * filters * taps));
    parallel_ranges(filters, 8, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o)
        for (int64_t c = 0; c < channels; ++c)
          for (int64_t i = 0; i < taps; ++i)
            meeting.panels[size_t(((c / kPanel * filters + o) * taps + i) * kPanel + c % kPanel)] =
                w[(o * channels + c) * kernel + meeting.taps[size_t(i)]];
    });
  }
  return classes;
}

// The pixels of each class in the rows first_row..last_row-1 of dx, counted over all images.
// `first` is the number of the first tile of the copy of dy.
std::vector<std::vector<Pixel>> class_pixels(const Geometry& g, int64_t first_row, int64_t last_row,
                                             const TileGrid& grid, int64_t first,
                                             const PaddedRows& dy) {
  const Pair stride = g.stride, padding = g.padding;
  const Images& dx = g.input;
  std::vector<std::vector<Pixel>> classes(size_t(stride[0] * stride[1]));
  for (std::vector<Pixel>& same : classes)
    same.reserve(size_t((last_row - first_row) * grid.columns));
  for (int64_t row = first_row; row < last_row; ++row) {
    const int64_t image = row / dx.height, y = row % dx.height + padding[0];
    const int64_t tile = (image * grid.rows + y / stride[0]) * grid.columns - first;
    for (int64_t b = 0; b < stride[1]; ++b) {
      std::vector<Pixel>& same = classes[size_t(y % stride[0] * stride[1] + b)];
      for (int64_t u = 0, x = b - padding[1]; x < dx.width; ++u, x += stride[1])
        if (x >= 0) same.push_back({dy.tile(tile + u), (row - first_row) * dx.width + x});
    }
  }
  return classes;
}

}  // namespace

// A pixel of the input was read by the tap p at the output row i where i stride = pixel + padding -
// p dilation. So with pixel + padding = stride u + a, only the taps with p dilation = stride v + a
// meet it, at i = u - v: the pixels fall into stride classes a, each with taps of its own.
Tensor input_gradient(const Geometry& g, const Tensor& dy, const Tensor& w) {
  const Images &in = g.output, &out = g.input;
  Tensor result = Tensor::empty(out.shape());
  const Pair stride = g.stride, padding = g.padding, span = g.span();
  const Pair reach{(span[0] - 1) / stride[0], (span[1] - 1) / stride[1]};  // the largest v
  const std::vector<TapClass> classes = tap_classes(g, w.data<float>());
  const std::vector<float> no_bias(size_t{kPanel});
  const float* const dy_data = dy.data<float>();
  float* const dx = result.mutable_data<float>();

  // A tile is a pair u, which reads dy from u - reach to u.
  const TileGrid grid(out.count, (out.height - 1 + padding[0]) / stride[0] + 1,
                      (out.width - 1 + padding[1]) / stride[1] + 1, {1, 1});
  const Pair size{reach[0] + 1, reach[1] + 1};
  const TileGrid places(out.count, out.height, out.width, {1, 1});
  // The row of dx, counted over all images, with which the tiles from number t on start.
  const auto first_row_of = [&](int64_t t) {
    const int64_t y = grid.row(t) * stride[0] - padding[0];
    return grid.image(t) * out.height + std::clamp<int64_t>(y, 0, out.height);
  };
  parallel_ranges(
      grid.count, tiles_per_block(grid, size, in.channels), [&](int64_t first, int64_t last) {
        PaddedRows copy(in, grid, first, last, size, reach, in.channels);
        copy.read(dy_data, 0);
        const int64_t first_row = first_row_of(first), last_row = first_row_of(last);
        const auto pixels = class_pixels(g, first_row, last_row, grid, first, copy);
        std::vector<std::vector<int64_t>> offsets;
        for (const TapClass& meeting : classes)
          offsets.push_back(meeting.offsets(in.channels, copy, reach));
        Tensor room = Tensor::empty({(last_row - first_row) * out.width * kPanel});
        float* const lanes = room.mutable_data<float>();
        for (int64_t c = 0; c < out.channels; c += kPanel) {
          for (size_t a = 0; a < classes.size(); ++a)
            multiply_pixels(pixels[a].data(), int64_t(pixels[a].size()), offsets[a],
                            classes[a].panels.data() + c * int64_t(offsets[a].size()),
                            no_bias.data(), lanes);
          write_pixels(lanes, out, places, first_row * out.width, last_row * out.width, c, dx);
        }
      });
  return result;
}

namespace {

// sums[tap][lane] += sum over pixels of x[start[pixel] + offsets[tap]] dy[pixel][lane].
void add_tap_sums(const float* x, const std::vector<int64_t>& starts,
                  const std::vector<int64_t>& offsets, const float* dy, float* sums) {
  const int64_t* const start = starts.data();
  const auto pixels = int64_t(starts.size()), taps = int64_t(offsets.size());
  for_each_row_group(taps, [&](int64_t tap, auto rows) {
    const float* from[rows];
    unrolled<rows>([&](auto row) { from[row] = x + offsets[size_t(tap + row)]; });
    Floats added[rows][2];
    panel_sums<rows, float>(
        pixels, [&](int64_t row, int64_t k) { return from[row][start[k]]; },
        [=](int64_t k) { return dy + k * kPanel; }, added);
    unrolled<rows>([&](auto row) {
      float* const sum = sums + (tap + row) * kPanel;
      store(sum, load<Floats>(sum) + added[row][0]);
      store(sum + kLanes, load<Floats>(sum + kLanes) + added[row][1]);
    });
  });
}

}  // namespace

Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x) {
  const Images &in = g.input, &out = g.output;
  Tensor result = Tensor::zeros(g.weight_shape());
  if (dy.numel() == 0) return result;
  const int64_t filters = round_up(out.channels, kPanel), taps = in.channels * g.taps();
  const TileGrid grid(out.count, out.height, out.width, g.stride);
  const Pair span = g.span();
  const int64_t block = tiles_per_block(grid, span, in.channels);
  // A fixed number of parts of the blocks, each with a sum of its own, added in order.
  const int64_t blocks = ceil_div(grid.count, block), part = ceil_div(blocks, 16) * block;
  const int64_t parts = ceil_div(grid.count, part);
  Tensor sums = Tensor::zeros({parts, filters * taps});  // [parts][O / panel][taps][panel]
  float* const sums_data = sums.mutable_data<float>();
  const float *const x_data = x.data<float>(), *const dy_data = dy.data<float>();

  parallel_for(parts, [&](int64_t p) {
    Tensor room = Tensor::empty({block * kPanel});
    float* const lanes = room.mutable_data<float>();
    for (int64_t first = p * part; first < std::min(grid.count, (p + 1) * part); first += block) {
      const int64_t last = std::min(grid.count, first + block);
      PaddedRows copy(in, grid, first, last, span, g.padding, in.channels);
      copy.read(x_data, 0);
      std::vector<int64_t> starts;
      for (int64_t t = first; t < last; ++t) starts.push_back(copy.tile(t - first) - copy.tile(0));
      const std::vector<int64_t> offsets = tap_offsets(g, copy);
      for (int64_t o = 0; o < filters; o += kPanel) {
        read_pixels(dy_data, out, grid, first, last, o, lanes);
        add_tap_sums(copy.tile(0), starts, offsets, lanes, sums_data + (p * filters + o) * taps);
      }
    }
  });
  const Tensor total = sum(sums, {0});
  unpack_transposed(total.data<float>(), out.channels, taps, result.mutable_data<float>(), taps);
  return result;
}

}  // namespace gradian::conv::direct
