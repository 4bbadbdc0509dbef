// The functions of autograd/ops.h that move elements: shapes, reductions and indices.
#include "tests/misuse/variable_operands.h"

namespace gradian::misuse {
namespace {

Rows shapes() {
  return {
      {[] { reshape(ones(2, 3), sizes(4)); }, "reshape: 6 elements do not fit shape [4]"},
      {[] { reshape(ones(2, 3), sizes(4, -1)); }, "reshape: 6 elements do not fit shape [4, -1]"},
      {[] { reshape(ones(2, 3), sizes(-1, -1)); },
       "reshape: at most one size may be -1, got [-1, -1]"},
      {[] { reshape(ones(2, 3), sizes(kHuge, kHuge)); },
       "reshape: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { reshape(ones(0, 3), sizes(-1, 0)); }, "reshape: 0 elements do not fit shape [-1, 0]"},
      {[] { permute(ones(2, 3), axes(0, 0)); }, "permute: axis 0 is given twice"},
      {[] { permute(ones(2, 3), axes(1, -1)); }, "permute: axis -1 is given twice"},
      {[] { permute(ones(2, 3), 0); },
       "permute: expected each of the 2 axes of shape [2, 3] once, got [0]"},
      {[] { permute(ones(2, 3), axes(0, 2)); }, "permute: axis 2 is out of range for 2 axes"},
      {[] { transpose(ones(2, 3), 0, 2); }, "transpose: axis 2 is out of range for 2 axes"},
      {[] { transpose(ones(2, 3), -3, 0); }, "transpose: axis -3 is out of range for 2 axes"},
      {[] { transpose(ones(), 0, 0); }, "transpose: axis 0 is out of range for 0 axes"},
      {[] { flatten(ones(2, 3), 2); }, "flatten: axis 2 is out of range for 2 axes"},
      {[] { flatten(ones(2, 3), 0, 2); }, "flatten: axis 2 is out of range for 2 axes"},
      {[] { flatten(ones(2, 3), 1, 0); }, "flatten: axis 1 comes after axis 0"},
      {[] { flatten(ones(), 3); }, "flatten: axis 3 is out of range for 1 axes"},
      {[] { squeeze(ones(2, 1), 0); }, "squeeze: axis 0 of shape [2, 1] is not of size 1"},
      {[] { squeeze(ones(2, 1), 5); }, "squeeze: axis 5 is out of range for 2 axes"},
      {[] { squeeze(Variable()); }, "squeeze: the variable is undefined"},
      {[] { unsqueeze(ones(2, 3), 4); }, "unsqueeze: axis 4 is out of range for 3 axes"},
      {[] { unsqueeze(ones(2, 3), -4); }, "unsqueeze: axis -4 is out of range for 3 axes"},
      {[] { expand(ones(2, 3), sizes(3, 3)); },
       "expand: shape [2, 3] does not broadcast to [3, 3]"},
      {[] { expand(ones(2, 3), sizes(-1, 2, 3)); },
       "expand: shape [2, 3] does not broadcast to [-1, 2, 3]"},
      {[] { expand(ones(2, 3), sizes(3)); }, "expand: shape [2, 3] does not broadcast to [3]"},
      {[] { expand(ones(1), sizes(kHuge, kHuge)); },
       "expand: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { expand(ones(1), sizes(-2)); }, "expand: shape [1] does not broadcast to [-2]"},
      {[] { expand(trained(1), sizes(3)).value().copy_from(ones64(3).value()); },
       "copy_from: the tensor written to repeats its elements along axis 0: clone() it first"},
      {[] { slice(ones(2, 3), 0, 1, 4); }, "slice: range 1 to 4 is outside axis 0 of shape [2, 3]"},
      {[] { slice(ones(2, 3), 1, 2, 1); }, "slice: range 2 to 1 is outside axis 1 of shape [2, 3]"},
      {[] { slice(ones(2, 3), 3, 0, 1); }, "slice: axis 3 is out of range for 2 axes"},
      {[] { slice(ones(2, 3), 0, 0, 2, 0); }, "slice: step must be positive, got 0"},
      {[] { slice(ones(2, 3), 0, 0, 2, INT64_MIN); },
       "slice: step must be positive, got -9223372036854775808"},
      {[] { select(ones(2, 3), 0, 2); }, "select: index 2 is outside axis 0 of shape [2, 3]"},
      {[] { select(ones(2, 3), 0, -3); }, "select: index -3 is outside axis 0 of shape [2, 3]"},
      {[] { select(ones(2, 3), 1, INT64_MAX); },
       "select: index 9223372036854775807 is outside axis 1 of shape [2, 3]"},
      {[] { select(ones(0, 3), 0, 0); }, "select: index 0 is outside axis 0 of shape [0, 3]"},
      {[] { select(ones(2, 3), 2, 0); }, "select: axis 2 is out of range for 2 axes"},
      {[] { slice_adjoint(ones(2, 3), sizes(2, 2), 1, 0); },
       "slice_adjoint: 3 elements from 0 at step 1 do not fit axis 1 of shape [2, 2]"},
      {[] { slice_adjoint(ones(2, 3), sizes(4, 4), 0, 0); },
       "slice_adjoint: x [2, 3] and shape [4, 4] differ outside axis 0"},
      {[] { slice_adjoint(ones(2, 3), sizes(4), 0, 0); },
       "slice_adjoint: x [2, 3] and shape [4] differ outside axis 0"},
      {[] { slice_adjoint(ones(1, 3), sizes(4, 3, 3), 0, 0); },
       "slice_adjoint: x [1, 3] and shape [4, 3, 3] differ outside axis 0"},
      {[] { slice_adjoint(ones(2, 3), sizes(4, 3), 2, 0); },
       "slice_adjoint: axis 2 is out of range for 2 axes"},
      {[] { slice_adjoint(ones(2, 3), sizes(4, 3), 0, 0, 0); },
       "slice_adjoint: step must be positive, got 0"},
      {[] { slice_adjoint(ones(2, 3), sizes(4, 3), 0, 5); },
       "slice_adjoint: 2 elements from 5 at step 1 do not fit axis 0 of shape [4, 3]"},
      {[] { slice_adjoint(ones(2, 3), sizes(4, 3), 0, -5); },
       "slice_adjoint: 2 elements from -5 at step 1 do not fit axis 0 of shape [4, 3]"},
      {[] { slice_adjoint(ones(2, 3), sizes(4, 3), 0, INT64_MIN); },
       "slice_adjoint: 2 elements from -9223372036854775808 at step 1 do not fit axis 0 of shape "
       "[4, 3]"},
      {[] { slice_adjoint(ones(2, 3), sizes(4, 3), 0, 0, INT64_MAX); },
       "slice_adjoint: 2 elements from 0 at step 9223372036854775807 do not fit axis 0 of shape "
       "[4, 3]"},
      {[] { slice_adjoint(ones(2, 3), sizes(-4, 3), 0, 0); },
       "slice_adjoint: negative size in shape [-4, 3]"},
      {[] { pad(ones(2, 3), sizes(1)); }, "pad: padding [1] does not fit shape [2, 3]"},
      {[] { pad(ones(3), sizes(1, 1, 1, 1)); }, "pad: padding [1, 1, 1, 1] does not fit shape [3]"},
      {[] { pad(ones(2, 3), sizes(-1, 0)); }, "pad: negative padding [-1, 0]"},
      {[] { pad(ones(2, 3), sizes(INT64_MAX, INT64_MAX)); },
       "pad: too many elements in shape [2, 2305843009213693953]"},
      {[] { pad(whole(2, 3), sizes(1, 1), 0.5); },
       "pad: an int64 array meets the number 0.5: convert it to float32 or float64 first"},
      {[] { pad(whole(2, 3), sizes(1, 1), kNaN); },
       "pad: an int64 array meets the number nan: convert it to float32 or float64 first"},
      {[] { flip(ones(2, 3), 2); }, "flip: axis 2 is out of range for 2 axes"},
      {[] { flip(ones(2, 3), axes(0, -2)); }, "flip: axis -2 is given twice"},
      {[] { concat({}); }, "concat: no tensors"},
      {[] { concat({ones(2, 3)}, 2); }, "concat: axis 2 is out of range for 2 axes"},
      {[] {
         concat({ones(2, 3), ones(4, 2)});
       },
       "concat: shapes [2, 3] and [4, 2] differ outside axis 0"},
      {[] {
         concat({ones(2, 3), ones(2)}, 1);
       },
       "concat: shapes [2, 3] and [2] differ outside axis 1"},
      {[] {
         concat({ones(2, 3), ones64(2, 3)});
       },
       "concat: dtypes differ: float32 and float64"},
      {[] {
         concat({ones(), ones()});
       },
       "concat: axis 0 is out of range for 0 axes"},
      {[] { stack({}); }, "stack: no tensors"},
      {[] { stack({ones(2, 3)}, 4); }, "stack: axis 4 is out of range for 3 axes"},
      {[] {
         stack({ones(2, 3), ones(4, 2)});
       },
       "stack: shapes [2, 3] and [4, 2] differ"},
      {[] {
         stack({ones(2, 3), ones64(2, 3)});
       },
       "stack: dtypes differ: float32 and float64"},
  };
}

// Over axes, in the ways in which all reductions refuse them; those of Tensors likewise.
void add_axes(Rows& rows) {
  struct Reduction {
    const char* name;
    void (*f)(const Variable&, const Axes&);
  };
  const std::vector<Reduction> reductions{
      {"sum", [](const Variable& x, const Axes& axes) { sum(x, axes); }},
      {"mean", [](const Variable& x, const Axes& axes) { mean(x, axes); }},
      {"var", [](const Variable& x, const Axes& axes) { var(x, axes); }},
      {"max", [](const Variable& x, const Axes& axes) { max(x, axes); }},
      {"min", [](const Variable& x, const Axes& axes) { min(x, axes); }},
      {"logsumexp", [](const Variable& x, const Axes& axes) { logsumexp(x, axes); }},
      {"norm", [](const Variable& x, const Axes& axes) { norm(x, axes); }},
      {"mean", [](const Variable& x, const Axes& axes) { mean(x.value(), axes); }},
      {"var", [](const Variable& x, const Axes& axes) { var(x.value(), axes); }},
      {"max", [](const Variable& x, const Axes& axes) { max(x.value(), axes); }},
      {"min", [](const Variable& x, const Axes& axes) { min(x.value(), axes); }},
      {"norm", [](const Variable& x, const Axes& axes) { norm(x.value(), axes); }},
  };
  for (const auto& [name, f] : reductions) {
    rows.push_back(
        {[f = f] { f(ones(2, 3), 2); }, text(name, ": axis 2 is out of range for 2 axes")});
    rows.push_back({[f = f] { f(ones(2, 3), axes(0, -3)); },
                    text(name, ": axis -3 is out of range for 2 axes")});
    rows.push_back(
        {[f = f] { f(ones(2, 3), axes(1, -1)); }, text(name, ": axis -1 is given twice")});
  }
}

Rows reductions() {
  return {
      {[] { sum_to(ones(2, 3), sizes(2)); }, "sum_to: shape [2] does not broadcast to [2, 3]"},
      {[] { sum_to(ones(3), sizes(2, 3)); }, "sum_to: shape [2, 3] does not broadcast to [3]"},
      {[] { sum_to(ones(2, 3), sizes(-1, 3)); },
       "sum_to: shape [-1, 3] does not broadcast to [2, 3]"},
      {[] { cumsum(ones(2, 3), 2); }, "cumsum: axis 2 is out of range for 2 axes"},
      {[] { cumsum(ones(), 0); }, "cumsum: axis 0 is out of range for 0 axes"},
      {[] { log_softmax(ones(2, 3), 2); }, "log_softmax: axis 2 is out of range for 2 axes"},
      {[] { softmax(ones(2, 3), -3); }, "softmax: axis -3 is out of range for 2 axes"},
      {[] { softmax(ones(), 0); }, "softmax: axis 0 is out of range for 0 axes"},
      {[] { max(ones(2, 0), 1); }, "max: no values along axes [1] of shape [2, 0]"},
      {[] { max(ones(0)); }, "max: no values along axes [0] of shape [0]"},
      {[] { max(ones(2, 0, 3), axes(1, 2)); },
       "max: no values along axes [1, 2] of shape [2, 0, 3]"},
      {[] { min(ones(2, 0), 1); }, "min: no values along axes [1] of shape [2, 0]"},
      {[] { min(ones(0)); }, "min: no values along axes [0] of shape [0]"},
      {[] { logsumexp(ones(2, 0), 1); }, "logsumexp: no values along axes [1] of shape [2, 0]"},
      {[] { argmax(ones(2, 3), 2); }, "argmax: axis 2 is out of range for 2 axes"},
      {[] { argmax(ones(2, 0), 1); }, "argmax: axis 1 of shape [2, 0] is empty"},
      {[] { argmax(Variable(), 0); }, "argmax: the variable is undefined"},
      {[] { argmin(ones(2, 3), -3); }, "argmin: axis -3 is out of range for 2 axes"},
      {[] { argmin(ones(0, 3), 0); }, "argmin: axis 0 of shape [0, 3] is empty"},
      {[] { argmin(Variable(), 0); }, "argmin: the variable is undefined"},
      {[] { mean(Tensor()); }, "mean: the tensor is undefined"},
      {[] { var(Tensor()); }, "var: the tensor is undefined"},
      {[] { max(Tensor()); }, "max: the tensor is undefined"},
      {[] { min(Tensor()); }, "min: the tensor is undefined"},
      {[] { norm(Tensor()); }, "norm: the tensor is undefined"},
      {[] { softmax(Tensor(), 0); }, "softmax: the tensor is undefined"},
      {[] { mean(indices(1, 2)); }, "mean: expected float32 or float64, got int64"},
      {[] { var(indices(1, 2)); }, "var: expected float32 or float64, got int64"},
      {[] { norm(indices(1, 2)); }, "norm: expected float32 or float64, got int64"},
      {[] { softmax(indices(1, 2), 0); }, "softmax: expected float32 or float64, got int64"},
  };
}

Rows indexing() {
  static const Tensor column = Tensor::zeros(sizes(2, 1), DType::int64);
  static const Tensor outside = Tensor::full(sizes(2, 1), 5, DType::int64);
  return {
      {[] { gather(ones(2, 3), 2, column); }, "gather: axis 2 is out of range for 2 axes"},
      {[] { gather(ones(2, 3), 1, Tensor()); }, "gather: the tensor is undefined"},
      {[] { gather(ones(2, 3), 1, Tensor::ones(sizes(2, 1))); },
       "gather: the index must be int64, got float32"},
      {[] { gather(ones(2, 3), 1, indices(0)); },
       "gather: index [1] does not fit [2, 3] along axis 1"},
      {[] { gather(ones(1, 3), 1, column); },
       "gather: index [2, 1] does not fit [1, 3] along axis 1"},
      {[] { gather(ones(2, 3), 1, outside); }, "gather: index 5 is outside 0 to 2"},
      {[] { gather(ones(3), 0, indices(-1)); }, "gather: index -1 is outside 0 to 2"},
      {[] { gather(ones(3), 0, indices(INT64_MIN)); },
       "gather: index -9223372036854775808 is outside 0 to 2"},
      {[] { scatter_add(sizes(2, 3), 2, column, ones(2, 1)); },
       "scatter_add: axis 2 is out of range for 2 axes"},
      {[] { scatter_add(sizes(2, 3), 1, Tensor(), ones(2, 1)); },
       "scatter_add: the tensor is undefined"},
      {[] { scatter_add(sizes(2, 3), 1, Tensor::ones(sizes(2, 1)), ones(2, 1)); },
       "scatter_add: the index must be int64, got float32"},
      {[] { scatter_add(sizes(2, 3), 1, column, ones(2, 3)); },
       "scatter_add: index [2, 1] but source [2, 3]"},
      {[] { scatter_add(sizes(2, 3), 1, outside, ones(2, 1)); },
       "scatter_add: index 5 is outside 0 to 2"},
      {[] { scatter_add(sizes(-2, 3), 1, column, ones(2, 1)); },
       "scatter_add: negative size in shape [-2, 3]"},
      {[] { scatter_add(sizes(kHuge, kHuge), 1, column, ones(2, 1)); },
       "scatter_add: too many elements in shape [1099511627776, 1099511627776]"},
      {[] { index_select(ones(2, 3), 2, indices(0)); },
       "index_select: axis 2 is out of range for 2 axes"},
      {[] { index_select(ones(2, 3), 0, column); },
       "index_select: expected an index of one axis, got [2, 1]"},
      {[] { index_select(ones(2, 3), 0, indices(0, 2)); },
       "index_select: index 2 is outside 0 to 1"},
      {[] { index_select(ones(2, 3), 0, indices(-1)); },
       "index_select: index -1 is outside 0 to 1"},
      {[] { index_select(ones(2, 3), 0, Tensor()); }, "index_select: the tensor is undefined"},
      {[] { index_select(ones(2, 3), 0, Tensor::ones(sizes(2))); },
       "index_select: the index must be int64, got float32"},
      {[] { index_select(ones(), 0, indices(0)); },
       "index_select: axis 0 is out of range for 0 axes"},
      {[] { embedding(indices(0, 5), ones(2, 3)); }, "embedding: index 5 is outside 0 to 1"},
      {[] { embedding(indices(-1), ones(2, 3)); }, "embedding: index -1 is outside 0 to 1"},
      {[] { embedding(indices(0), ones(0, 3)); }, "embedding: index 0 is outside 0 to -1"},
      {[] { embedding(Tensor::ones(sizes(2)), ones(2, 3)); },
       "embedding: the index must be int64, got float32"},
      {[] { embedding(Tensor(), ones(2, 3)); }, "embedding: the tensor is undefined"},
      {[] { embedding(indices(0), ones(3)); }, "embedding: expected weight [num, dim], got [3]"},
      {[] { embedding(ones(2, 3).value(), Variable(indices(0))); },
       "embedding: expected weight [num, dim], got [1]"},
  };
}

}  // namespace

Rows function_shape_rows() {
  Rows rows = shapes();
  add_axes(rows);
  for (const Rows& more : {reductions(), indexing()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace gradian::misuse
