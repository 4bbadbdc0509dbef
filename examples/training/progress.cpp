// Means over the epoch, the time that is left, and the one line that shows them.
// Training itself happens elsewhere; this is told of each step.
#include "examples/training/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "examples/program/text.h"
#include "tensor/error.h"

namespace gradian::examples {
namespace {

// "0:42", "1:02:03".
std::string clock_time(double seconds) {
  const int64_t total = static_cast<int64_t>(std::clamp(seconds + 0.5, 0.0, 1e9));
  const auto two_digits = [](int64_t value) {
    return std::string(value < 10 ? 1 : 0, '0') + std::to_string(value);
  };
  const int64_t minutes = total / 60;
  const std::string tail = ':' + two_digits(total % 60);
  if (minutes < 60) return std::to_string(minutes) + tail;
  return std::to_string(minutes / 60) + ':' + two_digits(minutes % 60) + tail;
}

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return std::max(std::chrono::duration<double>(to - from).count(), 1e-9);
}

}  // namespace

std::string progress_line(const ProgressState& state, size_t width) {
  const std::string epoch = text(state.epoch, '/', state.epochs);
  const std::string step = text(state.step, '/', state.steps);
  const std::string loss = fixed(state.loss, 3), accuracy = fixed(100 * state.accuracy, 1);
  const std::string speed = fixed(state.images_per_second, 0);
  const std::string left = clock_time(state.seconds_left);
  const std::string line = text("epoch ", epoch, "  step ", step, "  loss ", loss, "  acc ",
                                accuracy, " %  ", speed, " images/s  ETA ", left);
  if (line.size() <= width) return line;
  std::string in_short;
  for (const std::string& part :
       {epoch, step, 'L' + loss, 'A' + accuracy + '%', speed + "/s", left}) {
    const std::string next = (in_short.empty() ? "" : " ") + part;
    if (in_short.size() + next.size() > width) break;
    in_short += next;
  }
  return in_short;
}

bool writes_to_terminal() { return isatty(STDOUT_FILENO) == 1; }

size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Progress::Progress(int64_t epochs, int64_t steps_per_epoch, int64_t done, std::ostream& out,
                   bool rewrite)
    : epochs_(epochs),
      steps_(steps_per_epoch),
      first_step_(done),
      steps_done_(done),
      out_(out),
      rewrite_(rewrite) {
  check(epochs > 0 && steps_per_epoch > 0, "progress: expected at least 1 epoch of 1 step, got ",
        epochs, " epochs of ", steps_per_epoch, " steps");
}

void Progress::update(int64_t batch_size, double loss, double accuracy) {
  const Clock::time_point now = Clock::now();
  ++steps_done_;
  samples_ += batch_size;
  loss_sum_ += loss * static_cast<double>(batch_size);
  hits_ += accuracy * static_cast<double>(batch_size);

  const bool epoch_ends = steps_done_ % steps_ == 0;
  if (epoch_ends || (rewrite_ && seconds_between(shown_, now) > 0.1)) show(now);
  if (!epoch_ends) return;
  finish();
  samples_ = 0;
  loss_sum_ = hits_ = 0;
  epoch_start_ = now;
}

void Progress::finish() {
  if (line_open_) out_ << std::endl;
  line_open_ = false;
}

ProgressState Progress::state(Clock::time_point now) const {
  const double samples = static_cast<double>(samples_);
  const double step_seconds =
      seconds_between(start_, now) / static_cast<double>(steps_done_ - first_step_);
  return {.epoch = (steps_done_ - 1) / steps_ + 1,
          .epochs = epochs_,
          .step = (steps_done_ - 1) % steps_ + 1,
          .steps = steps_,
          .loss = loss_sum_ / samples,
          .accuracy = hits_ / samples,
          .images_per_second = samples / seconds_between(epoch_start_, now),
          .seconds_left = step_seconds * static_cast<double>(epochs_ * steps_ - steps_done_)};
}

void Progress::show(Clock::time_point now) {
  // Asked each time, as a window may change; a terminal may wrap after its last column.
  const size_t width = rewrite_ ? std::min<size_t>(terminal_columns(), 80) - 1 : 79;
  std::string line = progress_line(state(now), width);
  if (rewrite_) {
    line.resize(width, ' ');  // covers what a longer line left
    line = '\r' + line;
  }
  out_ << line << std::flush;
  shown_ = now;
  line_open_ = true;
}

}  // namespace gradian::examples
