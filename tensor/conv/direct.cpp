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

constexpr int64_t kCacheFloats = 64 * 1024;

// Tiles a block, in whole rows of the grid: as many as let the copy of their pixels take 256 KB,
// half of a Zen 3's second-level cache; about a power of two of blocks, which 2, 4 or 8 threads
// share evenly. The copy has `size` rows and columns for each tile.
int64_t tiles_per_block(const TileGrid& grid, Pair size, int64_t channels) {
  constexpr int64_t kMostTiles = 512;
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

// Calls part(data, channels, pixels, lanes) for each image's share of a panel of channels, from
// number c on, at the pixels first..last-1, which are in lanes[pixel][lane]. The channels begin at
// data, images.plane() apart.
template <class T, class Part>
void for_each_image(T* data, const Images& images, int64_t first, int64_t last, int64_t c,
                    float* lanes, const Part& part) {
  while (first < last) {
    const int64_t image = first / images.plane(), begin = image * images.plane();
    const int64_t end = std::min(last, begin + images.plane());
    part(data + begin * images.channels + c * images.plane() + first - begin,
         std::min(kPanel, images.channels - c), end - first, lanes);
    lanes += (end - first) * kPanel;
    first = end;
  }
}

// Where a pixel finds what it reads: rows and columns of its tile in the copy.
using Places = std::vector<Pair>;

// Those of the taps (p, q) of the forward pass.
Places kernel_places(const Geometry& g) {
  Places places;
  for (int64_t p = 0; p < g.kernel[0]; ++p)
    for (int64_t q = 0; q < g.kernel[1]; ++q)
      places.push_back({p * g.dilation[0], q * g.dilation[1]});
  return places;
}

// The same in all channels, as offsets in the copy.
std::vector<int64_t> offsets(const Places& places, int64_t channels, const PaddedRows& copy) {
  std::vector<int64_t> result;
  for (int64_t c = 0; c < channels; ++c)
    for (const auto& [row, column] : places)
      result.push_back(c * copy.channel_stride() + row * copy.row_stride() + column);
  return result;
}

// A pixel of the result: where it starts reading and the number of its place.
struct Pixel {
  const float* from;
  int64_t place;
};

// to[place][lane] = sum over k of from[offsets[k]] panel[k][lane] + bias[lane] for each pixel, in
// the first `vectors` of a panel.
template <int vectors>
void multiply_pixels(const Pixel* pixels, int64_t count, const std::vector<int64_t>& offsets,
                     const float* panel, const float* bias, float* to) {
  const int64_t* const offset = offsets.data();
  const auto inner = int64_t(offsets.size());
  for_each_row_group(count, [&](int64_t first, auto rows) {
    const Pixel* const group = pixels + first;
    const float* from[rows];
    unrolled<rows>([&](auto row) { from[row] = group[row].from; });
    Floats sums[rows][vectors] = {};
    if (inner > 0)
      panel_sums<rows, float>(
          inner, [&](int64_t row, int64_t k) { return from[row][offset[k]]; },
          [=](int64_t k) { return panel + k * kPanel; }, sums);
    unrolled<rows>([&](auto row) {
      float* const out = to + group[row].place * kPanel;
      unrolled<vectors>(
          [&](auto v) { store(out + v * kLanes, sums[row][v] + load<Floats>(bias + v * kLanes)); });
    });
  });
}

// Pixels of a result that meet the same taps: where those read, and their weights as panels
// [channels of the result / panel][channels that are summed][taps][panel].
struct PixelClass {
  Places places;
  Tensor panels;
};

// The pixel {y, x} of the result with y + shift = step u + a, and so for columns, is in the class
// number a[0] step[1] + a[1] and reads tile u.
struct PixelGrid {
  Pair step, shift;
};

// The pixels of each class in the rows first_row..last_row-1 of `out`, counted over all images.
// `first` is the number of the first tile of the copy.
std::vector<std::vector<Pixel>> class_pixels(const PixelGrid& pixels, const Images& out,
                                             int64_t first_row, int64_t last_row,
                                             const TileGrid& grid, int64_t first,
                                             const PaddedRows& copy) {
  const auto& [step, shift] = pixels;
  std::vector<std::vector<Pixel>> classes(size_t(step[0] * step[1]));
  for (std::vector<Pixel>& same : classes)
    same.reserve(size_t((last_row - first_row) * grid.columns));
  for (int64_t row = first_row; row < last_row; ++row) {
    const int64_t image = row / out.height, y = row % out.height + shift[0];
    const int64_t tile = (image * grid.rows + y / step[0]) * grid.columns - first;
    for (int64_t b = 0; b < step[1]; ++b) {
      std::vector<Pixel>& same = classes[size_t(y % step[0] * step[1] + b)];
      for (int64_t u = 0, x = b - shift[1]; x < out.width; ++u, x += step[1])
        if (x >= 0) same.push_back({copy.tile(tile + u), (row - first_row) * out.width + x});
    }
  }
  return classes;
}

// The result of shape `out`, + bias[channel] if it is defined: tiles of `size` rows and columns of
// `in`, from `padding` before their start, give the pixels of each class.
Tensor correlate(const Images& in, const Tensor& from, const TileGrid& grid, Pair size,
                 Pair padding, const std::vector<PixelClass>& classes, const PixelGrid& pixel_grid,
                 const Tensor& bias, const Images& out) {
  Tensor result = Tensor::empty(out.shape());
  Tensor shifts = Tensor::zeros({round_up(out.channels, kPanel)});
  if (bias.defined()) shifts.slice(0, 0, out.channels).copy_from(bias);
  const float *const shift = shifts.data<float>(), *const x = from.data<float>();
  float* const y = result.mutable_data<float>();
  // The row of the result, counted over all images, with which the tiles from number t on start.
  const auto first_row_of = [&](int64_t t) {
    const int64_t row = grid.row(t) * pixel_grid.step[0] - pixel_grid.shift[0];
    return grid.image(t) * out.height + std::clamp<int64_t>(row, 0, out.height);
  };
  parallel_ranges(
      grid.count, tiles_per_block(grid, size, in.channels), [&](int64_t first, int64_t last) {
        const PaddedRows copy(in, x, grid, first, last, size, padding);
        const int64_t first_row = first_row_of(first), last_row = first_row_of(last);
        const auto pixels = class_pixels(pixel_grid, out, first_row, last_row, grid, first, copy);
        Tensor room = Tensor::empty({(last_row - first_row) * out.width * kPanel});
        float* const lanes = room.mutable_data<float>();
        for (int64_t c = 0; c < out.channels; c += kPanel) {
          for (size_t a = 0; a < classes.size(); ++a) {
            const std::vector<int64_t> taps = offsets(classes[a].places, in.channels, copy);
            with_vectors<float>(out.channels - c, [&](auto vectors) {
              multiply_pixels<vectors>(pixels[a].data(), int64_t(pixels[a].size()), taps,
                                       classes[a].panels.data<float>() + c * int64_t(taps.size()),
                                       shift + c, lanes);
            });
          }
          for_each_image(y, out, first_row * out.width, last_row * out.width, c, lanes,
                         [&](float* data, int64_t channels, int64_t count, const float* made) {
                           unpack_transposed(made, channels, count, data, out.plane());
                         });
        }
      });
  return result;
}

}  // namespace

