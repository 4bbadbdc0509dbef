// Files on disk: written as a whole or not at all, read in ranges straight into place.
// What is in them is up to those who call. Errors name the file and the reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace gradian::files {

// Makes the file's folder if need be and fails unless the file can be written. Leaves what is in
// it; for the start of a program that writes at its end.
void check_writable(const std::filesystem::path& file);

// Writes a whole file, making its folder if need be. `content` hands its bytes over piece by piece,
// so that they are never in memory twice:
//   write_file(file, [&](const Write& write) { write(header), write(bytes); });
// They go into a temporary file beside it, which takes its place once all is on the disk. When that
// fails (no space, no permission, an exception from `content`), or the process is killed, the old
// file is as it was. What is no file but can be written, such as /dev/stdout, is written as it is.
using Write = std::function<void(std::string_view piece)>;
void write_file(const std::filesystem::path& file,
                const std::function<void(const Write& write)>& content);
void write_file(const std::filesystem::path& file, std::string_view content);

// A regular file, open for reading; of its size when it was opened.
class Input {
 public:
  explicit Input(const std::filesystem::path& file);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const std::string& name() const { return name_; }
  int64_t size() const { return size_; }
  // Bytes [begin, begin + count) to `to`; fewer are an error.
  void read(int64_t begin, int64_t count, void* to) const;

 private:
  [[noreturn]] void fail_reading(const std::string& reason) const;

  std::string name_;
  int descriptor_;
  int64_t size_ = 0;
};

}  // namespace gradian::files
