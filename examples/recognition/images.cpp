#include "examples/recognition/images.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "examples/data/glyphs.h"
#include "examples/data/image_folder.h"
#include "tensor/kernels.h"
#include "tensor/random.h"

namespace gradian::examples {
namespace {

constexpr int64_t kTestIdentities = 1000, kOtherIdentities = 1000;
// Of so many characters every two drawings are compared: three million pairs.
constexpr int64_t kComparedIdentities = 500;
constexpr uint64_t kTestSeed = 1;  // of the poses of test images
constexpr const char* kGalleryFont = "WenQuanYi 12pt";
constexpr int64_t kFewIdentities = 100;
constexpr AugmentOptions kAsDrawn{.ink = true};

// These images, posed once and for all.
Dataset posed(Dataset data, const AugmentOptions& pose) {
  data.images = augment(data.images, pose, kTestSeed);
  return data;
}

// The rows, of those before `end`, whose number is `font` modulo `fonts`; or all others.
std::vector<int64_t> rows_of(int64_t font, int64_t fonts, int64_t end, bool others = false) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < end; ++i)
    if ((i % fonts == font) != others) rows.push_back(i);
  return rows;
}

// One font is the gallery; the drawings of the others, in all poses, are the probes.
TestSet drawn_in_all_fonts(const std::string& name, const Dataset& data, int64_t gallery,
                           int64_t fonts) {
  const int64_t end = kComparedIdentities * fonts;
  return {name,
          posed(at_rows(data, rows_of(gallery, fonts, end)), kAsDrawn),
          posed(at_rows(data, rows_of(gallery, fonts, end, /*others=*/true)), kGlyphAugmentation),
          {}};
}

RecognitionImages read_characters(const ImageOptions& options) {
  const Glyphs glyphs = read_glyphs({.fonts = options.fonts,
                                     .train = options.identities,
                                     .validation = kOtherIdentities,
                                     .test = kTestIdentities,
                                     .image_size = options.size});
  const int64_t fonts = static_cast<int64_t>(glyphs.fonts.size());
  const int64_t gallery = std::ranges::find(glyphs.fonts, kGalleryFont) - glyphs.fonts.begin();
  RecognitionImages images;
  images.train = glyphs.train;
  images.augmentation = kGlyphAugmentation;
  images.plain = kAsDrawn;
  images.description = text(options.identities, " Chinese characters in ", fonts, " fonts, ",
                            options.size, " x ", options.size, " pixels, drawn anew at every step");
  if (options.validation) {
    images.test_sets = {
        drawn_in_all_fonts("Validation characters", glyphs.validation, gallery, fonts)};
    return images;
  }
  const auto gallery_of = [&](const Dataset& data) {
    return posed(at_rows(data, rows_of(gallery, fonts, data.size())), kAsDrawn);
  };
  images.test_sets = {drawn_in_all_fonts("Unseen characters", glyphs.test, gallery, fonts),
                      {"Unseen characters, unseen font",
                       gallery_of(glyphs.test),
                       posed(glyphs.test_new_font, kAsDrawn),
                       {}}};
  // Characters that no probe shows, numbered on.
  Dataset strangers = gallery_of(glyphs.validation);
  strangers.labels = strangers.labels + kTestIdentities;
  for (TestSet& set : images.test_sets) set.distractors = strangers;
  return images;
}

// The first image of each identity is the gallery, the others are the probes.
TestSet first_against_others(const Dataset& data) {
  std::vector<int64_t> first, others;
  std::set<int64_t> met;
  for (int64_t i = 0; i < data.size(); ++i)
    (met.insert(data.labels.data<int64_t>()[i]).second ? first : others).push_back(i);
  return {"Unseen identities", at_rows(data, first), at_rows(data, others), {}};
}

RecognitionImages read_folder(const ImageOptions& options) {
  std::ostringstream left_out;
  const ImageFormat format{options.size, options.size, options.channels == 3};
  const Dataset all = read_image_folder(options.images, {.format = format}, left_out);
  const int64_t identities = all.num_classes(), tested = identities / 4;
  check(tested >= 2, options.images.string(),
        ": expected at least 8 identities, a quarter of them to test on, got ", identities);
  DataSplit parts = split_identities(all, tested, options.seed);
  if (options.validation) parts = split_identities(parts.train, tested, options.seed);
  RecognitionImages images;
  images.train = parts.train;
  images.augmentation = kPhotoAugmentation;
  images.test_sets = {first_against_others(parts.test)};
  images.description = text(all.size(), " images of ", identities, " identities, ", tested,
                            " of which are tested, ", options.size, " x ", options.size, " pixels");
  std::istringstream lines(left_out.str());
  for (std::string line; std::getline(lines, line);)
    images.warnings.push_back(line.substr(line.find(' ') + 1));
  if (tested < kFewIdentities)
    images.warnings.push_back(
        text("The figures are about ", tested,
             " identities: they mean little. Compare intervals, and several seeds."));
  return images;
}

// Some images, chosen by the seed, pass their labels round.
void exchange_labels(RecognitionImages& images, const ImageOptions& options) {
  Generator generator(options.seed);
  const int64_t size = images.train.size(), count = size * options.wrong_labels / 100;
  const std::vector<int64_t> order = randperm(size, generator).to_vector<int64_t>();
  Tensor labels = images.train.labels.clone();
  const int64_t* const right = images.train.labels.data<int64_t>();
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = order[static_cast<size_t>(i)];
    const int64_t other = order[static_cast<size_t>((i + 1) % count)];
    labels.mutable_data<int64_t>()[row] = right[other];
    if (right[row] != right[other]) images.wrong_rows.push_back(row);
  }
  std::ranges::sort(images.wrong_rows);
  images.train.labels = labels;
}

}  // namespace

RecognitionImages read_images(const ImageOptions& options) {
  RecognitionImages images =
      options.images.empty() ? read_characters(options) : read_folder(options);
  for (const TestSet& set : images.test_sets) check_test_set(set);
  exchange_labels(images, options);
  return images;
}

AugmentedBatches::AugmentedBatches(const RecognitionImages& images, const ImageOptions& options)
    : batches_(images.train, options.batch_size, options.seed),
      augmentation_(images.augmentation),
      seed_(options.seed) {}

Batch AugmentedBatches::at(int64_t step) {
  const Batch batch = batches_.at(step);
  return {augment(batch.images, augmentation_, seed_, step), batch.labels};
}

}  // namespace gradian::examples
