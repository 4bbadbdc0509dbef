// Winograd's convolution forward, the gradient by the input, which is one too, and the choice of
// the tile. The gradient by the weights is in winograd_weight.cpp.
#include "tensor/conv/winograd.h"

#include "tensor/conv/winograd_blocks.h"
#include "tensor/kernels.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::conv::winograd {
namespace {

using namespace runtime;

// The filters as seen by the product: w[row, inner, tap], which the gradient by the input reads
// transposed and turned by 180 degrees.
struct Filters {
  const float* data;
  int64_t rows, inner, row_stride, inner_stride;
  bool turned;
};

// U[k][row][inner] = G w G^T, a vector of `inner` at a time. `inner` is padded with zeros.
template <int alpha, int r>
Tensor transform_filters(const Filters& w) {
  using G = typename Matrices<alpha, r>::G;
  const int64_t row_size = round_up(w.inner, kLanes);
  const Stack stack(alpha, w.rows * row_size);
  Tensor result = Tensor::empty({stack.total});
  float* const u = result.mutable_data<float>();
  parallel_ranges(w.rows, ceil_div(4096, row_size), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t c = 0; c < row_size; c += kLanes) {
        alignas(kVectorBytes) float taps[r * r][kLanes] = {};
        for (int64_t lane = 0; lane < std::min<int64_t>(kLanes, w.inner - c); ++lane) {
          const float* const from = w.data + row * w.row_stride + (c + lane) * w.inner_stride;
          for (int tap = 0; tap < r * r; ++tap)
            taps[w.turned ? r * r - 1 - tap : tap][lane] = from[tap];
        }
        transform<G>(
            [&](int i, Floats* d) {
              for (int j = 0; j < r; ++j) d[j] = load<Floats>(taps[i * r + j]);
            },
            [&](int i, int j, const Floats& value) {
              store(u + (i * alpha + j) * stack.stride + row * row_size + c, value);
            });
      }
  });
  return result;
}

// Tiles a block, in whole panels, one at least: V and P take 512 KB, half of a Zen 4's L2 cache.
int64_t tiles_per_block(int64_t tiles, int64_t alpha, int64_t channels, int64_t filters) {
  constexpr int64_t kCacheFloats = 128 * 1024;
  const int64_t fit = kCacheFloats / (alpha * alpha * (channels + filters));
  const int64_t panels = std::clamp<int64_t>(fit / kPanel, 1, 8);
  return std::min(panels * kPanel, round_up(tiles, kPanel));
}

// V[k][panel][channel][tile] = B x B^T for `count` tiles from `first` on: panels that the product
// reads from end to end.
template <int alpha, int r>
void transform_inputs(const Images& in, const float* x, Pair padding, const TileGrid& grid,
                      int64_t first, int64_t count, const Stack& stack, float* v) {
  using B = typename Matrices<alpha, r>::B;
  HalfTransforms<B> half(in, grid, first, first + count, padding, 1);
  for (int64_t c = 0; c < in.channels; ++c) {
    half.read(x, c);
    for (int64_t i = 0; i < alpha; ++i)
      for (int64_t t = 0; t < round_up(count, kPanel); t += kLanes)
        finish_row<B>(
            half.tile(t), i * half.row_stride(),
            v + i * alpha * stack.stride + (t / kPanel * in.channels + c) * kPanel + t % kPanel,
            stack.stride);
  }
}

// Floats between the filters of P: off a power of two, as in Stack.
template <int alpha>
constexpr int64_t kFilterStride = alpha* alpha* kPanel + 16;

// y = A^T P A + bias for the same tiles, from P[panel][filter][k][tile], which is read from end to
// end. bias may be null.
template <int alpha, int r>
void transform_outputs(const float* products, const float* bias, const Images& out,
                       const TileGrid& grid, int64_t first, int64_t count, float* y) {
  constexpr int m = Matrices<alpha, r>::m;
  TileWriter<m> writer(out, grid, y);
  for (int64_t t = 0; t < count; t += kLanes) {
    writer.select(first + t, count - t);
    for (int64_t o = 0; o < out.channels; ++o) {
      const float* const from =
          products + (t / kPanel * out.channels + o) * kFilterStride<alpha> + t % kPanel;
      const float shift = bias ? bias[o] : 0;
      Floats tile[m][m];
      transform_back<typename Matrices<alpha, r>::A>(
          load_stack<alpha>(from, kPanel),
          [&](int i, int j, const Floats& value) { tile[i][j] = value + shift; });
      writer.write(o, tile);
    }
  }
}

