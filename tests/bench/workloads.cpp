// The models and products of the benchmark. Weights and data come from a closed formula, so that
// another program can start from the same numbers: see pattern.h.
#include "tests/bench/workloads.h"

#include <cmath>
#include <memory>

#include "losses/cross_entropy.h"
#include "losses/sampled_margin.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/kernels.h"
#include "tests/bench/pattern.h"

namespace gradian::bench {
namespace {

Tensor pattern(const Shape& shape, double scale, int64_t salt) {
  Tensor out = Tensor::empty(shape);
  float* const values = out.mutable_data<float>();
  for (int64_t i = 0; i < out.numel(); ++i) values[i] = pattern_value(i, scale, salt);
  return out;
}

Tensor labels(int64_t count, int64_t classes) {
  std::vector<int64_t> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(label(i, classes));
  return Tensor::from(values, {count});
}

// The Euclidean length of all values, summed in double without taking memory.
double length_of(const Tensor& x) {
  const Tensor dense = x.contiguous();
  const float* const values = dense.data<float>();
  double sum = 0;
  for (int64_t i = 0; i < dense.numel(); ++i) sum += static_cast<double>(values[i]) * values[i];
  return std::sqrt(sum);
}

// Gives weights a known start, by the parameter's number as salt; vectors keep theirs.
void set_weights(nn::Module& module) {
  int64_t salt = 0;
  for (nn::Parameter& p : module.named_parameters()) {
    ++salt;
    if (p.variable.dim() >= 2)
      p.variable.set_value(
          pattern(p.variable.shape(), weight_scale(nn::fan_in(p.variable.shape())), salt));
    else if (p.name.find("bias") != std::string::npos)
      p.variable.set_value(Tensor::zeros(p.variable.shape()));
  }
}

// A training step of a margin head on given 128-d features, with all classes or a part of them.
Workload margin_training(std::string name, int64_t classes, double rate) {
  auto head = std::make_shared<SampledMarginLoss>(128, classes, 30.0, Margin{.m3 = 0.5}, rate);
  auto optimizer = std::make_shared<nn::SGD>(head->named_parameters(),
                                             nn::OptimizerOptions{.lr = 1e-3, .momentum = 0.9});
  const Variable x(pattern({kBatch, 128}, 1, 2), true);
  const Tensor y = labels(kBatch, classes);
  const auto step = [=] {
    const Variable loss = rate < 1 ? (*head)(x, y, *optimizer) : (*head)(x, y);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
    return loss.item();
  };
  const double flops = 3 * 2.0 * static_cast<double>(kBatch * 128) * rate * double(classes);
  return {name, text(classes, " classes, ", 100 * rate, " %, SGD"), flops, step,
          [=] { return std::vector<double>{step()}; }};
}

Workload product(int64_t m, int64_t n, int64_t k) {
  const Tensor a = pattern({m, k}, 1, 1), b = pattern({k, n}, 1, 2);
  const auto step = [=] { return matmul(a, b); };
  return {text("sgemm_", m, 'x', n, 'x', k), text("sgemm ", m, " x ", n, " x ", k),
          2.0 * static_cast<double>(m * n * k), step,
          [=] { return std::vector<double>{length_of(step())}; }};
}

// Additions of one-element arrays, each to the last one's result: what an op costs besides its
// arithmetic. `add_all` adds `one` kOperations times and returns the sum.
constexpr int64_t kOperations = 1000;
Workload overhead(std::string name, std::string description, std::function<double()> add_all) {
  return {std::move(name),
          std::move(description),
          kOperations,
          add_all,
          [=] { return std::vector<double>{add_all()}; },
          kOperations};
}

template <class T>
T add_up(const T& one) {
  T sum = one;
  for (int64_t i = 0; i < kOperations; ++i) sum = add(sum, one);
  return sum;
}

Workload overhead_of_kernels() {
  const Tensor one = Tensor::ones({1});
  return overhead("overhead_kernel", "kernel add", [=] { return add_up(one).item(); });
}

Workload overhead_of_variables() {
  const Variable one(Tensor::ones({1}), true);
  return overhead("overhead_variable", "Variable add, not recording", [=] {
    const NoGrad no_grad;
    return add_up(one).item();
  });
}

Workload overhead_of_recording() {
  const Variable one(Tensor::ones({1}), true);
  return overhead("overhead_recording", "Variable add, recording, backward", [=] {
    const Variable total = add_up(one);
    Variable(one).zero_grad();
    sum(total).backward();
    return one.grad().item();
  });
}

}  // namespace

std::vector<WorkloadMaker> workloads() {
  return {
      {"sgemm_2000x2000x2000", [] { return product(2000, 2000, 2000); }},
      {"sgemm_128x10000x512", [] { return product(128, 10000, 512); }},
      {"sgemm_128x256x784", [] { return product(128, 256, 784); }},
      {"lenet", [] { return training("lenet", "LeNet++ step, 28x28", lenet_network(), kBatch); }},
      {"ir_resnet",
       [] { return training("ir_resnet", "IR-ResNet step, 32x32", ir_resnet_network(), kBatch); }},
      {"mlp", [] { return training("mlp", "MLP 784-256-256-10 step", mlp_network(), kBatch); }},
      {"margin_1k", [] { return margin_head(1000, kBatch); }},
      {"margin_10k", [] { return margin_head(10000, kBatch); }},
      {"margin_100k", [] { return margin_head(100000, kBatch); }},
      {"head_100k", [] { return margin_training("head_100k", 100'000, 1); }, true},
      {"head_1m", [] { return margin_training("head_1m", 1'000'000, 1); }, true},
      {"head_1m_tenth", [] { return margin_training("head_1m_tenth", 1'000'000, 0.1); }, true},
      {"overhead_kernel", overhead_of_kernels},
      {"overhead_variable", overhead_of_variables},
      {"overhead_recording", overhead_of_recording}};
}

Workload training(std::string name, std::string description, const Network& network,
                  int64_t batch) {
  const std::shared_ptr<nn::Module> model = network.model;
  set_weights(*model);
  auto optimizer = std::make_shared<nn::SGD>(model->named_parameters(),
                                             nn::OptimizerOptions{.lr = 1e-3, .momentum = 0.9});
  Shape input = network.sample;
  input.insert(0, batch);
  const Tensor x = pattern(input, 1, 0), y = labels(batch, 10);
  const double flops = double(batch) * (3 * network.flops - network.first_flops);
  const auto step = [=] {
    const Variable loss = cross_entropy((*model)(Variable(x)), y);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
    return loss.item();
  };
  // From the second one on they depend on every gradient.
  const auto losses = [=] { return std::vector<double>{step(), step(), step(), step()}; };
  return {std::move(name), std::move(description), flops, step, losses};
}

Workload margin_head(int64_t classes, int64_t batch) {
  auto head = std::make_shared<CosFaceLoss>(512, classes, 30.0, 0.5);
  head->weight.set_value(pattern({classes, 512}, 1, 1));
  const Variable x(pattern({batch, 512}, 1, 2), true);
  const Tensor y = labels(batch, classes);
  const auto step = [=] {
    head->weight.zero_grad();
    Variable(x).zero_grad();
    const Variable loss = (*head)(x, y);
    loss.backward();
    return loss.item();
  };
  const auto values = [=] {
    const double loss = step();
    return std::vector<double>{loss, length_of(x.grad().value()),
                               length_of(head->weight.grad().value())};
  };
  const double flops = 3 * 2.0 * static_cast<double>(batch * 512 * classes);
  return {text("margin_", classes / 1000, "k"), text("margin head, ", classes, " classes"), flops,
          step, values};
}

}  // namespace gradian::bench
