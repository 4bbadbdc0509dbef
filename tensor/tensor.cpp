#include "tensor/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <optional>

#include "tensor/loops.h"

namespace gradian {
namespace {

using namespace loops;

#ifdef GRADIAN_ASSERTIONS
// A kernel that forgets to write an element then shows as NaN instead of as a plausible number.
void poison(Tensor& tensor) {
  dispatch(tensor.dtype(), [&]<class T>() {
    constexpr T value = std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN()
                                                              : std::numeric_limits<T>::max();
    std::fill_n(tensor.mutable_data<T>(), tensor.numel(), value);
  });
}
#endif

// make(), an array of this dtype and shape. What memory it misses, the cached blocks may have.
template <class Make>
auto with_memory(DType dtype, const Shape& shape, const Make& make) {
  for (bool again = true;; again = false) {
    try {
      return make();
    } catch (const std::bad_alloc&) {
      const int64_t bytes = numel(shape) * element_size(dtype);
      check(again, "no memory for ", static_cast<double>(bytes) / 1e9, " GB, ", dtype, ' ', shape);
      release_cached_memory();
    }
  }
}

// Strides that walk the elements of x, in order, in another shape of as many elements; none when
// an axis of that shape would have to cross a jump between two axes of x.
std::optional<Shape> reshaped_strides(const Tensor& x, const Shape& shape) {
  if (x.numel() == 0) return contiguous_strides(shape);
  const StridedLoop<1> runs = coalesce<1>(x.shape(), {x.strides()});
  int run = runs.shape.size() - 1;
  int64_t left = runs.shape[run], stride = runs.strides[0][run];
  Shape strides = shape;
  for (int axis = shape.size() - 1; axis >= 0; --axis) {
    if (left == 1 && shape[axis] != 1) {
      --run;
      left = runs.shape[run], stride = runs.strides[0][run];
    }
    if (left % shape[axis] != 0) return std::nullopt;
    strides[axis] = stride;
    left /= shape[axis], stride *= shape[axis];
  }
  return strides;
}

// value as a To, without its fraction when To is int64; what does not fit fails.
template <class To, class From>
To converted(From value) {
  if constexpr (std::is_same_v<To, int64_t> && std::is_floating_point_v<From>)
    check(value >= From(-0x1p63) && value < From(0x1p63), "int64 cannot hold ", value);
  return static_cast<To>(value);
}

// An array of one value everywhere, by the maker of this name.
Tensor filled(const char* maker, const Shape& shape, double value, DType dtype) {
  const Calling calling(maker);
  Tensor result = Tensor::empty(shape, dtype);
  result.fill(value);
  return result;
}

// The array of value(0), ..., value(count - 1).
template <class Value>
Tensor tabulate(int64_t count, DType dtype, const Value& value) {
  Tensor result = Tensor::empty({count}, dtype);
  dispatch(dtype, [&]<class T>() {
    T* data = result.mutable_data<T>();
    for (int64_t i = 0; i < count; ++i) data[i] = converted<T>(value(i));
  });
  return result;
}

}  // namespace

void check_writable(const Tensor& x) {
  const Calling calling("check_writable");
  check_defined(x);
  for (int axis = 0; axis < x.dim(); ++axis)
    check(x.strides()[axis] != 0 || x.shape()[axis] <= 1,
          "the tensor written to repeats its elements along axis ", axis, ": clone() it first");
}

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  const Calling calling("empty");
  check_known(dtype);
  const int64_t bytes = gradian::numel(shape) * element_size(dtype);
  Tensor result;
  result.storage_ = with_memory(
      dtype, shape, [&] { return std::make_shared<runtime::Storage>(static_cast<size_t>(bytes)); });
  result.shape_ = shape;
  result.strides_ = contiguous_strides(shape);
  result.dtype_ = dtype;
#ifdef GRADIAN_ASSERTIONS
  poison(result);
#endif
  return result;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  return filled("full", shape, value, dtype);
}
Tensor Tensor::zeros(const Shape& shape, DType dtype) { return filled("zeros", shape, 0, dtype); }
Tensor Tensor::ones(const Shape& shape, DType dtype) { return filled("ones", shape, 1, dtype); }
Tensor Tensor::scalar(double value, DType dtype) { return filled("scalar", {}, value, dtype); }

Tensor Tensor::integers_between(int64_t begin, int64_t end, int64_t step, DType dtype) {
  const Calling calling("arange");
  int64_t distance = 0;
  check(step != 0 && !__builtin_sub_overflow(end, begin, &distance) &&
            (distance == 0 || (distance > 0) == (step > 0)),
        "no way from ", begin, " to ", end, " in steps of ", step);
  // In numbers without sign: the smallest of the others has no opposite.
  const uint64_t length = distance < 0 ? -uint64_t(distance) : uint64_t(distance);
  const uint64_t stride = step < 0 ? -uint64_t(step) : uint64_t(step);
  const uint64_t count = length / stride + (length % stride != 0);
  return tabulate(static_cast<int64_t>(std::min(count, uint64_t{INT64_MAX})), dtype,
                  [=](int64_t i) { return begin + i * step; });
}

