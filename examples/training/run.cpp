#include "examples/training/run.h"

#include <iostream>

#include "examples/metrics/accuracy.h"
#include "tensor/random.h"

namespace gradian::examples {

constexpr int64_t kMistakesShown = 8;

RunResult run(const std::string& name, const Objective& objective, const DataSplit& data,
              TrainOptions options, const Tensor& followed) {
  manual_seed(options.seed);  // every objective starts from one network
  nn::Sequential network = make_network(data.train.images.size(2), data.train.images.size(3),
                                        objective.class_weights().size(1));
  std::cout << '\n' << name << '\n' << std::flush;
  options.checkpoint = checkpoint_options_of(name, options.checkpoint, options.out);
  const Training training = train(network, objective, data.train, options, std::cout, followed);
  RunResult result;
  result.objective = name;
  result.description = objective.description();
  result.curve = training.curve;
  result.snapshots = training.snapshots;
  result.seconds = training.seconds;
  result.features = embed(network, data.test);
  result.labels = data.test.labels;
  result.weights = objective.class_weights().value();
  const Variable features(result.features);
  const Tensor scores = objective.scores(features);
  result.test_accuracy = accuracy(scores, result.labels);
  result.confusion = confusion_matrix(scores, result.labels);
  result.mistakes =
      surest_mistakes(objective.probabilities(features), result.labels, kMistakesShown);
  result.s = objective.s;
  result.rule = objective.rule;
  result.statistics = feature_statistics(result.features, result.labels, result.weights);
  return result;
}

}  // namespace gradian::examples
