// The choice of a convolution's algorithm, and the one that covers all cases, im2col: the patches
// under the kernel become the columns of a matrix, and one matrix product does the rest. Images run
// in parallel, each thread with one image's matrix.
#include "tensor/conv/conv2d.h"

#include <atomic>
#include <optional>

#include "tensor/runtime/gemm.h"
#include "tensor/conv/direct.h"
#include "tensor/kernels.h"
#include "tensor/runtime/thread_pool.h"
#include "tensor/conv/geometry.h"
#include "tensor/conv/winograd.h"

namespace gradian {
namespace {

// All sizes of one convolution, per group where channels are meant.
struct Geometry {
  Geometry(const Shape& input, const Shape& weight, const Shape& output, const Conv2dOptions& o)
      : options(o),
        images(input[0]),
        channels(input[1] / o.groups),
        height(input[2]),
        width(input[3]),
        filters(weight[0] / o.groups),
        kernel_height(weight[2]),
        kernel_width(weight[3]),
        out_height(output[2]),
        out_width(output[3]) {}

  int64_t patch() const { return channels * kernel_height * kernel_width; }
  int64_t positions() const { return out_height * out_width; }
  int64_t input_group() const { return channels * height * width; }
  int64_t output_group() const { return filters * positions(); }
  int64_t weight_group() const { return filters * patch(); }

