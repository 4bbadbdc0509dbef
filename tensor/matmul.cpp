// Matrix products: broadcasts the batch axes, cuts large products into blocks for the threads, and
// hands each block to runtime/gemm. Transposed operands are stride swaps, not copies.
#include <bit>

#include "tensor/runtime/gemm.h"
#include "tensor/kernels.h"
#include "tensor/loops.h"
#include "tensor/profile.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian {
namespace {

using namespace loops;
using namespace runtime;

// Multiply-adds that make a block worth a thread of its own.
constexpr int64_t kBlockWork = int64_t{1} << 22;
constexpr int64_t kMaxBlocks = 8;

// BLIS does not check strides: a broadcast (0) or reversed (negative) matrix axis is copied first.
Tensor with_plain_strides(const Tensor& x) {
  for (int axis = x.dim() - 2; axis < x.dim(); ++axis)
    if (x.size(axis) > 1 && x.strides()[axis] <= 0) return x.clone();
  return x;
}

// One [M, N] = [M, K] x [K, N] (+ what is there), with the longer side of the result cut into
// blocks.
template <class T>
void multiply(const T* a, const Shape& a_strides, const T* b, const Shape& b_strides, T* c,
              int64_t rows, int64_t columns, int64_t inner, bool accumulate = false) {
  const int64_t a_row = a_strides[a_strides.size() - 2], a_column = a_strides.back();
  const int64_t b_row = b_strides[b_strides.size() - 2], b_column = b_strides.back();
  // A power of two, so that 2, 4 or 8 threads have equal shares: each block packs the other operand
  // for itself, so there should not be more blocks than that takes.
  const auto wanted = std::clamp<int64_t>(rows * columns * inner / kBlockWork, 1, kMaxBlocks);
  const auto blocks = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(wanted)));
  const bool cut_rows = rows >= columns;
  // Whole multiples of 16 keep most of BLIS's register tiles (6, 12, 16 or 32 wide) full.
  const int64_t side = cut_rows ? rows : columns;
  const int64_t grain = round_up(ceil_div(side, blocks), 16);
  parallel_ranges(side, grain, [&](int64_t begin, int64_t end) {
    if (cut_rows)
      gemm(end - begin, columns, inner, a + begin * a_row, a_row, a_column, b, b_row, b_column,
           c + begin * columns, columns, int64_t{1}, accumulate);
    else
      gemm(rows, end - begin, inner, a, a_row, a_column, b + begin * b_column, b_row, b_column,
           c + begin, columns, int64_t{1}, accumulate);
  });
}

}  // namespace

Tensor matmul(const Tensor& left, const Tensor& right) {
  const Calling calling("matmul");
  check_same_dtype(left, right);
  check(left.dim() >= 2 && right.dim() >= 2, "expected matrices, got a ", left.shape(), ", b ",
        right.shape());
  const int64_t rows = left.size(-2), inner = left.size(-1), columns = right.size(-1);
  check(inner == right.size(-2), "inner dimensions differ: a ", left.shape(), ", b ",
        right.shape());

  const Shape batch = broadcast_shapes(part(left.shape(), 0, left.dim() - 2),
                                       part(right.shape(), 0, right.dim() - 2));
  const auto with_matrix = [&](int64_t m, int64_t n) {
    Shape shape = batch;
    shape.push_back(m);
    shape.push_back(n);
    return shape;
  };
  Tensor out = Tensor::empty(with_matrix(rows, columns), left.dtype());
  Profile::count_flops(2 * out.numel() * inner);
  const Tensor a = with_plain_strides(left), b = with_plain_strides(right);
  const Tensor wide_a = a.expand(with_matrix(rows, inner));
  const Tensor wide_b = b.expand(with_matrix(inner, columns));
  const Shape a_batch = part(wide_a.strides(), 0, batch.size());
  const Shape b_batch = part(wide_b.strides(), 0, batch.size());

  dispatch_floating(a.dtype(), [&]<class T>() {
    const T* a_data = wide_a.data<T>();
    const T* b_data = wide_b.data<T>();
    T* c_data = out.mutable_data<T>();
    const int64_t matrices = gradian::numel(batch);
    const int64_t work = std::max<int64_t>(1, rows * columns * inner);
    // Many small products share a block; a single large one is cut inside multiply().
    const int64_t grain = matrices == 1 ? 1 : std::max<int64_t>(1, kBlockWork / 8 / work);
    parallel_ranges(matrices, grain, [&](int64_t begin, int64_t end) {
      for (int64_t matrix = begin; matrix < end; ++matrix) {
        multiply(a_data + offset_of(matrix, batch, a_batch), wide_a.strides(),
                 b_data + offset_of(matrix, batch, b_batch), wide_b.strides(),
                 c_data + matrix * rows * columns, rows, columns, inner);
      }
    });
  });
  return out;
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Calling calling("linear");
  check_same_dtype(x, weight);
  check(weight.dim() == 2 && x.dim() >= 1 && x.size(-1) == weight.size(1),
        "expected x [..., I] and weight [O, I], got x ", x.shape(), ", weight ", weight.shape());
  const int64_t inner = weight.size(1), columns = weight.size(0);
  Shape shape = x.shape();
  shape.pop_back();
  const int64_t rows = gradian::numel(shape);
  shape.push_back(columns);
  Tensor out = Tensor::empty(shape, x.dtype());
  Profile::count_flops(2 * out.numel() * inner);
  if (bias.defined()) {
    check_same_dtype(x, bias);
    check(bias.shape() == Shape{columns}, "expected bias [", columns, "], got ", bias.shape());
    out.copy_from(bias.expand(shape));  // the product is added to it
  }
  const Tensor a = x.contiguous(), w = with_plain_strides(weight);
  dispatch_floating(x.dtype(), [&]<class T>() {
    multiply(a.data<T>(), {inner, int64_t{1}}, w.data<T>(), w.transpose(0, 1).strides(),
             out.mutable_data<T>(), rows, columns, inner, bias.defined());
  });
  return out;
}

}  // namespace gradian
