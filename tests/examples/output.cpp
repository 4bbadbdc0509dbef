// What programs write, and what is said when it cannot be written: result files and standard
// output.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "examples/program/file.h"
#include "examples/program/run_main.h"
#include "tests/child_process.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int64_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

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

TEST_CASE("write_file makes the folder and the file, and replaces the whole of an old one") {
  const TemporaryFolder temporary;
  const fs::path file = temporary.path() / "deep" / "a.txt";
  write_file(file, "a long content");
  CHECK(content_of(file) == "a long content");
  write_file(file, "short");
  CHECK(content_of(file) == "short");
  CHECK(files_in(file.parent_path()) == 1);
}

TEST_CASE("write_file keeps the permissions of an old file and follows a symbolic link to it") {
  const TemporaryFolder temporary;
  temporary.write("there/a.txt", "old");
  const fs::path file = temporary.path() / "there" / "a.txt", link = temporary.path() / "link";
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("there/a.txt", link);
  write_file(link, "new");
  CHECK(fs::is_symlink(link));
  CHECK(content_of(file) == "new");
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a file that does not fit leaves the old one whole and nothing beside it") {
  const TemporaryFolder temporary;
  temporary.write("report.html", "the old report");
  const fs::path file = temporary.path() / "report.html";
  const Ended ended = run_in_child([&] {
    // Stands for a full disk: no file may have more than 1000 bytes.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    check(setrlimit(RLIMIT_FSIZE, &limit) == 0, "no limit");
    write_file(file, std::string(100000, 'x'));
  });
  CHECK(ended.how == "exit 1");
  CHECK(ended.output == file.string() + ": cannot be written: File too large");
  CHECK(content_of(file) == "the old report");
  CHECK(files_in(temporary.path()) == 1);
}

TEST_CASE("a device is written to, not replaced, and its errors are told") {
  CHECK_THROWS_WITH_AS(write_file("/dev/full", "x"),
                       "/dev/full: cannot be written: No space left on device", Error);
  check_writable("/dev/null");
  write_file("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("/dev/stdout that is a file gets what is written after what was printed") {
  const TemporaryFolder temporary;
  temporary.write("log", "");
  const fs::path log = temporary.path() / "log";
  const int descriptor = open(log.c_str(), O_WRONLY);
  const Ended ended = run_program(descriptor, [] {
    std::cout << "printed, " << std::flush;
    write_file("/dev/stdout", "written");
    return 0;
  });
  close(descriptor);
  CHECK(ended.how == "exit 0");
  CHECK(content_of(log) == "printed, written");
}

TEST_CASE("what cannot be a file is refused by name, at the start of a program too") {
  const TemporaryFolder temporary;
  temporary.write("a.txt", "content");
  const fs::path folder = temporary.path();
  const std::string is_folder = folder.string() + ": cannot be written: it is a folder";
  CHECK_THROWS_WITH_AS(write_file(folder, "x"), is_folder.c_str(), Error);
  CHECK_THROWS_WITH_AS(check_writable(folder), is_folder.c_str(), Error);
  const std::string no_folder =
      (folder / "a.txt").string() + ": cannot be made a folder: Not a directory";
  CHECK_THROWS_WITH_AS(write_file(folder / "a.txt" / "b", "x"), no_folder.c_str(), Error);
  CHECK_THROWS_WITH_AS(check_writable(folder / "a.txt" / "b"), no_folder.c_str(), Error);
}

TEST_CASE("check_writable leaves an old file as it is and makes no new one") {
  const TemporaryFolder temporary;
  temporary.write("a.txt", "content");
  check_writable(temporary.path() / "a.txt");
  CHECK(content_of(temporary.path() / "a.txt") == "content");
  check_writable(temporary.path() / "new" / "b.txt");
  CHECK(fs::is_empty(temporary.path() / "new"));
}

TEST_CASE("a file and a folder that may not be written are refused with the reason") {
  const TemporaryFolder temporary;
  temporary.write("a.txt", "content");
  const fs::path folder = temporary.path(), file = folder / "a.txt";
  const auto refused = [](const fs::path& path) {
    return run_in_child([&] {
      if (geteuid() == 0) check(setuid(65534) == 0, "still the superuser");  // who may do all
      check_writable(path);
    });
  };
  fs::permissions(folder, fs::perms::all);
  fs::permissions(file, fs::perms::owner_read | fs::perms::others_read);
  CHECK(refused(file).output == file.string() + ": cannot be written: Permission denied");
  fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_exec);
  CHECK(refused(folder / "new").output ==
        (folder / "new").string() + ": cannot be written: Permission denied");
  fs::permissions(folder, fs::perms::all);
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
        "tests: the environment's GRADIAN_NUM_THREADS must be a whole number from 1 to 1024, got 'abc'\n");
}