  Conv2dOptions options;
  int64_t images, channels, height, width, filters, kernel_height, kernel_width, out_height,
      out_width;
};

// Calls row(patch_row, out_row, image_row_offset, first, last) for each row of the patch matrix
// [patch, OH * OW] and each output row in it. Columns first..last-1 read the image at
// image_row_offset + column * stride; the others, and whole rows with first == last, are padding.
template <class Row>
void for_each_patch_row(const Geometry& g, const Row& row) {
  const auto& [stride, padding, dilation, groups] = g.options;
  int64_t patch_row = 0;
  for (int64_t c = 0; c < g.channels; ++c)
    for (int64_t p = 0; p < g.kernel_height; ++p)
      for (int64_t q = 0; q < g.kernel_width; ++q, ++patch_row) {
        const int64_t shift = q * dilation[1] - padding[1];  // image column of output column 0
        const auto [begin, end] = columns_inside(shift, stride[1], g.width, g.out_width);
        for (int64_t i = 0; i < g.out_height; ++i) {
          const int64_t y = i * stride[0] + p * dilation[0] - padding[0];
          const bool inside = y >= 0 && y < g.height && begin < end;
          if (inside)
            row(patch_row, i, (c * g.height + y) * g.width + shift, begin, end);
          else
            row(patch_row, i, 0, 0, 0);
        }
      }
}

// columns[patch, OH * OW] = the patches of one image (of one group).
template <class T>
void image_to_columns(const Geometry& g, const T* image, T* columns) {
  const int64_t stride = g.options.stride[1];
  for_each_patch_row(
      g, [&](int64_t patch_row, int64_t i, int64_t offset, int64_t first, int64_t last) {
        T* const out = columns + patch_row * g.positions() + i * g.out_width;
        std::fill(out, out + first, T(0));
        if (stride == 1)
          std::copy(image + offset + first, image + offset + last, out + first);
        else
          for (int64_t j = first; j < last; ++j) out[j] = image[offset + j * stride];
        std::fill(out + last, out + g.out_width, T(0));
      });
}

// The adjoint: adds each patch back to where it was read.
template <class T>
void add_columns_to_image(const Geometry& g, const T* columns, T* image) {
  const int64_t stride = g.options.stride[1];
  for_each_patch_row(
      g, [&](int64_t patch_row, int64_t i, int64_t offset, int64_t first, int64_t last) {
        const T* const in = columns + patch_row * g.positions() + i * g.out_width;
        for (int64_t j = first; j < last; ++j) image[offset + j * stride] += in[j];
      });
}

// The direct algorithm copies images with their padding, which may be larger than image and result
// together without bound.
bool copies_are_small(const Geometry& g) {
  const Pair& padding = g.options.padding;
  const double copy = double(g.height + 2 * padding.height) * double(g.width + 2 * padding.width);
  return copy <= 8 * double(g.height * g.width + g.positions()) + 65536;
}

std::atomic<ConvAlgorithm> forced_algorithm = ConvAlgorithm::automatic;

// The algorithm to use: what is forced, if it applies, else the one of the least cost, counted in
// multiplications at the speed of a good matrix product. The factors are measured. `tiled` is the
// side whose pixels are cut into tiles and whose channels into lanes: conv2d's result, or its input
// when that is differentiated by.
ConvAlgorithm choose(DType dtype, const Geometry& g, const Shape& weight, const Shape& tiled) {
  const bool direct = direct_applies(dtype, weight, g.options) && copies_are_small(g);
  const bool winograd = winograd_applies(dtype, weight, g.options);
  switch (const ConvAlgorithm forced = forced_algorithm.load()) {
    case ConvAlgorithm::im2col:
      return forced;
    case ConvAlgorithm::direct:
      return direct ? forced : ConvAlgorithm::im2col;
    case ConvAlgorithm::winograd6:
    case ConvAlgorithm::winograd8:
      return winograd ? forced : ConvAlgorithm::im2col;
    case ConvAlgorithm::automatic:
      break;
  }
  const auto filters = static_cast<double>(g.filters);
  const double patches = static_cast<double>(g.images * g.positions()) * double(g.patch());
  ConvAlgorithm best = ConvAlgorithm::im2col;
  double least = patches * (2 * filters + 4);
  const auto consider = [&](ConvAlgorithm algorithm, double cost) {
    if (cost >= least) return;
    least = cost;
    best = algorithm;
  };
  if (direct) consider(ConvAlgorithm::direct, direct_cost(patches * filters, tiled[1]));
  if (winograd) {
    const int64_t channels = g.channels + g.filters - tiled[1];  // those that are summed over
    consider(ConvAlgorithm::winograd6,
             winograd_cost(WinogradTile::six, tiled, channels, weight[2]));
    consider(ConvAlgorithm::winograd8,
             winograd_cost(WinogradTile::eight, tiled, channels, weight[2]));
  }
  return best;
}

// The tile of a Winograd algorithm, nothing for the others.
std::optional<WinogradTile> tile_of(ConvAlgorithm algorithm) {
  if (algorithm == ConvAlgorithm::winograd6) return WinogradTile::six;
  if (algorithm == ConvAlgorithm::winograd8) return WinogradTile::eight;
  return std::nullopt;
}

void check_operands(const Tensor& a, const Tensor& b, const Shape& expected, const char* op) {
  check_same_dtype(a, b, op);
  check(a.shape() == expected, op, ": expected a gradient of shape ", expected, ", got ",
        a.shape());
}

}  // namespace

Shape conv2d_shape(const Shape& input, const Shape& weight, const Conv2dOptions& options) {
  check(input.size() == 4 && weight.size() == 4,
        "conv2d: expected input [N, C, H, W] and weight [O, C / groups, KH, KW], got input ", input,
        ", weight ", weight);
  const int64_t groups = options.groups;
  check(groups > 0, "conv2d: expected at least one group, got groups ", groups);
  check(input[1] % groups == 0 && input[1] / groups == weight[1] && weight[0] % groups == 0,
        "conv2d: channels do not fit: input ", input, ", weight ", weight, ", groups ", groups);
  const Pair out = count_windows("conv2d", input, {weight[2], weight[3]}, options.stride,
                                 options.padding, options.dilation);
  const Shape result{input[0], weight[0], out.height, out.width};
  numel(result, "conv2d");
  return result;
}

void set_conv_algorithm(ConvAlgorithm algorithm) { forced_algorithm = algorithm; }
ConvAlgorithm conv_algorithm() { return forced_algorithm; }

ConvAlgorithm conv2d_algorithm(DType dtype, const Shape& input, const Shape& weight,
                               const Conv2dOptions& options) {
  const Shape output = conv2d_shape(input, weight, options);
  return choose(dtype, Geometry(input, weight, output, options), weight, output);
}

Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dOptions& options,
              const Tensor& bias) {
  check_same_dtype(input, weight, "conv2d");
  const Shape out_shape = conv2d_shape(input.shape(), weight.shape(), options);
  if (bias.defined()) {
    check_same_dtype(input, bias, "conv2d");
    check(bias.shape() == Shape{out_shape[1]}, "conv2d: expected bias [", out_shape[1], "], got ",
          bias.shape());
  }
  const Geometry g(input.shape(), weight.shape(), out_shape, options);
  const ConvAlgorithm algorithm = choose(input.dtype(), g, weight.shape(), out_shape);
  if (algorithm == ConvAlgorithm::direct) return direct_conv2d(input, weight, options, bias);
  if (const auto tile = tile_of(algorithm))
    return winograd_conv2d(input, weight, options, bias, *tile);

  const Tensor x = input.contiguous(), w = weight.contiguous();
  Tensor out = Tensor::empty(out_shape, x.dtype());
  if (bias.defined()) out.copy_from(bias.reshape({-1, 1, 1}).expand(out_shape));
  dispatch_floating(x.dtype(), "conv2d", [&]<class T>() {
    const T* x_data = x.data<T>();
    const T* w_data = w.data<T>();
    T* out_data = out.mutable_data<T>();
    parallel_for(g.images, [&](int64_t n) {
      Tensor columns = Tensor::empty({g.patch(), g.positions()}, x.dtype());
      for (int64_t group = 0; group < options.groups; ++group) {
        const int64_t slot = n * options.groups + group;
        T* const patches = columns.mutable_data<T>();
        image_to_columns(g, x_data + slot * g.input_group(), patches);
        // [O, OH OW] = [O, patch] x [patch, OH OW]
        gemm(g.filters, g.positions(), g.patch(), w_data + group * g.weight_group(), g.patch(),
             int64_t{1}, patches, g.positions(), int64_t{1}, out_data + slot * g.output_group(),
             g.positions(), int64_t{1}, /*accumulate=*/bias.defined());
      }
    });
  });
  return out;
}

