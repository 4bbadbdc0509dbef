// Short makers of what the rows of tensors are called with. They are functions where braces would
// do, so that a row stays on its line.
#pragma once

#include "tests/misuse/misuse.h"

namespace gradian::misuse {

constexpr int64_t kHuge = int64_t{1} << 40;  // two of them are too many elements
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr auto kNoDType = static_cast<DType>(7);

template <class... Sizes>
Shape sizes(Sizes... each) {
  return {static_cast<int64_t>(each)...};
}

// Zeros: of float32, float64 and int64.
template <class... Sizes>
Tensor floats(Sizes... each) {
  return Tensor::zeros(sizes(each...));
}
template <class... Sizes>
Tensor doubles(Sizes... each) {
  return Tensor::zeros(sizes(each...), DType::float64);
}
template <class... Sizes>
Tensor integers(Sizes... each) {
  return Tensor::zeros(sizes(each...), DType::int64);
}

// [2^40] float32 that are one: what makes a tensor of its own from it needs 4398 GB.
inline Tensor endless() { return floats(1).expand(sizes(kHuge)); }

// Calls that hand an undefined tensor to the function of this name.
struct Use {
  const char* function;
  std::function<void()> call;
};
inline void add_undefined(Rows& rows, const std::vector<Use>& uses) {
  for (const Use& use : uses)
    rows.push_back({use.call, text(use.function, ": the tensor is undefined")});
}

inline void append(Rows& rows, Rows more) {
  for (test::ErrorCase& row : more) rows.push_back(std::move(row));
}

}  // namespace gradian::misuse
