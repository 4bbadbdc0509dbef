// Ops that move elements without changing them. Each one's gradient is its adjoint: the op that
// moves them back, adding up where several came from one place.
#include "autograd/apply.h"
#include "autograd/ops.h"
#include "autograd/ops/arguments.h"
#include "tensor/kernels.h"

namespace gradian {

// y = x in another shape;  dx = dy in x's shape
struct ops::Reshape {
  static constexpr auto name = "reshape";
  Shape shape;
  Tensor forward(const Tensor& x) const { return x.reshape(shape); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {reshape(grad, context.input(0).shape())};
  }
  Attributes attributes() const { return {{"shape", shape}}; }
  static std::vector<GradCase> cases() {
    return {grad_case("inferred size", {{2, 6}}, unary(reshape, {3, -1})),
            grad_case("of a transposed view", {{2, 3}},
                      [](const Inputs& in) { return reshape(transpose(in[0], 0, 1), {6}); })};
  }
};
Variable reshape(const Variable& x, const Shape& shape) { return apply(ops::Reshape{shape}, x); }

// y = x with its axes in another order;  dx = dy with them put back
struct ops::Permute {
  static constexpr auto name = "permute";
  Axes axes;
  Tensor forward(const Tensor& x) const { return x.permute(axes); }
  Gradients backward(const Context&, const Variable& grad) const {
    Axes inverse = axes;
    for (int i = 0; i < axes.size(); ++i) inverse[normalize_axis(axes[i], axes.size())] = i;
    return {permute(grad, inverse)};
  }
  Attributes attributes() const { return {{"axes", axes}}; }
  static std::vector<GradCase> cases() {
    return {grad_case("cycle", {{2, 3, 4}}, unary(permute, {2, 0, 1})),
            grad_case("negative axes", {{2, 3}}, unary(permute, {-1, 0}))};
  }
};
Variable permute(const Variable& x, const Axes& axes) { return apply(ops::Permute{axes}, x); }

// y = x broadcast;  dx = dy, which the engine sums over the broadcast axes
struct ops::Expand {
  static constexpr auto name = "expand";
  Shape shape;
  Tensor forward(const Tensor& x) const { return x.expand(shape); }
  Gradients backward(const Context&, const Variable& grad) const { return {grad}; }
  Attributes attributes() const { return {{"shape", shape}}; }
  static std::vector<GradCase> cases() {
    return {grad_case("new and old axes", {{3, 1}}, unary(expand, {2, 3, 4})),
            grad_case("scalar", {Shape{}}, unary(expand, {2, 2}))};
  }
};
Variable expand(const Variable& x, const Shape& shape) { return apply(ops::Expand{shape}, x); }

// y = every step-th element of x along an axis;  dx = dy put back among zeros
struct ops::Slice {
  static constexpr auto name = "slice";
  int axis;
  int64_t begin, end, step;
  Tensor forward(const Tensor& x) const { return x.slice(axis, begin, end, step); }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {slice_adjoint(grad, context.input(0).shape(), axis, begin, step)};
  }
  Attributes attributes() const {
    return {{"axis", axis}, {"begin", begin}, {"end", end}, {"step", step}};
  }
  static std::vector<GradCase> cases() {
    return {grad_case("inner range", {{3, 5}}, unary(slice, 1, 1, 4, 1)),
            grad_case("step 2", {{5, 2}}, unary(slice, 0, 0, 5, 2)),
            grad_case("negative bounds", {{5}}, unary(slice, -1, -4, -1, 1))};
  }
};
Variable slice(const Variable& x, int axis, int64_t begin, int64_t end, int64_t step) {
  return apply(ops::Slice{axis, begin, end, step}, x);
}

// y = zeros with x where the slice reads;  dx = that slice of dy
struct ops::SliceAdjoint {
  static constexpr auto name = "slice_adjoint";
  Shape shape;
  int axis;
  int64_t begin, step;
  Tensor forward(const Tensor& x) const {
    Shape with_x_along = shape;
    with_x_along[normalize_axis(axis, shape.size())] = x.size(axis);
    check(with_x_along == x.shape(), "x ", x.shape(), " and shape ", shape, " differ outside axis ",
          axis);
    Tensor result = Tensor::zeros(shape, x.dtype());
    result.slice(axis, begin, end_for(x.size(axis)), step).copy_from(x);
    return result;
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    return {slice(grad, axis, begin, end_for(context.input(0).size(axis)), step)};
  }
  // The end of the slice that has `count` elements, as a non-negative position.
  int64_t end_for(int64_t count) const {
    const int64_t size = shape[normalize_axis(axis, shape.size())];
    const int64_t first = begin < 0 ? begin + size : begin;
    check(step > 0, "step must be positive, got ", step);
    check(first >= 0 && first <= size - std::min<int64_t>(count, 1) &&
              (count <= 1 || step <= (size - 1 - first) / (count - 1)),
          count, " elements from ", begin, " at step ", step, " do not fit axis ", axis,
          " of shape ", shape);
    return count == 0 ? first : first + (count - 1) * step + 1;
  }
  Attributes attributes() const {
    return {{"shape", shape}, {"axis", axis}, {"begin", begin}, {"step", step}};
  }
  static std::vector<GradCase> cases() {
    return {grad_case("rows", {{2, 3}}, unary(slice_adjoint, {5, 3}, 0, 2, 1)),
            grad_case("step 2", {{2, 3}}, unary(slice_adjoint, {2, 6}, 1, 1, 2))};
  }
};
Variable slice_adjoint(const Variable& x, const Shape& shape, int axis, int64_t begin,
                       int64_t step) {
  return apply(ops::SliceAdjoint{shape, axis, begin, step}, x);
}

