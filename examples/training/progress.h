// The line that tells how far a training run is, rewritten in place on a terminal:
//   epoch 1/3  step 120/469  loss 1.234  acc 56.7 %  3210 images/s  ETA 0:42
// and where that does not fit, in a narrow window, the same numbers in short:
//   1/3 120/469 L1.234 A56.7% 3210/s 0:42
// Elsewhere, in a file or a pipe, there is one line an epoch and nothing that steers a terminal.
// Keeps no history: see report.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

namespace gradian::examples {

// What the line shows.
struct ProgressState {
  int64_t epoch, epochs;  // from 1
  int64_t step, steps;    // of the epoch, from 1
  double loss;            // mean over the epoch so far
  double accuracy;        // the same, from 0 to 1
  double images_per_second;
  double seconds_left;
};

// At most `width` characters, which 39 are mostly enough for: if the line in short does not fit
// either, it loses its last parts.
std::string progress_line(const ProgressState& state, size_t width = 79);

// Whether the standard output is a terminal, and how many columns that has: 80 if it does not say.
bool writes_to_terminal();
size_t terminal_columns();

class Progress {
 public:
  // `done` steps are done already, in a training that goes on.
  Progress(int64_t epochs, int64_t steps_per_epoch, int64_t done = 0, std::ostream& out = std::cout,
           bool rewrite = writes_to_terminal());
  // Ends a line that was left open, so that an error message gets its own.
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // After each step: the batch's size, mean loss and accuracy (from 0 to 1).
  void update(int64_t batch_size, double loss, double accuracy);
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  ProgressState state(Clock::time_point now) const;
  void show(Clock::time_point now);

  int64_t epochs_, steps_;
  int64_t first_step_, steps_done_;  // of all epochs
  std::ostream& out_;
  bool rewrite_;

  int64_t samples_ = 0;  // of this epoch, as the two sums
  double loss_sum_ = 0, hits_ = 0;
  Clock::time_point start_ = Clock::now(), epoch_start_ = start_, shown_{};
  bool line_open_ = false;
};

}  // namespace gradian::examples
