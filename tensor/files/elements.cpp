#include "tensor/files/elements.h"

#include <algorithm>
#include <array>
#include <bit>

#include "tensor/files/json.h"

namespace gradian::files {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are read as they are");

struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};
struct Bool {
  uint8_t byte;
};

// Calls body.operator()<T>() with the type of one element as it lies in the file.
template <class Body>
decltype(auto) dispatch_stored(Element element, Body&& body) {
  if (element == Element::f64) return body.template operator()<double>();
  if (element == Element::f32) return body.template operator()<float>();
  if (element == Element::f16) return body.template operator()<Half>();
  if (element == Element::bf16) return body.template operator()<BFloat16>();
  if (element == Element::i64) return body.template operator()<int64_t>();
  if (element == Element::i32) return body.template operator()<int32_t>();
  if (element == Element::i16) return body.template operator()<int16_t>();
  if (element == Element::i8) return body.template operator()<int8_t>();
  if (element == Element::u8) return body.template operator()<uint8_t>();
  return body.template operator()<Bool>();
}

template <class Integer>
int64_t widened(Integer value) {
  return value;
}
int64_t widened(Bool value) { return value.byte != 0; }
float widened(float value) { return value; }
double widened(double value) { return value; }
float widened(BFloat16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }
// 5 bits of exponent, 10 of fraction. As a float's they make a number that is 2^112 times too
// small, denormal ones included; infinities and NaNs need all 8 bits of its exponent.
float widened(Half value) {
  const uint32_t magnitude = value.bits & 0x7fffu, sign = value.bits & 0x8000u;
  const uint32_t bits =
      magnitude >= 0x7c00
          ? magnitude << 13 | 0x7f800000u
          : std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112f);
  return std::bit_cast<float>(bits | sign << 16);
}

template <class T>
T swapped(T value) {
  auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

template <class Stored, class T>
void read_into(const Input& file, int64_t begin, int64_t count, bool big_endian, T* to) {
  const auto size = static_cast<int64_t>(sizeof(Stored));
  if (std::is_same_v<Stored, T> && !big_endian) return file.read(begin, count * size, to);
  constexpr int64_t kAtOnce = 8192;
  std::array<Stored, kAtOnce> chunk;
  for (int64_t done = 0; done < count; done += kAtOnce) {
    const int64_t now = std::min(kAtOnce, count - done);
    file.read(begin + done * size, now * size, chunk.data());
    for (int64_t i = 0; i < now; ++i) {
      const Stored stored = chunk[static_cast<size_t>(i)];
      to[done + i] = widened(big_endian ? swapped(stored) : stored);
    }
  }
}

}  // namespace

DType dtype_of(Element element) {
  return dispatch_stored(
      element, []<class T>() { return gradian::dtype_of<decltype(widened(std::declval<T>()))>(); });
}

Element element_named(const std::string& code, const ElementCodes& known, const std::string& name) {
  std::string expected;
  for (const auto& [each, element] : known) {
    if (each == code) return element;
    expected += (expected.empty() ? "" : ", ") + each;
  }
  fail(name, ": has the dtype ", json_string(code), ", expected one of ", expected);
}

Shape checked_shape(const std::vector<int64_t>& sizes, Element element, int64_t held,
                    const std::string& name) {
  check(sizes.size() <= Shape::kMaxAxes, name, ": has ", sizes.size(), " axes, expected at most ",
        Shape::kMaxAxes);
  const Shape shape(sizes);
  int64_t count = 1;
  bool fits = true;
  for (const int64_t size : shape)
    fits = fits && (size == 0 || !__builtin_mul_overflow(count, size, &count));
  check(fits && count <= kMaxElements, name, ": has too many elements, of shape ", shape);
  const int64_t size = dispatch_stored(element, []<class T>() { return int64_t{sizeof(T)}; });
  const int64_t needed = numel(shape) * size;
  check(held == needed, name, ": holds ", held, " bytes, expected ", needed, ", ", size,
        " for each element of shape ", shape);
  return shape;
}

Tensor read_elements(const Input& file, int64_t begin, Element element, const Shape& shape,
                     bool big_endian) {
  Tensor result = Tensor::empty(shape, dtype_of(element));
  dispatch(result.dtype(), [&]<class T>() {
    dispatch_stored(element, [&]<class Stored>() {
      if constexpr (std::is_same_v<T, decltype(widened(std::declval<Stored>()))>)
        read_into<Stored>(file, begin, result.numel(), big_endian, result.mutable_data<T>());
    });
  });
  return result;
}

std::string_view bytes_of(const Tensor& contiguous) {
  return dispatch(contiguous.dtype(), [&]<class T>() -> std::string_view {
    return {reinterpret_cast<const char*>(contiguous.data<T>()),
            static_cast<size_t>(contiguous.numel()) * sizeof(T)};
  });
}

}  // namespace gradian::files