// y = x reversed along an axis;  dx = dy reversed
struct ops::Flip {
  static constexpr auto name = "flip";
  Axes axes;
  Tensor forward(const Tensor& x) const { return x.flip(axes); }
  Gradients backward(const Context&, const Variable& grad) const { return {flip(grad, axes)}; }
  Attributes attributes() const { return {{"axes", axes}}; }
  static std::vector<GradCase> cases() {
    return {grad_case("rows", {{3, 2}}, unary(flip, 0)),
            grad_case("two axes", {{3, 2, 2}}, unary(flip, {0, -1}))};
  }
};
Variable flip(const Variable& x, const Axes& axes) { return apply(ops::Flip{axes}, x); }

// y = the inputs one behind the other;  each input's gradient is its part of dy
struct ops::Concat {
  static constexpr auto name = "concat";
  int axis;
  Tensor forward(const Inputs& xs) const {
    std::vector<Tensor> values;
    for (const Variable& x : xs) values.push_back(x.value());
    return concat(values, axis);
  }
  Gradients backward(const Context& context, const Variable& grad) const {
    Gradients gradients(context.input_count());
    int64_t begin = 0;
    for (size_t i = 0; i < gradients.size(); ++i) {
      const int64_t end = begin + context.input(i).size(axis);
      if (context.needs(i)) gradients[i] = slice(grad, axis, begin, end);
      begin = end;
    }
    return gradients;
  }
  Attributes attributes() const { return {{"axis", axis}}; }
  static std::vector<GradCase> cases() {
    return {grad_case("three along the last axis", {{2, 1}, {2, 3}, {2, 2}},
                      [](const Inputs& in) { return concat(in, -1); }),
            grad_case("one input twice", {{2}, {1}}, [](const Inputs& in) {
              return concat({in[0], in[1], in[0]}, 0);
            })};
  }
};
Variable concat(const std::vector<Variable>& xs, int axis) {
  const Calling calling("concat");
  const ops::Concat op{axis};
  return record(op, xs, op.forward(xs));
}

Variable transpose(const Variable& x, int axis0, int axis1) {
  const Calling calling("transpose");
  Axes axes;
  for (int axis = 0; axis < x.dim(); ++axis) axes.push_back(axis);
  std::swap(axes[normalize_axis(axis0, x.dim())], axes[normalize_axis(axis1, x.dim())]);
  return permute(x, axes);
}

Variable flatten(const Variable& x, int start_axis, int end_axis) {
  const Calling calling("flatten");
  if (x.dim() == 0) return flatten(reshape(x, {1}), start_axis, end_axis);
  start_axis = normalize_axis(start_axis, x.dim());
  end_axis = normalize_axis(end_axis, x.dim());
  check(start_axis <= end_axis, "axis ", start_axis, " comes after axis ", end_axis);
  Shape shape = x.shape();
  for (int axis = start_axis; axis < end_axis; ++axis) {
    shape[start_axis] *= shape[start_axis + 1];
    shape.erase(start_axis + 1);
  }
  return reshape(x, shape);
}

Variable squeeze(const Variable& x, int axis) {
  const Calling calling("squeeze");
  return reshape(x, x.value().squeeze(axis).shape());
}

Variable squeeze(const Variable& x) {
  const Calling calling("squeeze");
  return reshape(x, x.value().squeeze().shape());
}

Variable unsqueeze(const Variable& x, int axis) {
  const Calling calling("unsqueeze");
  return reshape(x, x.value().unsqueeze(axis).shape());
}

Variable select(const Variable& x, int axis, int64_t index) {
  const Calling calling("select");
  x.value().select(axis, index);  // its checks
  return squeeze(slice(x, axis, index, index == -1 ? kEnd : index + 1), axis);
}

Variable pad(const Variable& x, const Shape& padding, double value) {
  const Calling calling("pad");
  check(padding.size() % 2 == 0 && padding.size() <= 2 * x.dim(), "padding ", padding,
        " does not fit shape ", x.shape());
  Variable result = x;
  // 1 where padding was added; along an axis without padding one line stands for all.
  Shape sides = Shape::filled(x.dim(), 1);
  Tensor outside = Tensor::zeros(sides, x.dtype());
  for (int i = 0; i < padding.size(); i += 2) {
    check(padding[i] >= 0 && padding[i + 1] >= 0, "negative padding ", padding);
    const int axis = x.dim() - 1 - i / 2;
    Shape shape = result.shape();
    // A number beyond what a shape may hold stays beyond it.
    shape[axis] += std::min(padding[i], kMaxElements) + std::min(padding[i + 1], kMaxElements);
    numel(shape);
    sides[axis] = shape[axis];
    Tensor grown = Tensor::ones(sides, x.dtype());
    grown.slice(axis, padding[i], padding[i] + result.size(axis)).copy_from(outside);
    outside = grown;
    result = slice_adjoint(result, shape, axis, padding[i]);
  }
  if (value == 0) return result;
  return where(outside, value, result);
}

Variable stack(const std::vector<Variable>& xs, int axis) {
  const Calling calling("stack");
  check(!xs.empty(), "no tensors");
  axis = normalize_axis(axis, xs[0].dim() + 1);
  std::vector<Variable> unsqueezed;
  for (const Variable& x : xs) {
    check(x.shape() == xs[0].shape(), "shapes ", xs[0].shape(), " and ", x.shape(), " differ");
    unsqueezed.push_back(unsqueeze(x, axis));
  }
  return concat(unsqueezed, axis);
}

template std::vector<OpCases> cases_of(ops::ShapeOps);

}  // namespace gradian
