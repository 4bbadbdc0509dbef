#include "examples/data/pnm.h"

#include <algorithm>

#include "examples/data/file_bytes.h"
#include "examples/program/text.h"
#include "tensor/error.h"

namespace gradian::examples {
namespace {

constexpr int64_t kLongestSide = 1 << 24;  // so that no product overflows

struct OtherFormat {
  std::string_view magic;
  const char* name;
};
constexpr OtherFormat kOtherFormats[] = {
    {"\x89PNG", "PNG"}, {"\xff\xd8\xff", "JPEG"}, {"GIF8", "GIF"}, {"BM", "BMP"}};

void refuse_other_formats(std::string_view bytes, const std::string& file) {
  check_unpacked(bytes, file);
  for (const OtherFormat& other : kOtherFormats)
    check(!bytes.starts_with(other.magic), file, ": is a ", other.name,
          " image; convert it with ImageMagick (ppm for colour): mogrify -format pgm ",
          shell_quoted(file));
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What is left of a file.
class Source {
 public:
  Source(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  std::string_view left() const { return bytes_; }
  void skip(size_t count) { bytes_.remove_prefix(count); }

  // The next decimal number, behind white space and comments.
  int64_t number(const char* what, int64_t lowest, int64_t highest) {
    skip_to_number();
    check(!bytes_.empty(), file_, ": truncated: expected ", what, ", the file ends there");
    check(is_digit(bytes_.front()), file_, ": expected ", what, ", a number, got the byte ",
          hex_bytes(bytes_.substr(0, 1)));
    int64_t value = 0;
    for (; !bytes_.empty() && is_digit(bytes_.front()); skip(1))
      value = std::min(10 * value + (bytes_.front() - '0'), highest + 1);
    check(value >= lowest && value <= highest, file_, ": expected ", what, " from ", lowest, " to ",
          highest, ", got ", value > highest ? "more" : "0");
    return value;
  }

 private:
  void skip_to_number() {
    while (!bytes_.empty() && (is_space(bytes_.front()) || bytes_.front() == '#')) {
      const bool comment = bytes_.front() == '#';
      skip(comment ? std::min(bytes_.find_first_of("\r\n"), bytes_.size()) : 1);
    }
  }

  std::string_view bytes_;
  const std::string& file_;
};

struct Header {
  bool text;
  int64_t channels, width, height, white;

  int64_t samples() const { return channels * width * height; }
  int64_t sample_size() const { return white < 256 ? 1 : 2; }  // bytes, of files that are no text
};

Header read_header(Source& source, const std::string& file) {
  const std::string_view magic = source.left().substr(0, 2);
  const bool known = magic == "P2" || magic == "P3" || magic == "P5" || magic == "P6";
  check(known, file, ": expected an image P2, P3, P5 or P6 (PGM or PPM), got the bytes ",
        hex_bytes(magic));
  source.skip(2);
  Header header{};
  header.text = magic < "P5";
  header.channels = magic == "P3" || magic == "P6" ? 3 : 1;
  header.width = source.number("a width", 1, kLongestSide);
  header.height = source.number("a height", 1, kLongestSide);
  header.white = source.number("a value of white", 1, 65535);
  return header;
}

// `next` gives the samples, in the order of the file: the channels of a pixel lie together there.
template <class Next>
Tensor read_samples(const Header& header, const std::string& file, const Next& next) {
  Tensor image = Tensor::empty({header.channels, header.height, header.width});
  float* const values = image.mutable_data<float>();
  const float white = static_cast<float>(header.white);
  const int64_t pixels = header.width * header.height;
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    for (int64_t channel = 0; channel < header.channels; ++channel) {
      const int64_t sample = next();
      check(sample <= header.white, file, ": expected samples from 0 to ", header.white, ", got ",
            sample, " at pixel ", pixel);
      values[channel * pixels + pixel] = 255 * static_cast<float>(sample) / white;
    }
  return image;
}

Tensor read_text(Source source, const Header& header, const std::string& file) {
  // A digit each, and what separates them.
  const int64_t left = static_cast<int64_t>(source.left().size()), least = 2 * header.samples();
  check(left >= least, file, ": truncated: ", header.samples(), " samples take at least ", least,
        " bytes, but ", left, " are left");
  return read_samples(header, file, [&] { return source.number("a sample", 0, header.white); });
}

Tensor read_binary(Source source, const Header& header, const std::string& file) {
  check(!source.left().empty() && is_space(source.left().front()), file,
        ": expected white space behind the value of white");
  source.skip(1);
  const int64_t left = static_cast<int64_t>(source.left().size());
  const int64_t expected = header.samples() * header.sample_size();
  check(left >= expected, file, ": truncated: expected ", expected, " bytes of samples, got ",
        left);
  const std::string_view rest = source.left().substr(static_cast<size_t>(expected));
  check(std::all_of(rest.begin(), rest.end(), is_space), file, ": trailing bytes: expected ",
        expected, " bytes of samples, got ", left);
  const char* at = source.left().data();
  return read_samples(header, file, [&] {
    int64_t sample = static_cast<unsigned char>(*at++);
    if (header.sample_size() == 2) sample = sample << 8 | static_cast<unsigned char>(*at++);
    return sample;
  });
}

}  // namespace

Tensor decode_pnm(std::string_view bytes, const std::string& file) {
  refuse_other_formats(bytes, file);
  Source source(bytes, file);
  const Header header = read_header(source, file);
  return header.text ? read_text(source, header, file) : read_binary(source, header, file);
}

Tensor read_pnm(const std::filesystem::path& file) {
  return decode_pnm(file_bytes(file), file.string());
}

}  // namespace gradian::examples
