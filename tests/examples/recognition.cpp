// Recognition as a whole: glyphs.cpp trains on a folder shaped as the face databases are, and
// embed.cpp finds who an image shows. The faces are made up: a pattern a person.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "examples/recognition/objectives.h"
#include "examples/recognition/recognizer.h"
#include "tensor/files/npy.h"
#include "tensor/random.h"
#include "tests/examples/programs.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kWidth = 92, kHeight = 112;

// A binary PGM of blobs, whose places are the person's and whose light is the image's.
std::string face(int64_t person, int64_t image) {
  Generator places(static_cast<uint64_t>(1000 + person)),
      light(static_cast<uint64_t>(100000 + 100 * person + image));
  struct Blob {
    double x, y, radius, height;
  };
  std::vector<Blob> blobs;
  for (int i = 0; i < 8; ++i)
    blobs.push_back({kWidth * places.uniform(), kHeight * places.uniform(),
                     8 + 16 * places.uniform(), places.uniform() < 0.5 ? -90.0 : 90.0});
  const double x_shift = 4 * light.normal(), y_shift = 4 * light.normal();
  const double gain = std::exp(0.2 * light.normal()), grey = 128 + 10 * light.normal();
  std::string pixels;
  for (int64_t y = 0; y < kHeight; ++y)
    for (int64_t x = 0; x < kWidth; ++x) {
      double value = grey + 6 * light.normal();
      for (const Blob& blob : blobs) {
        const double dx = (static_cast<double>(x) - blob.x - x_shift) / blob.radius;
        const double dy = (static_cast<double>(y) - blob.y - y_shift) / blob.radius;
        value += gain * blob.height * std::exp(-(dx * dx + dy * dy) / 2);
      }
      pixels += static_cast<char>(static_cast<unsigned char>(std::clamp(value, 0.0, 255.0)));
    }
  return text("P5\n", kWidth, ' ', kHeight, "\n255\n") + pixels;
}

// faces/s1/1.pgm, ... of so many people, and one image more of each in asked/s1.pgm.
void write_faces(const TemporaryFolder& folder, int64_t people, int64_t images) {
  for (int64_t person = 1; person <= people; ++person) {
    for (int64_t image = 1; image <= images; ++image)
      folder.write(text("faces/s", person, '/', image, ".pgm"), face(person, image));
    folder.write(text("asked/s", person, ".pgm"), face(person, images + 1));
  }
}

Ended train_on(const TemporaryFolder& folder, std::vector<std::string> more,
               const Signals& signals = {.after = "never", .times = 0}) {
  std::vector<std::string> words{
      "--images", (folder.path() / "faces").string(), "--size",       "16",
      "--out",    (folder.path() / "out").string(),   "--objectives", "arcface:0.2:12"};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(glyphs, words, signals);
}

