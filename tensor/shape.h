// Shape: the sizes (or strides) of up to eight axes, held in place so that making a Tensor costs
// no heap allocation for them; and the arithmetic on shapes that every op shares.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <vector>

#include "tensor/error.h"

namespace gradian {

// a / b rounded up, for b > 0, and the least multiple that is not below a.
constexpr int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b > 0); }
constexpr int64_t round_up(int64_t a, int64_t multiple) { return ceil_div(a, multiple) * multiple; }

class Shape {
 public:
  static constexpr int kMaxAxes = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> sizes) { assign(sizes.begin(), sizes.end()); }
  explicit Shape(const std::vector<int64_t>& sizes) { assign(sizes.begin(), sizes.end()); }
  static Shape filled(int axes, int64_t value) {
    Shape shape;
    for (int axis = 0; axis < axes; ++axis) shape.push_back(value);
    return shape;
  }

  int size() const { return count_; }
  bool empty() const { return count_ == 0; }
  int64_t& operator[](int axis) { return sizes_[place_of(axis)]; }
  int64_t operator[](int axis) const { return sizes_[place_of(axis)]; }
  int64_t back() const { return (*this)[count_ - 1]; }
  int64_t* begin() { return sizes_.data(); }
  int64_t* end() { return sizes_.data() + count_; }
  const int64_t* begin() const { return sizes_.data(); }
  const int64_t* end() const { return sizes_.data() + count_; }

  void push_back(int64_t value) {
    check_count(count_ + 1);
    sizes_[static_cast<size_t>(count_++)] = value;
  }
  void pop_back() { erase(count_ - 1); }
  // Before `axis`, or behind the last one for axis = size().
  void insert(int axis, int64_t value) {
    check_in("Shape", axis >= 0 && axis <= count_, "no place for axis ", axis, " among ", count_);
    push_back(value);
    std::rotate(begin() + axis, end() - 1, end());
  }
  void erase(int axis) {
    int64_t* const at = begin() + place_of(axis);
    std::copy(at + 1, end(), at);
    --count_;
  }

  bool operator==(const Shape& other) const {
    return count_ == other.count_ && std::equal(begin(), end(), other.begin());
  }

 private:
  size_t place_of(int axis) const {
    if (axis < 0 || axis >= count_) [[unlikely]]
      refuse(axis);
    return static_cast<size_t>(axis);
  }
  // Apart, as the check is in every access.
  [[noreturn]] void refuse(int axis) const;
  static void check_count(int64_t axes) {
    check_in("Shape", axes <= kMaxAxes, "expected at most ", kMaxAxes, " axes, got ", axes);
  }
  template <class Iterator>
  void assign(Iterator first, Iterator last) {
    check_count(last - first);
    for (; first != last; ++first) push_back(*first);
  }

  std::array<int64_t, kMaxAxes> sizes_{};
  int count_ = 0;
};

// The sizes (or strides) of the axes from `begin` to before `end`.
Shape part(const Shape& shape, int begin, int end);

// Prints as [2, 3].
std::ostream& operator<<(std::ostream& out, const Shape& shape);

// The axes that a function works along, a negative one counted from the end: sum(x, 1),
// sum(x, {0, -1}). A flag does not pass for one.
class Axes : private Shape {
 public:
  Axes() = default;
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) Axes(Number axis) : Shape{static_cast<int64_t>(axis)} {}
  Axes(std::initializer_list<int64_t> axes) : Shape(axes) {}
  template <std::same_as<bool> Flag>
  Axes(std::initializer_list<Flag>) = delete;
  explicit Axes(const std::vector<int64_t>& axes) : Shape(axes) {}

  using Shape::begin, Shape::end, Shape::size, Shape::empty, Shape::push_back, Shape::operator[];
  bool contains(int64_t axis) const { return std::find(begin(), end(), axis) != end(); }

  friend std::ostream& operator<<(std::ostream& out, const Axes& axes) {
    return out << static_cast<const Shape&>(axes);
  }
};

// The rule that the shape of every tensor keeps: no size is negative, and the product of the sizes,
// a 0 counted as 1, is at most this. So numbers of elements, strides and bytes fit 64 bits, also in
// a tensor without elements and in one that repeats a few.
constexpr int64_t kMaxElements = INT64_MAX / 8;

// Number of elements: the product of the sizes, 1 for a scalar. Fails for a shape that breaks the
// rule.
int64_t numel(const Shape& shape);

// Strides, in elements, of a row-major array of a shape that keeps the rule.
Shape contiguous_strides(const Shape& shape);

// Turns an axis in [-axes, axes) into one in [0, axes), or fails.
int normalize_axis(int64_t axis, int axes);
// The same for several, of which none may be given twice.
Axes normalize_axes(const Axes& given, int axes);

// NumPy's broadcasting: aligned at the last axis, sizes must be equal or 1, or it fails.
Shape broadcast_shapes(const Shape& a, const Shape& b);

// True when an array of shape `from` broadcasts to exactly `to`.
bool broadcasts_to(const Shape& from, const Shape& to);

// The strides by which an array of shape `from` is read as one of shape `to`, to which it
// broadcasts: 0 along the axes on which it is repeated.
Shape expand_strides(const Shape& strides, const Shape& from, const Shape& to);

// The axes of `to` along which an array of shape `from` is repeated when it broadcasts to it.
Axes broadcast_axes(const Shape& from, const Shape& to);

// The index of the element that is number `element`, from 0 on, in row-major order.
Shape index_of(int64_t element, Shape shape);

// Replaces one -1 by what the number of elements leaves for it; fails if that cannot be.
Shape infer_shape(const Shape& requested, int64_t elements);

}  // namespace gradian
