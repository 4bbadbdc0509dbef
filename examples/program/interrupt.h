// Ctrl-C as a wish to end well, and SIGTERM, by which a cluster ends a job, alike: a program that
// has finished a part of its work can hand that over. Knows of no work: who can stop where asks by
// check_interrupted().
#pragma once

#include <signal.h>

#include <array>

#include "tensor/error.h"

namespace gradian::examples {

class Interrupted : public Error {
 public:
  explicit Interrupted(int signal) : Error("interrupted"), signal_(signal) {}
  // As shells count it.
  int exit_code() const { return 128 + signal_; }

 private:
  int signal_;
};

// While one lives, the first SIGINT or SIGTERM is remembered, and the second of its kind ends the
// process at once. What was ignored, as SIGINT is under nohup, still is. One at a time.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  std::array<struct sigaction, 2> before_;
};

// Whether an Interruptible has remembered a signal; and throws Interrupted if so.
bool interrupted();
void check_interrupted();

}  // namespace gradian::examples
