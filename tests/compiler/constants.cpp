// Ends with 0 when the compiler keeps constant arrays, with 1 when it loses them. The Makefile
// compiles and runs this with the flags it means to use; see build/machine.flags there.
//
// g++ 12.2 with -O2 for a processor with AVX-512 copies 32 constant bytes whose second half is zero
// by broadcasting the first value, so that {1, 1, 0, 0} arrives as {1, 1, 1, 1}.
#include <cstdint>
#include <cstdlib>
#include <cstring>

template <class T>
__attribute__((noinline)) bool is(const T* values, T a, T b, T c, T d) {
  return values[0] == a && values[1] == b && values[2] == c && values[3] == d;
}

template <class T, int a, int b, int c, int d>
__attribute__((noinline)) bool kept() {
  const T constant[4] = {a, b, c, d};
  T* const copy = static_cast<T*>(std::malloc(sizeof constant));
  std::memcpy(copy, constant, sizeof constant);
  const bool same = is<T>(copy, a, b, c, d);
  std::free(copy);
  return same;
}

template <class T>
bool all_kept() {
  return kept<T, 1, 1, 0, 0>() && kept<T, 2, 2, 0, 0>() && kept<T, 1, 0, 0, 0>() &&
         kept<T, -1, -1, 0, 0>() && kept<T, 3, 3, -1, -1>() && kept<T, 0, 0, 1, 1>();
}

int main() { return all_kept<double>() && all_kept<int64_t>() && all_kept<float>() ? 0 : 1; }
