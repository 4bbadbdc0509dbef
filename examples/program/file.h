// Writes result files: what is there is replaced by a whole new file or stays as it is.
// What is in them is up to those who call.
#pragma once

#include <filesystem>
#include <string>

namespace gradian::examples {

// Makes the file's folder if need be and fails, naming the file and the reason, unless the file can
// be written. Leaves what is in it; for the start of a program that writes at its end.
void check_writable(const std::filesystem::path& file);

// Writes a whole file, making its folder if need be: into a temporary file beside it, which takes
// its place once all is on the disk. On failure (no space, no permission) the old file is as it
// was, and the error names the file and the reason. What is no file but can be written, such as
// /dev/stdout, is written as it is.
void write_file(const std::filesystem::path& file, const std::string& content);

}  // namespace gradian::examples
