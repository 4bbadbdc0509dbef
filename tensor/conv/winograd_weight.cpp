// The gradient of a convolution by its weights, after Winograd: the sum over all tiles of products
// of transformed tiles of dy and of x, transformed back once at the end. The other two products
// are in winograd.cpp.
#include "tensor/conv/winograd.h"
#include "tensor/conv/winograd_blocks.h"
#include "tensor/kernels.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::conv::winograd {
namespace {

using namespace runtime;

constexpr int64_t kTask = 64;  // tiles of one task

// Tiles a block: few enough for V and D to fit the third-level cache and for a panel of V to stay
// in the first, which also keeps the float32 sums short.
int64_t tiles_per_block(int64_t tiles, int64_t alpha, int64_t channels, int64_t filters) {
  constexpr int64_t kCacheFloats = 2 << 20, kMostTasks = 2;
  const int64_t fit = kCacheFloats / (alpha * alpha * (channels + filters));
  return std::min(std::clamp<int64_t>(fit / kTask, 1, kMostTasks) * kTask, round_up(tiles, kLanes));
}

// v[k][tile][channel] = B x B^T for `count` tiles from `first` on and a vector of a panel's
// channels, from c on.
template <int alpha, int r>
void transform_x(const Images& in, const float* x, Pair padding, const TileGrid& grid,
                 int64_t first, int64_t count, int64_t c, const Stack& stack, float* v) {
  using B = typename Matrices<alpha, r>::B;
  HalfTransforms<B> half(in, grid, first, first + count, padding, kLanes);
  half.read(x, c);
  const float* channels[kLanes];
  for (int64_t lane = 0; lane < kLanes; ++lane)
    channels[lane] = *half.tile(0) + lane * half.channel_stride();
  for (int64_t i = 0; i < alpha; ++i)
    for (int64_t t = 0; t < count; ++t)
      finish_row<B>(channels, *half.tile(t) - *half.tile(0) + i * half.row_stride(),
                    v + i * alpha * stack.stride + t * kPanel, stack.stride);
}

// d[k][filter][tile] = A dy A^T for the same tiles and the filters o..o_end-1; rows of d are
// `block` apart.
template <int alpha, int r>
void transform_dy(const Images& out, const float* dy, const TileGrid& grid, int64_t first,
                  int64_t count, int64_t o, int64_t o_end, const Stack& stack, int64_t block,
                  float* d) {
  using A = typename Matrices<alpha, r>::A;
  HalfTransforms<A> half(out, grid, first, first + count, 0, 1);
  for (; o < o_end; ++o, d += block) {
    half.read(dy, o);
    for (int64_t i = 0; i < alpha; ++i)
      for (int64_t t = 0; t < count; t += kLanes)
        finish_row<A>(half.tile(t), i * half.row_stride(), d + i * alpha * stack.stride + t,
                      stack.stride);
  }
}

// dw = G^T W G from W[k][panel of channels][filter][channel].
template <int alpha, int r>
void transform_result(const float* w, const Stack& stack, int64_t filters, int64_t channels,
                      float* dw) {
  parallel_ranges(filters, 4, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o)
      for (int64_t c = 0; c < channels; c += kLanes) {
        alignas(kVectorBytes) float taps[r * r][kLanes];
        transform_back<typename Matrices<alpha, r>::G>(
            load_stack<alpha>(w + (c / kPanel * filters + o) * kPanel + c % kPanel, stack.stride),
            [&](int i, int j, const Floats& value) { store(taps[i * r + j], value); });
        for (int64_t lane = 0; lane < std::min<int64_t>(kLanes, channels - c); ++lane)
          for (int tap = 0; tap < r * r; ++tap)
            dw[(o * channels + c + lane) * r * r + tap] = taps[tap][lane];
      }
  });
}

