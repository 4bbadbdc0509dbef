// Calls of the system rather than streams, which keep errors of the disk to themselves.
#include "tensor/files/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "tensor/error.h"

namespace gradian::files {
namespace {

namespace fs = std::filesystem;

std::string reason_of(int error) { return std::generic_category().message(error); }

[[noreturn]] void fail_writing(const fs::path& file, int error) {
  fail(file.string(), ": cannot be written: ", reason_of(error));
}

// An open file that is closed at the end of its scope. Errors name `file`.
class Output {
 public:
  Output(const fs::path& path, int flags, const fs::path& file)
      : file_(file), descriptor_(::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0666)) {
    require(descriptor_ >= 0);
  }
  Output(Output&& other) : file_(other.file_), descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      require(written >= 0);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  void write(const std::function<void(const Write&)>& content) {
    content([this](std::string_view bytes) { write(bytes); });
  }
  void make_empty() { require(::ftruncate(descriptor_, 0) == 0); }
  // Where the file system knows of permissions.
  void set_mode(fs::perms mode) { ::fchmod(descriptor_, static_cast<mode_t>(mode) & 0777); }
  void flush_to_disk() { require(::fsync(descriptor_) == 0); }
  // Waits for other holders of a lock, where the file system knows of locks. Only the descriptor
  // holds it: it goes with the process, however that ends.
  void lock() {
    while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  bool is(const fs::path& path) const {
    struct stat own, there;
    return ::fstat(descriptor_, &own) == 0 && ::lstat(path.c_str(), &there) == 0 &&
           own.st_dev == there.st_dev && own.st_ino == there.st_ino;
  }

 private:
  void require(bool succeeded) const {
    if (!succeeded) fail_writing(file_, errno);
  }

  const fs::path& file_;
  int descriptor_;
};

// A file beside `file`, gone at the end of its scope unless it has taken its place. Its name is
// always the same: what a killed process has left is used again, and of several that write one
// file, each waits until the one before it is done.
class Temporary {
 public:
  explicit Temporary(const fs::path& file)
      : file_(file),
        path_(file.parent_path() / text('.', file.filename().string().substr(0, 200), ".tmp")),
        output_(locked()) {
    output_.make_empty();
  }
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
  // Who held the lock before has renamed the file or removed it: then there is a new one to make.
  Output locked() const {
    for (;;) {
      Output output(path_, O_CREAT | O_NOFOLLOW, file_);
      output.lock();
      if (output.is(path_)) return output;
    }
  }

  fs::path file_, path_;
  Output output_;
};

// So that the new name outlasts a loss of power. A folder that may not be read is left out.
void flush_folder_of(const fs::path& file) {
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  const bool done = ::fsync(folder) == 0 || errno == EINVAL;  // not where folders cannot be flushed
  const int error = errno;
  ::close(folder);
  if (!done) fail_writing(file, error);
}

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
  fs::path path = fs::absolute(file);
  // weakly_canonical() takes a link to what is not there yet for the file.
  constexpr int kMostLinks = 40;  // as the system has it
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    if (links == kMostLinks) fail_writing(file, ELOOP);
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  path = fs::weakly_canonical(path, error);
  if (error) fail_writing(file, error.value());
  return {path, status, /*in_place=*/false};
}

}  // namespace

void check_writable(const fs::path& file) {
  const Target target = prepare(file);
  if (!target.in_place) Temporary(target.path);
}

void write_file(const fs::path& file, const std::function<void(const Write&)>& content) {
  const Target target = prepare(file);
  if (target.in_place) {
    Output(target.path, O_APPEND, target.path).write(content);
    return;
  }
  try {
    Temporary temporary(target.path);
    if (fs::exists(target.status)) temporary.output().set_mode(target.status.permissions());
    temporary.output().write(content);
    temporary.output().flush_to_disk();
    temporary.take_the_place_of_file();
  } catch (...) {
    throw;  // an error that no one catches would end the process with the temporary file there
  }
  flush_folder_of(target.path);
}

void write_file(const fs::path& file, std::string_view content) {
  write_file(file, [content](const Write& write) { write(content); });
}

// O_NONBLOCK: a pipe without a writer would be waited for.
Input::Input(const fs::path& file)
    : name_(file.string()), descriptor_(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  if (descriptor_ < 0) fail_reading(reason_of(errno));
  struct stat status;
  const int error = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISREG(status.st_mode)) {
    size_ = status.st_size;
    return;
  }
  ::close(descriptor_);
  fail_reading(error != 0 ? reason_of(error) : "it is no regular file");
}

Input::~Input() { ::close(descriptor_); }

void Input::read(int64_t begin, int64_t count, void* to) const {
  for (char* next = static_cast<char*>(to); count > 0;) {
    const ssize_t got = ::pread(descriptor_, next, static_cast<size_t>(count), begin);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_reading(reason_of(errno));
    if (got == 0)
      fail_reading(text("it ends at byte ", begin, ", where ", count, " more were expected"));
    next += got, begin += got, count -= got;
  }
}

void Input::fail_reading(const std::string& reason) const {
  fail(name_, ": cannot be read: ", reason);
}

}  // namespace gradian::files
