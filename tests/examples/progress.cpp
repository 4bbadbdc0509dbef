// The line that shows how training goes, on a terminal and in a file.
#include "examples/training/progress.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <sstream>

#include "tensor/error.h"
#include "tests/child_process.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

TEST_CASE("the progress line tells epoch, step, loss, accuracy, speed and the time left") {
  CHECK(progress_line({1, 3, 120, 469, 1.2341, 0.567, 3210.4, 42}) ==
        "epoch 1/3  step 120/469  loss 1.234  acc 56.7 %  3210 images/s  ETA 0:42");
  CHECK(contains(progress_line({1, 1, 1, 9, 1, 1, 1, 3725}), "ETA 1:02:05"));
}

TEST_CASE("the progress line tells the same in 40 columns, in short, as in 200") {
  const ProgressState state{1, 3, 120, 469, 1.2341, 0.567, 3210.4, 42};
  CHECK(progress_line(state, 39) == "1/3 120/469 L1.234 A56.7% 3210/s 0:42");
  CHECK(progress_line(state, 199) == progress_line(state));
  const auto numbers = [](std::string line) {
    std::erase_if(line, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) == 0; });
    return line;
  };
  CHECK(numbers(progress_line(state, 39)) == numbers(progress_line(state, 199)));
}

TEST_CASE("the progress line never has more columns than it may, and leaves out whole parts") {
  const ProgressState longest{1000, 1000, 12345, 23456, 12345.678, 1, 123456, 360000};
  CHECK(progress_line(longest) == "1000/1000 12345/23456 L12345.678 A100.0% 123456/s 100:00:00");
  CHECK(progress_line(longest, 39) == "1000/1000 12345/23456 L12345.678");
}

TEST_CASE("progress that is not on a terminal is one line an epoch, with the epoch's means") {
  std::ostringstream out;
  Progress progress(2, 2, 0, out, /*rewrite=*/false);
  progress.update(30, 1.0, 0.5);
  CHECK(out.str() == "");
  progress.update(10, 2.0, 1.0);
  progress.update(30, 0.5, 1.0);
  progress.update(10, 0.5, 1.0);
  progress.finish();
  const std::vector<std::string> lines = lines_of(out.str());
  for (const std::string& line : lines)  // nothing that steers a terminal
    CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
  REQUIRE(lines.size() == 2);
  CHECK(contains(lines[0], "epoch 1/2  step 2/2  loss 1.250  acc 62.5 %"));
  CHECK(contains(lines[1], "epoch 2/2  step 2/2  loss 0.500  acc 100.0 %"));
}

TEST_CASE("progress on a terminal rewrites its line at most ten times a second") {
  std::ostringstream out;
  Progress progress(1, 1000, 0, out, /*rewrite=*/true);
  const auto start = std::chrono::steady_clock::now();
  for (int step = 0; step < 999; ++step) progress.update(1, 1, 1);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  CHECK(count(out.str(), "\r") >= 1);
  CHECK(static_cast<double>(count(out.str(), "\r")) <= 1 + 10 * elapsed.count());
  CHECK(count(out.str(), "\n") == 0);
  progress.update(1, 1, 1);
  CHECK(out.str().back() == '\n');
}

namespace {

// The longest line that progress writes to a terminal of so many columns.
size_t longest_line_on_terminal(unsigned short columns) {
  const int controller = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(controller >= 0);
  REQUIRE(grantpt(controller) == 0);
  REQUIRE(unlockpt(controller) == 0);
  const int terminal = open(ptsname(controller), O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  REQUIRE(ioctl(terminal, TIOCSWINSZ, &size) == 0);
  // The child's output goes to a string: only its standard output is the terminal.
  const Ended ended = run_in_child([&] {
    dup2(terminal, STDOUT_FILENO);
    std::ostringstream out;
    Progress progress(1, 1, 0, out, writes_to_terminal());
    progress.update(1, 1, 1);
    size_t longest = 0;
    for (const std::string& line : lines_of(out.str()))
      longest = std::max(longest, line.size() - count(line, "\r"));
    fail(longest);
  });
  close(terminal);
  close(controller);
  return std::stoul(ended.output);
}

}  // namespace

TEST_CASE("progress leaves the last column of its terminal free, and never has more than 79") {
  CHECK(longest_line_on_terminal(40) == 39);
  CHECK(longest_line_on_terminal(3) == 2);
  CHECK(longest_line_on_terminal(0) == 79);  // a terminal that does not say
  CHECK(longest_line_on_terminal(200) == 79);
}

TEST_CASE("progress that ends early leaves its line, so that an error gets its own") {
  std::ostringstream out;
  {
    Progress progress(1, 10, 0, out, /*rewrite=*/true);
    progress.update(1, 1, 1);
  }
  CHECK(out.str().back() == '\n');
}

TEST_CASE("progress over no step is an error") {
  CHECK_THROWS_WITH_AS(Progress(1, 0),
                       "progress: expected at least 1 epoch of 1 step, got 1 "
                       "epochs of 0 steps",
                       Error);
}
