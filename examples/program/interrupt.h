// Ctrl-C as a wish to end well: a program that has finished a part of its work can hand that over.
// Knows of no work: who can stop where asks by check_interrupted().
#pragma once

#include <signal.h>

#include "tensor/error.h"

namespace gradian::examples {

// The exit code of what Ctrl-C (SIGINT, signal 2) has ended, as shells count it.
constexpr int kInterruptedExit = 128 + SIGINT;

class Interrupted : public Error {
 public:
  using Error::Error;
};

// While one lives, the first SIGINT is remembered, and the second ends the process at once. Where
// SIGINT was ignored, as under nohup, it still is. One at a time.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  struct sigaction before_;
};

// Throws Interrupted if an Interruptible has remembered a SIGINT.
void check_interrupted();

}  // namespace gradian::examples