// The correlation of x with the filters, + bias[filter] if it is defined.
template <int alpha>
Tensor correlate(const Geometry& g, const Images& in, const Tensor& x, Pair padding,
                 const Filters& filters, const Tensor& bias, const Images& out) {
  Tensor result = Tensor::empty(out.shape());
  const float *const from = x.data<float>(), *const shifts =
                                                 bias.defined() ? bias.data<float>() : nullptr;
  float* const y = result.mutable_data<float>();
  dispatch_kernel(g, [&]<int r>() {
    const Tensor u_tensor = transform_filters<alpha, r>(filters);
    const float* const u = u_tensor.data<float>();
    const TileGrid grid(out, Matrices<alpha, r>::m);
    const int64_t block = tiles_per_block(grid.count, alpha, in.channels, out.channels);
    const int64_t u_row = round_up(in.channels, kLanes);
    const Stack u_stack(alpha, out.channels * u_row);
    const Stack v_stack(alpha, in.channels * block);

    parallel_ranges(grid.count, block, [&](int64_t first, int64_t last) {
      Tensor v_tensor = Tensor::empty({v_stack.total}),
             p_tensor = Tensor::empty({block / kPanel * out.channels * kFilterStride<alpha>});
      float* const v = v_tensor.mutable_data<float>();
      float* const products = p_tensor.mutable_data<float>();
      transform_inputs<alpha, r>(in, from, padding, grid, first, last - first, v_stack, v);
      for (int64_t k = 0; k < alpha * alpha; ++k)
        for (int64_t panel = 0; panel < ceil_div(last - first, kPanel); ++panel)
          multiply_panel(out.channels, in.channels, u + k * u_stack.stride, u_row,
                         v + k * v_stack.stride + panel * in.channels * kPanel,
                         products + panel * out.channels * kFilterStride<alpha> + k * kPanel,
                         kFilterStride<alpha>, false);
      transform_outputs<alpha, r>(products, shifts, out, grid, first, last - first, y);
    });
  });
  return result;
}

}  // namespace

bool applies(DType dtype, const Geometry& g) {
  const Pair one = 1;
  return dtype == DType::float32 && g.stride == one && g.dilation == one && g.groups == 1 &&
         (g.kernel == Pair(3) || g.kernel == Pair(5)) && numel(g.weight_shape()) > 0;
}

// In multiply-adds,
// - 1.2 channels x filters at each of the alpha^2 positions of each tile, in whole panels of tiles:
//   the matrix products, and reading the weights' transforms; the channels of the gradient by the
//   weights in whole vectors;
// - alpha at each position for each channel that is transformed, to or back: M d M^T is 2 alpha
//   written out, of which sharing (see multiply()) saves half;
// - 14 for each element of an image, m^2 a tile and channel: they come from memory and go there;
// - 30 for each of the alpha^2 numbers that a filter has for a channel, or 10 on their way back.
template <int alpha>
double cost(const Geometry& g, Product product) {
  const bool back = product == Product::weight_gradient;
  const int64_t step = back ? kLanes : 1, m = alpha + 1 - g.kernel[0];
  const auto channels = double(round_up(g.input.channels, step)),
             filters = double(g.output.channels);
  const auto tiles = double(round_up(TileGrid(g.tiled(product), m).count, kPanel));
  return alpha * alpha * channels * filters * (1.2 * tiles + (back ? 10 : 30)) +
         tiles * (channels + filters) * double(alpha * alpha * alpha + 14 * m * m);
}

template <int alpha>
Tensor output(const Geometry& g, const Tensor& x, const Tensor& w, const Tensor& bias) {
  const int64_t channels = g.input.channels, taps = g.taps();
  return correlate<alpha>(
      g, g.input, x, g.padding,
      {w.data<float>(), g.output.channels, channels, channels * taps, taps, false}, bias, g.output);
}

// The gradient by the input is a correlation too: of dy with the filters turned by 180 degrees,
// inputs and outputs exchanged, padded by what the forward pass left out.
template <int alpha>
Tensor input_gradient(const Geometry& g, const Tensor& dy, const Tensor& w) {
  const int64_t channels = g.input.channels, taps = g.taps();
  const Pair padding{g.kernel[0] - 1 - g.padding[0], g.kernel[1] - 1 - g.padding[1]};
  return correlate<alpha>(
      g, g.output, dy, padding,
      {w.data<float>(), channels, g.output.channels, taps, channels * taps, true}, {}, g.input);
}

template double cost<6>(const Geometry&, Product);
template double cost<8>(const Geometry&, Product);
template Tensor output<6>(const Geometry&, const Tensor&, const Tensor&, const Tensor&);
template Tensor output<8>(const Geometry&, const Tensor&, const Tensor&, const Tensor&);
template Tensor input_gradient<6>(const Geometry&, const Tensor&, const Tensor&);
template Tensor input_gradient<8>(const Geometry&, const Tensor&, const Tensor&);

}  // namespace gradian::conv::winograd
