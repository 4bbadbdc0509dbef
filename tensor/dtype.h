// Element types are run-time values: float32 trains, float64 checks gradients, int64 holds labels
// and indices. Templates live inside kernels, behind the two dispatchers below. There is no
// implicit promotion: a kernel that gets two dtypes fails and names both.
#pragma once

#include <cstdint>
#include <ostream>
#include <type_traits>

#include "tensor/error.h"

namespace gradian {

enum class DType { float32, float64, int64 };

// Fails for a number that was made a DType and is none of the three.
inline void check_known(DType dtype) {
  check_in("check_known", DType::float32 <= dtype && dtype <= DType::int64,
           "expected float32, float64 or int64, got a dtype of number ", static_cast<int>(dtype));
}

inline const char* name(DType dtype) {
  const Calling calling("name");
  check_known(dtype);
  constexpr const char* names[] = {"float32", "float64", "int64"};
  return names[static_cast<size_t>(dtype)];
}

inline std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name(dtype); }

inline int64_t element_size(DType dtype) { return dtype == DType::float32 ? 4 : 8; }

inline bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

template <class T>
constexpr DType dtype_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, int64_t>,
                "Gradian tensors hold float, double or int64_t");
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  if constexpr (std::is_same_v<T, double>) return DType::float64;
  return DType::int64;
}

// Calls body.operator()<T>() with the C++ type of `dtype`.
template <class Body>
decltype(auto) dispatch(DType dtype, Body&& body) {
  if (dtype == DType::float32) return body.template operator()<float>();
  if (dtype == DType::float64) return body.template operator()<double>();
  return body.template operator()<int64_t>();
}

// The same for float32 and float64 only.
template <class Body>
decltype(auto) dispatch_floating(DType dtype, Body&& body) {
  check(is_floating(dtype), "expected float32 or float64, got ", dtype);
  if (dtype == DType::float32) return body.template operator()<float>();
  return body.template operator()<double>();
}

}  // namespace gradian
