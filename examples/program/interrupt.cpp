#include "examples/program/interrupt.h"

#include <atomic>

namespace gradian::examples {
namespace {

constexpr std::array<int, 2> kSignals{SIGINT, SIGTERM};

std::atomic<int> remembered = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may write nothing else");

}  // namespace

Interruptible::Interruptible() {
  remembered = 0;
  struct sigaction remember = {};
  remember.sa_handler = [](int signal) { remembered = signal; };
  remember.sa_flags = SA_RESETHAND | SA_RESTART;  // the next one finds the default again
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &remember, &before_[i]);
    if (before_[i].sa_handler == SIG_IGN) sigaction(kSignals[i], &before_[i], nullptr);
  }
}

Interruptible::~Interruptible() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  remembered = 0;
}

bool interrupted() { return remembered != 0; }

void check_interrupted() {
  if (const int signal = remembered) throw Interrupted(signal);
}

}  // namespace gradian::examples