Ended ask(const TemporaryFolder& folder, const std::string& image,
          std::vector<std::string> more = {}) {
  std::vector<std::string> words{
      "--checkpoint", (folder.path() / "out" / "arcface-m-0-2-s-12.safetensors").string(),
      "--gallery",    (folder.path() / "faces").string(),
      "--query",      (folder.path() / image).string()};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(test::embed, words);
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("of 40 people with 10 images a bad file is named, and 36 of 40 new images are found") {
  const TemporaryFolder folder;
  write_faces(folder, 40, 10);
  folder.write("faces/s7/3.pgm", "P5\n92 112\n255\ntoo few bytes");
  const Ended trained = train_on(folder, {"--epochs", kSanitized ? "2" : "20"});
  CAPTURE(trained.output);
  CHECK(trained.how == "exit 0");
  CHECK(contains(trained.output, "warning: " + (folder.path() / "faces/s7/3.pgm").string() + ": "));
  CHECK(
      contains(trained.output, "warning: The figures are about 10 identities: they mean little."));
  CHECK(contains(trained.output, "399 images of 40 identities, 10 of which are tested"));
  CHECK(contains(content_of(folder.path() / "out" / "report.html"), "they mean little"));
  if (kSanitized) return;  // too little training to find anybody

  int found = 0;
  for (int64_t person = 1; person <= 40; ++person) {
    const Ended asked = ask(folder, text("asked/s", person, ".pgm"), {"--nearest", "1"});
    REQUIRE(asked.how == "exit 0");
    found += contains(asked.output, text("  s", person, '\n'));
  }
  CHECK(found >= 36);
}

TEST_CASE("a recognition that is interrupted goes on to the results of one that is not") {
  const TemporaryFolder folder;
  write_faces(folder, 8, 4);
  const std::vector<std::string> run{"--epochs", "4", "--objectives", "softmax,arcface+center"};
  const auto results = [&] {
    std::string json = content_of(folder.path() / "out" / "results.json");
    for (const char* varies : {"\"seconds\": ", "\"command\": "})
      for (size_t at = json.find(varies); at != std::string::npos; at = json.find(varies, at + 1))
        json.erase(at, json.find('\n', at) - at);
    return json;
  };
  REQUIRE(train_on(folder, run).how == "exit 0");
  const std::string whole = results();
  const Ended stopped = train_on(folder, run, {.after = "\nArcFace + center\n"});
  CHECK(stopped.how == "exit 130");
  CHECK(contains(results(), "\"softmax\""));
  CHECK_FALSE(contains(results(), "ArcFace"));
  std::vector<std::string> again = run;
  again.insert(again.end(), {"--resume", (folder.path() / "out").string()});
  CHECK(train_on(folder, again).how == "exit 0");
  CHECK(results() == whole);
}

TEST_CASE("embed lists the nearest identities, says same or different, and writes embeddings") {
  const TemporaryFolder folder;
  write_faces(folder, 8, 4);
  REQUIRE(train_on(folder, {"--epochs", "2"}).how == "exit 0");
  const Ended asked = ask(folder, "faces/s3/2.pgm",
                          {"--nearest", "3", "--export", (folder.path() / "gallery.npy").string()});
  const std::vector<std::string> lines = lines_of(asked.output);
  REQUIRE(lines.size() == 5);
  CHECK(contains(lines[0], "gallery.npy: 32 embeddings of 128 numbers"));
  CHECK(lines[1] == "1.000  same       s3");
  CHECK(contains(lines[4], "of pairs of two identities"));
  CHECK(read_npy(folder.path() / "gallery.npy").shape() == Shape{32, 128});
}

TEST_CASE("too few identities to measure anything are refused before training") {
  const TemporaryFolder folder;
  write_faces(folder, 8, 3);
  CHECK(contains(train_on(folder, {}).output,
                 "glyphs: Unseen identities: expected images for at least 10 pairs of two "
                 "identities to test on, got 9"));
  fs::remove_all(folder.path() / "faces" / "s8");
  CHECK(contains(train_on(folder, {}).output,
                 "faces: expected at least 8 identities, a quarter of them to test on, got 7"));
  const TemporaryFolder pairs;  // of a quarter, 3 people, with 2 images each
  write_faces(pairs, 12, 2);
  CHECK(contains(train_on(pairs, {}).output,
                 "glyphs: Unseen identities: expected images for at least 5 pairs of one identity "
                 "to test on, got 3"));
}

TEST_CASE("embed names what it cannot use: an image, a network, a missing option") {
  const TemporaryFolder folder;
  write_faces(folder, 8, 4);
  REQUIRE(train_on(folder, {"--epochs", "1"}).how == "exit 0");
  folder.write("photo.png", "\x89PNG\r\n\x1a\n and so on");
  const std::string png = (folder.path() / "photo.png").string();
  CHECK(contains(ask(folder, "photo.png").output, "mogrify -format pgm " + png));
  CHECK(contains(run_program(test::embed, {"--query", png}).output,
                 "embed: option --gallery is missing"));
  const std::string training =
      (folder.path() / "out/checkpoints/arcface-m-0-2-s-12.safetensors").string();
  CHECK(contains(run_program(test::embed, {"--checkpoint", training, "--gallery",
                                           (folder.path() / "faces").string(), "--query", png})
                     .output,
                 training + ": holds no recognizer: there is no 'channels'"));
}

TEST_CASE("a recognition from the start leaves no checkpoint of the run before") {
  const TemporaryFolder folder;
  write_faces(folder, 8, 4);
  const fs::path later = folder.path() / "out" / "checkpoints" / "cosface.safetensors";
  folder.write("out/checkpoints/cosface.safetensors", "of before");
  train_on(folder, {"--epochs", "2", "--objectives", "softmax,cosface"}, {.after = "\nsoftmax\n"});
  CHECK_FALSE(fs::exists(later));
}

TEST_CASE("glyphs refuses three channels of characters") {
  CHECK(contains(run_program(glyphs, {"--channels", "3"}).output,
                 "option --channels is for --images; characters have 1, got 3"));
}

TEST_CASE("a recognizer is the same after it was kept in a file") {
  const TemporaryFolder folder;
  manual_seed(3);
  Recognizer kept = make_recognizer(3, 16, 8);
  kept.threshold = 0.1 + 0.2;  // of more digits than are printed
  kept.false_accept_rate = 1e-4;
  save(kept, folder.path() / "r.safetensors");
  Recognizer read = load_recognizer(folder.path() / "r.safetensors");
  CHECK(read.channels == 3);
  CHECK(read.size == 16);
  CHECK(read.features == 8);
  CHECK(read.threshold == kept.threshold);
  CHECK(read.false_accept_rate == kept.false_accept_rate);
  const Variable images(rand({2, 3, 16, 16}));
  const nn::EvalMode first(kept.network), second(read.network);
  CHECK(read.network(images).value().to_vector<float>() ==
        kept.network(images).value().to_vector<float>());
}

TEST_CASE("a list of objectives names each once, with margins and scales of its own") {
  const std::vector<ObjectiveChoice> all = objective_choices("");
  CHECK(all.size() == 5);
  const std::vector<ObjectiveChoice> some = objective_choices("softmax,arcface:0.25:20,cosface");
  REQUIRE(some.size() == 3);
  CHECK(some[1].name == "ArcFace m 0.25, s 20");
  CHECK(some[1].margin == 0.25);
  CHECK(some[1].s == 20);
  const auto refused = [](const std::string& list) {
    return error_of([&] { objective_choices(list); });
  };
  CHECK(refused("arc") ==
        "option --objectives: there is no 'arc', only softmax cosface arcface arcface+center "
        "subcenter adaface");
  CHECK(refused("softmax,softmax") == "option --objectives: 'softmax' is there twice");
  CHECK(refused("arcface:x") == "option --objectives: expected a number, got 'x' in 'arcface:x'");
  CHECK(refused("softmax:1") ==
        "option --objectives: expected no margin after softmax, got "
        "'softmax:1'");
}
