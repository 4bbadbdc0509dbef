// Lines that someone who knows PyTorch writes at the first try: each with its value, which is
// PyTorch's, or with what refuses it. A new line goes into the file of its topic:
//   is(line, {values in row-major order});
//   throws([] { line; }, "the whole text");
//   static_assert(!compiles<Variable>([](auto x) -> decltype(line) { throw 0; }));
#pragma once

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

#include "tests/helpers.h"

namespace gradian::test {

inline std::vector<double> values_of(const Tensor& x) { return x.to_vector<double>(); }
inline std::vector<double> values_of(const Variable& x) { return values_of(x.value()); }
inline std::vector<double> values_of(const Shape& x) { return {x.begin(), x.end()}; }
inline std::vector<double> values_of(double x) { return {x}; }

// To the last digits of float32, in which most lines compute; as PyTorch's were written down.
template <class Result>
void is(const Result& result, const std::vector<double>& expected, int line = __builtin_LINE()) {
  CAPTURE(line);
  const std::vector<double> values = values_of(result);
  REQUIRE(values.size() == expected.size());
  for (size_t i = 0; i < values.size(); ++i)
    CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

inline void throws(const std::function<void()>& call, const std::string& text,
                   int line = __builtin_LINE()) {
  CAPTURE(line);
  CHECK(error_of(call) == text);
}

template <class... Arguments, class Line>
constexpr bool compiles(Line) {
  return std::is_invocable_v<Line, Arguments...>;
}

}  // namespace gradian::test
