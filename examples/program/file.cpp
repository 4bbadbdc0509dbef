// Calls of the system rather than an ofstream, which keeps errors of the disk to itself.
// Nothing is locked: of two programs that write one file, the last one wins.
#include "examples/program/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "tensor/error.h"

namespace gradian::examples {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_writing(const fs::path& file, int reason) {
  fail(file.string(), ": cannot be written: ", std::generic_category().message(reason));
}

// An open file that is closed at the latest at the end of its scope. Errors name `file`.
class Output {
 public:
  Output(const fs::path& path, int flags, const fs::path& file)
      : file_(file), descriptor_(::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0666)) {
    require(descriptor_ >= 0);
  }
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      require(written >= 0);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  // Where the file system knows of permissions.
  void set_mode(fs::perms mode) { ::fchmod(descriptor_, static_cast<mode_t>(mode) & 0777); }
  void flush_to_disk() { require(::fsync(descriptor_) == 0); }
  void close() { require(::close(std::exchange(descriptor_, -1)) == 0); }

 private:
  void require(bool succeeded) const {
    if (!succeeded) fail_writing(file_, errno);
  }

  const fs::path& file_;
  int descriptor_;
};

// A file beside `file`, gone at the end of its scope unless it has taken its place.
class Temporary {
 public:
  explicit Temporary(const fs::path& file)
      : file_(file),
        path_(file.parent_path() / text(".gradian-", getpid(), ".tmp")),
        output_(made_anew()) {}
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  Output& output() { return output_; }
  void take_the_place_of_file() {
    if (::rename(path_.c_str(), file_.c_str()) != 0) fail_writing(file_, errno);
    path_.clear();
  }

 private:
  // A process of the same number that was killed may have left one.
  Output made_anew() const {
    ::unlink(path_.c_str());
    return Output(path_, O_CREAT | O_EXCL, file_);
  }

  fs::path file_, path_;
  Output output_;
};

// Where a write goes, and what is there.
struct Target {
  fs::path path;  // a symbolic link is followed: the file that it names is replaced, not the link
  fs::file_status status;
  bool in_place;  // a terminal, a pipe, a device: no file could take its place
};

Target prepare(const fs::path& file) {
  std::error_code error;
  if (file.has_parent_path()) {
    fs::create_directories(file.parent_path(), error);
    check(!error, file.parent_path().string(), ": cannot be made a folder: ", error.message());
  }
  const fs::file_status status = fs::status(file, error);
  check(!fs::is_directory(status), file.string(), ": cannot be written: it is a folder");
  // Its folder may allow to replace a file that is protected from writing.
  if (fs::exists(status) && ::access(file.c_str(), W_OK) != 0) fail_writing(file, errno);
  // /dev/stdout and /dev/fd/1 may lead to a file that this process is writing to.
  const std::string name = file.string();
  const bool is_open = name.starts_with("/dev/std") || name.starts_with("/dev/fd/");
  if (is_open || (fs::exists(status) && !fs::is_regular_file(status)))
    return {file, status, /*in_place=*/true};
  const fs::path path = fs::weakly_canonical(file, error);
  if (error) fail_writing(file, error.value());
  return {path, status, /*in_place=*/false};
}

}  // namespace

void check_writable(const fs::path& file) {
  const Target target = prepare(file);
  if (!target.in_place) Temporary(target.path);
}

void write_file(const fs::path& file, const std::string& content) {
  const Target target = prepare(file);
  if (target.in_place) {
    Output output(target.path, O_APPEND, target.path);
    output.write(content);
    output.close();
    return;
  }
  Temporary temporary(target.path);
  if (fs::exists(target.status)) temporary.output().set_mode(target.status.permissions());
  temporary.output().write(content);
  temporary.output().flush_to_disk();
  temporary.output().close();
  temporary.take_the_place_of_file();
}

}  // namespace gradian::examples
