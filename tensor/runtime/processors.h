// How many processors this process may use, which can be fewer than the machine has: taskset and
// batch systems bind processes to some of them, containers give a share of their time.
#pragma once

#include <filesystem>
#include <istream>

namespace gradian::runtime {

// At least 1: the processors that the calling thread may run on, but no more than the quota of its
// control group (Linux) amounts to, rounded up.
int usable_processors();

// The quota of a control group and of those around it, in processors and rounded up; 0 when there
// is none. `membership` has the text of /proc/self/cgroup, `root` is the folder /sys/fs/cgroup.
// Reads cpu.max of version 2; version 1, which systems had before, is not read.
int quota_of_control_groups(std::istream& membership, const std::filesystem::path& root);

}  // namespace gradian::runtime
