// Arguments of every type that the library's functions take, made of bytes: small ones that often
// go together, and some that no function can take. A call on what is made here ends soon and takes
// little memory, or is refused.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "autograd/ops.h"
#include "losses/cross_entropy.h"

namespace gradian::fuzz {

// What an Operand, which only refers to its array, is made of in a call.
template <class Array>
struct ArrayOrNumber {
  Array array;
  std::optional<double> number;
  operator Operand<Array>() const { return number ? Operand<Array>(*number) : array; }
};

class Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  // From 0 to count - 1, for a count up to 256; 0 when there are no bytes left.
  size_t below(size_t count);
  bool one_in(size_t count) { return below(count) == 1; }

  // An argument of this type.
  template <class T>
  T make();

  // A result, to be an argument of later calls.
  void remember(const Variable& result) { results_.push_back(result); }

 private:
  int64_t whole(int64_t low, int64_t high);
  DType dtype();
  Shape sizes();
  Shape related(Shape shape);
  Pair pair(int64_t low);
  Tensor tensor(DType dtype);
  Tensor viewed(const Tensor& x);

  std::string_view bytes_;
  std::vector<Variable> results_;
  // Of the latest tensor: the next one may go with it.
  std::optional<Shape> last_;
  DType dtype_ = DType::float32;
};

}  // namespace gradian::fuzz
