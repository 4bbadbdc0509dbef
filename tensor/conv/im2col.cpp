// The idea: what lies under the kernel at one position of the output, a patch, becomes a column of
// a matrix [C KH KW, OH OW], and all sums of one image are then one matrix product with the weights
// [O, C KH KW], for which there are fast ones. The price is that matrix: each element of the image
// is written to it once for each tap that reads it.
#include "tensor/conv/im2col.h"

#include <algorithm>

#include "tensor/kernels.h"
#include "tensor/runtime/gemm.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::conv::im2col {
namespace {

using namespace runtime;

// The sizes of one image and one group, a "slot": slot number n groups + group comes at this number
// times the size of its part in the input and in the output.
struct Slot {
  explicit Slot(const Geometry& g)
      : channels(g.input.channels / g.groups),
        filters(g.output.channels / g.groups),
        patch(channels * g.taps()),
        positions(g.output.plane()),
        input(channels * g.input.plane()),
        output(filters * positions),
        weight(filters * patch) {}
  int64_t channels, filters, patch, positions;
  int64_t input, output, weight;  // elements
};

// Calls row(patch_row, out_row, image_row_offset, first, last) for each row of the patch matrix
// [patch, OH * OW] and each output row in it. Columns first..last-1 read the image at
// image_row_offset + column * stride; the others, and whole rows with first == last, are padding.
template <class Row>
void for_each_patch_row(const Geometry& g, const Row& row) {
  int64_t patch_row = 0;
  for (int64_t c = 0; c < g.input.channels / g.groups; ++c)
    for (int64_t p = 0; p < g.kernel[0]; ++p)
      for (int64_t q = 0; q < g.kernel[1]; ++q, ++patch_row) {
        const int64_t shift = q * g.dilation[1] - g.padding[1];  // image column of output column 0
        const auto [begin, end] = columns_inside(shift, g.stride[1], g.input.width, g.output.width);
        for (int64_t i = 0; i < g.output.height; ++i) {
          const int64_t y = i * g.stride[0] + p * g.dilation[0] - g.padding[0];
          const bool inside = y >= 0 && y < g.input.height && begin < end;
          if (inside)
            row(patch_row, i, (c * g.input.height + y) * g.input.width + shift, begin, end);
          else
            row(patch_row, i, 0, 0, 0);
        }
      }
}

// columns[patch, OH * OW] = the patches of one image (of one group).
template <class T>
void image_to_columns(const Geometry& g, const T* image, T* columns) {
  const int64_t stride = g.stride[1], width = g.output.width, positions = g.output.plane();
  for_each_patch_row(
      g, [=](int64_t patch_row, int64_t i, int64_t offset, int64_t first, int64_t last) {
        T* const out = columns + patch_row * positions + i * width;
        std::fill(out, out + first, T(0));
        for (int64_t j = first; j < last; ++j) out[j] = image[offset + j * stride];
        std::fill(out + last, out + width, T(0));
      });
}

// The adjoint: adds each patch back to where it was read.
template <class T>
void add_columns_to_image(const Geometry& g, const T* columns, T* image) {
  const int64_t stride = g.stride[1], width = g.output.width, positions = g.output.plane();
  for_each_patch_row(
      g, [=](int64_t patch_row, int64_t i, int64_t offset, int64_t first, int64_t last) {
        const T* const in = columns + patch_row * positions + i * width;
        for (int64_t j = first; j < last; ++j) image[offset + j * stride] += in[j];
      });
}

// Calls body(slot, columns) for the slots of the images first..last-1, one after the other;
// `columns` has room for a patch matrix.
template <class T, class Body>
void for_each_slot(const Geometry& g, int64_t first, int64_t last, const Body& body) {
  Tensor room = Tensor::empty({Slot(g).patch, Slot(g).positions}, dtype_of<T>());
  T* const columns = room.mutable_data<T>();
  for (int64_t slot = first * g.groups; slot < last * g.groups; ++slot) body(slot, columns);
}

}  // namespace