// The images are copied with their padding, which may be larger than image and result together
// without bound; so may the number of the gradient's classes of pixels.
bool applies(DType dtype, const Geometry& g) {
  const double copy =
      double(g.input.height + 2 * g.padding[0]) * double(g.input.width + 2 * g.padding[1]);
  const bool small_copy = copy <= 8 * double(g.input.plane() + g.output.plane()) + 65536;
  return dtype == DType::float32 && g.groups == 1 && numel(g.weight_shape()) > 0 && small_copy &&
         g.stride[0] * g.stride[1] <= 64;
}

// The multiply-adds of the definition, a tenth more for what stands between them, where lanes of a
// vector without a channel cost what the others do; to copy each element that is read, 5; to write
// a pixel, 250 for each panel and 10 for each lane; for each weight, of lanes too, 30, or 100 where
// they are put in place one by one, for the gradient by the input, and 10 for each block that reads
// them, of 64 K elements. Measured: see README.md.
double cost(const Geometry& g, Product product) {
  const Images &to = g.tiled(product), &from = g.tapped(product);
  const auto pixels = double(g.output.count * g.output.plane());
  const auto lanes = double(round_up(to.channels, kLanes)),
             panels = double(ceil_div(to.channels, kPanel));
  const double taps = double(g.taps() * from.channels),
               elements = double(from.count * from.channels * from.plane());
  const double weight = product == Product::input_gradient ? 100 : 30;
  return lanes * (pixels * (1.1 * taps + 10) + taps * (weight + 10 * elements / kCacheFloats)) +
         250 * panels * pixels + 5 * elements;
}

