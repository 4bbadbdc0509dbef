#include "examples/program/run_main.h"

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <new>
#include <system_error>

#include "tensor/error.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::examples {
namespace {

// Neither std::cout, which hands on to stdout, nor stdout remembers why it could not write: after a
// failure another line end is tried, which fails for the same reason, if that lasts.
void check_standard_output() {
  if (std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  std::clearerr(stdout);
  if (std::fputc('\n', stdout) == EOF || std::fflush(stdout) != 0)
    fail("standard output: cannot be written: ", std::generic_category().message(errno));
  fail("standard output: not all that was printed could be written");
}

}  // namespace

int run_main(const std::string& program, const std::function<int()>& work) {
  try {
    num_threads();  // refuses a wrong GRADIAN_NUM_THREADS before anything is done
    const int code = work();
    check_standard_output();
    return code;
  } catch (const std::bad_alloc&) {
    std::cerr << program << ": out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << '\n';
  }
  return 1;
}

}  // namespace gradian::examples
