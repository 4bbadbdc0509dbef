// How the images of a training lie under the network that it made: the angles of the ArcFace
// paper's table, and the images that fit their label least.
#pragma once

#include <string>
#include <vector>

#include "examples/metrics/angles.h"
#include "examples/recognition/images.h"
#include "examples/training/objective.h"

namespace gradian::examples {

// An image more than 75 degrees from the dominant centre of its label (losses/sub_center.h).
struct OutlierImage {
  Tensor image;  // [channels, H, W]
  std::string label;
  double degrees;
  bool wrong;  // its label was exchanged
};

struct TrainingImages {
  FeatureStatistics statistics{};        // of the first thousand identities
  std::vector<OutlierImage> outliers{};  // the farthest ones first
  std::string outlier_note{};            // how many there are; empty where the loss does not tell
};

TrainingImages look_at_training_images(nn::Module& network, const Objective& objective,
                                       const RecognitionImages& images);

}  // namespace gradian::examples
