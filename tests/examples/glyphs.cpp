// Characters as identities: of small fonts that are written here, and of those that Debian's
// packages have where they are installed.
#include "examples/data/glyphs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "examples/data/augment.h"
#include "tensor/kernels.h"
#include "tests/examples/pcf_file.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::error_of;
using gradian::test::PcfFile;
using gradian::test::PcfGlyph;
using gradian::test::TemporaryFolder;

namespace {

constexpr const char* kFontFiles[] = {"wenquanyi_9pt.pcf", "wenquanyi_10pt.pcf",
                                      "wenquanyi_11pt.pcf", "wenquanyi_12pt.pcf",
                                      "wenquanyi_13px.pcf"};

// Twelve characters from U+4E00 on, of 8 x 8 pixels: character c has ink in row c % 8, and from 8
// on in two corners. The last has none in one of the fonts. The new font has the first six, 16
// x 16.
void write_fonts(const TemporaryFolder& folder) {
  const auto rows_of = [](int character) {
    std::string rows(8, '\0');
    rows[static_cast<size_t>(character % 8)] = '\xff';
    if (character >= 8) rows[0] = '\x81';
    return rows;
  };
  for (const char* file : kFontFiles) {
    PcfFile font;
    for (int character = 0; character < 12; ++character) {
      const bool blank = character == 11 && file == kFontFiles[2];
      font.glyphs.push_back(
          PcfGlyph{0, 8, 8, 7, 1, blank ? std::string(8, '\0') : rows_of(character)});
    }
    folder.write(file, font.bytes());
  }
  std::string lines;
  for (int character = 0; character < 6; ++character) {
    lines += "4E0" + std::to_string(character) + ":";
    for (int row = 0; row < 16; ++row) lines += row / 2 == character ? "FFFF" : "0000";
    lines += '\n';
  }
  folder.write("unifont_jp.hex", lines);
}

GlyphOptions options_of(const TemporaryFolder& folder) {
  return {.fonts = folder.path(), .train = 3, .validation = 2, .test = 4, .image_size = 16};
}

std::set<std::string> names_of(const Dataset& data) {
  return {data.class_names.begin(), data.class_names.end()};
}

}  // namespace

TEST_CASE("identities have an image in each font, and belong to one set alone") {
  const TemporaryFolder folder;
  write_fonts(folder);
  std::set<std::string> ever;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    GlyphOptions options = options_of(folder);
    options.seed = seed;
    const Glyphs glyphs = read_glyphs(options);
    CHECK(glyphs.fonts.size() == 5);
    CHECK(glyphs.train.images.shape() == Shape{15, 1, 16, 16});
    CHECK(glyphs.validation.images.shape() == Shape{10, 1, 16, 16});
    CHECK(glyphs.test.images.shape() == Shape{20, 1, 16, 16});
    CHECK(glyphs.test_new_font.images.shape() == Shape{4, 1, 16, 16});
    CHECK(glyphs.test.labels.at({5}) == 1);
    CHECK(glyphs.test_new_font.labels.to_vector<int64_t>() == std::vector<int64_t>{0, 1, 2, 3});
    CHECK(glyphs.test_new_font.class_names == glyphs.test.class_names);
    std::set<std::string> all;
    for (const Dataset* data : {&glyphs.train, &glyphs.validation, &glyphs.test})
      all.merge(names_of(*data));
    CHECK(all.size() == 9);
    ever.merge(all);
  }
  CHECK(ever.size() == 11);
  CHECK(!ever.contains("U+4E0B"));  // the one without ink in one of the fonts
}

TEST_CASE("test identities are those that the new font has, and draws otherwise") {
  const TemporaryFolder folder;
  write_fonts(folder);
  GlyphOptions options = options_of(folder);
  options.test = 6;
  CHECK(names_of(read_glyphs(options).test) ==
        std::set<std::string>{"U+4E00", "U+4E01", "U+4E02", "U+4E03", "U+4E04", "U+4E05"});
  // Now one of the other fonts has the new one's character 0, and 1 but for a few pixels.
  std::string zero(32, '\0'), one(32, '\0');
  std::fill_n(zero.begin(), 4, '\xff');
  std::fill_n(one.begin() + 4, 4, '\xff');
  one[0] = '\xff';
  PcfFile font;
  font.glyphs = {{0, 16, 16, 14, 2, zero}, {0, 16, 16, 14, 2, one}};
  for (int character = 2; character < 12; ++character)
    font.glyphs.push_back({0, 16, 16, 14, 2, std::string(32, '\x55')});
  folder.write(kFontFiles[3], font.bytes());
  options.test = 4;
  CHECK(names_of(read_glyphs(options).test) ==
        std::set<std::string>{"U+4E02", "U+4E03", "U+4E04", "U+4E05"});
  options.test = 5;
  CHECK(error_of([&] { read_glyphs(options); }) ==
        "glyphs: expected at most 4 test identities, as the fonts have no more characters for "
        "them, got 5");
}

