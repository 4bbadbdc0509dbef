// How bytes become arguments. Large numbers are so large that no array may be asked for them.
#include "tests/fuzz/source.h"

#include <algorithm>
#include <climits>
#include <iterator>
#include <limits>

namespace gradian::fuzz {
namespace {

constexpr int64_t kLargestNumel = 1024;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// The first ten are harmless. float32 holds them all, or its nearest.
constexpr double kNumbers[] = {0,   1,    -1,    0.5,  -0.5,  2,    3,     1e-5, -0.0,
                               0.1, 1e30, -1e30, -2.5, 1e-30, kInf, -kInf, kNan};

}  // namespace

size_t Source::below(size_t count) {
  if (bytes_.empty()) return 0;
  const auto byte = static_cast<unsigned char>(bytes_.front());
  bytes_.remove_prefix(1);
  return byte % count;
}

// Now and then one that is far outside.
int64_t Source::whole(int64_t low, int64_t high) {
  constexpr int64_t kOutside[] = {INT64_MIN, INT64_MAX, INT64_MAX / 2, INT64_MIN + 1};
  const size_t inside = static_cast<size_t>(high - low + 1);
  const size_t choice = below(256);
  return choice < 4 && !bytes_.empty() ? kOutside[choice]
                                       : low + static_cast<int64_t>(choice % inside);
}

// Mostly the one before.
DType Source::dtype() {
  constexpr DType kTypes[] = {DType::float32, DType::float64, DType::int64};
  if (one_in(4)) dtype_ = kTypes[below(std::size(kTypes))];
  return dtype_;
}

// What goes with a tensor of this shape: the same, one that broadcasts, a row, a transposed one, a
// weight of as many columns, a kernel for images.
Shape Source::related(Shape shape) {
  const int axes = shape.size();
  if (axes == 0) return shape;
  const int axis = static_cast<int>(below(static_cast<size_t>(axes)));
  switch (below(10)) {
    case 1:
      shape[axis] = 1;
      return shape;
    case 2:
      shape.erase(axis);
      return shape;
    case 3:
      return {shape[axis]};
    case 4:
      std::reverse(shape.begin(), shape.end());
      return shape;
    case 5:
      shape[0] = whole(1, 5);
      return numel(shape) <= kLargestNumel ? shape : Shape{};
    case 6:
      return axes == 4 ? Shape{whole(1, 5), shape[1], std::min<int64_t>(shape[2], 3),
                               std::min<int64_t>(shape[3], 3)}
                       : shape;
    default:
      return shape;
  }
}

Shape Source::sizes() {
  if (last_ && !one_in(4)) return related(*last_);
  constexpr int kAxes[] = {2, 4, 1, 3, 4, 0, 2, 8};
  constexpr int64_t kSizes[] = {1, 2, 3, 4, 5, 0, 7, 8, 9, 16, 17, 33};
  Shape shape;
  int64_t numel = 1;
  for (int axes = kAxes[below(std::size(kAxes))]; axes > 0; --axes) {
    const int64_t size = kSizes[below(std::size(kSizes))];
    shape.push_back(numel * size <= kLargestNumel ? size : 1);
    numel *= std::max<int64_t>(shape.back(), 1);
  }
  return shape;
}

// Of the same numbers in another order of memory.
Tensor Source::viewed(const Tensor& x) {
  switch (below(8)) {
    case 1:
      return x.dim() >= 2 ? x.transpose(0, -1).contiguous().transpose(0, -1) : x;
    case 2:
      return x.dim() >= 1 ? x.flip({-1}) : x;
    case 3:
      return x.unsqueeze(x.dim())
          .expand([&] {
            Shape shape = x.shape();
            shape.push_back(2);
            return shape;
          }())
          .select(x.dim(), 1);
    case 4:
      return x.dim() >= 1 ? x.slice(0, 0, kEnd, 2) : x;
    case 5:
      return x.dim() >= 2 ? x.transpose(-1, -2) : x;
    default:
      return x;
  }
}

Tensor Source::tensor(DType dtype) {
  if (one_in(64)) return {};
  const Shape shape = sizes();
  Tensor x = Tensor::zeros(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    T* const values = x.mutable_data<T>();
    const size_t first = below(256), last = one_in(4) ? std::size(kNumbers) : 10;
    for (int64_t i = 0; i < x.numel(); ++i) {
      const size_t place = first + 7 * static_cast<size_t>(i);
      if constexpr (std::is_integral_v<T>)
        values[i] = static_cast<T>(place % 4) - (first % 32 == 0 && i == 0);
      else
        values[i] = static_cast<T>(kNumbers[place % last]);
    }
  });
  Tensor view = viewed(x);
  last_ = view.shape();
  return view;
}

