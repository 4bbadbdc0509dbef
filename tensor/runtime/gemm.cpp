#include "tensor/runtime/gemm.h"

#if __has_include(<blis.h>)
#include <blis.h>
#else
#include <blis/blis.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <vector>

#include "tensor/error.h"
#include "tensor/runtime/memory.h"
#include "tensor/simd/panel_product.h"

namespace gradian::runtime {
namespace {

// A kernel set. The numbers, by which BLIS_ARCH_TYPE asks for one, differ between versions of BLIS.
struct KernelSet {
  bool built;  // into this BLIS
  arch_t id;
  bool runs;  // on this processor
  std::string name() const { return bli_arch_string(id); }
};

// The first two members. BLIS defines BLIS_CONFIG_SKX as nothing where it has those kernels.
#define GRADIAN_TEXT(macro) #macro
#define GRADIAN_IS_EMPTY(macro) (sizeof GRADIAN_TEXT(macro) == 1)
#define GRADIAN_KERNELS(NAME) GRADIAN_IS_EMPTY(BLIS_CONFIG_##NAME), BLIS_ARCH_##NAME

// Empty where the processor is not known to us; BLIS then checks a setting by itself.
std::vector<KernelSet> kernel_sets() {
#if defined(__x86_64__)
  const Processor processor = this_processor();
  const bool ssse3 = __builtin_cpu_supports("ssse3"), avx = __builtin_cpu_supports("avx"),
             fma = avx && __builtin_cpu_supports("fma"), fma4 = __builtin_cpu_supports("fma4");
  std::vector<KernelSet> sets = {
      {GRADIAN_KERNELS(SKX), processor.avx512},    {GRADIAN_KERNELS(HASWELL), processor.avx2_fma},
      {GRADIAN_KERNELS(SANDYBRIDGE), avx},         {GRADIAN_KERNELS(PENRYN), ssse3},
      {GRADIAN_KERNELS(ZEN3), processor.avx2_fma}, {GRADIAN_KERNELS(ZEN2), processor.avx2_fma},
      {GRADIAN_KERNELS(ZEN), processor.avx2_fma},  {GRADIAN_KERNELS(EXCAVATOR), fma},
      {GRADIAN_KERNELS(STEAMROLLER), fma},         {GRADIAN_KERNELS(PILEDRIVER), fma},
      {GRADIAN_KERNELS(BULLDOZER), fma4},          {GRADIAN_KERNELS(GENERIC), true}};
  std::erase_if(sets, [](const KernelSet& set) { return !set.built; });
  return sets;
#else
  return {};
#endif
}

// What BLIS does with a wrong setting it does to the process: it aborts, runs instructions that the
// processor lacks, or takes a text that is no number as 0.
void check_setting(const std::string& setting) {
  const std::vector<KernelSet> sets = kernel_sets();
  if (sets.empty()) return;
  int number = 0;
  const char* const end = setting.data() + setting.size();
  const auto [rest, error] = std::from_chars(setting.data(), end, number);
  const bool whole = error == std::errc() && rest == end;
  if (whole && number == -1) return;  // BLIS's word for its own choice
  std::string choices;
  for (const KernelSet& set : sets) {
    if (!set.runs) continue;
    if (whole && number == static_cast<int>(set.id)) return;
    choices += text(choices.empty() ? "" : ", ", static_cast<int>(set.id), " (", set.name(), ")");
  }
  fail(
      "the environment's BLIS_ARCH_TYPE must be the number of kernels that BLIS has and this "
      "processor runs, ",
      choices, ", got '", setting, "'");
}

// BLIS reads BLIS_ARCH_TYPE once, at its start, and takes no other word for its choice of kernels.
void initialise_blis() {
  const char* const variable = "BLIS_ARCH_TYPE";
  const char* const setting = std::getenv(variable);
  bool forced = false;
  if (setting) {
    check_setting(setting);
  } else {
    const std::string wanted = kernels_to_force(this_processor());
    for (const KernelSet& set : kernel_sets())
      if (set.runs && set.name() == wanted) {
        setenv(variable, std::to_string(static_cast<int>(set.id)).c_str(), /*overwrite=*/1);
        forced = true;
      }
  }
  bli_init();
  bli_arch_query_id();             // has read the setting when it returns,
  if (forced) unsetenv(variable);  // which the children of this process are not to see
}

// Initialises BLIS when it is called first, which every use of BLIS has to begin with. Returns the
// run-time object that tells BLIS to stay in the calling thread, and to use its kernels for small
// products, which BLIS 0.9 leaves off in the object that it initialises.
const rntm_t& single_thread() {
  static const rntm_t runtime = [] {
    initialise_blis();
    rntm_t made;
    bli_rntm_init_from_global(&made);
    bli_rntm_set_num_threads(1, &made);
    bli_rntm_enable_l3_sup(&made);
    return made;
  }();
  return runtime;
}

// BLIS 0.9's kernels for small products of floats, where these are dot products of rows of a and
// columns of b, take rows by threes, a row that is left by itself, and with it one row further:
// past the end of a, for nothing. BLIS 1.1 does not.
template <class T>
bool reads_a_row_ahead() {
  static const bool old = std::strncmp(bli_info_get_version_str(), "0.", 2) == 0;
  return old && std::is_same_v<T, float>;
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
  if (c_row_stride < c_column_stride)  // BLIS would compute the transposed product, too
    return gemm(columns, rows, inner, b, b_column_stride, b_row_stride, a, a_column_stride,
                a_row_stride, c, c_column_stride, c_row_stride, accumulate);
  rntm_t runtime = single_thread();
  if (c_column_stride == 1 && simd::by_panels<T>(rows, columns, inner, a_row_stride,
                                                 a_column_stride, b_row_stride, b_column_stride)) {
    const Storage room(sizeof(T) * size_t(simd::panel_of<T> * (rows + inner)));
    return simd::multiply_by_panels(rows, columns, inner, a, a_row_stride, a_column_stride, b,
                                    b_row_stride, b_column_stride, c, c_row_stride, accumulate,
                                    reinterpret_cast<T*>(room.data()));
  }
  const bool ahead = reads_a_row_ahead<T>();
  // From the only row, or column, a stride leads just to the one read ahead: 8 bytes are allowed.
  if (ahead && rows == 1) a_row_stride = 2;
  if (ahead && columns == 1) b_column_stride = 2;
  T one = 1, beta = accumulate ? 1 : 0;
  const auto multiply_rows = [&](int64_t first, int64_t count) {
    const auto call = [&](auto* blis_gemm) {
      blis_gemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, count, columns, inner, &one,
                const_cast<T*>(a) + first * a_row_stride, a_row_stride, a_column_stride,
                const_cast<T*>(b), b_row_stride, b_column_stride,  //
                &beta, c + first * c_row_stride, c_row_stride, c_column_stride, nullptr, &runtime);
    };
    if constexpr (std::is_same_v<T, float>)
      call(bli_sgemm_ex);
    else
      call(bli_dgemm_ex);
  };
  // Two and two rows where three and one would read ahead.
  if (ahead && rows > 1 && rows % 3 == 1 && a_column_stride == 1 && b_row_stride == 1) {
    multiply_rows(0, rows - 2);
    multiply_rows(rows - 2, 2);
  } else {
    multiply_rows(0, rows);
  }
}

template void gemm(int64_t, int64_t, int64_t, const float*, int64_t, int64_t, const float*, int64_t,
                   int64_t, float*, int64_t, int64_t, bool);
template void gemm(int64_t, int64_t, int64_t, const double*, int64_t, int64_t, const double*,
                   int64_t, int64_t, double*, int64_t, int64_t, bool);

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
  processor.family =
      static_cast<int>(base_family == 15 ? base_family + extended_family : base_family);
  // These ask the operating system too: registers that it does not save are of no use.
  processor.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  processor.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
  return processor;
}

std::string kernels_to_force(const Processor& p) {
  const bool has_zen_kernels = p.vendor == "AuthenticAMD" && p.family <= 25;
  if (has_zen_kernels) return "";
  if (p.avx512) return "skx";
  if (p.avx2_fma && p.vendor != "GenuineIntel") return "haswell";
  return "";
}

}  // namespace gradian::runtime

std::string gradian::blis_kernels() {
  runtime::single_thread();
  return bli_arch_string(bli_arch_query_id());
}