Tensor conv2d_input_gradient(const Tensor& grad, const Tensor& weight, const Shape& input_shape,
                             const Conv2dOptions& options) {
  check_operands(grad, weight, conv2d_shape(input_shape, weight.shape(), options),
                 "conv2d_input_gradient");
  const Geometry g(input_shape, weight.shape(), grad.shape(), options);
  const ConvAlgorithm algorithm = choose(grad.dtype(), g, weight.shape(), input_shape);
  if (algorithm == ConvAlgorithm::direct)
    return direct_input_gradient(grad, weight, input_shape, options);
  if (const auto tile = tile_of(algorithm))
    return winograd_input_gradient(grad, weight, input_shape, options, *tile);

  const Tensor dy = grad.contiguous(), w = weight.contiguous();
  Tensor out = Tensor::zeros(input_shape, grad.dtype());
  dispatch_floating(grad.dtype(), "conv2d_input_gradient", [&]<class T>() {
    const T* dy_data = dy.data<T>();
    const T* w_data = w.data<T>();
    T* out_data = out.mutable_data<T>();
    parallel_for(g.images, [&](int64_t n) {
      Tensor columns = Tensor::empty({g.patch(), g.positions()}, grad.dtype());
      for (int64_t group = 0; group < options.groups; ++group) {
        const int64_t slot = n * options.groups + group;
        T* const patches = columns.mutable_data<T>();
        // [patch, OH OW] = [O, patch]^T x [O, OH OW]
        gemm(g.patch(), g.positions(), g.filters, w_data + group * g.weight_group(), int64_t{1},
             g.patch(), dy_data + slot * g.output_group(), g.positions(), int64_t{1}, patches,
             g.positions(), int64_t{1}, false);
        add_columns_to_image(g, patches, out_data + slot * g.input_group());
      }
    });
  });
  return out;
}

Tensor conv2d_weight_gradient(const Tensor& grad, const Tensor& input, const Shape& weight_shape,
                              const Conv2dOptions& options) {
  check_operands(grad, input, conv2d_shape(input.shape(), weight_shape, options),
                 "conv2d_weight_gradient");
  const Geometry g(input.shape(), weight_shape, grad.shape(), options);
  const ConvAlgorithm algorithm = choose(grad.dtype(), g, weight_shape, grad.shape());
  if (algorithm == ConvAlgorithm::direct)
    return direct_weight_gradient(grad, input, weight_shape, options);
  if (const auto tile = tile_of(algorithm))
    return winograd_weight_gradient(grad, input, weight_shape, options, *tile);

  const Tensor dy = grad.contiguous(), x = input.contiguous();
  // Images are cut into a fixed number of blocks, each with a sum of its own, added in order.
  constexpr int64_t kBlocks = 8;
  const int64_t grain = std::max<int64_t>(1, (g.images + kBlocks - 1) / kBlocks);
  const int64_t blocks = (g.images + grain - 1) / grain;
  Shape partial_shape = weight_shape;
  partial_shape.insert(0, blocks);
  Tensor partial = Tensor::zeros(partial_shape, grad.dtype());
  dispatch_floating(grad.dtype(), "conv2d_weight_gradient", [&]<class T>() {
    const T* dy_data = dy.data<T>();
    const T* x_data = x.data<T>();
    T* partial_data = partial.mutable_data<T>();
    parallel_for(blocks, [&](int64_t block) {
      Tensor columns = Tensor::empty({g.patch(), g.positions()}, grad.dtype());
      T* const patches = columns.mutable_data<T>();
      for (int64_t n = block * grain; n < std::min(g.images, (block + 1) * grain); ++n)
        for (int64_t group = 0; group < options.groups; ++group) {
          const int64_t slot = n * options.groups + group;
          image_to_columns(g, x_data + slot * g.input_group(), patches);
          // [O, patch] += [O, OH OW] x [patch, OH OW]^T
          gemm(g.filters, g.patch(), g.positions(), dy_data + slot * g.output_group(),
               g.positions(), int64_t{1}, patches, int64_t{1}, g.positions(),
               partial_data + (block * options.groups + group) * g.weight_group(), g.patch(),
               int64_t{1}, true);
        }
    });
  });
  return sum(partial, {0});
}

}  // namespace gradian
