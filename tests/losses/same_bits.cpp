// Training as a whole gives the same bits for any number of threads. (Its kernels, one by one:
// tests/tensor/threads.cpp.)
#include <doctest/doctest.h>

#include <bit>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string>

#include "losses/center_loss.h"
#include "losses/margin.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/child_process.h"

namespace gradian::test {
namespace {

constexpr int64_t kBatch = 32, kClasses = 4, kFeatures = 16;

struct Model {
  nn::Sequential network{nn::Conv2d(1, 16, 3, {.padding = 1}),
                         nn::BatchNorm2d(16),
                         nn::PReLU(16),  // [N, 16, 12, 12]
                         nn::MaxPool2d(2),
                         nn::Conv2d(16, 32, 3),
                         nn::PReLU(),  // [N, 32, 4, 4]
                         nn::Flatten(),
                         nn::Linear(512, kFeatures)};
  ArcFaceLoss arcface{kFeatures, kClasses};
  CenterLoss center{kClasses, kFeatures, /*weight=*/0.1};

  std::vector<nn::Parameter> parameters() const {
    std::vector<nn::Parameter> all;
    for (const nn::Module* module :
         {static_cast<const nn::Module*>(&network), static_cast<const nn::Module*>(&arcface),
          static_cast<const nn::Module*>(&center)})
      for (const nn::Parameter& parameter : module->named_parameters()) all.push_back(parameter);
    return all;
  }
};

// FNV-1a over the bits of all parameters.
uint64_t hash_of(const std::vector<nn::Parameter>& parameters) {
  uint64_t hash = 14695981039346656037u;
  for (const nn::Parameter& parameter : parameters)
    for (const float value : parameter.variable.value().to_vector<float>())
      hash = (hash ^ std::bit_cast<uint32_t>(value)) * 1099511628211u;
  return hash;
}

uint64_t hash_after_training(int steps) {
  manual_seed(1);
  Model model;
  nn::Adam optimizer(model.parameters(), {.lr = 1e-3});
  for (int step = 0; step < steps; ++step) {
    const Tensor labels = randperm(kBatch) / (kBatch / kClasses);  // of each class as many
    const Variable features = model.network(Variable(randn({kBatch, 1, 12, 12})));
    const Variable loss = model.arcface(features, labels) + model.center(features, labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  return hash_of(model.parameters());
}

// Of this process: the calling one and those of the pool.
int64_t threads_there_are() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST_CASE("200 steps of training give every parameter the same bits with 1, 2, 3 and 8 threads") {
  constexpr int kSteps = kSanitized ? 20 : 200;  // sanitizers are slow, and look for other things
  std::string with_one;
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(threads);
    const Ended ended = run_in_child(
        [&] {
          set_num_threads(threads);
          const uint64_t before = hash_after_training(0), after = hash_after_training(kSteps);
          check(before != after, "nothing was trained");
          std::printf("%llx", static_cast<unsigned long long>(after));
          // In a forked child the pool starts without threads, so those there are have worked.
          check(kSanitized || threads_there_are() == threads, threads_there_are(), " threads");
        },
        /*seconds=*/300);
    CHECK(ended.how == "exit 0");
    if (threads == 1) with_one = ended.output;
    CHECK(ended.output == with_one);
  }
  CHECK(with_one.size() > 8);
}

}  // namespace
}  // namespace gradian::test
