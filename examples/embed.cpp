// Uses a network that glyphs.cpp has trained: which identity of a gallery does an image show?
//   build/examples/embed --checkpoint build/faces/arcface.safetensors --gallery faces
//       --query somebody.pgm
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <vector>

#include "examples/data/image_folder.h"
#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "examples/program/text.h"
#include "examples/recognition/recognizer.h"
#include "examples/training/train.h"
#include "losses/verification.h"
#include "tensor/files/npy.h"
#include "tensor/kernels.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

struct Match {
  std::string identity;
  double similarity;  // the cosine of its image that is most like the query
};

// The identities of the gallery, the most alike first.
std::vector<Match> matches(const Dataset& gallery, const Tensor& features, const Tensor& query) {
  // [N, 1] = [N, D] x [1, D]^T
  const Tensor cosines = matmul(unit_rows(features), unit_rows(query).transpose(0, 1));
  std::vector<Match> found;
  for (const std::string& name : gallery.class_names) found.push_back({name, -1});
  for (int64_t i = 0; i < gallery.size(); ++i) {
    Match& match = found[static_cast<size_t>(gallery.labels.data<int64_t>()[i])];
    match.similarity = std::max(match.similarity, cosines.at({i, 0}));
  }
  std::ranges::stable_sort(found, std::greater(), &Match::similarity);
  return found;
}

int embed_images(int argc, char** argv) {
  Arguments arguments(argc, argv,
                      "Finds the identity of a gallery that an image shows, by a network that "
                      "build/examples/glyphs\nhas trained. Takes PGM and PPM files.");
  const std::string checkpoint =
      arguments.path("--checkpoint", "build/glyphs/arcface.safetensors", "the network");
  const std::string folder =
      arguments.path("--gallery", "", "folder with a folder of images for each identity");
  const std::string query = arguments.path("--query", "", "the image; none: only --export");
  const int64_t nearest = arguments.integer("--nearest", 5, 1, 1000, "identities to be listed");
  const std::string exported =
      arguments.path("--export", "", "file for the gallery's embeddings, .npy, [N, D]");
  if (!arguments.complete()) return 0;
  check(!folder.empty(), "option --gallery is missing");
  check(!query.empty() || !exported.empty(), "expected --query, --export or both");

  Recognizer recognizer = load_recognizer(checkpoint);
  const ImageFormat format{recognizer.size, recognizer.size, recognizer.channels == 3};
  const Dataset gallery = read_image_folder(folder, {.format = format, .least_images = 1});
  const Tensor features = embed(recognizer.network, gallery);
  if (!exported.empty()) {
    write_npy(exported, features);
    std::cout << exported << ": " << gallery.size() << " embeddings of " << recognizer.features
              << " numbers\n";
  }
  if (query.empty()) return 0;

  const Dataset asked{read_image(query, format).unsqueeze(0), Tensor::zeros({1}, DType::int64), {}};
  const std::vector<Match> found = matches(gallery, features, embed(recognizer.network, asked));
  for (size_t i = 0; i < found.size() && i < static_cast<size_t>(nearest); ++i)
    std::cout << fixed(found[i].similarity, 3) << "  "
              << (found[i].similarity >= recognizer.threshold ? "same     " : "different") << "  "
              << found[i].identity << '\n';
  std::cout << "same: from " << fixed(recognizer.threshold, 3) << " on, which "
            << 100 * recognizer.false_accept_rate << " % of pairs of two identities reach\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("embed", [&] { return embed_images(argc, argv); });
}
