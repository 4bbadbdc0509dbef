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

// A large block of tiles goes through two parallel steps, so that no thread needs a sum of its own:
// the transforms, each for a few channels and tiles, then the products, each for one position k.
template <int alpha, int r>
class WeightGradient {
 public:
  WeightGradient(const Images& in, const float* x, Pair padding, const Images& out, const float* dy)
      : in_(in),
        out_(out),
        x_(x),
        dy_(dy),
        padding_(padding),
        grid_(out, Matrices<alpha, r>::m),
        panels_(ceil_div(in.channels, kPanel)),
        block_(block_size()),
        v_stack_(alpha, panels_ * kPanel * block_),
        d_stack_(alpha, out.channels * block_),
        w_stack_(alpha, panels_ * kPanel * out.channels),
        v_(Tensor::empty({v_stack_.total})),
        d_(Tensor::empty({d_stack_.total})),
        w_(Tensor::empty({w_stack_.total})),
        v_data_(v_.template mutable_data<float>()),
        d_data_(d_.template mutable_data<float>()),
        w_data_(w_.template mutable_data<float>()) {}

  void run(float* dw) {
    for (int64_t first = 0; first < grid_.count; first += block_) {
      const int64_t count = std::min(block_, grid_.count - first);
      const int64_t parts = ceil_div(count, kPart), channel_groups = panels_ * kPanel / 8;
      const int64_t groups = channel_groups + ceil_div(out_.channels, 8);
      parallel_for(parts * groups, [&](int64_t task) {
        const int64_t begin = task / groups * kPart, end = std::min(count, begin + kPart);
        const int64_t group = task % groups;
        if (group < channel_groups)
          transform_x(first, begin, end, group * 8);
        else
          transform_dy(first, begin, end, (group - channel_groups) * 8);
      });
      parallel_for(alpha * alpha, [&](int64_t k) { multiply(k, count, first > 0); });
    }
    transform_result(dw);
  }

 private:
  static constexpr int64_t kPart = 64;  // tiles of one task

  // Tiles a block: few enough for V and D to fit the third-level cache and for a panel of V to stay
  // in the first, which also keeps the float32 sums short.
  int64_t block_size() const {
    constexpr int64_t kCacheFloats = 2 << 20, kMostParts = 2;
    const int64_t fit = kCacheFloats / (alpha * alpha * (panels_ * kPanel + out_.channels));
    return std::min(std::clamp<int64_t>(fit / kPart, 1, kMostParts) * kPart,
                    round_up(grid_.count, 8));
  }

  // V[k][panel][tile][channel] = B x B^T for eight channels from c on, and the tiles begin..end-1
  // of the block, which starts with tile `first`.
  void transform_x(int64_t first, int64_t begin, int64_t end, int64_t c) {
    PaddedRows rows(in_, grid_, first + begin, first + end, {alpha, alpha}, padding_, 8);
    rows.read(x_, c);
    float* const v = v_data_ + c / kPanel * block_ * kPanel + c % kPanel;
    for (int64_t t = begin; t < end; ++t) {
      const float* tiles[8];
      for (int64_t lane = 0; lane < 8; ++lane) tiles[lane] = rows.tile(t - begin, lane);
      transform<typename Matrices<alpha, r>::B>(load_tiles<alpha>(tiles, rows.row_stride()),
                                                put_stack<alpha>(v + t * kPanel, v_stack_.stride));
    }
  }

  // D[k][filter][tile] = A dy A^T for the same tiles, eight at a time, and eight filters.
  void transform_dy(int64_t first, int64_t begin, int64_t end, int64_t filter) {
    constexpr int m = Matrices<alpha, r>::m;
    PaddedRows rows(out_, grid_, first + begin, first + end, {m, m}, {0, 0}, 1);
    for (int64_t o = filter; o < std::min(filter + 8, out_.channels); ++o) {
      rows.read(dy_, o);
      float* const d = d_data_ + o * block_;
      for (int64_t t = begin; t < end; t += 8) {
        const float* tiles[8];  // past the end, any tile will do
        for (int64_t lane = 0; lane < 8; ++lane)
          tiles[lane] = rows.tile(std::min(t + lane, end - 1) - begin);
        transform<typename Matrices<alpha, r>::A>(load_tiles<m>(tiles, rows.row_stride()),
                                                  put_stack<alpha>(d + t, d_stack_.stride));
      }
    }
  }

  // W[k][panel of channels][filter][channel] (+)= D[k] V[k].
  void multiply(int64_t k, int64_t tiles, bool accumulate) {
    const float* const d = d_data_ + k * d_stack_.stride;
    const float* const v = v_data_ + k * v_stack_.stride;
    float* const w = w_data_ + k * w_stack_.stride;
    for (int64_t panel = 0; panel < panels_; ++panel)
      multiply_panel(out_.channels, tiles, d, block_, v + panel * block_ * kPanel,
                     w + panel * out_.channels * kPanel, kPanel, accumulate);
  }

  // dw = G^T W G.
  void transform_result(float* dw) {
    const float* const w = w_data_;
    parallel_ranges(out_.channels, 4, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o)
        for (int64_t c = 0; c < in_.channels; c += 8) {
          alignas(32) float taps[r * r][8];
          transform_back<typename Matrices<alpha, r>::G>(
              load_stack<alpha>(w + (c / kPanel * out_.channels + o) * kPanel + c % kPanel,
                                w_stack_.stride),
              [&](int i, int j, const Float8& value) { store(taps[i * r + j], value); });
          for (int64_t lane = 0; lane < std::min<int64_t>(8, in_.channels - c); ++lane)
            for (int tap = 0; tap < r * r; ++tap)
              dw[(o * in_.channels + c + lane) * r * r + tap] = taps[tap][lane];
        }
    });
  }

  const Images &in_, &out_;
  const float *x_, *dy_;
  Pair padding_;
  TileGrid grid_;
  int64_t panels_, block_;  // panels of channels; tiles a block
  Stack v_stack_, d_stack_, w_stack_;
  Tensor v_, d_, w_;
  // Taken once, as mutable_data() counts a write each time.
  float *v_data_, *d_data_, *w_data_;
};

}  // namespace

template <int alpha>
Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x) {
  Tensor result = Tensor::zeros(g.weight_shape());
  if (dy.numel() == 0) return result;
  dispatch_kernel(g, [&]<int r>() {
    WeightGradient<alpha, r>(g.input, x.data<float>(), g.padding, g.output, dy.data<float>())
        .run(result.mutable_data<float>());
  });
  return result;
}

template Tensor weight_gradient<6>(const Geometry&, const Tensor&, const Tensor&);
template Tensor weight_gradient<8>(const Geometry&, const Tensor&, const Tensor&);

}  // namespace gradian::conv::winograd
