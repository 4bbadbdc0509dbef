// Small PCF fonts for tests, as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gradian::test {

struct PcfGlyph {
  int left, right, advance, ascent, descent;
  std::string bits;  // as they are to lie in the file
};

// The glyphs of consecutive code points. Tables lie behind the table of contents of 56 bytes:
// metrics, bitmaps, encodings.
struct PcfFile {
  uint32_t format = 4 | 8;  // high byte and high bit first, rows of whole bytes
  bool compressed = false;  // metrics
  uint32_t first_code_point = 0x4e00;
  std::vector<PcfGlyph> glyphs;

  std::string bytes() const {
    const std::string tables[] = {metrics(), bitmaps(), encodings()};
    std::string file = "\1fcp" + number(3, 4, false), behind;
    for (int i = 0; i < 3; ++i) {
      const uint32_t its_format = i == 0 && compressed ? format | 0x100 : format;
      const std::string table = number(its_format, 4, false) + tables[i];
      for (const uint32_t entry :
           {std::vector<uint32_t>{4, 8, 32}[static_cast<size_t>(i)], its_format,
            static_cast<uint32_t>(table.size()), static_cast<uint32_t>(56 + behind.size())})
        file += number(entry, 4, false);
      behind += table;
    }
    return file + behind;
  }

 private:
  static std::string number(uint32_t value, int size, bool big_endian) {
    std::string bytes;
    for (int i = 0; i < size; ++i)
      bytes += static_cast<char>(value >> 8 * (big_endian ? size - 1 - i : i));
    return bytes;
  }
  std::string number(int value, int size) const {
    return number(static_cast<uint32_t>(value), size, format & 4);
  }

  std::string metrics() const {
    std::string table = number(static_cast<int>(glyphs.size()), compressed ? 2 : 4);
    for (const PcfGlyph& glyph : glyphs) {
      for (const int value : {glyph.left, glyph.right, glyph.advance, glyph.ascent, glyph.descent})
        table += compressed ? number(value + 128, 1) : number(value, 2);
      if (!compressed) table += number(0, 2);
    }
    return table;
  }
  std::string bitmaps() const {
    std::string offsets, bits;
    for (const PcfGlyph& glyph : glyphs) {
      offsets += number(static_cast<int>(bits.size()), 4);
      bits += glyph.bits;
    }
    std::string sizes;
    for (uint32_t padding = 0; padding < 4; ++padding)
      sizes += number(padding == (format & 3) ? static_cast<int>(bits.size()) : 0x7fffffff, 4);
    return number(static_cast<int>(glyphs.size()), 4) + offsets + sizes + bits;
  }
  std::string encodings() const {
    const int count = static_cast<int>(glyphs.size());
    const int low = static_cast<int>(first_code_point & 255),
              high = static_cast<int>(first_code_point >> 8);
    std::string table =
        number(low, 2) + number(low + count, 2) + number(high, 2) + number(high, 2) + number(0, 2);
    for (int i = 0; i < count; ++i) table += number(i, 2);
    return table + number(0xffff, 2);  // one more code point, without a glyph
  }
};

}  // namespace gradian::test
