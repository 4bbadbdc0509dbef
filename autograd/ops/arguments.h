// What ops, layers, losses and optimisers ask of their arguments.
#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "autograd/variable.h"
#include "tensor/kernels.h"

namespace gradian {

// A constant of x's dtype that broadcasts to any shape. int64 takes whole numbers only.
inline Variable constant(long double value, const Variable& x) {
  return Variable(constant(value, x.value()));
}

// x - mean(x) over the axes (ops/reduction.cpp). The mean is rounded, to a sixteenth near 1e6 in
// float32; so what is left is centred again, by a mean that is small.
Variable centered(const Variable& x, const Axes& axes);

inline void check_floating(const Variable& x) {
  check(is_floating(x.dtype()), "expected float32 or float64, got ", x.dtype());
}

// Of an option, a number: `what` is what errors call it. NaN fails each of them.
inline void check_finite(const char* what, double value) {
  check(std::isfinite(value), what, " must be finite, got ", value);
}
inline void check_positive(const char* what, double value) {
  check(value > 0 && std::isfinite(value), what, " must be positive and finite, got ", value);
}
inline void check_not_negative(const char* what, double value) {
  check(value >= 0 && std::isfinite(value), what, " must be finite and not negative, got ", value);
}

// Fails unless labels is int64 [rows], of any values.
inline void check_labels(const Tensor& labels, int64_t rows) {
  check(labels.defined(), "the labels are undefined");
  check(labels.dtype() == DType::int64, "labels must be int64, got ", labels.dtype());
  check(labels.shape() == Shape{rows}, "expected ", rows, " labels, got shape ", labels.shape());
}

// The same, and that every value is in [0, num_classes), or is `ignore_index` where one is given.
// Of losses and of the margin head, whose kernels index by labels unchecked.
inline void check_labels(const Tensor& labels, int64_t rows, int64_t num_classes,
                         std::optional<int64_t> ignore_index = {}) {
  check_labels(labels, rows);
  const std::vector<int64_t> values = labels.to_vector<int64_t>();
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t label = values[static_cast<size_t>(row)];
    check((label >= 0 && label < num_classes) || label == ignore_index, "label ", label, " at row ",
          row, ", but there are ", num_classes, " classes");
  }
}

// Fails unless `same` is [rows], of any dtype, and says of each whether it is of one class.
inline void check_same(const Tensor& same, int64_t rows) {
  check(same.defined(), "`same` is undefined");
  check(same.shape() == Shape{rows}, "expected `same` [", rows, "], got ", same.shape());
  const std::vector<double> values = same.to_vector<double>();
  for (size_t row = 0; row < values.size(); ++row)
    check(values[row] == 0 || values[row] == 1, "`same` must be 0 or 1, got ", values[row],
          " at row ", row);
}

}  // namespace gradian