// For each element of the patch matrix, in multiply-adds: 1.1 a filter, and 16 to write and read
// it, or 60 with a stride, as it is then written one by one; for each product of matrices, one a
// slot, 50,000, and 5 to pack each weight or 80 to add to its gradient. Measured: see README.md.
double cost(const Geometry& g, Product product) {
  const Slot slot(g);
  const double elements = double(slot.positions) * double(slot.patch);
  return double(g.input.count * g.groups) *
         (elements * (1.1 * double(slot.filters) + (g.stride[1] > 1 ? 60 : 16)) + 50'000 +
          double(slot.weight) * (product == Product::weight_gradient ? 80 : 5));
}

Tensor output(const Geometry& g, const Tensor& x, const Tensor& w, const Tensor& bias) {
  const Slot sizes(g);
  const Shape shape = g.output.shape();
  Tensor out = Tensor::empty(shape, x.dtype());
  if (bias.defined()) out.copy_from(bias.reshape({-1, 1, 1}).expand(shape));
  dispatch_floating(x.dtype(), [&]<class T>() {
    const T *x_data = x.data<T>(), *w_data = w.data<T>();
    T* const out_data = out.mutable_data<T>();
    parallel_for(g.input.count, [&](int64_t n) {
      for_each_slot<T>(g, n, n + 1, [&](int64_t slot, T* columns) {
        image_to_columns(g, x_data + slot * sizes.input, columns);
        // [O, OH OW] = [O, patch] x [patch, OH OW]
        gemm(sizes.filters, sizes.positions, sizes.patch, w_data + slot % g.groups * sizes.weight,
             sizes.patch, int64_t{1},               //
             columns, sizes.positions, int64_t{1},  //
             out_data + slot * sizes.output, sizes.positions, int64_t{1}, bias.defined());
      });
    });
  });
  return out;
}

Tensor input_gradient(const Geometry& g, const Tensor& dy, const Tensor& w) {
  const Slot sizes(g);
  Tensor out = Tensor::zeros(g.input.shape(), dy.dtype());
  dispatch_floating(dy.dtype(), [&]<class T>() {
    const T *dy_data = dy.data<T>(), *w_data = w.data<T>();
    T* const out_data = out.mutable_data<T>();
    parallel_for(g.input.count, [&](int64_t n) {
      for_each_slot<T>(g, n, n + 1, [&](int64_t slot, T* columns) {
        // [patch, OH OW] = [O, patch]^T x [O, OH OW]
        gemm(sizes.patch, sizes.positions, sizes.filters, w_data + slot % g.groups * sizes.weight,
             int64_t{1}, sizes.patch,                                     //
             dy_data + slot * sizes.output, sizes.positions, int64_t{1},  //
             columns, sizes.positions, int64_t{1}, false);
        add_columns_to_image(g, columns, out_data + slot * sizes.input);
      });
    });
  });
  return out;
}

Tensor weight_gradient(const Geometry& g, const Tensor& dy, const Tensor& x) {
  const Slot sizes(g);
  // Images are cut into a fixed number of blocks, each with a sum of its own, added in order.
  constexpr int64_t kBlocks = 8;
  const int64_t images = g.input.count, grain = std::max<int64_t>(1, ceil_div(images, kBlocks));
  const int64_t blocks = ceil_div(images, grain);
  Shape partial_shape = g.weight_shape();
  partial_shape.insert(0, blocks);
  Tensor partial = Tensor::zeros(partial_shape, dy.dtype());
  dispatch_floating(dy.dtype(), [&]<class T>() {
    const T *dy_data = dy.data<T>(), *x_data = x.data<T>();
    T* const partial_data = partial.mutable_data<T>();
    parallel_for(blocks, [&](int64_t block) {
      const int64_t first = block * grain, last = std::min(images, first + grain);
      for_each_slot<T>(g, first, last, [&](int64_t slot, T* columns) {
        image_to_columns(g, x_data + slot * sizes.input, columns);
        // [O, patch] += [O, OH OW] x [patch, OH OW]^T
        gemm(sizes.filters, sizes.patch, sizes.positions, dy_data + slot * sizes.output,
             sizes.positions, int64_t{1},           //
             columns, int64_t{1}, sizes.positions,  //
             partial_data + (block * g.groups + slot % g.groups) * sizes.weight, sizes.patch,
             int64_t{1}, true);
      });
    });
  });
  return sum(partial, {0});
}

}  // namespace gradian::conv::im2col
