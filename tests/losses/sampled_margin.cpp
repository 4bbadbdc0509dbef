// Sampled negatives: which classes are drawn, that the loss is MarginLoss over these, and that a
// training moves their rows and no others.
#include "losses/sampled_margin.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "nn/checkpoint.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

using Classes = std::vector<int64_t>;

constexpr int64_t kFeatures = 6, kClasses = 40;
const Margin kMargin{.m2 = 0.3};

Classes draw(const Classes& labels, int64_t classes, double rate, Generator& generator) {
  return sample_classes(integers(labels), classes, rate, generator).to_vector<int64_t>();
}

Tensor rows_of(const Tensor& x, const Tensor& index) {
  return index_select(Variable(x), 0, index).value();
}

// Features and a head in training: what each step draws and does follows from the seed.
struct Training {
  explicit Training(double rate, DType dtype = DType::float32)
      : head(kFeatures, kClasses, 16, kMargin, rate, generator),
        dense(kFeatures, kClasses, 16, kMargin) {
    head.to(dtype);
    dense.to(dtype);
    Generator start(3);
    x = randn({8, kFeatures}, dtype, 0, 1, start);
    head.weight.set_value(randn({kClasses, kFeatures}, dtype, 0, 1, start));
    dense.weight.set_value(head.weight.value().clone());
  }
  Training(const Training&) = delete;

  Tensor step() {
    const Variable loss = head(Variable(x), labels, optimizer);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss.value();
  }

  Generator generator{7};
  SampledMarginLoss head;
  MarginLoss dense;
  Tensor x, labels = integers({0, 39, 5, 5, 17, 0, 21, 38});
  nn::SGD optimizer{head.named_parameters(), {.lr = 0.5, .momentum = 0.9, .weight_decay = 0.01}};
};

}  // namespace

TEST_CASE("sample_classes: all of the labels, and others up to the rate, each once and in order") {
  Generator generator(1);
  const Classes labels{7, 3, 3, 99, 0};
  for (const double rate : {0.001, 0.04, 0.1, 0.5, 0.994, 1.0}) {
    CAPTURE(rate);
    const Classes classes = draw(labels, 100, rate, generator);
    CHECK(classes.size() == std::max<size_t>(4, static_cast<size_t>(std::lround(100 * rate))));
    CHECK(std::ranges::adjacent_find(classes, std::greater_equal()) == classes.end());
    for (const int64_t label : labels) CHECK(std::ranges::binary_search(classes, label));
    CHECK(classes.back() == 99);
  }
  CHECK(draw({}, 3, 0.1, generator).empty());
  CHECK(draw({}, 3, 1, generator) == Classes{0, 1, 2});
}

TEST_CASE("sample_classes: every set of other classes is as likely") {
  // Two of the four others. Each of the six sets comes 1000 times, give or take 29.
  std::map<Classes, int> times;
  Generator generator(2);
  for (int i = 0; i < 6000; ++i) ++times[draw({1}, 5, 0.6, generator)];
  CHECK(times.size() == 6);
  for (const auto& drawn : times) CHECK(std::abs(drawn.second - 1000) < 5 * 29);
}

TEST_CASE("sample_classes: a seed means the same classes, and the next call draws others") {
  Generator one(5), same(5);
  const Classes first = draw({1}, 1000, 0.1, one), second = draw({1}, 1000, 0.1, one);
  CHECK(draw({1}, 1000, 0.1, same) == first);
  CHECK(draw({1}, 1000, 0.1, same) == second);
  CHECK(first != second);
}

TEST_CASE(
    "SampledMarginLoss: with every class the value, gradients and training are MarginLoss's") {
  Training training(1);
  nn::SGD optimizer(training.dense.named_parameters(),
                    {.lr = 0.5, .momentum = 0.9, .weight_decay = 0.01});
  for (int i = 0; i < 5; ++i) {
    const Variable sampled(training.x, true), whole(training.x, true);
    const Variable loss = training.head(sampled, training.labels, training.optimizer);
    const Variable expected = training.dense(whole, training.labels);
    CHECK(identical(loss.value(), expected.value()));
    training.optimizer.zero_grad();
    optimizer.zero_grad();
    loss.backward();
    expected.backward();
    CHECK(identical(sampled.grad().value(), whole.grad().value()));
    training.optimizer.step();
    optimizer.step();
    CHECK(identical(training.head.weight.value(), training.dense.weight.value()));
  }
}

