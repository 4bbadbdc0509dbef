#include "tensor/runtime/processors.h"

#include <algorithm>
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

#ifdef __linux__
// The processors of the affinity mask; 0 when the system does not tell.
int processors_in_mask() {
  std::vector<cpu_set_t> mask(64);  // 65,536 bits: it has to hold all of the machine
  const size_t bytes = mask.size() * sizeof(cpu_set_t);
  return sched_getaffinity(0, bytes, mask.data()) == 0 ? CPU_COUNT_S(bytes, mask.data()) : 0;
}
#endif

}  // namespace

int quota_of_control_groups(std::istream& membership, const std::filesystem::path& root) {
  int64_t least = 0;
  for (std::string line; std::getline(membership, line);) {
    if (!line.starts_with("0::")) continue;  // "0::/a/b"
    // Inside a container the path may be one of the host's, of which only the root is there.
    for (auto group = std::filesystem::path(line.substr(3)).relative_path();;
         group = group.parent_path()) {
      std::ifstream limits(root / group / "cpu.max");  // "150000 100000" or "max 100000"
      int64_t quota = 0, period = 0;  // microseconds of processor time, in each period of so many
      if (limits >> quota >> period && quota > 0 && period > 0) {
        const int64_t processors = std::min<int64_t>(ceil_div(quota, period), 1 << 20);
        least = least == 0 ? processors : std::min(least, processors);
      }
      if (group.empty()) break;
    }
  }
  return static_cast<int>(least);
}

int usable_processors() {
  int processors = static_cast<int>(std::thread::hardware_concurrency());
#ifdef __linux__
  if (const int allowed = processors_in_mask()) processors = allowed;
  std::ifstream membership("/proc/self/cgroup");
  if (const int quota = quota_of_control_groups(membership, "/sys/fs/cgroup"))
    processors = std::min(processors, quota);
#endif
  return std::max(1, processors);
}

}  // namespace gradian::runtime
