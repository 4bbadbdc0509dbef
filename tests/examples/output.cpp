// What programs write to standard output, and what is said when it cannot be written.
#include <doctest/doctest.h>

#include <csignal>
#include <iostream>

#include "examples/program/run_main.h"
#include "tensor/files/file.h"
#include "tests/child_process.h"
#include "tests/temporary_folder.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

namespace fs = std::filesystem;

// The work as the whole of a program whose standard output is `descriptor`.
Ended run_program(int descriptor, const std::function<int()>& work) {
  return run_in_child([&] {
    dup2(descriptor, STDOUT_FILENO);
    _exit(run_main("program", work));
  });
}

// More than a buffer takes.
int print_much() {
  for (int i = 0; i < 10000; ++i) std::cout << "a line of the table\n";
  return 0;
}
int print_little() {
  std::printf("%d\n", 1);
  return 0;
}

}  // namespace

TEST_CASE("/dev/stdout that is a file gets what is written after what was printed") {
  const TemporaryFolder temporary;
  temporary.write("log", "");
  const fs::path log = temporary.path() / "log";
  const int descriptor = open(log.c_str(), O_WRONLY);
  const Ended ended = run_program(descriptor, [] {
    std::cout << "printed, " << std::flush;
    files::write_file("/dev/stdout", "written");
    return 0;
  });
  close(descriptor);
  CHECK(ended.how == "exit 0");
  CHECK(temporary.read("log") == "printed, written");
}

TEST_CASE("a program whose standard output is full says so and ends with 1") {
  const int full = open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  for (const auto& print : {print_much, print_little}) {
    const Ended ended = run_program(full, print);
    CHECK(ended.how == "exit 1");
    CHECK(ended.output == "program: standard output: cannot be written: No space left on device\n");
  }
  CHECK(run_program(full, [] { return 0; }).how == "exit 0");  // nothing was printed
  close(full);
}

TEST_CASE("a program whose reader has gone ends by SIGPIPE, or says so where that is ignored") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const auto print_with = [](void (*handler)(int)) {
    return [=] {
      std::signal(SIGPIPE, handler);
      return print_much();
    };
  };
  CHECK(run_program(ends[1], print_with(SIG_DFL)).how == "signal 13");
  const Ended ignored = run_program(ends[1], print_with(SIG_IGN));
  CHECK(ignored.how == "exit 1");
  CHECK(ignored.output == "program: standard output: cannot be written: Broken pipe\n");
  close(ends[1]);
}

TEST_CASE("an exception ends a program with one line and 1, and its own exit code is kept") {
  const auto ended = [](const std::function<int()>& work) {
    return run_in_child([&] { _exit(run_main("program", work)); });
  };
  const Ended failed = ended([]() -> int { fail("no data"); });
  CHECK(failed.how == "exit 1");
  CHECK(failed.output == "program: no data\n");
  CHECK(ended([]() -> int { throw std::bad_alloc(); }).output == "program: out of memory\n");
  CHECK(ended([] { return 3; }).how == "exit 3");
  CHECK(ended([] { return print_little(); }).output == "1\n");
}

TEST_CASE("a wrong GRADIAN_NUM_THREADS ends a program before it has done anything") {
  const Ended ended = run_case_in_new_process("*", {{"GRADIAN_NUM_THREADS", "abc"}});
  CHECK(ended.how == "exit 1");
  CHECK(ended.output ==
        "tests: the environment's GRADIAN_NUM_THREADS must be a whole number from 1 to 1024, got "
        "'abc'\n");
}
