#include "examples/recognition/training_images.h"

#include <algorithm>

#include "examples/program/text.h"
#include "examples/training/train.h"
#include "losses/sub_center.h"

namespace gradian::examples {
namespace {

constexpr int64_t kIdentities = 1000;
constexpr size_t kShown = 24;
constexpr double kOutlierDegrees = 75;

// The angles take time with the square of the number of identities.
FeatureStatistics statistics_of(const Dataset& features, const Tensor& weights) {
  const int64_t* const label = features.labels.data<int64_t>();
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < features.size(); ++i)
    if (label[i] < kIdentities) rows.push_back(i);
  const Dataset some = at_rows(features, rows);
  return feature_statistics(
      some.images, some.labels,
      weights.defined() ? weights.slice(0, 0, std::min(kIdentities, weights.size(0))) : weights);
}

std::string note_of(const std::vector<Outlier>& outliers, const RecognitionImages& images) {
  const auto wrong = [&](const Outlier& outlier) {
    return std::ranges::binary_search(images.wrong_rows, outlier.row);
  };
  std::string note =
      text(outliers.size(), " of the ", images.train.size(), " training images are more than ",
           kOutlierDegrees, " degrees from the dominant centre of their label");
  if (images.wrong_rows.empty()) return note + '.';
  const auto found = std::ranges::count_if(outliers, wrong);
  return note + text(", ", found, " of them among the ", images.wrong_rows.size(),
                     " whose labels were exchanged.");
}

}  // namespace

TrainingImages look_at_training_images(nn::Module& network, const Objective& objective,
                                       const RecognitionImages& images) {
  Dataset plain = images.train;
  plain.images = augment(plain.images, images.plain);
  const Dataset features{embed(network, plain), plain.labels, plain.class_names};
  const auto* const sub_center = dynamic_cast<const SubCenterArcFaceLoss*>(objective.margin.get());
  TrainingImages result;
  // A class of several centres has no one weight.
  result.statistics =
      statistics_of(features, sub_center ? Tensor() : objective.class_weights().value());
  if (!sub_center) return result;

  std::vector<Outlier> outliers =
      sub_center->outliers(features.images, features.labels, kOutlierDegrees);
  result.outlier_note = note_of(outliers, images);
  std::ranges::stable_sort(outliers, std::greater(), &Outlier::degrees);
  outliers.resize(std::min(outliers.size(), kShown));
  for (const Outlier& outlier : outliers) {
    const int64_t label = plain.labels.data<int64_t>()[outlier.row];
    result.outliers.push_back({plain.images.select(0, outlier.row),
                               plain.class_names[static_cast<size_t>(label)], outlier.degrees,
                               std::ranges::binary_search(images.wrong_rows, outlier.row)});
  }
  return result;
}

}  // namespace gradian::examples