template <>
Tensor Source::make<Tensor>() {
  if (!results_.empty() && one_in(4)) return results_[below(results_.size())].value();
  return tensor(one_in(3) ? DType::int64 : dtype());  // labels, indices
}

template <>
Variable Source::make<Variable>() {
  if (!results_.empty() && one_in(2)) return results_[below(results_.size())];
  const Tensor value = tensor(dtype());
  if (!value.defined()) return {};
  return Variable(value, is_floating(value.dtype()) && !one_in(4));
}

template <>
bool Source::make<bool>() {
  return one_in(2);
}

template <>
double Source::make<double>() {
  return one_in(32) ? 1e300 : kNumbers[below(std::size(kNumbers))];
}

template <>
std::optional<double> Source::make<std::optional<double>>() {
  return one_in(4) ? std::nullopt : std::optional(make<double>());
}

template <>
int64_t Source::make<int64_t>() {
  return whole(-3, 8);
}

template <>
int Source::make<int>() {
  return static_cast<int>(std::clamp<int64_t>(whole(-3, 4), INT_MIN, INT_MAX));
}

template <>
DType Source::make<DType>() {
  return dtype();
}

template <>
Shape Source::make<Shape>() {
  if (!one_in(3)) return sizes();
  Shape shape;
  for (size_t axes = below(5); axes > 0; --axes) shape.push_back(whole(-1, 5));
  return shape;
}

template <>
Axes Source::make<Axes>() {
  Axes axes;
  for (size_t count = below(4); count > 0; --count) axes.push_back(whole(-3, 3));
  return axes;
}

template <>
Pair Source::make<Pair>() {
  return pair(0);
}

Pair Source::pair(int64_t low) {
  if (one_in(16)) low = -1;
  const int64_t height = whole(low, 3);
  return one_in(2) ? Pair(height, whole(low, 3)) : Pair(height);
}

template <>
Conv2dOptions Source::make<Conv2dOptions>() {
  Conv2dOptions options;
  if (one_in(2)) options.stride = pair(1);
  if (one_in(2)) options.padding = pair(0);
  if (one_in(4)) options.dilation = pair(1);
  if (one_in(4)) options.groups = whole(0, 4);
  return options;
}

template <>
Pool2dOptions Source::make<Pool2dOptions>() {
  Pool2dOptions options{.kernel = pair(1)};
  if (one_in(2)) options.stride = pair(1);
  if (one_in(4)) options.padding = pair(0);
  if (one_in(4)) options.dilation = pair(1);
  options.ceil_mode = make<bool>();
  return options;
}

template <>
ArrayOrNumber<Tensor> Source::make<ArrayOrNumber<Tensor>>() {
  if (one_in(4)) return {{}, make<double>()};
  return {make<Tensor>(), std::nullopt};
}

template <>
ArrayOrNumber<Variable> Source::make<ArrayOrNumber<Variable>>() {
  if (one_in(4)) return {{}, make<double>()};
  return {make<Variable>(), std::nullopt};
}

template <>
std::vector<Tensor> Source::make<std::vector<Tensor>>() {
  std::vector<Tensor> list;
  for (size_t count = below(4); count > 0; --count) list.push_back(make<Tensor>());
  return list;
}

template <>
std::vector<Variable> Source::make<std::vector<Variable>>() {
  std::vector<Variable> list;
  for (size_t count = below(4); count > 0; --count) list.push_back(make<Variable>());
  return list;
}

// Right and wrong ones.
template <>
MarginFunction Source::make<MarginFunction>() {
  switch (below(5)) {
    case 1:
      return {};
    case 2:
      return [](const Variable& cosines) { return sum(cosines); };
    case 3:
      return [](const Variable& cosines) { return log(cosines); };
    default:
      return [](const Variable& cosines) { return cosines - 0.5; };
  }
}

template <>
BatchStatistics* Source::make<BatchStatistics*>() {
  static BatchStatistics statistics;
  return one_in(2) ? &statistics : nullptr;
}

template <>
LossOptions Source::make<LossOptions>() {
  return {static_cast<Reduction>(below(3))};
}

template <>
CrossEntropyOptions Source::make<CrossEntropyOptions>() {
  CrossEntropyOptions options;
  if (one_in(4)) options.weight = make<Tensor>();
  if (one_in(4)) options.ignore_index = whole(-2, 4);
  if (one_in(4)) options.label_smoothing = make<double>();
  options.reduction = static_cast<Reduction>(below(3));
  return options;
}

}  // namespace gradian::fuzz
