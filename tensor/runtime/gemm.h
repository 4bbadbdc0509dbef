// One single-threaded matrix product, the only door to BLIS, and the choice of BLIS's kernels.
// Splitting work over threads and batches is matmul.cpp's business.
#pragma once

#include <cstdint>
#include <string>

namespace gradian {

// Name of the kernel set in use, as BLIS names it: "zen3", "skx", "haswell", "generic", ...
std::string blis_kernels();

namespace runtime {

// c = a x b (+ c when accumulate), with any positive strides in elements:
//   [rows, columns] = [rows, inner] x [inner, columns]
// Runs in the calling thread, by BLIS or, where that is faster, by simd::multiply_by_panels. T is
// float or double. May read up to 8 bytes behind each matrix, which a Storage has. Throws Error
// when the environment's BLIS_ARCH_TYPE, which BLIS obeys, cannot be.
template <class T>
void gemm(int64_t rows, int64_t columns, int64_t inner,               //
          const T* a, int64_t a_row_stride, int64_t a_column_stride,  //
          const T* b, int64_t b_row_stride, int64_t b_column_stride,  //
          T* c, int64_t c_row_stride, int64_t c_column_stride, bool accumulate);

// What the processor can do, as far as the choice of kernels asks.
struct Processor {
  std::string vendor;     // cpuid's text, such as "AuthenticAMD"
  int family = 0;         // AMD's Zen 3 and 4 are 25, Zen 5 is 26
  bool avx2_fma = false;  // AVX2 and FMA3, usable under this operating system
  bool avx512 = false;    // AVX-512 F, DQ, BW and VL
};
Processor this_processor();

// The kernel set that BLIS is made to take, "skx" (AVX-512) or "haswell" (AVX2), or "" where its
// own choice is as good. Versions 0.9 and 1.1
// - have kernels for AMD's families up to 25. On Zen 4, which halves vectors of 512 bits, they are
//   no slower than others: 105 GFLOP/s a core in sgemm 2000^3, haswell 105, skx 99;
// - have only the generic ones for later families and other vendors: 34 GFLOP/s a core on Zen 5,
//   haswell 100, skx 156 to 184;
// - know Intel's AVX-512 by the brand string alone. Where they cannot read it, as on most cloud
//   machines, they take haswell: 203 GFLOP/s on two cores, skx 275.
std::string kernels_to_force(const Processor& processor);

}  // namespace runtime
}  // namespace gradian