Tensor output(const Geometry& g, const Tensor& x, const Tensor& w, const Tensor& bias) {
  const Images &in = g.input, &out = g.output;
  const int64_t taps = in.channels * g.taps();
  Tensor panels = Tensor::empty({round_up(out.channels, kPanel) * taps});
  float* const packed = panels.mutable_data<float>();
  parallel_ranges(out.channels, kPanel, [&](int64_t first, int64_t last) {
    pack_transposed(w.data<float>() + first * taps, last - first, taps, taps,
                    packed + first * taps);
  });
  const TileGrid grid(out.count, out.height, out.width, g.stride);
  return correlate(in, x, grid, g.span(), g.padding, {{kernel_places(g), panels}}, {1, 0}, bias,
                   out);
}

// A pixel of the input was read by the tap p at the output row i where i stride = pixel + padding -
// p dilation. So with pixel + padding = stride u + a, only the taps with p dilation = stride v + a
// meet it, at i = u - v: the pixels fall into stride classes a, each with taps of its own. A tile
// is a pair u, which reads dy from u - reach to u.
Tensor input_gradient(const Geometry& g, const Tensor& dy, const Tensor& w) {
  const Images &in = g.output, &out = g.input;
  const Pair stride = g.stride, padding = g.padding, span = g.span();
  const Pair reach{(span[0] - 1) / stride[0], (span[1] - 1) / stride[1]};  // the largest v
  std::vector<PixelClass> classes(size_t(stride[0] * stride[1]));
  std::vector<std::vector<int64_t>> taps(classes.size());
  const Places places = kernel_places(g);
  for (size_t tap = 0; tap < places.size(); ++tap) {
    const auto [row, column] = places[tap];
    const auto a = size_t(row % stride[0] * stride[1] + column % stride[1]);
    classes[a].places.push_back({reach[0] - row / stride[0], reach[1] - column / stride[1]});
    taps[a].push_back(int64_t(tap));
  }
  const float* const weights = w.data<float>();
  for (size_t a = 0; a < classes.size(); ++a) {
    const auto count = int64_t(taps[a].size());
    classes[a].panels = Tensor::zeros({round_up(out.channels, kPanel) * in.channels * count});
    float* const panels = classes[a].panels.mutable_data<float>();
    parallel_ranges(in.channels, 8, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o)
        for (int64_t c = 0; c < out.channels; ++c)
          for (int64_t i = 0; i < count; ++i)
            panels[((c / kPanel * in.channels + o) * count + i) * kPanel + c % kPanel] =
                weights[(o * out.channels + c) * g.taps() + taps[a][size_t(i)]];
    });
  }
  const TileGrid grid(out.count, (out.height - 1 + padding[0]) / stride[0] + 1,
                      (out.width - 1 + padding[1]) / stride[1] + 1, {1, 1});
  return correlate(in, dy, grid, {reach[0] + 1, reach[1] + 1}, reach, classes, {stride, padding},
                   {}, out);
}

