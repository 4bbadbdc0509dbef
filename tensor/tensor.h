// Tensor: an n-dimensional array as {shared storage, shape, strides, offset, dtype}.
// A handle is cheap to copy and views share storage. It knows nothing of gradients: see
// autograd/variable.h for the type that records operations.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <vector>

#include "tensor/runtime/memory.h"
#include "tensor/dtype.h"
#include "tensor/operand.h"
#include "tensor/shape.h"

namespace gradian {

class Tensor;
using TensorOrNumber = const Operand<Tensor>&;

// The end of a slice that goes as far as its axis.
constexpr int64_t kEnd = INT64_MAX;

class Tensor {
 public:
  // An undefined tensor: defined() is false, it has no axes, and every use of its values fails.
  Tensor() = default;

  // Makers. Values of empty() are unspecified (NaN, or a huge integer, in builds with assertions).
  static Tensor empty(const Shape& shape, DType dtype = DType::float32);
  // Fails for an int64 tensor unless `value` is a whole number that int64 holds.
  static Tensor full(const Shape& shape, double value, DType dtype = DType::float32);
  static Tensor zeros(const Shape& shape, DType dtype = DType::float32);
  static Tensor ones(const Shape& shape, DType dtype = DType::float32);
  // A tensor without axes.
  static Tensor scalar(double value, DType dtype = DType::float32);
  // 1 on the diagonal of [n, n], else 0.
  static Tensor eye(int64_t n, DType dtype = DType::float32);
  // 0, 1, ..., count - 1.
  static Tensor arange(int64_t count, DType dtype = DType::int64) {
    return integers_between(0, count, 1, dtype);
  }
  // begin, begin + step, ... as long as they stay before `end`: int64 if all three are integers,
  // else float32.
  template <std::integral Begin, std::integral End, std::integral Step = int>
  static Tensor arange(Begin begin, End end, Step step = 1, DType dtype = DType::int64) {
    return integers_between(begin, end, step, dtype);
  }
  static Tensor arange(double begin, double end, double step = 1, DType dtype = DType::float32);
  template <std::floating_point End>
  static Tensor arange(End end, DType dtype = DType::float32) {
    return arange(0.0, end, 1.0, dtype);
  }
  // `count` numbers from `first` to `last`, both included, at equal distances.
  static Tensor linspace(double first, double last, int64_t count, DType dtype = DType::float32);
  // Copies `values`, row-major, into a tensor of T's dtype; their number must fit `shape`. Integers
  // of every type, bool too, become int64.
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    const Calling calling("from");
    using Element = std::conditional_t<std::is_integral_v<T>, int64_t, T>;
    check(static_cast<int64_t>(values.size()) == gradian::numel(shape), values.size(),
          " values do not fit shape ", shape);
    Tensor result = empty(shape, dtype_of<Element>());
    Element* next = result.mutable_data<Element>();
    for (const T value : values) {
      if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(int64_t))
        check(value <= T{INT64_MAX}, "int64 cannot hold ", value);
      *next++ = static_cast<Element>(value);
    }
    return result;
  }
  // The same for values written in braces: from({0, 1, 2, 3}, {2, 2}).
  template <class T>
  static Tensor from(std::initializer_list<T> values, const Shape& shape) {
    return from(std::vector<T>(values), shape);
  }
  // Without a shape, the values are those of one axis, and rows in braces those of two:
  // from({1.5, 2.5}), from({{1, 2}, {3, 4}}). Note that 1.5 is a double, and 1.5f a float.
  template <class T>
  static Tensor from(const std::vector<T>& values) {
    return from(values, {static_cast<int64_t>(values.size())});
  }
  template <class T>
  static Tensor from(std::initializer_list<T> values) {
    return from(std::vector<T>(values));
  }
  template <class T>
  static Tensor from(std::initializer_list<std::initializer_list<T>> rows) {
    const Calling calling("from");
    std::vector<T> values;
    const size_t columns = rows.size() == 0 ? 0 : rows.begin()->size();
    for (const std::initializer_list<T>& row : rows) {
      check(row.size() == columns, "rows of ", columns, " and ", row.size(), " values");
      values.insert(values.end(), row);
    }
    return from(values, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns)});
  }

  bool defined() const { return storage_ != nullptr; }
  // A temporary hands out a copy, here and wherever a reference into it would dangle.
  const Shape& shape() const& { return shape_; }
  Shape shape() const&& { return shape_; }
  const Shape& strides() const& { return strides_; }  // in elements
  Shape strides() const&& { return strides_; }
  DType dtype() const { return dtype_; }
  int dim() const { return shape_.size(); }
  int64_t numel() const { return gradian::numel(shape_); }
  int64_t size(int axis) const;
  bool is_contiguous() const;

  // The first element. The type must match dtype(). mutable_data counts as a write (see stamp()).
  template <class T>
  const T* data() const {
    return static_cast<const T*>(raw("data", dtype_of<T>()));
  }
  template <class T>
  T* mutable_data() {
    void* const first = raw("mutable_data", dtype_of<T>());
    storage_->count_write();
    return static_cast<T*>(first);
  }
  // Says whether the values may have changed: equal stamps mean the same storage and no write to
  // it.
  struct Stamp {
    const void* storage;
    uint64_t version;
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp() const { return {storage_.get(), storage_ ? storage_->version() : 0}; }

  // The value at `index`, and the only value of a one-element tensor, as double.
  double at(const Shape& index) const;
  double item() const;
  // All values in row-major order, converted to T.
  template <class T>
  std::vector<T> to_vector() const;

  // Views. reshape copies only when the strides leave no other way.
  Tensor reshape(const Shape& shape) const;  // one size may be -1
  Tensor permute(const Axes& axes) const;
  Tensor transpose(int axis0, int axis1) const;
  // Every `step`-th element from begin to before end; negative ones count from the end.
  Tensor slice(int axis, int64_t begin, int64_t end = kEnd, int64_t step = 1) const;
  Tensor select(int axis, int64_t index) const;  // removes the axis; -1 is the last index
  // Broadcasts, by strides of 0; -1 keeps the size of its axis.
  Tensor expand(const Shape& shape) const;
  Tensor unsqueeze(int axis) const;
  Tensor squeeze(int axis) const;       // the axis must be of size 1
  Tensor squeeze() const;               // all axes of size 1
  Tensor flip(const Axes& axes) const;  // negative strides

  // Copies.
  Tensor contiguous() const;  // itself when it already is
  Tensor clone() const;
  // Cuts the fraction off where float becomes int64; NaN and what int64 cannot hold are errors.
  Tensor to(DType dtype) const;
  // Itself when it is contiguous and the only handle to its memory, otherwise a clone.
  Tensor owned() &&;

  // In place. What full() and to() refuse, fill() and copy_from() refuse too.
  void fill(double value);
  // `source` broadcasts to this shape and is converted to this dtype.
  void copy_from(const Tensor& source);
  // A tensor on the right must have this dtype and broadcast to this shape.
  Tensor& operator+=(TensorOrNumber other);
  Tensor& operator-=(TensorOrNumber other);
  Tensor& operator*=(TensorOrNumber other);
  Tensor& operator/=(TensorOrNumber other);

 private:
  static Tensor integers_between(int64_t begin, int64_t end, int64_t step, DType dtype);
  // The first element, for the method of this name.
  void* raw(const char* method, DType expected) const;

  std::shared_ptr<runtime::Storage> storage_;
  Shape shape_;
  Shape strides_;
  int64_t offset_ = 0;
  DType dtype_ = DType::float32;
};

// Fails if x is undefined, and returns it.
inline const Tensor& check_defined(const Tensor& x) {
  check_in("check_defined", x.defined(), "the tensor is undefined");
  return x;
}
// The same, and if places of x share an element, as in what expand() makes: which of several values
// it would keep is not said.
void check_writable(const Tensor& x);

inline int64_t Tensor::size(int axis) const {
  const Calling calling("size");
  return check_defined(*this).shape_[normalize_axis(axis, dim())];
}

// Nested brackets, four significant digits, long axes shortened:
//   [[1, 2],
//    [3, 4]]  float32 [2, 2]
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace gradian
