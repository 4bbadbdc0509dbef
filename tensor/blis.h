// The only door to BLIS: one single-threaded matrix product and the choice of kernels.
// Splitting work over threads and batches is matmul.cpp's business.
#pragma once

#include <cstdint>
#include <string>

namespace gradian {

// c = a x b (+ c when accumulate), with any positive strides in elements:
//   [rows, columns] = [rows, inner] x [inner, columns]
// Runs in the calling thread. T is float or double.
template <class T>
void gemm(int64_t rows, int64_t columns, int64_t inner,               //
          const T* a, int64_t a_row_stride, int64_t a_column_stride,  //
          const T* b, int64_t b_row_stride, int64_t b_column_stride,  //
          T* c, int64_t c_row_stride, int64_t c_column_stride, bool accumulate);

// Name of the kernel set in use, as BLIS names it: "zen3", "skx", "haswell", "generic", ...
std::string blis_kernels();

// What the processor can do, as far as the choice of kernels asks.
struct Processor {
  std::string vendor;  // cpuid's text, such as "AuthenticAMD"
  int family = 0;      // AMD's zen3 is 25, zen5 is 26
  int model = 0;
  bool avx2_fma = false;  // AVX2 and FMA3, usable under this operating system
  bool avx512 = false;    // AVX-512 F, DQ, BW and VL
};
Processor this_processor();

// The kernel set to force, "skx" or "haswell", or "" to leave the choice to BLIS. BLIS 0.9 picks
// AMD kernels by family and model and falls back to its slow generic ones on those it does not
// know; Intel's it picks by features.
std::string kernels_to_force(const Processor& processor);

}  // namespace gradian
