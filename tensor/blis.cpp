#include "tensor/blis.h"

#if __has_include(<blis.h>)
#include <blis.h>
#else
#include <blis/blis.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <cstdlib>
#include <cstring>
#include <mutex>

#include "tensor/error.h"

namespace gradian {
namespace {

// Must run before the first call into BLIS, which reads BLIS_ARCH_TYPE once. A user's own setting
// stands.
void choose_kernels() {
  static std::once_flag once;
  std::call_once(once, [] {
    const std::string kernels = kernels_to_force(this_processor());
    if (kernels.empty()) return;
    const int id = kernels == "skx" ? BLIS_ARCH_SKX : BLIS_ARCH_HASWELL;
    setenv("BLIS_ARCH_TYPE", std::to_string(id).c_str(), /*overwrite=*/0);
  });
}

// A run-time object that tells BLIS to stay in the calling thread.
rntm_t single_thread() {
  rntm_t runtime;
  bli_rntm_init(&runtime);
  bli_rntm_set_num_threads(1, &runtime);
  return runtime;
}

}  // namespace

template <class T>
void gemm(int64_t rows, int64_t columns, int64_t inner, const T* a, int64_t a_row_stride,
          int64_t a_column_stride, const T* b, int64_t b_row_stride, int64_t b_column_stride, T* c,
          int64_t c_row_stride, int64_t c_column_stride, bool accumulate) {
  if (rows == 0 || columns == 0) return;
  if (inner == 0) {  // an empty sum
    for (int64_t i = 0; i < rows && !accumulate; ++i)
      for (int64_t j = 0; j < columns; ++j) c[i * c_row_stride + j * c_column_stride] = 0;
    return;
  }
  choose_kernels();
  rntm_t runtime = single_thread();
  T one = 1, beta = accumulate ? 1 : 0;
  const auto call = [&](auto* blis_gemm) {
    blis_gemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, rows, columns, inner, &one, const_cast<T*>(a),
              a_row_stride, a_column_stride,                     //
              const_cast<T*>(b), b_row_stride, b_column_stride,  //
              &beta, c, c_row_stride, c_column_stride, nullptr, &runtime);
  };
  if constexpr (sizeof(T) == sizeof(float))
    call(bli_sgemm_ex);
  else
    call(bli_dgemm_ex);
}

template void gemm(int64_t, int64_t, int64_t, const float*, int64_t, int64_t, const float*, int64_t,
                   int64_t, float*, int64_t, int64_t, bool);
template void gemm(int64_t, int64_t, int64_t, const double*, int64_t, int64_t, const double*,
                   int64_t, int64_t, double*, int64_t, int64_t, bool);

std::string blis_kernels() {
  choose_kernels();
  return bli_arch_string(bli_arch_query_id());
}

Processor this_processor() {
  Processor processor;
#if defined(__x86_64__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  __get_cpuid(0, &eax, &ebx, &ecx, &edx);
  char vendor[13] = {};
  std::memcpy(vendor, &ebx, 4), std::memcpy(vendor + 4, &edx, 4), std::memcpy(vendor + 8, &ecx, 4);
  processor.vendor = vendor;
  __get_cpuid(1, &eax, &ebx, &ecx, &edx);
  const unsigned base_family = eax >> 8 & 15, extended_family = eax >> 20 & 255;
  const unsigned base_model = eax >> 4 & 15, extended_model = eax >> 16 & 15;
  processor.family =
      static_cast<int>(base_family == 15 ? base_family + extended_family : base_family);
  processor.model = static_cast<int>(base_model | extended_model << 4);
  // These ask the operating system too: registers that it does not save are of no use.
  processor.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  processor.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
  return processor;
}

std::string kernels_to_force(const Processor& p) {
  const bool known_zen3 =
      p.family == 25 && (p.model <= 0x0f || (p.model >= 0x20 && p.model <= 0x5f));
  const bool known =
      p.vendor == "GenuineIntel" || (p.vendor == "AuthenticAMD" && (p.family <= 23 || known_zen3));
  if (known) return "";
  if (p.avx512) return "skx";
  if (p.avx2_fma) return "haswell";
  return "";
}

}  // namespace gradian
