#include "examples/program/interrupt.h"

#include <atomic>

namespace gradian::examples {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may write nothing else");

}  // namespace

Interruptible::Interruptible() {
  interrupted = false;
  struct sigaction remember = {};
  remember.sa_handler = [](int) { interrupted = true; };
  remember.sa_flags = SA_RESETHAND | SA_RESTART;  // the next one finds the default again
  sigaction(SIGINT, &remember, &before_);
  if (before_.sa_handler == SIG_IGN) sigaction(SIGINT, &before_, nullptr);
}

Interruptible::~Interruptible() {
  sigaction(SIGINT, &before_, nullptr);
  interrupted = false;
}

void check_interrupted() {
  if (interrupted) throw Interrupted("interrupted");
}

}  // namespace gradian::examples
