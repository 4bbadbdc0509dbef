// The readers of bitmap fonts, PCF and Unifont's text: bits in every order, and the error of every
// way in which a file can be wrong. The fonts are written here; those that Debian's packages have
// are read where they are installed.
#include "examples/data/pcf.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "examples/data/unifont_hex.h"
#include "tests/examples/pcf_file.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::error_of;
using gradian::test::PcfFile;
using gradian::test::PcfGlyph;

namespace {

using namespace std::string_literals;

// "#..\n.##\n"
std::string picture(const Drawing& drawing) {
  std::string rows;
  for (int64_t y = 0; y < drawing.height; ++y) {
    for (int64_t x = 0; x < drawing.width; ++x)
      rows += drawing.pixels[static_cast<size_t>(y * drawing.width + x)] ? '#' : '.';
    rows += '\n';
  }
  return rows;
}

// Two rows, of 3 pixels: #.# and .##
const PcfGlyph kSmall{-1, 2, 4, 3, -1, "\xa0\x60"};
const PcfGlyph kDot{0, 1, 2, 1, 0, "\x80"};

std::string with_bytes(std::string file, size_t at, const std::string& bytes) {
  return file.replace(at, bytes.size(), bytes);
}

std::string error_of_pcf(const std::string& bytes) {
  return error_of([&] { decode_pcf(bytes, "f"); });
}

}  // namespace

TEST_CASE("a PCF glyph reads back with its size, its place and its pixels") {
  for (const bool compressed : {false, true})
    for (const uint32_t format : {4u | 8u, 0u | 8u}) {
      const PcfFile font{format, compressed, 0x4e00, {kSmall, kDot}};
      const std::vector<Drawing> drawings = decode_pcf(font.bytes(), "f");
      REQUIRE(drawings.size() == 2);
      const Drawing& small = drawings[0];
      CHECK(small.code_point == 0x4e00);
      CHECK(picture(small) == "#.#\n.##\n");
      CHECK(small.left == -1);
      CHECK(small.top == 3);
      CHECK(small.advance == 4);
      CHECK(drawings[1].code_point == 0x4e01);
      CHECK(picture(drawings[1]) == "#\n");
    }
}

TEST_CASE("PCF bits are read in every order of bits and bytes, unit and padding") {
  // Of a row of 16 pixels the first and the tenth.
  const std::string expected = "#........#......\n";
  struct Case {
    uint32_t format;
    std::string bits;
  };
  const uint32_t high_byte = 4, high_bit = 8, unit2 = 1 << 4, unit4 = 2 << 4;
  for (const Case& it : {Case{high_byte | high_bit, "\x80\x40"},
                         {high_byte | high_bit | unit2, "\x80\x40"},
                         {high_bit, "\x80\x40"},
                         {high_bit | unit2, "\x40\x80"},
                         {high_bit | unit4 | 2, "\0\0\x40\x80"s},
                         {0, "\x01\x02"},
                         {unit2, "\x01\x02"},
                         {high_byte | unit2 | 1, "\x02\x01"},
                         {high_byte | unit4 | 2, "\0\0\x02\x01"s},
                         {high_byte | high_bit | 3, "\x80\x40\0\0\0\0\0\0"s}}) {
    CAPTURE(it.format);
    const PcfFile font{it.format, false, 0x4e00, {{0, 16, 16, 1, 0, it.bits}}};
    CHECK(picture(decode_pcf(font.bytes(), "f").at(0)) == expected);
  }
}

TEST_CASE("only the code points that are wanted are read, of one byte as well as of two") {
  const PcfFile font{4 | 8, false, 0x41, {kSmall, kDot, kDot}};
  const std::vector<Drawing> drawings = decode_pcf(font.bytes(), "f", {0x42, 0x42});
  REQUIRE(drawings.size() == 1);
  CHECK(drawings[0].code_point == 0x42);
}

TEST_CASE("each beginning of a PCF file is an error that names the file") {
  const std::string bytes = PcfFile{.glyphs = {kSmall, kDot}}.bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(error_of_pcf(bytes.substr(0, size)).starts_with("f: "));
  }
}

