// A folder for the files of one test.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace gradian::test {

// Empty at first, of no other test or process, and gone at the end of the test.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name = "files") : path_(root_ / name) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(root_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // A file of this name, in a folder within if the name says so.
  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  static inline int next_number_ = 0;
  std::filesystem::path root_ =
      std::filesystem::temp_directory_path() /
      ("gradian-test-" + std::to_string(getpid()) + '-' + std::to_string(next_number_++));
  std::filesystem::path path_;
};

}  // namespace gradian::test
