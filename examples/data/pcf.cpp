// A file is a table of contents and the tables: metrics say how large each glyph is and where it
// stands, bitmaps hold their bits, encodings the glyph of each character.
#include "examples/data/pcf.h"

#include "examples/data/file_bytes.h"
#include "examples/program/text.h"
#include "tensor/error.h"

namespace gradian::examples {
namespace {

constexpr int64_t kMetrics = 1 << 2, kBitmaps = 1 << 3, kEncodings = 1 << 5;  // types of tables
// Bits of a table's format. The lowest two say how bitmap rows are padded.
constexpr int64_t kBigEndian = 1 << 2, kHighBitFirst = 1 << 3, kCompressedMetrics = 1 << 8;
constexpr int64_t kNoGlyph = 0xffff;

// Numbers from a part of the file, one after the other.
class Part {
 public:
  Part(std::string_view bytes, std::string file, const char* name)
      : bytes_(bytes), file_(std::move(file)), name_(name) {}

  int64_t left() const { return static_cast<int64_t>(bytes_.size()); }
  void set_big_endian(bool big_endian) { big_endian_ = big_endian; }

  int64_t number(int64_t size) {
    const std::string_view bytes = take(1, size);
    int64_t value = 0;
    for (int64_t i = 0; i < size; ++i) {
      const int64_t at = big_endian_ ? i : size - 1 - i;
      value = value << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(at)]);
    }
    return value;
  }
  int64_t signed16() { return static_cast<int16_t>(number(2)); }

  // Fails unless there are so many items of so many bytes; neither is negative or beyond 32 bits.
  void expect(int64_t count, int64_t size) const {
    check(count * size <= left(), file_, ": truncated or broken: ", count, " x ", size,
          " bytes were expected in the ", name_, ", of which ", left(), " are left");
  }
  std::string_view take(int64_t count, int64_t size) {
    expect(count, size);
    const std::string_view taken = bytes_.substr(0, static_cast<size_t>(count * size));
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  template <class... What>
  void check_that(bool ok, const What&... what) const {
    check(ok, file_, ": ", name_, ": ", what...);
  }

 private:
  std::string_view bytes_;
  std::string file_;
  const char* name_;
  bool big_endian_ = false;
};

struct Table {
  int64_t format;
  Part part;
};

// The first table of this type, behind its format, which stands in front of it once more.
Table find_table(std::string_view bytes, const std::string& file, int64_t type, const char* name) {
  Part contents(bytes, file, "table of contents");
  contents.take(1, 4);  // the magic number
  const int64_t tables = contents.number(4);
  contents.expect(tables, 16);
  for (int64_t i = 0; i < tables; ++i) {
    const int64_t its_type = contents.number(4), format = contents.number(4);
    const int64_t size = contents.number(4), offset = contents.number(4);
    if (its_type != type) continue;
    const int64_t all = static_cast<int64_t>(bytes.size());
    check(offset + size <= all, file, ": truncated or broken: the ", name, " lie at the bytes ",
          offset, " to ", offset + size, ", and there are ", all);
    Part part(bytes.substr(static_cast<size_t>(offset), static_cast<size_t>(size)), file, name);
    const int64_t repeated = part.number(4);
    part.check_that(repeated == format, "expected the format ", format,
                    ", as the table of contents has it, got ", repeated);
    part.set_big_endian(format & kBigEndian);
    return {format, part};
  }
  fail(file, ": expected a table of ", name, ", there is none among ", tables);
}

// A glyph but for its bits.
struct Metrics {
  int64_t left, right, advance, ascent, descent;

  int64_t width() const { return right - left; }
  int64_t height() const { return ascent + descent; }
};

std::vector<Metrics> read_metrics(Table table) {
  Part& part = table.part;
  const bool compressed = table.format & kCompressedMetrics;
  const int64_t count = part.number(compressed ? 2 : 4);
  part.expect(count, compressed ? 5 : 12);
  std::vector<Metrics> glyphs;
  for (int64_t i = 0; i < count; ++i) {
    const auto next = [&] { return compressed ? part.number(1) - 128 : part.signed16(); };
    const int64_t left = next(), right = next(), advance = next(), ascent = next();
    const Metrics glyph{left, right, advance, ascent, next()};
    if (!compressed) part.number(2);  // attributes
    part.check_that(glyph.width() >= 0 && glyph.height() >= 0, "glyph ", i, " has the width ",
                    glyph.width(), " and the height ", glyph.height());
    glyphs.push_back(glyph);
  }
  return glyphs;
}

// The bits of all glyphs.
class Bitmaps {
 public:
  explicit Bitmaps(Table table) : part_(table.part), format_(table.format) {
    const int64_t count = part_.number(4);
    part_.expect(count, 4);
    for (int64_t i = 0; i < count; ++i) offsets_.push_back(part_.number(4));
    // One size for each way to pad rows.
    int64_t size = 0;
    for (int64_t padding = 0; padding < 4; ++padding) {
      const int64_t its_size = part_.number(4);
      if (padding == (format_ & 3)) size = its_size;
    }
    bits_ = part_.take(1, size);
    part_.check_that(unit() <= 4 && size % unit() == 0,
                     "expected whole units of 1, 2 or 4 bytes, got ", size, " bytes in units of ",
                     unit());
  }