TEST_CASE("each way in which a PCF file can be wrong has an error of its own") {
  const std::string bytes = PcfFile{.glyphs = {kSmall, kDot}}.bytes();
  const std::string most = "\xff\xff\xff\xff", one = "\0\0\0\1"s;
  const size_t metrics = 56, bitmaps = metrics + 8 + 2 * 12, encodings = bitmaps + 35;
  struct Case {
    std::string bytes, error;
  };
  for (const auto& [file, error] : {
           Case{"\x1f\x8b", "f: is gzip-compressed; unpack it with: mv f f.gz && gunzip f.gz"},
           {"font",
            "f: expected a PCF font, which begins with the bytes 01 66 63 70, got 66 6f 6e "
            "74"},
           {with_bytes(bytes, 4, most),
            "f: truncated or broken: 4294967295 x 16 bytes were expected in the table of "
            "contents, of which 135 are left"},
           {with_bytes(bytes, 8, "\1"), "f: expected a table of metrics, there is none among 3"},
           {with_bytes(bytes, 20, most),
            "f: truncated or broken: the metrics lie at the bytes 4294967295 to 4294967327, and "
            "there are 143"},
           {with_bytes(bytes, 16, most),
            "f: truncated or broken: the metrics lie at the bytes 56 to 4294967351, and there are "
            "143"},
           {with_bytes(bytes, metrics, "\xff"),
            "f: metrics: expected the format 12, as the table of contents has it, got 255"},
           {with_bytes(bytes, metrics + 4, most),
            "f: truncated or broken: 4294967295 x 12 bytes were expected in the metrics, of which "
            "24 are left"},
           {with_bytes(bytes, metrics + 4, one),
            "f: expected the metrics of 2 bitmaps, got those "
            "of 1"},
           {with_bytes(bytes, metrics + 8, "\0\5"s),
            "f: metrics: glyph 0 has the width -3 and the "
            "height 2"},
           {with_bytes(bytes, metrics + 14, "\x7f\xff"),
            "f: the bitmaps of its characters take more than the 3 bytes that there are"},
           {with_bytes(bytes, bitmaps + 4, most),
            "f: truncated or broken: 4294967295 x 4 bytes were expected in the bitmaps, of which "
            "27 are left"},
           {with_bytes(bytes, bitmaps + 8, most),
            "f: bitmaps: glyph 0 lies at the bytes 4294967295 to 4294967297, and there are 3"},
           {with_bytes(bytes, bitmaps + 16, most),
            "f: truncated or broken: 1 x 4294967295 bytes were expected in the bitmaps, of which "
            "3 are left"},
           {with_bytes(bytes, encodings + 4, "\1\0"s),
            "f: encodings: expected ranges of bytes, got 78 to 78 and 256 to 2"},
           {with_bytes(bytes, encodings + 10, "\0\xff"s),
            "f: truncated or broken: 534 x 2 bytes were expected in the encodings, of which 6 are "
            "left"},
           {with_bytes(bytes, encodings + 14, "\0\2"s),
            "f: encodings: code point 19968 has the glyph 2 of 2"},
           {PcfFile{4 | 8 | 1 << 4, false, 0, {kSmall, kDot}}.bytes(),
            "f: bitmaps: expected whole units of 1, 2 or 4 bytes, got 3 bytes in units of 2"},
           {PcfFile{4 | 8 | 3 << 4, false, 0, {kDot}}.bytes(),
            "f: bitmaps: expected whole units of 1, 2 or 4 bytes, got 1 bytes in units of 8"},
       })
    CHECK(error_of_pcf(file) == error);
}

TEST_CASE("a packed font is refused with the command that unpacks it") {
  const test::TemporaryFolder folder;
  folder.write("font.pcf.gz", "\x1f\x8b\x08");
  const std::string path = (folder.path() / "font.pcf.gz").string();
  CHECK(error_of([&] { read_pcf(path); }) ==
        path + ": is gzip-compressed; unpack it with: gunzip -k " + path);
}

TEST_CASE("Unifont's lines read back as glyphs of 8 or 16 pixels by 16, by code point") {
  const std::string wide = "4E01:8001" + std::string(60, '0') + "\r\n";
  const std::string narrow = "0041:" + std::string(30, '0') + "fE";
  const std::vector<Drawing> drawings = decode_unifont_hex(wide + narrow, "f");
  REQUIRE(drawings.size() == 2);
  CHECK(drawings[0].code_point == 0x41);
  CHECK(drawings[0].width == 8);
  CHECK(drawings[0].advance == 8);
  CHECK(picture(drawings[0]).ends_with("........\n#######.\n"));
  CHECK(drawings[1].code_point == 0x4e01);
  CHECK(drawings[1].height == 16);
  CHECK(drawings[1].top == 14);
  CHECK(picture(drawings[1]).starts_with("#..............#\n................\n"));
  CHECK(decode_unifont_hex(wide + narrow, "f", {0x4e00, 0x9fff}).size() == 1);
}

TEST_CASE("a line that is none of Unifont's is an error that gives its number") {
  const std::string good = "4E00:" + std::string(64, '0') + "\n";
  for (const std::string& line :
       {"4E01"s, "4E01:"s, ":" + std::string(32, '0'), "4G01:" + std::string(32, '0'),
        "110000:" + std::string(32, '0'), "4E01:" + std::string(33, '0'), ""s,
        "4E01:" + std::string(31, '0') + "g", "-E01:" + std::string(32, '0')})
    CHECK(error_of([&] { decode_unifont_hex(good + line + "\n", "f"); }) ==
          text("f: line 2: expected a code point, a colon and 32 or 64 hexadecimal digits, got ",
               line.size(), " bytes"));
  CHECK(error_of([&] { decode_unifont_hex(good + good, "f"); }) ==
        "f: has the code point 19968 twice");
}

TEST_CASE("both readers find the same ideographs in the two packages that have them") {
  const std::filesystem::path pcf = "/usr/share/fonts/X11/misc/wenquanyi_12pt.pcf",
                              hex = "/usr/share/unifont/unifont.hex";
  if (!std::filesystem::exists(pcf) || !std::filesystem::exists(hex)) {
    MESSAGE("skipped: the packages xfonts-wqy and unifont are not installed");
    return;
  }
  const std::vector<Drawing> ours = read_pcf(pcf, {0x4e00, 0x9fff});
  const std::vector<Drawing> others = read_unifont_hex(hex, {0x4e00, 0x9fff});
  CHECK(ours.size() > 20000);
  // Unifont took its ideographs from this font, and has changed a few since.
  size_t equal = 0, other = 0;
  for (const Drawing& drawing : ours) {
    while (other < others.size() && others[other].code_point < drawing.code_point) ++other;
    equal += other < others.size() && others[other].code_point == drawing.code_point &&
             others[other].pixels == drawing.pixels && others[other].top == drawing.top;
  }
  CHECK(equal > 0.99 * double(ours.size()));
}
