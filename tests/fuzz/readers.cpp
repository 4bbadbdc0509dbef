// The targets that read a file's bytes or a command line.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <streambuf>
#include <string>
#include <vector>

#include "examples/data/idx.h"
#include "examples/data/pcf.h"
#include "examples/data/pnm.h"
#include "examples/data/unifont_hex.h"
#include "examples/program/arguments.h"
#include "examples/tour/formula.h"
#include "tensor/files/npy.h"
#include "tensor/files/safetensors.h"
#include "tests/fuzz/targets.h"

namespace gradian::fuzz {
namespace {

// Takes what is printed and keeps nothing.
class Silence : std::streambuf {
 public:
  Silence() : before_(std::cout.rdbuf(this)) {}
  ~Silence() override { std::cout.rdbuf(before_); }

 private:
  int overflow(int c) override { return c; }
  std::streambuf* before_;
};

// A file of these bytes that is on no disk.
class FileInMemory {
 public:
  explicit FileInMemory(std::string_view bytes) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    check(descriptor_ >= 0 &&
              write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
          "fuzz: no file in memory");
  }
  ~FileInMemory() { close(descriptor_); }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;

  std::string path() const { return text("/proc/self/fd/", descriptor_); }

 private:
  int descriptor_;
};

// `what` may be refused, but what it returns has to hold.
template <class What>
void runs_or_is_refused(const What& what) {
  bool holds = true;
  try {
    holds = what();
  } catch (const Error&) {
  }
  if (!holds) throw std::logic_error("fuzz: a result that does not go with its input");
}

}  // namespace

void read_idx_file(std::string_view bytes) {
  runs_or_is_refused([&] {
    const Tensor images = examples::decode_idx_images(bytes, "file");
    return images.dim() == 4 && images.numel() + 16 == static_cast<int64_t>(bytes.size());
  });
  runs_or_is_refused([&] {
    const int64_t labels = examples::decode_idx_labels(bytes, "file").numel();
    const int64_t size = static_cast<int64_t>(bytes.size());
    return labels + 8 == size || 32 * labels + 12 == size;
  });
}

// As many pixels as each says, and no more in all than there are bits; code points rise.
bool drawings_hold(const std::vector<examples::Drawing>& drawings, size_t bits) {
  size_t pixels = 0;
  for (size_t i = 0; i < drawings.size(); ++i) {
    const examples::Drawing& drawing = drawings[i];
    if (static_cast<int64_t>(drawing.pixels.size()) != drawing.width * drawing.height) return false;
    if (i > 0 && drawings[i - 1].code_point >= drawing.code_point) return false;
    pixels += drawing.pixels.size();
  }
  return pixels <= bits;
}

void read_pcf_file(std::string_view bytes) {
  runs_or_is_refused(
      [&] { return drawings_hold(examples::decode_pcf(bytes, "file"), 8 * bytes.size()); });
}

void read_unifont_hex_file(std::string_view bytes) {
  runs_or_is_refused(
      [&] { return drawings_hold(examples::decode_unifont_hex(bytes, "file"), 4 * bytes.size()); });
}

void read_pnm_file(std::string_view bytes) {
  runs_or_is_refused([&] {
    const Tensor image = examples::decode_pnm(bytes, "file");
    bool in_range = true;
    for (const float value : image.to_vector<float>()) in_range &= value >= 0 && value <= 255;
    return in_range && image.dim() == 3 && image.numel() < static_cast<int64_t>(bytes.size());
  });
}

// Words end at a line end.
void read_command_line(std::string_view bytes) {
  std::vector<std::string> words{"program", ""};
  for (const char c : bytes) {
    if (c == '\n')
      words.emplace_back();
    else if (c != '\0')
      words.back() += c;
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const Silence silence;
  runs_or_is_refused([&] {
    examples::Arguments arguments(static_cast<int>(argv.size()), argv.data(), "Does nothing.");
    const int64_t epochs = arguments.integer("--epochs", 4, 1, 1000, "how often");
    const int64_t any = arguments.integer("--any", 0, INT64_MIN, INT64_MAX, "a number");
    const bool named = !arguments.path("--out", "report", "a folder").empty();
    arguments.optional_path("--file", "unnamed", "a file");
    const std::string text = arguments.text("--text", "", "anything");
    arguments.complete();
    // The command holds the number as it was given, which may be -07.
    const std::string option = " --any ", command = arguments.command();
    const size_t at = command.find(option);
    return epochs >= 1 && epochs <= 1000 && named && at != std::string::npos &&
           std::strtoll(command.c_str() + at + option.size(), nullptr, 10) == any;
  });
}

// A formula that is taken has a value.
void read_formula(std::string_view bytes) {
  runs_or_is_refused([&] {
    const examples::Formula formula = examples::parse_formula(std::string(bytes));
    const Inputs inputs(formula.names.size(), Variable(distinct_values({2}, 0.5, 1)));
    return formula.function(inputs).numel() <= 2 && formula.names.size() <= bytes.size();
  });
}

void read_safetensors_file(std::string_view bytes) {
  const FileInMemory file(bytes);
  runs_or_is_refused([&] {
    int64_t elements = 0;
    for (const auto& [name, array] : read_safetensors(file.path()).tensors)
      elements += array.numel();
    return elements <= static_cast<int64_t>(bytes.size());
  });
}

void read_npy_file(std::string_view bytes) {
  const FileInMemory file(bytes);
  runs_or_is_refused(
      [&] { return read_npy(file.path()).numel() <= static_cast<int64_t>(bytes.size()); });
}

}  // namespace gradian::fuzz
