#include "examples/data/file_bytes.h"

#include "examples/program/text.h"
#include "tensor/error.h"
#include "tensor/files/file.h"

namespace gradian::examples {

std::string file_bytes(const std::filesystem::path& file) {
  constexpr int64_t kMost = int64_t{1} << 30;
  const files::Input input(file);
  check(input.size() <= kMost, input.name(), ": expected at most ", kMost, " bytes, got ",
        input.size());
  std::string bytes(static_cast<size_t>(input.size()), '\0');
  input.read(0, input.size(), bytes.data());
  return bytes;
}

std::string hex_bytes(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (!out.empty()) out += ' ';
    out += hex(static_cast<unsigned char>(c));
  }
  return out;
}

void check_unpacked(std::string_view start, const std::string& file) {
  if (!start.starts_with("\x1f\x8b")) return;
  const std::string name = shell_quoted(file);
  if (file.ends_with(".gz")) fail(file, ": is gzip-compressed; unpack it with: gunzip -k ", name);
  // gunzip takes no other name.
  const std::string packed = shell_quoted(file + ".gz");
  fail(file, ": is gzip-compressed; unpack it with: mv ", name, ' ', packed, " && gunzip ", packed);
}

}  // namespace gradian::examples
