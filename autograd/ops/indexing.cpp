// Ops that read or write through index tensors. gather and scatter_add are each other's adjoint. An
// index is an input like any other, only without a gradient: so the engine notices when it changes
// between forward and backward.
#include "autograd/apply.h"
#include "autograd/ops.h"
#include "tensor/kernels.h"

namespace gradian {
namespace {

// Positions along an axis of size 3, with repetitions.
Tensor sample_index(const Shape& shape) {
  std::vector<int64_t> values;
  for (int64_t i = 0; i < numel(shape); ++i) values.push_back((i * i + 1) % 3);
  return Tensor::from(values, shape);
}

}  // namespace

// y = x at the index;  dx = dy added up at the index
struct ops::Gather {
  static constexpr auto name = "gather";
  int axis;
  Tensor forward(const Tensor& x, const Tensor& index) const { return gather(x, axis, index); }
  Gradients backward(const Context& context, const Variable& grad) const {
    const Variable &x = context.input(0), &index = context.input(1);
    return {scatter_add(x.shape(), axis, index.value(), grad), Variable()};
  }
  Attributes attributes() const { return {{"axis", axis}}; }
  static std::vector<GradCase> cases() {
    return {grad_case("rows", {{3, 2}}, unary(gather, 0, sample_index({4, 2}))),
            grad_case("columns, fewer rows", {{2, 3}}, unary(gather, 1, sample_index({1, 5})))};
  }
};
Variable gather(const Variable& x, int axis, const Tensor& index) {
  return apply(ops::Gather{axis}, x, index);
}

// y = zeros with the source added at the index;  dsource = dy at the index
struct ops::ScatterAdd {
  static constexpr auto name = "scatter_add";
  Shape shape;
  int axis;
  Tensor forward(const Tensor& source, const Tensor& index) const {
    return scatter_add(shape, axis, index, source);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {gather(grad, axis, context.input(1).value()), Variable()};
  }
  Attributes attributes() const { return {{"shape", shape}, {"axis", axis}}; }
  static std::vector<GradCase> cases() {
    const auto along = [](const Shape& shape, int axis, const Shape& index_shape) {
      return [=](const Inputs& in) {
        return scatter_add(shape, axis, sample_index(index_shape), in[0]);
      };
    };
    return {grad_case("rows, repeated", {{5, 2}}, along({3, 2}, 0, {5, 2})),
            grad_case("columns, fewer rows", {{2, 2}}, along({3, 3}, 1, {2, 2}))};
  }
};
Variable scatter_add(const Shape& shape, int axis, const Tensor& index, const Variable& source) {
  return apply(ops::ScatterAdd{shape, axis}, source, index);
}

Variable index_select(const Variable& x, int axis, const Tensor& index) {
  const Calling calling("index_select");
  axis = normalize_axis(axis, x.dim());
  check(check_defined(index).dim() == 1, "expected an index of one axis, got ", index.shape());
  // The index along its axis, the same for every line of x.
  Shape along = Shape::filled(x.dim(), 1), shape = x.shape();
  along[axis] = shape[axis] = index.size(0);
  return gather(x, axis, index.reshape(along).expand(shape));
}

Variable embedding(const Tensor& index, const Variable& weight) {
  const Calling calling("embedding");
  check(weight.dim() == 2, "expected weight [num, dim], got ", weight.shape());
  Shape shape = index.shape();
  shape.push_back(weight.size(1));
  return reshape(index_select(weight, 0, index.reshape({-1})), shape);
}

template std::vector<OpCases> cases_of(ops::IndexingOps);

}  // namespace gradian
