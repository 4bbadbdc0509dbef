// Clocks and memory meters: times tasks in turn and says what a process holds. Knows nothing of
// Gradian, for other libraries are timed by it, too, and prints nothing.
#pragma once

#include <functional>
#include <vector>

namespace gradian::bench {

double now();  // in seconds
double median(std::vector<double> values);

// Runs the tasks in turn for about `seconds`, each at least three times, so that all of them see
// the machine in the same mood. Returns the seconds of every run, a list a task.
using Task = std::function<void()>;
std::vector<std::vector<double>> time_in_turn(const std::vector<Task>& tasks, double seconds);

// What the operating system counts for this process, in MB; 0 where there is no /proc.
struct ProcessMemory {
  double now, peak;
};
ProcessMemory process_memory();
// The peak starts anew, where the system allows that: drawing initial weights may have taken more
// than a step does.
void reset_process_peak();

}  // namespace gradian::bench
