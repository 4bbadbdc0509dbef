// What every program has around its work: an exception becomes one line on the standard error, and
// output that never arrived is an error too.
#pragma once

#include <functional>
#include <string>

namespace gradian::examples {

// Runs the work of the program and returns its exit code: what `work` returns, or 1 after an
// exception, for a GRADIAN_NUM_THREADS that is no number, and when the standard output (std::cout
// and stdout) did not take all that was printed, as on a full disk. A pipe whose reader is gone
// ends the process by SIGPIPE, as usual.
//   int main(int argc, char** argv) {
//     return run_main("spiral", [&] { ...; return 0; });
//   }
int run_main(const std::string& program, const std::function<int()>& work);

}  // namespace gradian::examples
