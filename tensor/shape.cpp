#include "tensor/shape.h"

namespace gradian {

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (int axis = 0; axis < shape.size(); ++axis)
    out << (axis ? ", " : "") << std::to_string(shape[axis]);  // as digits in every locale
  return out << ']';
}

void Shape::refuse(int axis) const {
  const Calling calling("Shape");
  fail("axis ", axis, " is out of range for ", count_, " axes");
}

Shape part(const Shape& shape, int begin, int end) {
  Shape result;
  for (int axis = begin; axis < end; ++axis) result.push_back(shape[axis]);
  return result;
}

int64_t numel(const Shape& shape) {
  int64_t product = 1;
  bool empty = false, fits = true;
  for (int64_t size : shape) {
    check_in("numel", size >= 0, "negative size in shape ", shape);
    empty = empty || size == 0;
    if (size > 0) fits = fits && !__builtin_mul_overflow(product, size, &product);
  }
  check_in("numel", fits && product <= kMaxElements, "too many elements in shape ", shape);
  return empty ? 0 : product;
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides = shape;
  int64_t stride = 1;
  for (int axis = shape.size() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= std::max<int64_t>(shape[axis], 1);
  }
  return strides;
}

int normalize_axis(int64_t axis, int axes) {
  check_in("normalize_axis", axis >= -axes && axis < axes, "axis ", axis, " is out of range for ",
           axes, " axes");
  return static_cast<int>(axis < 0 ? axis + axes : axis);
}

Axes normalize_axes(const Axes& given, int axes) {
  Axes result;
  for (const int64_t axis : given) {
    const int normalized = normalize_axis(axis, axes);
    check_in("normalize_axes", !result.contains(normalized), "axis ", axis, " is given twice");
    result.push_back(normalized);
  }
  return result;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  const int offset = longer.size() - shorter.size();
  Shape result = longer;
  for (int axis = 0; axis < shorter.size(); ++axis) {
    int64_t& size = result[axis + offset];
    check_in("broadcast_shapes", size == shorter[axis] || size == 1 || shorter[axis] == 1,
             "shapes ", a, " and ", b, " do not broadcast");
    if (size == 1) size = shorter[axis];
  }
  numel(result);
  return result;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.size() > to.size()) return false;
  const int offset = to.size() - from.size();
  for (int axis = 0; axis < from.size(); ++axis)
    if (from[axis] != to[axis + offset] && from[axis] != 1) return false;
  return true;
}

Shape expand_strides(const Shape& strides, const Shape& from, const Shape& to) {
  if (from == to) return strides;
  check_in("expand_strides", strides.size() == from.size() && broadcasts_to(from, to), "strides ",
           strides, " and shape ", from, " do not broadcast to ", to);
  const int offset = to.size() - from.size();
  Shape result = Shape::filled(to.size(), 0);
  for (int axis = 0; axis < from.size(); ++axis)
    if (from[axis] == to[axis + offset]) result[axis + offset] = strides[axis];
  return result;
}

Axes broadcast_axes(const Shape& from, const Shape& to) {
  check_in("broadcast_axes", broadcasts_to(from, to), "shape ", from, " does not broadcast to ",
           to);
  const int offset = to.size() - from.size();
  Axes axes;
  for (int axis = 0; axis < to.size(); ++axis)
    if (axis < offset || from[axis - offset] != to[axis]) axes.push_back(axis);
  return axes;
}

Shape index_of(int64_t element, Shape shape) {
  for (int axis = shape.size() - 1; axis >= 0; --axis) {
    const int64_t size = shape[axis];
    shape[axis] = element % size;
    element /= size;
  }
  return shape;
}

Shape infer_shape(const Shape& requested, int64_t elements) {
  Shape shape = requested;
  int unknown = -1;
  for (int axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] >= 0) continue;
    check(shape[axis] == -1 && unknown < 0, "at most one size may be -1, got ", requested);
    unknown = axis;
    shape[axis] = 1;
  }
  const int64_t known = numel(shape);
  const bool fits = unknown < 0 ? known == elements : known > 0 && elements % known == 0;
  check(fits, elements, " elements do not fit shape ", requested);
  if (unknown >= 0) shape[unknown] = elements / known;
  return shape;
}

}  // namespace gradian
