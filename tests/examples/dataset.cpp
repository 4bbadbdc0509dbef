// Mini-batches of the examples' data. Files are in idx.cpp, drawn glyphs in synthetic.cpp.
#include <doctest/doctest.h>

#include <set>

#include "examples/data/dataset.h"
#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;
using gradian::test::check_errors;

namespace {

// Image i holds the value i everywhere, and its label is i.
Dataset counting_dataset(int64_t count) {
  Dataset data{Tensor::empty({count, 1, 2, 2}), Tensor::arange(count), numbered_classes(count)};
  for (int64_t i = 0; i < count; ++i) data.images.slice(0, i, i + 1).fill(static_cast<double>(i));
  return data;
}

std::vector<int64_t> labels_in_order(const Batches& batches) {
  std::vector<int64_t> labels;
  for (const Batch& batch : batches)
    for (const int64_t label : batch.labels.to_vector<int64_t>()) labels.push_back(label);
  return labels;
}

}  // namespace

TEST_CASE("batches cover the dataset in its order, the last one smaller") {
  const Batches batches(counting_dataset(7), 3);
  CHECK(batches.size() == 3);
  CHECK(labels_in_order(batches) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6});
  std::vector<int64_t> sizes;
  for (const Batch& batch : batches) sizes.push_back(batch.images.size(0));
  CHECK(sizes == std::vector<int64_t>{3, 3, 1});
}

TEST_CASE("an epoch of shuffled batches holds each sample once, with its own image") {
  ShuffledBatches batches(counting_dataset(12), 4, 1);
  REQUIRE(batches.per_epoch() == 3);
  for (const int64_t epoch : {0, 1, 5}) {
    std::multiset<int64_t> seen;
    for (int64_t step = 3 * epoch; step < 3 * epoch + 3; ++step) {
      const Batch batch = batches.at(step);
      for (int64_t i = 0; i < batch.labels.numel(); ++i) {
        seen.insert(static_cast<int64_t>(batch.labels.at({i})));
        CHECK(batch.images.at({i, 0, 1, 1}) == batch.labels.at({i}));
      }
    }
    CHECK(seen == std::multiset<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  }
}

TEST_CASE("each epoch is shuffled anew, by the seed alone, whatever was asked for before") {
  const Dataset data = counting_dataset(50);
  const auto labels_at = [](ShuffledBatches& batches, int64_t step) {
    return batches.at(step).labels.to_vector<int64_t>();
  };
  ShuffledBatches forward(data, 10, 5), jumping(data, 10, 5), other(data, 10, 6);
  std::vector<std::vector<int64_t>> seen;
  for (int64_t step = 0; step < 20; ++step) seen.push_back(labels_at(forward, step));
  CHECK(seen[0] != seen[5]);
  CHECK(seen[0] != labels_at(other, 0));
  for (const size_t step : {17, 3, 4, 5, 12, 0, 19})
    CHECK(labels_at(jumping, static_cast<int64_t>(step)) == seen[step]);
}

TEST_CASE("shuffled batches leave a smaller last one out, unless it is the only one") {
  ShuffledBatches batches(counting_dataset(10), 4, 1), one(counting_dataset(3), 4, 1);
  CHECK(batches.per_epoch() == 2);
  CHECK(batches.at(1).labels.numel() == 4);
  CHECK(one.per_epoch() == 1);
  CHECK(one.at(1).labels.numel() == 3);
}

TEST_CASE("a batch size may be any number") {
  for (const int64_t size : {int64_t{7}, int64_t{1} << 62, INT64_MAX}) {
    CHECK(labels_in_order(Batches(counting_dataset(7), size)).size() == 7);
    CHECK(Batches(counting_dataset(7), size).size() == 1);
    ShuffledBatches shuffled(counting_dataset(7), size, 5);
    CHECK(shuffled.per_epoch() == 1);
    CHECK(shuffled.at(0).labels.numel() == 7);
  }
}

TEST_CASE(
    "without samples there is no batch, and asking for one is an error, as it is past the end") {
  const Dataset data = counting_dataset(4);
  const Dataset none{data.images.slice(0, 0, 0), data.labels.slice(0, 0, 0), data.class_names};
  CHECK(Batches(none, 3).size() == 0);
  CHECK(labels_in_order(Batches(none, 3)).empty());
  check_errors({
      {[&] { *Batches(none, 3).begin(); }, "batches: there is no batch 0, only 0"},
      {[&] { *Batches(data, 3).end(); }, "batches: there is no batch 2, only 2"},
      {[&] { ShuffledBatches(none, 3, 1); }, "batches: expected at least 1 image, got 0"},
      {[&] { ShuffledBatches(data, 3, 1).at(-1); },
       "batches: expected a step of at least 0, got -1"},
  });
}

TEST_CASE("take gives the first samples, and all when there are fewer") {
  const Dataset data = counting_dataset(5);
  CHECK(take(data, 2).labels.to_vector<int64_t>() == std::vector<int64_t>{0, 1});
  CHECK(take(data, 2).images.shape() == Shape{2, 1, 2, 2});
  CHECK(take(data, 2).num_classes() == 5);
  CHECK(take(data, 9).size() == 5);
  CHECK_THROWS_WITH_AS(take(data, 0), "take: expected at least 1 sample, got 0", Error);
}

TEST_CASE("a batch size below 1 and labels that do not match the images are errors") {
  Dataset data = counting_dataset(5);
  CHECK_THROWS_WITH_AS(Batches(data, 0), "batches: expected a batch size of at least 1, got 0",
                       Error);
  data.labels = Tensor::arange(4);
  CHECK_THROWS_WITH_AS(Batches(data, 2),
                       doctest::Contains("expected images [N, C, H, W] and labels [N]"), Error);
}
