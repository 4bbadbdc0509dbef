#include "examples/data/glyphs.h"

#include <algorithm>
#include <cstdio>

#include "examples/data/drawing.h"
#include "examples/data/pcf.h"
#include "examples/data/resample.h"
#include "examples/data/unifont_hex.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"

namespace gradian::examples {
namespace {

namespace fs = std::filesystem;

constexpr CodePoints kIdeographs{0x4e00, 0x9fff};
constexpr int64_t kMostPixels = 64;     // of a drawing's side
constexpr double kSquareOfImage = 0.8;  // the side of an ideograph's square in that of the image

struct FontFile {
  const char *name, *file, *folder, *package;
};
// The sizes of a font that is drawn by hand for each. Unifont took its ideographs from 12pt:
// unifont.hex has no others, and unifont_jp.hex draws some 9,500 anew, as they look in Japan.
constexpr FontFile kTrainingFonts[] = {
    {"WenQuanYi 9pt", "wenquanyi_9pt.pcf", "/usr/share/fonts/X11/misc", "xfonts-wqy"},
    {"WenQuanYi 10pt", "wenquanyi_10pt.pcf", "/usr/share/fonts/X11/misc", "xfonts-wqy"},
    {"WenQuanYi 11pt", "wenquanyi_11pt.pcf", "/usr/share/fonts/X11/misc", "xfonts-wqy"},
    {"WenQuanYi 12pt", "wenquanyi_12pt.pcf", "/usr/share/fonts/X11/misc", "xfonts-wqy"},
    {"WenQuanYi 13px", "wenquanyi_13px.pcf", "/usr/share/fonts/X11/misc", "xfonts-wqy"}};
constexpr FontFile kNewFont{"Unifont Japanese", "unifont_jp.hex", "/usr/share/unifont", "unifont"};

// The ideographs of one file.
class Font {
 public:
  Font(const FontFile& source, const fs::path& folder) : index_(kCount, -1) {
    const fs::path file = (folder.empty() ? fs::path(source.folder) : folder) / source.file;
    std::error_code error;
    check(fs::exists(file, error), file.string(), ": there is no such file; Debian's package ",
          source.package, " has it: apt-get install ", source.package);
    drawings_ = file.extension() == ".hex" ? read_unifont_hex(file, kIdeographs)
                                           : read_pcf(file, kIdeographs);
    for (size_t i = 0; i < drawings_.size(); ++i) place(i, file.string());
  }

  // Null if there is none, or one without ink.
  const Drawing* find(int64_t character) const {
    const int64_t at = index_[static_cast<size_t>(character)];
    return at < 0 ? nullptr : &drawings_[static_cast<size_t>(at)];
  }

  // The square that ideographs are drawn in: as wide as the pen moves, around the mean of all ink.
  double middle_x() const { return sum_x_ / ink_; }
  double middle_y() const { return sum_y_ / ink_; }
  double side() const { return side_; }

  static constexpr size_t kCount = kIdeographs.last - kIdeographs.first + 1;

 private:
  void place(size_t i, const std::string& file) {
    const Drawing& drawing = drawings_[i];
    const auto fits = [](int64_t size) { return size >= 1 && size <= kMostPixels; };
    if (std::count(drawing.pixels.begin(), drawing.pixels.end(), 0) ==
        drawing.width * drawing.height)
      return;
    check(fits(drawing.width) && fits(drawing.height) && fits(drawing.advance), file,
          ": expected ideographs of 1 to ", kMostPixels, " pixels, got ", drawing.width, " x ",
          drawing.height, " pixels for code point ", drawing.code_point, ", advancing by ",
          drawing.advance);
    index_[drawing.code_point - kIdeographs.first] = static_cast<int64_t>(i);
    side_ = std::max(side_, static_cast<double>(drawing.advance));
    for (int64_t y = 0; y < drawing.height; ++y)
      for (int64_t x = 0; x < drawing.width; ++x) {
        const double ink = drawing.pixels[static_cast<size_t>(y * drawing.width + x)];
        ink_ += ink;
        sum_x_ += ink * (static_cast<double>(drawing.left + x) + 0.5);
        sum_y_ += ink * (static_cast<double>(drawing.top - y) - 0.5);
      }
  }