  int64_t count() const { return static_cast<int64_t>(offsets_.size()); }
  int64_t size() const { return static_cast<int64_t>(bits_.size()); }
  int64_t bytes_of(const Metrics& glyph) const { return row_bytes(glyph) * glyph.height(); }

  std::vector<uint8_t> pixels(int64_t index, const Metrics& glyph) const {
    const int64_t begin = offsets_[static_cast<size_t>(index)];
    part_.check_that(begin + bytes_of(glyph) <= size(), "glyph ", index, " lies at the bytes ",
                     begin, " to ", begin + bytes_of(glyph), ", and there are ", size());
    std::vector<uint8_t> pixels;
    for (int64_t row = 0; row < glyph.height(); ++row)
      for (int64_t column = 0; column < glyph.width(); ++column)
        pixels.push_back(bit(begin + row * row_bytes(glyph), column) ? 255 : 0);
    return pixels;
  }

 private:
  int64_t unit() const { return 1 << (format_ >> 4 & 3); }

  int64_t row_bytes(const Metrics& glyph) const {
    const int64_t padding = 1 << (format_ & 3);
    return (glyph.width() + 8 * padding - 1) / (8 * padding) * padding;
  }

  // Where bytes and bits are in different orders, the bytes of each unit are the other way round.
  bool bit(int64_t row, int64_t column) const {
    const bool high_bit_first = format_ & kHighBitFirst;
    int64_t at = row + column / 8;
    if (high_bit_first != static_cast<bool>(format_ & kBigEndian)) at ^= unit() - 1;
    const int64_t place = high_bit_first ? 7 - column % 8 : column % 8;
    return static_cast<unsigned char>(bits_[static_cast<size_t>(at)]) >> place & 1;
  }

  Part part_;
  int64_t format_;
  std::vector<int64_t> offsets_{};  // of glyphs, in the bits
  std::string_view bits_{};
};

struct Character {
  uint32_t code_point;
  int64_t glyph;
};

// The glyphs of the characters that there are. A code point has two bytes, of which a font with
// one byte leaves the first 0.
std::vector<Character> read_encodings(Table table, int64_t glyphs, CodePoints wanted) {
  Part& part = table.part;
  const int64_t first_low = part.number(2), last_low = part.number(2);
  const int64_t first_high = part.number(2), last_high = part.number(2);
  part.number(2);  // what stands for missing characters
  part.check_that(
      first_low <= last_low && last_low < 256 && first_high <= last_high && last_high < 256,
      "expected ranges of bytes, got ", first_high, " to ", last_high, " and ", first_low, " to ",
      last_low);
  part.expect((last_low - first_low + 1) * (last_high - first_high + 1), 2);
  std::vector<Character> characters;
  for (int64_t high = first_high; high <= last_high; ++high)
    for (int64_t low = first_low; low <= last_low; ++low) {
      const int64_t glyph = part.number(2);
      const auto code_point = static_cast<uint32_t>(high << 8 | low);
      if (glyph == kNoGlyph || code_point < wanted.first || code_point > wanted.last) continue;
      part.check_that(glyph < glyphs, "code point ", code_point, " has the glyph ", glyph, " of ",
                      glyphs);
      characters.push_back({code_point, glyph});
    }
  return characters;
}

}  // namespace

std::vector<Drawing> decode_pcf(std::string_view bytes, const std::string& file,
                                CodePoints wanted) {
  check_unpacked(bytes, file);
  check(bytes.starts_with("\1fcp"), file,
        ": expected a PCF font, which begins with the bytes 01 66 63 70, got ",
        hex_bytes(bytes.substr(0, 4)));
  const std::vector<Metrics> metrics = read_metrics(find_table(bytes, file, kMetrics, "metrics"));
  const Bitmaps bitmaps(find_table(bytes, file, kBitmaps, "bitmaps"));
  const int64_t glyphs = bitmaps.count();
  check(static_cast<int64_t>(metrics.size()) == glyphs, file, ": expected the metrics of ", glyphs,
        " bitmaps, got those of ", metrics.size());

  std::vector<Drawing> drawings;
  int64_t taken = 0;
  for (const auto& [code_point, index] :
       read_encodings(find_table(bytes, file, kEncodings, "encodings"), glyphs, wanted)) {
    const Metrics& glyph = metrics[static_cast<size_t>(index)];
    taken += bitmaps.bytes_of(glyph);
    check(taken <= bitmaps.size(), file, ": the bitmaps of its characters take more than the ",
          bitmaps.size(), " bytes that there are");
    drawings.push_back({code_point, glyph.width(), glyph.height(), glyph.left, glyph.ascent,
                        glyph.advance, bitmaps.pixels(index, glyph)});
  }
  return drawings;
}

std::vector<Drawing> read_pcf(const std::filesystem::path& file, CodePoints wanted) {
  return decode_pcf(file_bytes(file), file.string(), wanted);
}

}  // namespace gradian::examples