TEST_CASE("test and validation identities do not depend on how many are trained on") {
  const TemporaryFolder folder;
  write_fonts(folder);
  GlyphOptions options = options_of(folder);
  const Glyphs few = read_glyphs(options);
  options.train = 5;
  const Glyphs many = read_glyphs(options);
  CHECK(few.test.class_names == many.test.class_names);
  CHECK(few.validation.class_names == many.validation.class_names);
  CHECK(test::identical(few.test.images, many.test.images));
}

TEST_CASE("a drawing is scaled by its font, around the middle of the font's ink") {
  const TemporaryFolder folder;
  write_fonts(folder);
  // In all fonts a full square of 4 pixels, in any place; the em is 8.
  for (const char* file : kFontFiles) {
    const int offset = static_cast<int>(std::string(file).size());
    PcfFile font;
    for (int character = 0; character < 12; ++character)
      font.glyphs.push_back({offset, offset + 4, 8, 2 + offset, 2 - offset, "\xf0\xf0\xf0\xf0"});
    folder.write(file, font.bytes());
  }
  GlyphOptions options = options_of(folder);
  options.image_size = 40;
  const Tensor images = augment(read_glyphs(options).train.images, {.ink = true});
  // The side of the image has 10 pixels of the font, so 4 of them are 16 of the image.
  const auto is_ink = [&](int64_t image, int64_t y, int64_t x) {
    return images.at({image, 0, y, x}) > 0;
  };
  for (int64_t i = 0; i < images.size(0); ++i) {
    CHECK(is_ink(i, 20, 13));
    CHECK(is_ink(i, 20, 26));
    CHECK(is_ink(i, 13, 20));
    CHECK(is_ink(i, 26, 20));
    CHECK(!is_ink(i, 20, 10));
    CHECK(!is_ink(i, 20, 29));
    CHECK(!is_ink(i, 10, 20));
    CHECK(!is_ink(i, 29, 20));
  }
}

TEST_CASE("a missing font is an error that names the package that has it") {
  const TemporaryFolder folder;
  const auto error = [&] { return error_of([&] { read_glyphs(options_of(folder)); }); };
  const std::string path = folder.path().string();
  CHECK(error() == "glyphs: " + path +
                       "/wenquanyi_9pt.pcf: there is no such file; Debian's package xfonts-wqy has "
                       "it: apt-get install xfonts-wqy");
  write_fonts(folder);
  std::filesystem::remove(folder.path() / "unifont_jp.hex");
  CHECK(error() == "glyphs: " + path +
                       "/unifont_jp.hex: there is no such file; Debian's package unifont has it: "
                       "apt-get install unifont");
}

TEST_CASE("numbers that make no sets, and drawings that are no characters, are errors") {
  const TemporaryFolder folder;
  write_fonts(folder);
  GlyphOptions options = options_of(folder);
  options.validation = 0;
  CHECK(error_of([&] { read_glyphs(options); }) ==
        "glyphs: expected at least 1 identity of each kind, got 3 training, 0 validation and 4 "
        "test identities");
  options = options_of(folder);
  options.image_size = 4;
  CHECK(error_of([&] { read_glyphs(options); }) ==
        "glyphs: expected images of 8 to 256 pixels a side, got 4");
  folder.write(kFontFiles[0],
               PcfFile{.glyphs = {{0, 72, 72, 1, 0, std::string(9, '\xff')}}}.bytes());
  CHECK(error_of([&] { read_glyphs(options_of(folder)); }) ==
        "glyphs: " + (folder.path() / kFontFiles[0]).string() +
            ": expected ideographs of 1 to 64 pixels, got 72 x 1 pixels for code point 19968, "
            "advancing by 72");
}

TEST_CASE("Debian's fonts have some 20,900 ideographs, 9,400 of them drawn anew by the new one") {
  if (!std::filesystem::exists("/usr/share/fonts/X11/misc/wenquanyi_9pt.pcf") ||
      !std::filesystem::exists("/usr/share/unifont/unifont_jp.hex")) {
    MESSAGE("skipped: the packages xfonts-wqy and unifont are not installed");
    return;
  }
  const Glyphs glyphs =
      read_glyphs({.train = 1, .validation = 11500, .test = 9400, .image_size = 8});
  CHECK(glyphs.validation.size() == 11500 * 5);
  const double ink = mean(glyphs.train.images).item();
  CHECK(ink > -0.9);
  CHECK(ink < 0.3);
  CHECK_THROWS_AS(read_glyphs({.test = 9600}), Error);
}