namespace {

// sums[tap][lane] = sum over pixels of x[start[pixel] + offsets[tap]] dy[pixel][lane] (+ sums[tap]
// [lane] when accumulate), in the first `vectors` of a panel.
template <int vectors>
void tap_sums(const float* x, const std::vector<int64_t>& starts,
              const std::vector<int64_t>& offsets, const float* dy, float* sums, bool accumulate) {
  const int64_t* const start = starts.data();
  const auto pixels = int64_t(starts.size()), taps = int64_t(offsets.size());
  for_each_row_group(taps, [&](int64_t tap, auto rows) {
    const float* from[rows];
    unrolled<rows>([&](auto row) { from[row] = x + offsets[size_t(tap + row)]; });
    Floats added[rows][vectors];
    panel_sums<rows, float>(
        pixels, [&](int64_t row, int64_t k) { return from[row][start[k]]; },
        [=](int64_t k) { return dy + k * kPanel; }, added);
    unrolled<rows>([&](auto row) {
      unrolled<vectors>([&](auto v) {
        float* const sum = sums + (tap + row) * kPanel + v * kLanes;
        store(sum, accumulate ? load<Floats>(sum) + added[row][v] : added[row][v]);
      });
    });
  });
}

}  // namespace

Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x) {
  const Images &in = g.input, &out = g.output;
  if (dy.numel() == 0) return Tensor::zeros(g.weight_shape());
  Tensor result = Tensor::empty(g.weight_shape());
  const int64_t filters = round_up(out.channels, kPanel), taps = in.channels * g.taps();
  const TileGrid grid(out.count, out.height, out.width, g.stride);
  const Pair span = g.span();
  const int64_t block = tiles_per_block(grid, span, in.channels);
  // A fixed number of parts of the blocks, each with a sum of its own, added in order.
  const int64_t blocks = ceil_div(grid.count, block), part = ceil_div(blocks, 16) * block;
  const int64_t parts = ceil_div(grid.count, part);
  Tensor sums = Tensor::empty({parts, filters * taps});  // [parts][O / panel][taps][panel]
  float* const sums_data = sums.mutable_data<float>();
  const float *const x_data = x.data<float>(), *const dy_data = dy.data<float>();

  parallel_for(parts, [&](int64_t p) {
    Tensor room = Tensor::empty({block * kPanel});
    float* const lanes = room.mutable_data<float>();
    for (int64_t first = p * part; first < std::min(grid.count, (p + 1) * part); first += block) {
      const int64_t last = std::min(grid.count, first + block);
      const PaddedRows copy(in, x_data, grid, first, last, span, g.padding);
      std::vector<int64_t> starts;
      for (int64_t t = first; t < last; ++t) starts.push_back(copy.tile(t - first) - copy.tile(0));
      const std::vector<int64_t> taps_at = offsets(kernel_places(g), in.channels, copy);
      for (int64_t o = 0; o < filters; o += kPanel) {
        for_each_image(dy_data, out, first, last, o, lanes,
                       [&](const float* data, int64_t channels, int64_t count, float* to) {
                         pack_transposed(data, channels, count, out.plane(), to);
                       });
        with_vectors<float>(out.channels - o, [&](auto vectors) {
          tap_sums<vectors>(copy.tile(0), starts, taps_at, lanes,
                            sums_data + (p * filters + o) * taps, first > p * part);
        });
      }
    }
  });
  const Tensor total = sum(sums, {0});
  float* const dw = result.mutable_data<float>();
  parallel_ranges(out.channels, kPanel, [&](int64_t first, int64_t last) {
    unpack_transposed(total.data<float>() + first * taps, last - first, taps, dw + first * taps,
                      taps);
  });
  return result;
}

}  // namespace gradian::conv::direct