// A block of tiles is transformed, in tasks of a few channels and tiles, and multiplied, in a task
// for each position k. Where there are many tiles for each weight, parts of them, as many whatever
// the number of threads, are summed apart, each by one thread: what it has transformed is then in
// its own caches. Else the threads share the tasks of each block.
template <int alpha, int r>
void weight_gradient(const Images& in, const float* x, Pair padding, const Images& out,
                     const float* dy, float* dw) {
  constexpr int64_t kParts = 16, kMostSums = 4 << 20;  // floats
  const TileGrid grid(out, Matrices<alpha, r>::m);
  const int64_t channels = round_up(in.channels, kPanel), filters = out.channels;
  // The parts' sums are then at most two thirds as many numbers as V and D.
  const int64_t in_sums = kParts * channels * filters;
  const bool many =
      2 * grid.count * (channels + filters) >= 3 * in_sums && alpha * alpha * in_sums <= kMostSums;
  const int64_t part = many ? round_up(ceil_div(grid.count, kParts), kLanes) : grid.count;
  const int64_t parts = ceil_div(grid.count, part);
  const int64_t block = tiles_per_block(part, alpha, channels, filters);
  const Stack v_stack(alpha, channels * block), d_stack(alpha, filters * block);
  const Stack w_stack(alpha, channels * filters);
  Tensor sums = Tensor::empty({parts, w_stack.total});  // [part][k][panel][filter][channel]
  float* const sums_data = sums.mutable_data<float>();

  parallel_for(parts, [&](int64_t p) {
    Tensor room = Tensor::empty({v_stack.total + d_stack.total});
    float* const v = room.mutable_data<float>();  // [k][panel][tile][channel]
    float* const d = v + v_stack.total;           // [k][filter][tile]
    float* const w = sums_data + p * w_stack.total;
    const int64_t last = std::min(grid.count, (p + 1) * part);
    for (int64_t first = p * part; first < last; first += block) {
      const int64_t count = std::min(block, last - first);
      const int64_t channel_groups = ceil_div(in.channels, kLanes);
      const int64_t groups = channel_groups + ceil_div(filters, kLanes);
      parallel_for(ceil_div(count, kTask) * groups, [&](int64_t task) {
        const int64_t begin = task / groups * kTask, tiles = std::min(kTask, count - begin);
        const int64_t c = task % groups * kLanes, o = c - channel_groups * kLanes;
        if (o < 0)
          transform_x<alpha, r>(in, x, padding, grid, first + begin, tiles, c, v_stack,
                                v + (c / kPanel * block + begin) * kPanel + c % kPanel);
        else
          transform_dy<alpha, r>(out, dy, grid, first + begin, tiles, o,
                                 std::min(o + kLanes, filters), d_stack, block,
                                 d + o * block + begin);
      });
      // W[k] (+)= D[k] V[k]
      parallel_for(alpha * alpha, [&](int64_t k) {
        for (int64_t c = 0; c < channels; c += kPanel)
          with_vectors<float>(in.channels - c, [&](auto vectors) {
            multiply_panel<false, vectors>(
                filters, count, d + k * d_stack.stride, block, v + k * v_stack.stride + c * block,
                w + k * w_stack.stride + c * filters, kPanel, first > p * part);
          });
      });
    }
  });
  const Tensor w = parts > 1 ? sum(sums, {0}) : sums;
  transform_result<alpha, r>(w.data<float>(), w_stack, filters, in.channels, dw);
}

}  // namespace

template <int alpha>
Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x) {
  if (dy.numel() == 0) return Tensor::zeros(g.weight_shape());
  Tensor result = Tensor::empty(g.weight_shape());
  dispatch_kernel(g, [&]<int r>() {
    weight_gradient<alpha, r>(g.input, x.data<float>(), g.padding, g.output, dy.data<float>(),
                              result.mutable_data<float>());
  });
  return result;
}

template Tensor weight_gradient<6>(const Geometry&, const Tensor&, const Tensor&);
template Tensor weight_gradient<8>(const Geometry&, const Tensor&, const Tensor&);

}  // namespace gradian::conv::winograd
