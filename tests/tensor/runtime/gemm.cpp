// The door to BLIS: which kernels run, what a setting of the user's may do, and that no product
// reads memory that is not its own.
#include <doctest/doctest.h>

#include <sys/mman.h>
#include <unistd.h>
#if __has_include(<blis.h>)
#include <blis.h>
#else
#include <blis/blis.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tensor/runtime/gemm.h"
#include "tensor/kernels.h"
#include "tests/child_process.h"

namespace gradian {
namespace {

using namespace runtime;

TEST_CASE("kernels are forced where BLIS would take lesser ones, and nowhere else") {
  struct Case {
    const char* name;
    Processor processor;
    const char* kernels;
  };
  const Case cases[] = {
      {"Zen 5, AVX-512", {"AuthenticAMD", 26, true, true}, "skx"},
      {"Zen 5, AVX-512 hidden by a hypervisor", {"AuthenticAMD", 26, true, false}, "haswell"},
      {"unknown AMD, AVX2 only", {"AuthenticAMD", 27, true, false}, "haswell"},
      {"unknown AMD without AVX2", {"AuthenticAMD", 27, false, false}, ""},
      {"Zen 4, AVX-512", {"AuthenticAMD", 25, true, true}, ""},
      {"Zen 3", {"AuthenticAMD", 25, true, false}, ""},
      {"Zen and Zen 2", {"AuthenticAMD", 23, true, false}, ""},
      {"Intel, AVX-512, whatever its name", {"GenuineIntel", 6, true, true}, "skx"},
      {"Intel, AVX2", {"GenuineIntel", 6, true, false}, ""},
      {"Intel without AVX2", {"GenuineIntel", 6, false, false}, ""},
      {"other vendor, AVX2", {"HygonGenuine", 24, true, false}, "haswell"},
      {"other vendor, AVX-512", {"CentaurHauls", 7, true, true}, "skx"},
      {"other vendor without AVX2", {"CentaurHauls", 6, false, false}, ""},
      {"not x86", {}, ""},
  };
  for (const Case& c : cases) {
    INFO(text(c.name));
    CHECK(kernels_to_force(c.processor) == c.kernels);
  }
}

TEST_CASE("the processor is the one that the system names") {
  std::ifstream file("/proc/cpuinfo");
  const std::string information{std::istreambuf_iterator<char>(file), {}};
  const auto field = [&](const std::string& name) {
    const size_t at = information.find(name + "\t");
    if (at == std::string::npos) return std::string();
    const size_t value = information.find(": ", at) + 2;
    return information.substr(value, information.find('\n', value) - value);
  };
  const Processor processor = this_processor();
  if (processor.vendor.empty() || field("vendor_id").empty() || test::emulator()) return;
  CHECK(processor.vendor == field("vendor_id"));
  CHECK(std::to_string(processor.family) == field("cpu family"));
}

TEST_CASE("BLIS runs the best kernels for the vectors of the processor") {
  const Processor processor = this_processor();
  if (!processor.avx2_fma || std::getenv("BLIS_ARCH_TYPE")) return;
  const std::string forced = kernels_to_force(processor), kernels = blis_kernels();
  CAPTURE(kernels);
  if (forced.empty())
    CHECK(kernels != "generic");
  else
    CHECK(kernels == forced);
}

// The first use of BLIS in a process of its own: prints which kernels run and the setting that the
// children of the process would see.
TEST_CASE("print the kernels" * doctest::skip()) {
  std::printf("%s runs, ", blis_kernels().c_str());
  const Tensor ones = Tensor::ones({20, 40});  // a product for BLIS, not for simd::by_panels
  std::printf("product %g, ", matmul(ones, ones.transpose(0, 1)).at({3, 4}));
  const char* setting = std::getenv("BLIS_ARCH_TYPE");
  std::printf("setting %s\n", setting ? setting : "none");
}

bool kernels_printed(const std::string& setting, const std::string& expected) {
  const test::Ended ended =
      test::run_case_in_new_process("print the kernels", {{"BLIS_ARCH_TYPE", setting}});
  const bool found = ended.output.find(expected) != std::string::npos;
  if (!found) MESSAGE(ended.how << ": " << ended.output);
  return found;
}

TEST_CASE("the first question to BLIS may be which kernels run, and no setting is left behind") {
  if (std::getenv("BLIS_ARCH_TYPE")) return;
  const test::Ended ended = test::run_case_in_new_process("print the kernels");
  CHECK(ended.output.find(blis_kernels() + " runs, product 40, setting none") != std::string::npos);
}

#ifdef BLIS_CONFIG_GENERIC
TEST_CASE("a user's BLIS_ARCH_TYPE is obeyed and stays") {
  const std::string generic = text(static_cast<int>(BLIS_ARCH_GENERIC));
  CHECK(kernels_printed(generic, "generic runs, product 40, setting " + generic));
  CHECK(kernels_printed("-1", "product 40, setting -1"));
}
#endif

#ifdef __x86_64__
TEST_CASE("a BLIS_ARCH_TYPE that BLIS or the processor cannot do is an error with the choices") {
  const char* const start =
      "BLIS_ARCH_TYPE must be the number of kernels that BLIS has and this processor runs, ";
  for (const char* bad : {"", "abc", "haswell", "99", "-2", "3x", "99999999999"}) {
    CAPTURE(bad);
    CHECK(kernels_printed(bad, start));
    CHECK(kernels_printed(bad, text("got '", bad, "'")));
  }
#ifndef BLIS_CONFIG_KNC
  CHECK(kernels_printed(text(static_cast<int>(BLIS_ARCH_KNC)), start));
#endif
#ifdef BLIS_CONFIG_BULLDOZER
  if (!__builtin_cpu_supports("fma4"))
    CHECK(kernels_printed(text(static_cast<int>(BLIS_ARCH_BULLDOZER)), start));
#endif
}
#endif

// Memory that ends where no access is allowed.
class Guarded {
 public:
  Guarded() {
    char* const begin = static_cast<char*>(
        mmap(nullptr, kSize + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    check(begin != MAP_FAILED && mprotect(begin + kSize, page_, PROT_NONE) == 0, "no memory");
    end_ = begin + kSize;
  }
  // Zeros, with as many bytes behind them as gemm() asks for.
  template <class T>
  T* last(int64_t count) const {
    constexpr size_t kSlack = 8;
    T* const first = reinterpret_cast<T*>(end_ - kSlack - static_cast<size_t>(count) * sizeof(T));
    std::fill_n(first, count, T(0));
    return first;
  }

 private:
  static constexpr size_t kSize = size_t{1} << 20;  // a multiple of any page
  const size_t page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  char* end_;
};

// Multiplies matrices that end before the guard, a and b as they are or transposed, with rows that
// follow each other or are `gap` apart.
template <class T>
void multiply_before_guards(int64_t rows, int64_t columns, int64_t inner, int64_t gap) {
  static const Guarded a, b, c;
  const auto extent = [gap](int64_t lines, int64_t length) {
    return (lines - 1) * (length + gap) + length;
  };
  for (const bool a_transposed : {false, true})
    for (const bool b_transposed : {false, true})
      for (const bool c_transposed : {false, true}) {
        const int64_t a_line = (a_transposed ? rows : inner) + gap;
        const int64_t b_line = (b_transposed ? inner : columns) + gap;
        const int64_t c_line = c_transposed ? rows : columns;
        gemm<T>(rows, columns, inner,  //
                a.last<T>(a_transposed ? extent(inner, rows) : extent(rows, inner)),
                a_transposed ? 1 : a_line, a_transposed ? a_line : 1,
                b.last<T>(b_transposed ? extent(columns, inner) : extent(inner, columns)),
                b_transposed ? 1 : b_line, b_transposed ? b_line : 1,  //
                c.last<T>(rows * columns), c_transposed ? 1 : c_line, c_transposed ? c_line : 1,
                /*accumulate=*/true);
      }
}

TEST_CASE("a product reads no more than 8 bytes behind its operands") {
  const test::Ended ended = test::run_in_child([] {
    for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17, 31, 40, 64})
      for (const int64_t columns : {1, 2, 3, 4, 6, 7, 8, 16, 17, 24, 33, 64})
        for (const int64_t inner : {1, 2, 7, 8, 9, 64, 129, 300})
          for (const int64_t gap : {0, 1, 37}) {
            multiply_before_guards<float>(rows, columns, inner, gap);
            multiply_before_guards<double>(rows, columns, inner, gap);
          }
  });
  CHECK(ended.output == "");
  CHECK(ended.how == "exit 0");
}

}  // namespace
}  // namespace gradian
