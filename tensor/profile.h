// Where does the time go? A Profile adds up what a thread does while a Profiling lives:
//
//   Profile profile;
//   {
//     const Profiling profiling(profile);
//     loss(net(x), labels).backward();
//   }
//   for (const auto& [what, row] : profile.rows) std::cout << what.second << row.nanoseconds;
//
// It hears of spans, which ops and backward rules have; a program gives its own parts one, as in
// `const Span span("batch");`. No time counts twice: a row has what its spans took without those
// inside of them that have rows. An op that a backward rule calls counts to the rule's row, so that
// a function has one row forward and one backward. Functions of plain Tensors have no spans.
// examples/report/profile.h writes tables and traces. No Profiling: two looks at a pointer a span.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gradian {

enum class Phase { forward, backward, other };  // ops, their rules, what is neither

class Profile {
 public:
  struct Row {
    int64_t calls = 0, nanoseconds = 0;
    int64_t flops = 0;  // of matrix products and convolutions, by their definition; of others 0
    size_t bytes = 0;   // the most that a call needed at once
  };
  struct Event {
    Phase phase;
    std::string name;
    int64_t begin = 0, nanoseconds = 0;  // by a steady clock
  };
  std::map<std::pair<Phase, std::string>, Row> rows;
  std::vector<Event> events;  // the first 200,000 spans, as they began
  int64_t nanoseconds = 0;    // in all: what no row has is the rest

  // For kernels: so many additions and multiplications belong to the innermost span.
  static void count_flops(int64_t count) {
    if (active_ && !active_->open_.empty()) [[unlikely]]
      active_->open_.back().row->flops += count;
  }

 private:
  friend class Profiling;
  friend class Span;
  struct Open {
    Row* row;
    bool owns_row, in_rule;
    size_t event;  // its place in events
    size_t bytes_before, peak_before;
    int64_t begin, inside = 0;  // nanoseconds of spans inside of it
  };
  void begin(const char* name, Phase phase);
  void end();

  static inline constinit thread_local Profile* active_ = nullptr;
  std::vector<Open> open_;
};

// While it lives, what this thread does counts to `profile`. A thread has one at a time.
class Profiling {
 public:
  explicit Profiling(Profile& profile);
  ~Profiling();
  Profiling(const Profiling&) = delete;
  Profiling& operator=(const Profiling&) = delete;

 private:
  int64_t begin_;
};

// Something with a name that runs from here to the end of the scope.
class Span {
 public:
  explicit Span(const char* name, Phase phase = Phase::other) {
    if (Profile::active_) [[unlikely]]
      Profile::active_->begin(name, phase);
  }
  ~Span() {
    if (Profile::active_) [[unlikely]]
      Profile::active_->end();
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
};

}  // namespace gradian