TEST_CASE(
    "SampledMarginLoss: a step is that of MarginLoss over the classes drawn, no other moves") {
  for (const DType dtype : {DType::float32, DType::float64}) {
    CAPTURE(dtype);
    Training training(0.25, dtype);
    Generator drawn_alike(7);
    const Tensor classes = sample_classes(training.labels, kClasses, 0.25, drawn_alike);
    const Tensor before = training.head.weight.value().clone();
    // The labels' places among the classes drawn.
    Classes places;
    const Classes all = classes.to_vector<int64_t>();
    for (const int64_t label : training.labels.to_vector<int64_t>())
      places.push_back(std::ranges::find(all, label) - all.begin());
    MarginLoss alone(kFeatures, classes.numel(), 16, kMargin);
    alone.to(dtype);
    alone.weight.set_value(rows_of(before, classes));
    const Variable expected = alone(Variable(training.x), integers(places));
    expected.backward();
    nn::SGD(alone.named_parameters(), {.lr = 0.5, .weight_decay = 0.01}).step();

    CHECK(identical(training.step(), expected.value()));
    const Tensor after = training.head.weight.value();
    CHECK(identical(rows_of(after, classes), alone.weight.value()));
    for (int64_t j = 0; j < kClasses; ++j)
      if (!std::ranges::binary_search(all, j))
        CHECK(identical(after.slice(0, j, j + 1), before.slice(0, j, j + 1)));
    CHECK(!training.head.weight.grad().defined());
  }
}

TEST_CASE("SampledMarginLoss: training with a fifth of the classes lowers the loss over all") {
  Training training(0.2);
  const auto loss_over_all = [&] {
    return training.head(Variable(training.x), training.labels).item();
  };
  const double before = loss_over_all();
  for (int i = 0; i < 60; ++i) training.step();
  CHECK(loss_over_all() < 0.5 * before);
}

TEST_CASE("SampledMarginLoss: the margin's factor and check_all_trained know it as any other") {
  Training training(0.5);
  SampledMarginLoss& head = training.head;
  CHECK(head.description() ==
        "SampledMarginLoss(6 -> 40, s 16, m1 1, m2 0.3 rad, m3 0, mirror, "
        "rate 0.5)");
  CHECK(head.named_parameters().size() == 1);
  check_all_trained(training.optimizer, {&head});
  check_all_trained(training.optimizer,
                    head(Variable(training.x), training.labels, training.optimizer));
  training.generator.set_state(7, 0);
  const double whole = head(Variable(training.x), training.labels, training.optimizer).item();
  training.generator.set_state(7, 0);
  head.set_margin_factor(0);
  CHECK(head(Variable(training.x), training.labels, training.optimizer).item() < whole);
}

TEST_CASE("SampledMarginLoss: training goes on from a checkpoint as if it had not stopped") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "training.safetensors";
  const auto checkpoint_of = [](Training& training) {
    nn::Checkpoint checkpoint;
    checkpoint.add("head", training.head);
    checkpoint.add("optimizer", training.optimizer);
    checkpoint.add("negatives", training.generator);
    return checkpoint;
  };
  Training through(0.3), resumed(0.3);
  for (int i = 0; i < 3; ++i) through.step();
  checkpoint_of(through).save(file);
  for (int i = 0; i < 3; ++i) through.step();
  checkpoint_of(resumed).load(file);
  for (int i = 0; i < 3; ++i) resumed.step();
  CHECK(identical(resumed.head.weight.value(), through.head.weight.value()));
}

TEST_CASE("SampledMarginLoss: no array in a step grows with the classes that are not drawn") {
  constexpr int64_t kMany = 100'000, kWidth = 16, kBatch = 4;
  SampledMarginLoss head(kWidth, kMany, 16, kMargin, 0.01);
  nn::SGD optimizer(head.named_parameters(), {.lr = 0.1});
  const size_t whole = kMany * kWidth * sizeof(float), before = memory_stats().in_use;
  reset_peak_memory();
  head(Variable(Tensor::ones({kBatch, kWidth}), true), Tensor::arange(kBatch), optimizer)
      .backward();
  optimizer.step();
  CHECK(memory_stats().peak - before < whole / 10);
}

TEST_CASE("MarginLoss: the initial weights are drawn without a second array of their size") {
  constexpr int64_t kMany = 100'000, kWidth = 16;
  const size_t whole = kMany * kWidth * sizeof(float), before = memory_stats().in_use;
  reset_peak_memory();
  const MarginLoss head(kWidth, kMany, 16, kMargin);
  CHECK(memory_stats().peak - before < whole + whole / 4);
}

}  // namespace gradian::test
