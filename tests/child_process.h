// Runs a piece of a test in a process of its own: what ends, hangs or limits a process, and what is
// read once a process, can be tested no other way. POSIX.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tensor/error.h"

namespace gradian::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// Whether this process is a forked child. The leak sanitizer, which counts the threads of the
// parent as running there, is told by main.cpp.
inline bool in_child = false;

#ifdef GRADIAN_COVERAGE
constexpr int kTimesSlower = 10;  // counting lines is slow, the more so by several threads
extern "C" void __gcov_dump();
// Writes the counts of lines, which _exit() would leave out, whatever size of files this process
// was limited to. One that has become another user may not write them, and would say so.
inline void write_coverage(uid_t user_before) {
  if (geteuid() != user_before) return;
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_FSIZE, &limit);
  __gcov_dump();
}
#else
constexpr int kTimesSlower = 1;
inline void write_coverage(uid_t) {}
#endif

// How a child ended and all that it wrote to standard output and standard error.
struct Ended {
  std::string how;  // "exit 0", "signal 6", "timeout"
  std::string output;
};

namespace detail {

using Environment = std::vector<std::pair<std::string, std::string>>;

// Reads until the other side is closed; false when that takes longer than `seconds`.
inline bool read_all(int from, int seconds, std::string& output) {
  char buffer[4096];
  for (int64_t left = int64_t{seconds} * kTimesSlower * 10; left > 0;) {
    pollfd ready{from, POLLIN, 0};
    if (poll(&ready, 1, /*milliseconds=*/100) <= 0) {
      --left;
      continue;
    }
    const ssize_t count = read(from, buffer, sizeof buffer);
    if (count <= 0) return true;
    output.append(buffer, static_cast<size_t>(count));
  }
  return false;
}

}  // namespace detail

// Runs `body` in a forked child, which then leaves by _exit(0), or by _exit(1) with the text of an
// exception as output. Only the calling thread exists in the child. Let it report by exceptions and
// output: what doctest counts there is lost.
inline Ended run_in_child(const std::function<void()>& body, int seconds = 240) {
  int ends[2];
  check(pipe(ends) == 0, "run_in_child: no pipe");
  std::fflush(nullptr);
  const pid_t child = fork();
  check(child >= 0, "run_in_child: no process");
  if (child == 0) {
    in_child = true;
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    const uid_t user = geteuid();
    int code = 0;
    try {
      body();
    } catch (const std::exception& error) {
      std::fputs(error.what(), stderr);
      code = 1;
    }
    std::fflush(nullptr);
    write_coverage(user);
    _exit(code);
  }
  close(ends[1]);
  Ended ended;
  const bool in_time = detail::read_all(ends[0], seconds, ended.output);
  if (!in_time) kill(child, SIGKILL);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!in_time)
    ended.how = "timeout";
  else if (WIFSIGNALED(status))
    ended.how = text("signal ", WTERMSIG(status));
  else
    ended.how = text("exit ", WEXITSTATUS(status));
  return ended;
}

// What runs this program, built for another processor, as `make test` says; null if nothing does.
inline const char* emulator() {
  const char* const program = std::getenv("EMULATOR");
  return program && *program ? program : nullptr;
}

// Runs one test case of this program, decorated with doctest::skip() so that no other run takes it,
// in a new process: nothing has been initialised there and the environment is as given on top of
// this one's. A failed check of it makes it end by "exit 1".
inline Ended run_case_in_new_process(const std::string& test_case,
                                     const detail::Environment& environment = {},
                                     int seconds = 240) {
  return run_in_child(
      [&] {
        for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
        const std::string filter = "-tc=" + test_case;
        std::vector<const char*> command = {"/proc/self/exe", filter.c_str(), "--no-skip",
                                            "--no-version",   "--no-intro",   nullptr};
        // An emulated program is nothing that the system can run: what emulates it can.
        const std::string self = std::filesystem::read_symlink("/proc/self/exe");
        if (emulator()) {
          command.insert(command.begin(), emulator());
          command[1] = self.c_str();
        }
        execvp(command[0], const_cast<char**>(command.data()));
        fail("run_case_in_new_process: ", command[0], " cannot be run");
      },
      seconds);
}

}  // namespace gradian::test
