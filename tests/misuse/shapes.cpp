// Shapes: what the class refuses, sizes that no 64 bits count, and sizes that no memory holds.
#include "tensor/conv/conv2d.h"
#include "tensor/random.h"
#include "tests/misuse/operands.h"

namespace gradian::misuse {
namespace {

const Shape kFull = Shape::filled(8, 1);
constexpr int64_t kHalf = int64_t{1} << 32;
constexpr int64_t kBig = int64_t{1} << 61;

Rows places() {
  return {
      {[] { Shape().pop_back(); }, "Shape: axis -1 is out of range for 0 axes"},
      {[] { Shape().back(); }, "Shape: axis -1 is out of range for 0 axes"},
      {[] { sizes(2, 3).erase(2); }, "Shape: axis 2 is out of range for 2 axes"},
      {[] { sizes(2, 3).erase(-1); }, "Shape: axis -1 is out of range for 2 axes"},
      {[] { sizes(2, 3).erase(INT32_MIN); }, "Shape: axis -2147483648 is out of range for 2 axes"},
      {[] { sizes(2, 3).insert(3, 1); }, "Shape: no place for axis 3 among 2"},
      {[] { sizes(2, 3).insert(-1, 1); }, "Shape: no place for axis -1 among 2"},
      {[] { sizes(2, 3)[2] = 1; }, "Shape: axis 2 is out of range for 2 axes"},
      {[] { floats(2, 3).shape()[-1]; }, "Shape: axis -1 is out of range for 2 axes"},
      {[] { floats(2, 3).strides()[2]; }, "Shape: axis 2 is out of range for 2 axes"},
      {[] { Axes(0)[1] = 1; }, "Shape: axis 1 is out of range for 1 axes"},
      {[] { Shape(kFull).push_back(1); }, "Shape: expected at most 8 axes, got 9"},
      {[] { Shape(kFull).insert(0, 1); }, "Shape: expected at most 8 axes, got 9"},
      {[] { Shape(std::vector<int64_t>(12, 1)); }, "Shape: expected at most 8 axes, got 12"},
      {[] { Shape::filled(9, 1); }, "Shape: expected at most 8 axes, got 9"},
      {[] { sizes(1, 2, 3, 4, 5, 6, 7, 8, 9); }, "Shape: expected at most 8 axes, got 9"},
      {[] { numel(sizes(2, -1)); }, "numel: negative size in shape [2, -1]"},
      {[] { numel(sizes(INT64_MIN)); }, "numel: negative size in shape [-9223372036854775808]"},
      {[] { numel(sizes(kHuge, kHuge)); },
       "numel: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { normalize_axis(2, 2); }, "normalize_axis: axis 2 is out of range for 2 axes"},
      {[] { normalize_axis(INT64_MIN, 2); },
       "normalize_axis: axis -9223372036854775808 is out of range for 2 axes"},
      {[] { broadcast_shapes(sizes(2), sizes(3)); },
       "broadcast_shapes: shapes [2] and [3] do not broadcast"},
      {[] { expand_strides(sizes(1), sizes(2), sizes(3)); },
       "expand_strides: strides [1] and shape [2] do not broadcast to [3]"},
      {[] { expand_strides(sizes(), sizes(2), sizes(2, 2)); },
       "expand_strides: strides [] and shape [2] do not broadcast to [2, 2]"},
  };
}

// Whoever counts the elements of these shapes in 64 bits gets a small number.
Rows too_many() {
  static const auto row = [] { return floats(1, 1).expand(sizes(1, kHuge)); };
  static const auto column = [] { return floats(1, 1).expand(sizes(kHuge, 1)); };
  static const auto four = [] { return floats(4); };
  const std::string square = ": too many elements in shape [1099511627776, 1099511627776]";
  const std::string halves = ": too many elements in shape [4294967296, 4294967296]";
  const std::string none = ": too many elements in shape [0, 4294967296, 4294967296]";
  return {
      {[] { floats(1).expand(sizes(kHuge, kHuge)); }, "expand" + square},
      {[] { floats(1).expand(sizes(0, kHuge, kHuge, 1)); },
       "expand: too many elements in shape [0, 1099511627776, 1099511627776, 1]"},
      {[] { four().reshape(sizes(4, 4611686018427387905)); },
       "reshape: too many elements in shape [4, 4611686018427387905]"},
      {[] { floats(0).reshape(sizes(kHalf, kHalf)); }, "reshape" + halves},
      {[] { floats(0).reshape(sizes(0, kHalf, kHalf)); }, "reshape" + none},
      {[] { four().reshape(sizes(kHalf, kHalf, -1)); },
       "reshape: too many elements in shape [4294967296, 4294967296, 1]"},
      {[] { Tensor::zeros(sizes(0, kHalf, kHalf)); }, "zeros" + none},
      {[] { Tensor::zeros(sizes(kHuge, kHuge)); }, "zeros" + square},
      {[] { Tensor::zeros(sizes(int64_t{1} << 62), DType::float64); },
       "zeros: too many elements in shape [4611686018427387904]"},
      {[] { Tensor::ones(sizes(kHuge, kHuge)); }, "ones" + square},
      {[] { Tensor::full(sizes(kHuge, kHuge), 1); }, "full" + square},
      {[] { Tensor::empty(sizes(kHuge, kHuge)); }, "empty" + square},
      {[] { Tensor::from(std::vector<float>(), sizes(0, kHalf, kHalf)); }, "from" + none},
      {[] { Tensor::from(std::vector<float>(), sizes(kHalf, kHalf)); }, "from" + halves},
      {[] { Tensor::eye(kHalf); }, "eye" + halves},
      {[] { Tensor::arange(kBig); }, "arange: too many elements in shape [2305843009213693952]"},
      {[] { Tensor::arange(0, INT64_MIN, -1); },
       "arange: too many elements in shape [9223372036854775807]"},
      {[] { Tensor::linspace(0, 1, kBig); },
       "linspace: too many elements in shape [2305843009213693952]"},
      {[] { randperm(kBig); }, "randperm: too many elements in shape [2305843009213693952]"},
      {[] { rand(sizes(kHuge, kHuge)); }, "rand" + square},
      {[] { randn(sizes(kHuge, kHuge)); }, "randn" + square},
      {[] { add(row(), column()); }, "add" + square},
      {[] { where(row(), column(), column()); }, "where" + square},
      {[] { matmul(column(), row()); }, "matmul" + square},
      {[] { concat(std::vector<Tensor>(1 << 10, floats(0, 1, int64_t{1} << 51)), 2); },
       "concat: too many elements in shape [0, 1, 1152921504606846976]"},
      {[] { one_hot(Tensor::arange(4), int64_t{1} << 62, DType::float32); },
       "one_hot: too many elements in shape [4, 4611686018427387904]"},
      {[] { scatter_add(sizes(kHuge, kHuge), 0, integers(1, 1), row()); }, "scatter_add" + square},
      {[] { slice_adjoint(Variable(four()), sizes(8), 0, 0, int64_t{1} << 62); },
       "slice_adjoint: 4 elements from 0 at step 4611686018427387904 do not fit axis 0 of shape "
       "[8]"},
      {[] { slice_adjoint(Variable(four()), sizes(8), 0, INT64_MAX); },
       "slice_adjoint: 4 elements from 9223372036854775807 at step 1 do not fit axis 0 of shape "
       "[8]"},
      {[] { slice_adjoint(Variable(four()), sizes(8), 0, 0, INT64_MIN); },
       "slice_adjoint: step must be positive, got -9223372036854775808"},
  };
}

// What fits 64 bits, but no memory.
Rows too_large() {
  const std::string floats_of = ": no memory for 4398.05 GB, float32 ";
  const std::string one_axis = floats_of + "[1099511627776]";
  const std::string wide = ": no memory for 8796.09 GB, float64 [1099511627776]";
  const std::string indices = ": no memory for 8796.09 GB, int64 [1099511627776]";
  const std::string square = floats_of + "[1048576, 1048576]";
  return {
      {[] { Tensor::empty(sizes(kHuge)); }, "empty" + one_axis},
      {[] { Tensor::zeros(sizes(1 << 20, 1 << 20)); }, "zeros" + square},
      {[] { Tensor::ones(sizes(kHuge)); }, "ones" + one_axis},
      {[] { Tensor::full(sizes(kHuge), 2, DType::float64); }, "full" + wide},
      {[] { Tensor::eye(1 << 20); }, "eye" + square},
      {[] { Tensor::arange(kHuge); }, "arange" + indices},
      {[] { Tensor::linspace(0, 1, kHuge); }, "linspace" + one_axis},
      {[] { rand(sizes(kHuge)); }, "rand" + one_axis},
      {[] { randn(sizes(kHuge), DType::float64); }, "randn" + wide},
      {[] { randperm(kHuge); }, "randperm" + indices},
      {[] { endless().clone(); }, "clone" + one_axis},
      {[] { endless().contiguous(); }, "contiguous" + one_axis},
      {[] { endless().owned(); }, "owned" + one_axis},
      {[] { endless().to(DType::float64); }, "to" + wide},
      {[] { endless().to_vector<double>(); }, "to_vector" + wide},
      {[] { floats(2, 1).expand(sizes(2, kHuge)).reshape(sizes(-1)); },
       "reshape: no memory for 8796.09 GB, float32 [2, 1099511627776]"},
      {[] { zeros_like(endless()); }, "zeros_like" + one_axis},
      {[] { exp(endless()); }, "exp" + one_axis},
      {[] { abs(endless()); }, "abs" + one_axis},
      {[] { add(endless(), 1); }, "add" + one_axis},
      {[] { pow(endless(), 3); }, "pow" + one_axis},
      {[] { where(endless(), 1, floats(1)); }, "where" + one_axis},
      {[] { cumsum(endless(), 0); }, "cumsum" + one_axis},
      {[] { log_softmax(endless(), 0); }, "log_softmax" + one_axis},
      {[] { sort(endless()); }, "sort" + indices},
      {[] { argsort(endless()); }, "argsort" + indices},
      {[] { topk(endless(), 1); }, "topk" + indices},
      {[] { matmul(floats(1 << 20, 1), floats(1, 1 << 20)); }, "matmul" + square},
      {[] { linear(floats(1 << 20, 1), floats(1 << 20, 1)); }, "linear" + square},
      {[] { gather(floats(1), 0, integers(1).expand(sizes(kHuge))); }, "gather" + one_axis},
      {[] { scatter_add(sizes(kHuge), 0, integers(1), floats(1)); }, "scatter_add" + one_axis},
      {[] { one_hot(Tensor::arange(1), kHuge, DType::float32); },
       "one_hot: no memory for 4398.05 GB, float32 [1, 1099511627776]"},
      {[] { concat(std::vector<Tensor>(2, endless()), 0); },
       "concat: no memory for 8796.09 GB, float32 [2199023255552]"},
      {[] { conv2d(floats(1, 1, 2, 2), floats(1, 1, 3, 3), {.padding = 1 << 19}); },
       "conv2d: no memory for 4398.05 GB, float32 [1, 1, 1048576, 1048576]"},
  };
}

}  // namespace

Rows shape_rows() {
  Rows rows;
  for (const auto& make : {places, too_many, too_large}) append(rows, make());
  return rows;
}

}  // namespace gradian::misuse