Tensor Tensor::arange(double begin, double end, double step, DType dtype) {
  const Calling calling("arange");
  const double count = std::ceil((end - begin) / step);
  check(count >= 0 && count <= static_cast<double>(kMaxElements), "no way from ", begin, " to ",
        end, " in steps of ", step);
  return tabulate(static_cast<int64_t>(count), dtype,
                  [=](int64_t i) { return begin + static_cast<double>(i) * step; });
}

Tensor Tensor::linspace(double first, double last, int64_t count, DType dtype) {
  const Calling calling("linspace");
  check(count >= 0, "negative count ", count);
  check(std::isfinite(last - first), "expected numbers at a finite distance, got ", first, " and ",
        last);
  const double step = (last - first) / static_cast<double>(std::max<int64_t>(1, count - 1));
  return tabulate(count, dtype,
                  [=](int64_t i) {  // from the nearer end, so that both are met
                    return i < (count + 1) / 2 ? first + step * static_cast<double>(i)
                                               : last - step * static_cast<double>(count - 1 - i);
                  });
}

Tensor Tensor::eye(int64_t n, DType dtype) {
  const Calling calling("eye");
  Tensor result = zeros({n, n}, dtype);
  result.reshape({-1}).slice(0, 0, n * n, n + 1).fill(1);
  return result;
}

bool Tensor::is_contiguous() const {
  int64_t expected = 1;
  for (int axis = dim() - 1; axis >= 0; --axis) {
    if (shape_[axis] == 0) return true;
    if (shape_[axis] != 1 && strides_[axis] != expected) return false;
    expected *= shape_[axis];
  }
  return true;
}

void* Tensor::raw(const char* method, DType expected) const {
  check_in(method, defined(), "the tensor is undefined");
  check_in(method, dtype_ == expected, "expected ", expected, ", got a tensor of ", dtype_);
  return storage_->data() + offset_ * element_size(dtype_);
}

double Tensor::at(const Shape& index) const {
  const Calling calling("at");
  check(index.size() == dim(), "expected an index of ", dim(), " axes for shape ", shape_, ", got ",
        index);
  int64_t position = 0;
  for (int axis = 0; axis < dim(); ++axis) {
    check(index[axis] >= 0 && index[axis] < shape_[axis], "index ", index,
          " is out of range for shape ", shape_);
    position += index[axis] * strides_[axis];
  }
  return dispatch(dtype_, [&]<class T>() { return static_cast<double>(data<T>()[position]); });
}

double Tensor::item() const {
  const Calling calling("item");
  check(numel() == 1, "expected one element, got shape ", shape_);
  return at(Shape::filled(dim(), 0));
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  const Calling calling("to_vector");
  check_defined(*this);
  const Tensor values = to(dtype_of<T>()).contiguous();
  return with_memory(dtype_of<T>(), shape_,
                     [&] { return std::vector<T>(values.data<T>(), values.data<T>() + numel()); });
}

template std::vector<float> Tensor::to_vector() const;
template std::vector<double> Tensor::to_vector() const;
template std::vector<int64_t> Tensor::to_vector() const;

Tensor Tensor::reshape(const Shape& requested) const {
  const Calling calling("reshape");
  Tensor view = check_defined(*this);
  const Shape shape = infer_shape(requested, numel());
  const std::optional<Shape> strides = reshaped_strides(*this, shape);
  if (!strides) return clone().reshape(shape);
  view.shape_ = shape;
  view.strides_ = *strides;
  return view;
}

Tensor Tensor::permute(const Axes& axes) const {
  const Calling calling("permute");
  Tensor view = check_defined(*this);
  check(axes.size() == dim(), "expected each of the ", dim(), " axes of shape ", shape_,
        " once, got ", axes);
  const Axes order = normalize_axes(axes, dim());
  for (int i = 0; i < dim(); ++i) {
    view.shape_[i] = shape_[static_cast<int>(order[i])];
    view.strides_[i] = strides_[static_cast<int>(order[i])];
  }
  return view;
}

Tensor Tensor::transpose(int axis0, int axis1) const {
  const Calling calling("transpose");
  Tensor view = check_defined(*this);
  axis0 = normalize_axis(axis0, dim());
  axis1 = normalize_axis(axis1, dim());
  std::swap(view.shape_[axis0], view.shape_[axis1]);
  std::swap(view.strides_[axis0], view.strides_[axis1]);
  return view;
}

