// Chinese characters as identities: each is drawn anew in every size of a bitmap font, so that
// one identity has several true drawings, and there are more than 20,000. The fonts come from the
// Debian packages xfonts-wqy and unifont. Poses, strokes and noise are the business of augment.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "examples/data/dataset.h"

namespace gradian::examples {

struct GlyphOptions {
  std::filesystem::path fonts = {};  // folder of all files; empty: where Debian has them
  int64_t train = 1000, validation = 500, test = 1000;  // identities
  int64_t image_size = 28;
  uint64_t seed = 1;  // which characters are which
};

// Sets of different identities, the CJK ideographs U+4E00 to U+9FFF that all fonts draw. Image
// i = identity * fonts.size() + font. Images hold the drawing's pixels, smoothed
// and scaled so that an ideograph's square takes 4/5 of the side: a surface that is cut at
// half of its height, by augment() with the option `ink`, to be strokes.
struct Glyphs {
  Dataset train;
  Dataset validation;     // to choose margins and other settings by
  Dataset test;           // of characters that the new font draws anew, not as one of the others
  Dataset test_new_font;  // the same identities, an image each, in the font that training never saw
  std::vector<std::string> fonts;
  std::string new_font;
};

// The same seed has the same test and validation identities for any number of training ones.
// Where a file is missing the error names the package that has it.
Glyphs read_glyphs(const GlyphOptions& options = {});

}  // namespace gradian::examples
