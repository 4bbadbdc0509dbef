#include "tensor/runtime/processors.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tensor/shape.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace gradian::runtime {
namespace {

namespace fs = std::filesystem;

// The text of a file of the system; empty when it cannot be read.
std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Removes the part of `text` before the separator, and that, and returns the part.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// The number that a text begins with; 0 when it begins with none, as "max" does.
int64_t number(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Microseconds of processor time in each period, as processors; 0 for no quota, such as -1.
int processors_for(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::min<int64_t>(ceil_div(quota, period), 1 << 20));
}

int quota_v2(const fs::path& group) {
  const std::string limits = text_of(group / "cpu.max");  // "150000 100000" or "max 100000"
  std::string_view rest = limits;
  const int64_t quota = number(take_until(rest, ' '));
  return processors_for(quota, number(rest));
}

int quota_v1(const fs::path& group) {
  return processors_for(number(text_of(group / "cpu.cfs_quota_us")),
                        number(text_of(group / "cpu.cfs_period_us")));
}

bool names_cpu(std::string_view controllers) {
  while (!controllers.empty())
    if (take_until(controllers, ',') == "cpu") return true;
  return false;
}

#ifdef __linux__
// The processors of the affinity mask; 0 when the system does not tell.
int processors_in_mask() {
  std::vector<cpu_set_t> mask(64);  // 65,536 bits: it has to hold all of the machine
  const size_t bytes = mask.size() * sizeof(cpu_set_t);
  return sched_getaffinity(0, bytes, mask.data()) == 0 ? CPU_COUNT_S(bytes, mask.data()) : 0;
}
#endif

}  // namespace

int quota_of_control_groups(std::string_view membership, const fs::path& root) {
  int least = 0;
  const auto limit = [&](int processors) {
    if (processors > 0) least = least == 0 ? processors : std::min(least, processors);
  };
  while (!membership.empty()) {
    std::string_view line = take_until(membership, '\n');  // "0::/a/b" or "4:cpu,cpuacct:/a/b"
    const bool v2 = take_until(line, ':') == "0";
    const std::string_view controllers = take_until(line, ':');
    if (!v2 && !names_cpu(controllers)) continue;
    // Inside a container the path may be one of the host's, of which only the root is there.
    const fs::path mount = v2 ? root : root / "cpu";
    for (fs::path group = fs::path(line).relative_path();; group = group.parent_path()) {
      limit(v2 ? quota_v2(mount / group) : quota_v1(mount / group));
      if (group.empty()) break;
    }
  }
  return least;
}

int usable_processors() {
  int processors = static_cast<int>(std::thread::hardware_concurrency());
#ifdef __linux__
  if (const int allowed = processors_in_mask()) processors = allowed;
  if (const int quota = quota_of_control_groups(text_of("/proc/self/cgroup"), "/sys/fs/cgroup"))
    processors = std::min(processors, quota);
#endif
  return std::max(1, processors);
}

}  // namespace gradian::runtime
