// Files written as a whole or not at all, whatever happens meanwhile; and read in ranges.
#include "tensor/files/file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/child_process.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

namespace fs = std::filesystem;
using namespace files;

std::string content_of(const fs::path& file) {
  const Input input(file);
  std::string bytes(static_cast<size_t>(input.size()), '?');
  input.read(0, input.size(), bytes.data());
  return bytes;
}

int64_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

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

TEST_CASE("write_file follows 40 symbolic links, as the system does, and refuses 41") {
  const TemporaryFolder temporary;
  const auto link = [&](int i) { return temporary.path() / text("link", i); };
  fs::create_symlink("a.txt", link(1));
  for (int i = 2; i <= 41; ++i) fs::create_symlink(link(i - 1), link(i));
  write_file(link(40), "new");
  CHECK(temporary.read("a.txt") == "new");
  const std::string refused =
      link(41).string() + ": cannot be written: Too many levels of symbolic links";
  CHECK_THROWS_WITH_AS(write_file(link(41), "more"), refused.c_str(), Error);
  CHECK(fs::is_symlink(link(1)));
}

TEST_CASE("write_file makes the file that a symbolic link names") {
  const TemporaryFolder temporary;
  const fs::path link = temporary.path() / "link", second = temporary.path() / "second";
  fs::create_directory(temporary.path() / "there");
  fs::create_symlink("there/a.txt", link);
  fs::create_symlink(link, second);
  write_file(second, "new");
  CHECK(fs::is_symlink(link));
  CHECK(fs::is_symlink(second));
  CHECK(temporary.read("there/a.txt") == "new");
}

TEST_CASE("a file that does not fit leaves the old one whole and nothing beside it") {
  const TemporaryFolder temporary;
  temporary.write("report.html", "the old report");
  const fs::path file = temporary.path() / "report.html";
  const Ended ended = run_in_child([&] {
    // Stands for a full disk: no file may have more than 1000 bytes.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, RLIM_INFINITY};
    check(setrlimit(RLIMIT_FSIZE, &limit) == 0, "no limit");
    write_file(file, std::string(100000, 'x'));
  });
  CHECK(ended.how == "exit 1");
  CHECK(ended.output == file.string() + ": cannot be written: File too large");
  CHECK(content_of(file) == "the old report");
  CHECK(files_in(temporary.path()) == 1);
}

TEST_CASE("an error that no one catches leaves nothing beside the file either") {
  const TemporaryFolder temporary;
  const fs::path file = temporary.path() / "a.txt";
  const Ended ended = run_in_child([&] {
    std::thread([&] {  // nothing above it catches
      write_file(file, [](const Write& write) {
        write("half of it");
        fail("no more");
      });
    })
        .join();
  });
  CHECK(ended.how == "signal 6");
  CHECK(files_in(temporary.path()) == 0);
}

TEST_CASE("a device is written to, not replaced, and its errors are told") {
  CHECK_THROWS_WITH_AS(write_file("/dev/full", "x"),
                       "/dev/full: cannot be written: No space left on device", Error);
  check_writable("/dev/null");
  write_file("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
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
  CHECK(temporary.read("a.txt") == "content");
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

TEST_CASE("content comes piece by piece, and what fails meanwhile leaves the old file whole") {
  const TemporaryFolder temporary;
  const fs::path file = temporary.path() / "a.bin";
  write_file(file, [](const Write& write) {
    for (const char* piece : {"one, ", "", "two, ", "three"}) write(piece);
  });
  CHECK(content_of(file) == "one, two, three");
  CHECK(error_of([&] {
          write_file(file, [](const Write& write) {
            write("half of it");
            fail("no more");
          });
        }) == "no more");
  CHECK(content_of(file) == "one, two, three");
  CHECK(files_in(temporary.path()) == 1);
}

TEST_CASE("a process killed while it writes leaves the old file or the new one, and no pile") {
  const TemporaryFolder temporary;
  const fs::path file = temporary.path() / "checkpoint";
  const std::string old(300'000, 'o'), changed(300'000, 'n');
  for (int round = 0; round < 60; ++round) {
    write_file(file, old);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      write_file(file, [&](const Write& write) {
        for (size_t begin = 0; begin < changed.size(); begin += 10'000)
          write(std::string_view(changed).substr(begin, 10'000));
      });
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(40 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const std::string content = content_of(file);
    CHECK((content == old || content == changed));
    CHECK(files_in(temporary.path()) <= 2);
  }
  write_file(file, changed);
  CHECK(files_in(temporary.path()) == 1);
}

TEST_CASE("what a killed process left is used again, however long it is") {
  const TemporaryFolder temporary;
  temporary.write(".a.txt.tmp", std::string(1000, 'x'));
  write_file(temporary.path() / "a.txt", "short");
  CHECK(temporary.read("a.txt") == "short");
  CHECK(files_in(temporary.path()) == 1);
}

TEST_CASE("of threads that write one file at once, one wins as a whole") {
  const TemporaryFolder temporary;
  const fs::path file = temporary.path() / "a.txt";
  std::vector<std::thread> writers;
  for (const char letter : {'a', 'b', 'c', 'd'})
    writers.emplace_back([&file, letter] {
      for (int round = 0; round < 20; ++round)
        write_file(file, [letter](const Write& write) {
          for (int piece = 0; piece < 10; ++piece) write(std::string(1000, letter));
        });
    });
  for (std::thread& writer : writers) writer.join();
  const std::string content = content_of(file);
  CHECK(content == std::string(10'000, content.at(0)));
  CHECK(files_in(temporary.path()) == 1);
}

TEST_CASE("a name as long as names may be can be written") {
  const TemporaryFolder temporary;
  const std::string name(255, 'n');
  write_file(temporary.path() / name, "x");
  CHECK(temporary.read(name) == "x");
}

TEST_CASE("a range is read into place, and what is not there is an error with the file's name") {
  const TemporaryFolder temporary;
  temporary.write("a.txt", "0123456789");
  const fs::path file = temporary.path() / "a.txt";
  const Input input(file);
  CHECK(input.size() == 10);
  std::string bytes(3, '?');
  input.read(4, 3, bytes.data());
  CHECK(bytes == "456");
  CHECK(error_of([&] { input.read(8, 3, bytes.data()); }) ==
        file.string() + ": cannot be read: it ends at byte 10, where 1 more were expected");
  const fs::path pipe = temporary.path() / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  check_errors({
      {[] { Input("/nowhere/a"); }, "/nowhere/a: cannot be read: No such file or directory"},
      {[&] { Input input(temporary.path()); },
       temporary.path().string() + ": cannot be read: it is no regular file"},
      {[&] { Input input(pipe); }, pipe.string() + ": cannot be read: it is no regular file"},
      {[] { Input("/dev/null"); }, "/dev/null: cannot be read: it is no regular file"},
  });
}

}  // namespace
}  // namespace gradian::test
