// The bytes of a file as a whole, for readers of formats that hold no more than that. What is in
// them is up to those who call.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gradian::examples {

// All bytes of a regular file of at most 1 GiB.
std::string file_bytes(const std::filesystem::path& file);

// "00 00 08 03"
std::string hex_bytes(std::string_view bytes);

// Fails, with the command that unpacks it, if the file begins as gzip does.
void check_unpacked(std::string_view start, const std::string& file);

}  // namespace gradian::examples