  std::vector<Drawing> drawings_{};
  std::vector<int64_t> index_;  // of characters, in the drawings
  double side_ = 1, ink_ = 0, sum_x_ = 0, sum_y_ = 0;
};

// The middle of the font's square comes to the middle of the image.
void draw(const Drawing& drawing, const Font& font, int64_t size, float* image) {
  Tensor pixels = Tensor::empty({drawing.height, drawing.width});
  std::copy(drawing.pixels.begin(), drawing.pixels.end(), pixels.mutable_data<float>());
  const double step = font.side() / (kSquareOfImage * static_cast<double>(size));
  const double first = -0.5 * step * static_cast<double>(size - 1);
  const double left = static_cast<double>(drawing.left), top = static_cast<double>(drawing.top);
  const Tensor drawn =
      resample(pixels, {size, top - font.middle_y() + first, step},
               {size, font.middle_x() - left + first, step}, kMitchell, Around::black);
  std::transform(drawn.data<float>(), drawn.data<float>() + drawn.numel(), image, normalized_pixel);
}

// Whether two fonts have the same drawing, but for a few pixels that one of them has corrected.
bool same_drawing(const Drawing& a, const Drawing& b) {
  if (a.width != b.width || a.height != b.height) return false;
  int64_t different = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) different += a.pixels[i] != b.pixels[i];
  return 16 * different < a.width * a.height;
}

std::string name_of(int64_t character) {
  char name[16];
  std::snprintf(name, sizeof name, "U+%04X", unsigned(kIdeographs.first + character));
  return name;
}

Dataset draw_all(const std::vector<int64_t>& characters, const std::vector<const Font*>& fonts,
                 int64_t size) {
  const int64_t fonts_count = static_cast<int64_t>(fonts.size());
  const int64_t images = static_cast<int64_t>(characters.size()) * fonts_count;
  Dataset data{Tensor::empty({images, 1, size, size}), Tensor::empty({images}, DType::int64), {}};
  for (const int64_t character : characters) data.class_names.push_back(name_of(character));
  float* const pixels = data.images.mutable_data<float>();
  int64_t* const labels = data.labels.mutable_data<int64_t>();
  constexpr int64_t kImagesPerBlock = 64;
  runtime::parallel_ranges(images, kImagesPerBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      labels[i] = i / fonts_count;
      const Font& font = *fonts[static_cast<size_t>(i % fonts_count)];
      draw(*font.find(characters[static_cast<size_t>(labels[i])]), font, size,
           pixels + i * size * size);
    }
  });
  return data;
}

// The first `count` of those left that are good, which are then left no more.
template <class IsGood>
std::vector<int64_t> take_first(std::vector<int64_t>& left, int64_t count, const char* what,
                                const IsGood& is_good) {
  std::vector<int64_t> taken, rest;
  for (const int64_t character : left)
    (static_cast<int64_t>(taken.size()) < count && is_good(character) ? taken : rest)
        .push_back(character);
  check(static_cast<int64_t>(taken.size()) == count, "expected at most ", taken.size(), ' ', what,
        " identities, as the fonts have no more characters for them, got ", count);
  left = std::move(rest);
  return taken;
}

}  // namespace

Glyphs read_glyphs(const GlyphOptions& options) {
  const Calling calling("glyphs");
  check(options.train >= 1 && options.validation >= 1 && options.test >= 1,
        "expected at least 1 identity of each kind, got ", options.train, " training, ",
        options.validation, " validation and ", options.test, " test identities");
  check(options.image_size >= 8 && options.image_size <= 256,
        "expected images of 8 to 256 pixels a side, got ", options.image_size);
  std::vector<Font> fonts;
  for (const FontFile& source : kTrainingFonts) fonts.emplace_back(source, options.fonts);
  const Font new_font(kNewFont, options.fonts);

  std::vector<int64_t> left;
  Generator generator(options.seed);
  for (const int64_t character :
       randperm(static_cast<int64_t>(Font::kCount), generator).to_vector<int64_t>())
    if (std::all_of(fonts.begin(), fonts.end(),
                    [&](const Font& font) { return font.find(character); }))
      left.push_back(character);
  // Training takes last, so that the others do not depend on how many it takes.
  const auto any = [](int64_t) { return true; };
  const auto drawn_anew = [&](int64_t character) {
    const Drawing* const drawing = new_font.find(character);
    return drawing && std::none_of(fonts.begin(), fonts.end(), [&](const Font& font) {
             return same_drawing(*drawing, *font.find(character));
           });
  };
  const std::vector<int64_t> test = take_first(left, options.test, "test", drawn_anew);
  const std::vector<int64_t> validation = take_first(left, options.validation, "validation", any);
  const std::vector<int64_t> train = take_first(left, options.train, "training", any);

  Glyphs glyphs;
  std::vector<const Font*> training_fonts;
  for (const Font& font : fonts) training_fonts.push_back(&font);
  const int64_t size = options.image_size;
  glyphs.train = draw_all(train, training_fonts, size);
  glyphs.validation = draw_all(validation, training_fonts, size);
  glyphs.test = draw_all(test, training_fonts, size);
  glyphs.test_new_font = draw_all(test, {&new_font}, size);
  for (const FontFile& source : kTrainingFonts) glyphs.fonts.push_back(source.name);
  glyphs.new_font = kNewFont.name;
  return glyphs;
}

}  // namespace gradian::examples