Tensor Tensor::slice(int axis, int64_t begin, int64_t end, int64_t step) const {
  const Calling calling("slice");
  Tensor view = check_defined(*this);
  axis = normalize_axis(axis, dim());
  const int64_t size = shape_[axis];
  if (end == kEnd) end = size;
  const int64_t first = begin < 0 ? begin + size : begin, last = end < 0 ? end + size : end;
  check(step > 0, "step must be positive, got ", step);
  check(0 <= first && first <= last && last <= size, "range ", begin, " to ", end,
        " is outside axis ", axis, " of shape ", shape_);
  const int64_t length = last - first;
  step = std::min(step, std::max<int64_t>(1, length));  // a longer one leads past the end too
  view.offset_ += first * strides_[axis];
  view.shape_[axis] = ceil_div(length, step);
  view.strides_[axis] *= step;
  return view;
}

Tensor Tensor::select(int axis, int64_t index) const {
  const Calling calling("select");
  check_defined(*this);
  axis = normalize_axis(axis, dim());
  check(index >= -shape_[axis] && index < shape_[axis], "index ", index, " is outside axis ", axis,
        " of shape ", shape_);
  if (index < 0) index += shape_[axis];
  Tensor view = slice(axis, index, index + 1);
  view.shape_.erase(axis);
  view.strides_.erase(axis);
  return view;
}

Tensor Tensor::expand(const Shape& requested) const {
  const Calling calling("expand");
  Tensor view = check_defined(*this);
  const int offset = requested.size() - dim();
  Shape shape = requested;
  for (int axis = std::max(0, offset); axis < shape.size(); ++axis)
    if (shape[axis] == -1) shape[axis] = shape_[axis - offset];
  const bool negative = std::any_of(shape.begin(), shape.end(), [](int64_t s) { return s < 0; });
  check(!negative && broadcasts_to(shape_, shape), "shape ", shape_, " does not broadcast to ",
        requested);
  gradian::numel(shape);
  view.shape_ = shape;
  view.strides_ = expand_strides(strides_, shape_, shape);
  return view;
}

Tensor Tensor::unsqueeze(int axis) const {
  const Calling calling("unsqueeze");
  Tensor view = check_defined(*this);
  axis = normalize_axis(axis, dim() + 1);
  view.shape_.insert(axis, 1);
  view.strides_.insert(axis, 0);
  return view;
}

Tensor Tensor::squeeze(int axis) const {
  const Calling calling("squeeze");
  check_defined(*this);
  axis = normalize_axis(axis, dim());
  check(shape_[axis] == 1, "axis ", axis, " of shape ", shape_, " is not of size 1");
  return select(axis, 0);
}

Tensor Tensor::squeeze() const {
  const Calling calling("squeeze");
  check_defined(*this);
  Shape shape;
  for (const int64_t size : shape_)
    if (size != 1) shape.push_back(size);
  return reshape(shape);
}

Tensor Tensor::flip(const Axes& axes) const {
  const Calling calling("flip");
  Tensor view = check_defined(*this);
  for (const int64_t given : normalize_axes(axes, dim())) {
    const auto axis = static_cast<int>(given);
    view.offset_ += std::max<int64_t>(shape_[axis] - 1, 0) * strides_[axis];
    view.strides_[axis] = -strides_[axis];
  }
  return view;
}

Tensor Tensor::contiguous() const {
  const Calling calling("contiguous");
  check_defined(*this);
  return is_contiguous() ? *this : clone();
}

Tensor Tensor::clone() const {
  const Calling calling("clone");
  Tensor copy = empty(shape_, dtype_);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::owned() && {
  const Calling calling("owned");
  return is_contiguous() && storage_.use_count() == 1 ? std::move(*this) : clone();
}

Tensor Tensor::to(DType dtype) const {
  const Calling calling("to");
  check_defined(*this);
  if (dtype == dtype_) return *this;
  Tensor result = empty(shape_, dtype);
  result.copy_from(*this);
  return result;
}

void Tensor::fill(double value) {
  const Calling calling("fill");
  dispatch(dtype_, [&]<class T>() {
    const T element = converted<T>(value);
    if constexpr (std::is_same_v<T, int64_t>)
      check(value == std::trunc(value), "int64 cannot hold ", value);
    map_into<T>(*this, [element] { return element; });
  });
}

void Tensor::copy_from(const Tensor& source) {
  const Calling calling("copy_from");
  check_writable(*this);
  check_defined(source);
  // A source in the same storage may overlap: what is still to be read must not be overwritten.
  const Tensor from = (source.storage_ == storage_ ? source.clone() : source).expand(shape_);
  dispatch(dtype_, [&]<class To>() {
    dispatch(from.dtype(), [&]<class From>() {
      map_into<To, From>(
          *this, [](From value) { return converted<To>(value); }, from);
    });
  });
}

}  // namespace gradian
