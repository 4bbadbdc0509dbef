#include "tensor/profile.h"

#include <algorithm>
#include <chrono>

#include "tensor/error.h"
#include "tensor/runtime/memory.h"

namespace gradian {

static int64_t now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Profile::begin(const char* name, Phase phase) {
  constexpr size_t kMostEvents = 200000;
  const bool joins_rule = phase == Phase::forward && !open_.empty() && open_.back().in_rule;
  if (joins_rule) phase = Phase::backward;
  Row& row = joins_rule ? *open_.back().row : rows[{phase, name}];
  row.calls += joins_rule ? 0 : 1;
  const size_t event = events.size();
  if (event < kMostEvents) events.push_back({phase, name});
  const MemoryStats before = reset_peak_memory();
  open_.push_back({&row, !joins_rule, phase == Phase::backward, event, before.in_use, before.peak,
                   now()});  // last, so that its own time is not the span's
}

void Profile::end() {
  const int64_t end = now();
  if (open_.empty()) return;  // it began before the Profiling
  const Open ended = open_.back();
  open_.pop_back();
  const int64_t duration = end - ended.begin;
  ended.row->nanoseconds += duration - ended.inside;
  if (!open_.empty()) open_.back().inside += duration;
  if (ended.event < events.size()) {
    events[ended.event].begin = ended.begin;
    events[ended.event].nanoseconds = duration;
  }
  const size_t peak = std::max(memory_stats().peak, ended.bytes_before);
  reset_peak_memory(std::max(peak, ended.peak_before));
  if (ended.owns_row) ended.row->bytes = std::max(ended.row->bytes, peak - ended.bytes_before);
}

Profiling::Profiling(Profile& profile) : begin_(now()) {
  check_in("Profiling", !Profile::active_, "this thread is being profiled already");
  Profile::active_ = &profile;
}

Profiling::~Profiling() {
  Profile& profile = *std::exchange(Profile::active_, nullptr);
  profile.open_.clear();
  profile.nanoseconds += now() - begin_;
}

}  // namespace gradian
