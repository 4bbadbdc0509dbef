// The idea: a row of windows is two rows of the image, whose even and odd columns are sorted apart
// by shuffles, so that the four values a, b (above), c, d (below) of eight windows lie in four
// vectors and are compared without a branch.
#include "tensor/fused/max_pool.h"

#include <algorithm>

#include "tensor/runtime/thread_pool.h"
#include "tensor/simd/vector.h"

namespace gradian::fused {
namespace {

using namespace conv;
using namespace runtime;
using namespace simd;

// The first among equals; a NaN is larger than all else.
template <class Values>
Values larger(const Values& first, const Values& second) {
  const Values more = second > first ? second : first;
  return second != second ? second : more;
}

template <class T, int lanes>
struct Windows {
  typedef T Values __attribute__((vector_size(lanes * sizeof(T))));
  static constexpr std::make_integer_sequence<int, lanes> all{};
  Values a, b, c, d;

  template <int... I>
  static void sort_apart(const T* row, Values* even, Values* odd,
                         std::integer_sequence<int, I...>) {
    const auto low = load<Values>(row), high = load<Values>(row + lanes);
    *even = __builtin_shufflevector(low, high, (2 * I)...);
    *odd = __builtin_shufflevector(low, high, (2 * I + 1)...);
  }
  template <int... I>
  static void join(const Values& even, const Values& odd, T* row,
                   std::integer_sequence<int, I...>) {
    store(row, __builtin_shufflevector(even, odd, (I / 2 + I % 2 * lanes)...));
    store(row + lanes,
          __builtin_shufflevector(even, odd, ((lanes + I) / 2 + (lanes + I) % 2 * lanes)...));
  }
  Windows(const T* above, const T* below) {
    sort_apart(above, &a, &b, all);
    sort_apart(below, &c, &d, all);
  }
  Values largest() const { return larger(larger(a, b), larger(c, d)); }
  // Hands each gradient to the first value that is the largest of its window, 0 to the others.
  void hand_down(Values grad, T* above, T* below) const {
    const Values top = largest(), zero{};
    const auto share = [&](const Values& value) {
      const auto taken = (value == top) | (value != value);
      const Values given = taken ? grad : zero;
      grad = taken ? zero : grad;
      return given;
    };
    const Values to_a = share(a), to_b = share(b), to_c = share(c);
    join(to_a, to_b, above, all);
    join(to_c, grad, below, all);
  }
};

// Calls body(first, integral_constant lanes) for blocks of a row's windows. The last block may
// overlap the one before: writing twice changes nothing.
template <int lanes = 8, class Body>
void for_each_block(int64_t windows, const Body& body) {
  if constexpr (lanes > 1) {
    if (windows < lanes) return for_each_block<lanes / 2>(windows, body);
  }
  for (int64_t j = 0; j < windows; j += lanes)
    body(std::min(j, windows - lanes), std::integral_constant<int, lanes>{});
}

// Calls body(x, y) for each row of windows, where it begins in the images `in` and in `out`.
template <class Body>
void for_each_row(const Images& in, const Images& out, const Body& body) {
  const int64_t planes = in.count * in.channels, rows = out.height, step = 2 * in.width;
  parallel_ranges(planes, ceil_div(8192, in.plane() + 1), [=](int64_t begin, int64_t end) {
    for (int64_t plane = begin, y = begin * out.plane(); plane < end; ++plane)
      for (int64_t i = 0, x = plane * in.plane(); i < rows; ++i, x += step, y += out.width)
        body(x, y);
  });
}

}  // namespace

bool max_pool_2x2_applies(const Pool2dOptions& options) {
  return options.kernel == Pair(2) && options.stride == Pair(2) && options.padding == Pair(0) &&
         options.dilation == Pair(1) && !options.ceil_mode;
}

Tensor max_pool_2x2(const Tensor& x) {
  const Tensor images = x.contiguous();
  const Images in(x.shape()), out({in.count, in.channels, in.height / 2, in.width / 2});
  Tensor result = Tensor::empty(out.shape(), x.dtype());
  dispatch_floating(x.dtype(), [&]<class T>() {
    const T* const from = images.data<T>();
    T* const to = result.mutable_data<T>();
    for_each_row(in, out, [=](int64_t at, int64_t row) {
      for_each_block(out.width, [=](int64_t j, auto lanes) {
        const T* const above = from + at + 2 * j;
        store(to + row + j, Windows<T, lanes>(above, above + in.width).largest());
      });
    });
  });
  return result;
}

Tensor max_pool_2x2_gradient(const Tensor& grad, const Tensor& x) {
  const Tensor images = x.contiguous(), grads = grad.contiguous();
  const Images in(x.shape()), out(grad.shape());
  // A last row or column of odd images is in no window.
  const bool odd = in.height % 2 + in.width % 2 > 0;
  Tensor result = odd ? Tensor::zeros(in.shape(), x.dtype()) : Tensor::empty(in.shape(), x.dtype());
  dispatch_floating(x.dtype(), [&]<class T>() {
    const T *const from = images.data<T>(), *const by = grads.data<T>();
    T* const to = result.mutable_data<T>();
    for_each_row(in, out, [=](int64_t at, int64_t row) {
      for_each_block(out.width, [=](int64_t j, auto lanes) {
        using Block = Windows<T, lanes>;
        const T* const above = from + at + 2 * j;
        T* const to_above = to + at + 2 * j;
        Block(above, above + in.width)
            .hand_down(load<typename Block::Values>(by + row + j), to_above, to_above + in.width);
      });
    });
  });
  return result;
}

}  // namespace gradian::fused
