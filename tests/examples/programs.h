// The programs of examples/ that train or take much from their command line, as functions, for
// tests that run each in a process of its own.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "tests/child_process.h"

int autograd_tour_main(int argc, char** argv);
int compare_losses_main(int argc, char** argv);
int dimensions_main(int argc, char** argv);
int embed_main(int argc, char** argv);
int glyphs_main(int argc, char** argv);
int residual_main(int argc, char** argv);
int spiral_main(int argc, char** argv);

namespace gradian::test {

struct Program {
  std::string name;
  int (*main)(int argc, char** argv);
};
inline const Program autograd_tour{"autograd_tour", autograd_tour_main};
inline const Program compare_losses{"compare_losses", compare_losses_main};
inline const Program dimensions{"dimensions", dimensions_main};
inline const Program embed{"embed", embed_main};
inline const Program glyphs{"glyphs", glyphs_main};
inline const Program residual{"residual", residual_main};
inline const Program spiral{"spiral", spiral_main};

// So many times this signal, when the output has come to end in `after`.
struct Signals {
  std::string after;
  int signal = SIGINT, times = 1;
};

// Runs a program with these words as its command line. `prepare` is called first in its process.
Ended run_program(
    const Program& program, std::vector<std::string> words,
    const Signals& signals = {.after = "never", .times = 0},
    const std::function<void()>& prepare = [] {});

// Of images small enough to train on in a moment.
std::vector<std::string> small_run(std::vector<std::string> more);

}  // namespace gradian::test
