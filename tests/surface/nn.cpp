// What a PyTorch user writes about layers, models, optimisers and schedules at the first try: one
// line a program, labelled with the PyTorch that it stands for, and the value that PyTorch gives or
// that is worked out by hand. What the compiler refuses stands in nn_errors.cpp.
#include <cmath>

#include "nn/layers.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

// A program and what its value is, or the values of its shape.
struct Program {
  const char* pytorch;
  std::function<std::vector<double>()> run;
  std::vector<double> expected;
};

std::vector<double> values(const Variable& x) { return x.value().to_vector<double>(); }
std::vector<double> shape(const Variable& x) { return {x.shape().begin(), x.shape().end()}; }

void check_programs(const std::vector<Program>& programs, double tolerance = 1e-6) {
  for (const Program& program : programs) {
    CAPTURE(program.pytorch);
    const std::vector<double> result = program.run();
    REQUIRE(result.size() == program.expected.size());
    for (size_t i = 0; i < result.size(); ++i)
      CHECK(result[i] == doctest::Approx(program.expected[i]).epsilon(tolerance));
  }
}

// 0, 1, ..., 15 as an image [1, 1, 4, 4].
Tensor image() { return Tensor::arange(16, DType::float32).reshape({1, 1, 4, 4}); }

Variable row(const std::vector<float>& numbers) {
  return Variable(Tensor::from(numbers, {1, static_cast<int64_t>(numbers.size())}));
}

nn::Sequential mlp() { return nn::Sequential{nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 1)}; }

// w = 1 with the gradient 2, after one step of the optimiser that `make` builds for it.
template <class Make>
std::vector<double> after_a_step(const Make& make) {
  const Variable w(Tensor::ones({1}), true);
  auto optimizer = make(std::vector<Variable>{w});
  sum(w * w).backward();
  optimizer.step();
  return values(w);
}

}  // namespace

TEST_CASE("surface: layers") {
  const double e = std::exp(1);
  check_programs({
      {"nn.Linear(2, 3)(torch.ones(4, 2)).shape",
       [] {
         return shape(nn::Linear(2, 3)(Tensor::ones({4, 2})));
       },
       {4, 3}},
      {"nn.Linear(2, 3).weight.shape", [] { return shape(nn::Linear(2, 3).weight); }, {3, 2}},
      {"len(list(nn.Linear(2, 3, False).parameters()))",
       [] { return std::vector{double(nn::Linear(2, 3, false).parameters().size())}; },
       {1}},
      {"nn.Conv2d(1, 16, 3, padding=1)(image).shape",
       [] { return shape(nn::Conv2d(1, 16, 3, {.padding = 1})(image())); },
       {1, 16, 4, 4}},
      {"nn.Conv2d(4, 8, (3, 5), stride=2, groups=2).weight.shape",
       [] {
         return shape(nn::Conv2d(4, 8, {3, 5}, {.stride = 2, .groups = 2}).weight);
       },
       {8, 2, 3, 5}},
      {"nn.MaxPool2d(2)(image)", [] { return values(nn::MaxPool2d(2)(image())); }, {5, 7, 13, 15}},
      {"nn.MaxPool2d(2, 2)(image)",
       [] { return values(nn::MaxPool2d(2, 2)(image())); },
       {5, 7, 13, 15}},
      {"nn.MaxPool2d(3, 2, 1)(image)",
       [] { return values(nn::MaxPool2d(3, 2, 1)(image())); },
       {5, 7, 13, 15}},
      {"nn.MaxPool2d(kernel_size=3, stride=1)(image)",
       [] { return values(nn::MaxPool2d({.kernel = 3, .stride = 1})(image())); },
       {10, 11, 14, 15}},
      {"nn.AvgPool2d(2)(image)",
       [] { return values(nn::AvgPool2d(2)(image())); },
       {2.5, 4.5, 10.5, 12.5}},
      {"nn.AdaptiveAvgPool2d(1)(image)",
       [] { return values(nn::AdaptiveAvgPool2d(1)(image())); },
       {7.5}},
      {"nn.Flatten()(image).shape", [] { return shape(nn::Flatten()(image())); }, {1, 16}},
      {"nn.ReLU()(x)",
       [] {
         return values(nn::ReLU()(row({-1, 2})));
       },
       {0, 2}},
      {"nn.LeakyReLU(0.2)(x)",
       [] {
         return values(nn::LeakyReLU(0.2)(row({-1, 2})));
       },
       {-0.2, 2}},
      {"nn.PReLU()(x)",
       [] {
         return values(nn::PReLU()(row({-4, 2})));
       },
       {-1, 2}},
      {"nn.Tanh()(x)",
       [] {
         return values(nn::Tanh()(row({0, 1})));
       },
       {0, std::tanh(1)}},
      {"nn.Sigmoid()(x)",
       [] {
         return values(nn::Sigmoid()(row({0, 1})));
       },
       {0.5, e / (1 + e)}},
      {"nn.SiLU()(x)",
       [] {
         return values(nn::SiLU()(row({0, 1})));
       },
       {0, e / (1 + e)}},
      {"nn.GELU()(x)",
       [] {
         return values(nn::GELU()(row({0, 1})));
       },
       {0, 0.8413447}},
      {"nn.GELU('tanh')(x)",
       [] {
         return values(nn::GELU(true)(row({0, 1})));
       },
       {0, 0.8411920}},
      {"nn.Softplus()(x)",
       [] {
         return values(nn::Softplus()(row({0, 1})));
       },
       {std::log(2), std::log1p(e)}},
      {"nn.Identity()(x)",
       [] {
         return values(nn::Identity()(row({-1, 2})));
       },
       {-1, 2}},
      {"nn.Dropout(0.5).eval()(x)",
       [] {
         nn::Dropout dropout(0.5);
         dropout.eval();
         return values(dropout(row({-1, 2})));
       },
       {-1, 2}},
      {"nn.Embedding(10, 3)(torch.tensor([1, 9])).shape",
       [] {
         return shape(nn::Embedding(10, 3)(integers({1, 9})));
       },
       {2, 3}},
      {"nn.LayerNorm(2, eps=0)(x)",
       [] {
         return values(nn::LayerNorm(2, 0.0)(row({1, 5})));
       },
       {-1, 1}},
      {"nn.LayerNorm([2, 2], elementwise_affine=False)(x).shape",
       [] {
         return shape(nn::LayerNorm({2, 2}, 1e-5, false)(Tensor::ones({3, 2, 2})));
       },
       {3, 2, 2}},
      {"nn.GroupNorm(1, 2, eps=0)(x)",
       [] {
         return values(nn::GroupNorm(1, 2, 0)(row({1, 5})));
       },
       {-1, 1}},
      {"nn.BatchNorm1d(1, eps=0, momentum=None)",
       [] {
         nn::BatchNorm1d norm(1, {.eps = 0, .momentum = {}});
         return values(norm(Tensor::from({1.0F, 5.0F}, {2, 1})));
       },
       {-1, 1}},
      {"nn.BatchNorm2d(3, track_running_stats=False).running_mean is None",
       [] {
         const nn::BatchNorm2d norm(3, {.track_running_stats = false});
         return std::vector{double(norm.running_mean.defined())};
       },
       {0}},
  });
}

TEST_CASE("surface: models") {
  check_programs({
      {"nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))(x).shape",
       [] {
         nn::Sequential net{nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 1)};
         return shape(net(Tensor::ones({5, 2})));
       },
       {5, 1}},
      {"sum(p.numel() for p in net.parameters())",
       [] {
         int64_t count = 0;
         for (const auto& p : mlp().parameters()) count += p.numel();
         return std::vector{double(count)};
       },
       {13}},
      {"for p in net.parameters(): p.requires_grad_(False)",
       [] {
         nn::Sequential net = mlp();
         for (const auto& p : net.parameters()) p.set_requires_grad(false);
         return std::vector{double(net(Tensor::ones({1, 2})).requires_grad())};
       },
       {0}},
      {"for name, p in net.named_parameters(): p.numel() if name == '2.weight'",
       [] {
         std::vector<double> sizes;
         for (const auto& [name, p] : mlp().named_parameters())
           if (name == "2.weight") sizes.push_back(double(p.numel()));
         return sizes;
       },
       {3}},
      {"torch.autograd.grad(net(x).sum(), net.parameters())[3]",
       [] {
         nn::Sequential net = mlp();
         return values(grad({sum(net(Tensor::ones({5, 2})))}, net.parameters())[3]);
       },
       {5}},
      {"net.eval(); net.training",
       [] {
         nn::Sequential net = mlp();
         net.eval();
         return std::vector{double(net.training())};
       },
       {0}},
      {"net.double()(x.double()).dtype == torch.float64",
       [] {
         nn::Sequential net = mlp();
         net.to(DType::float64);
         return std::vector{
             double(net(Tensor::ones({1, 2}, DType::float64)).dtype() == DType::float64)};
       },
       {1}},
      {"net.zero_grad(); net[0].weight.grad is None",
       [] {
         nn::Sequential net = mlp();
         sum(net(Tensor::ones({1, 2}))).backward();
         net.zero_grad();
         return std::vector{double(net.parameters()[0].grad().defined())};
       },
       {0}},
      {"nn.Sequential(net, nn.Sigmoid())(x).shape",
       [] {
         nn::Sequential net = mlp();
         nn::Sequential whole{std::move(net), nn::Sigmoid()};
         return shape(whole(Tensor::ones({5, 2})));
       },
       {5, 1}},
  });
  CHECK(mlp().summary({1, 2}) ==  // torchinfo.summary(net, (1, 2))
        "name     layer           output  parameters  mult-adds\n"
        "(model)  Sequential      [1, 1]\n"
        "0        Linear(2 -> 3)  [1, 3]           9          6\n"
        "1        ReLU            [1, 3]\n"
        "2        Linear(3 -> 1)  [1, 1]           4          3\n"
        "total                                    13          9\n");
}

TEST_CASE("surface: optimisers and schedules") {
  using Parameters = std::vector<Variable>;
  check_programs({
      {"SGD(parameters, lr=0.1)",
       [] { return after_a_step([](const Parameters& p) { return nn::SGD(p, 0.1); }); },
       {0.8}},
      {"SGD(parameters, lr=0.1, weight_decay=0.5)",
       [] {
         return after_a_step(
             [](const Parameters& p) { return nn::SGD(p, {.lr = 0.1, .weight_decay = 0.5}); });
       },
       {0.75}},
      {"SGD([w], lr=0.1)",
       [] { return after_a_step([](const Parameters& p) { return nn::SGD({p[0]}, 0.1); }); },
       {0.8}},
      {"SGD([{'params': parameters, 'lr': 0.2}], lr=0.1)",
       [] {
         return after_a_step([](const Parameters& p) { return nn::SGD({{p, {.lr = 0.2}}}, 0.1); });
       },
       {0.6}},
      {"Adam(parameters)",
       [] { return after_a_step([](const Parameters& p) { return nn::Adam(p); }); },
       {0.999}},
      {"Adam(parameters, 1e-2, betas=(0.5, 0.9))",
       [] {
         return after_a_step([](const Parameters& p) {
           return nn::Adam(p, {.lr = 1e-2, .betas = {0.5, 0.9}});
         });
       },
       {0.99}},
      {"AdamW(parameters, lr=0.1): decays by 0.1 * 0.01 first",
       [] { return after_a_step([](const Parameters& p) { return nn::AdamW(p, 0.1); }); },
       {0.899}},
      {"RMSprop(parameters, alpha=0.75): 2 / sqrt(0.25 * 4)",
       [] {
         return after_a_step([](const Parameters& p) { return nn::RMSprop(p, {.alpha = 0.75}); });
       },
       {0.98}},
      {"SGD([{'params': net}, {'params': centers, 'lr': 0.5, 'momentum': 0}], lr=0.1, "
       "momentum=0.9)",
       [] {
         nn::Sequential net = mlp();
         const Variable centers(Tensor::ones({2}), true);
         nn::SGD sgd({{net.parameters()}, {{centers}, {.lr = 0.5, .momentum = 0}}},
                     {.lr = 0.1, .momentum = 0.9});
         for (int step = 0; step < 2; ++step) {
           sgd.zero_grad();
           sum(centers).backward();
           sgd.step();
         }
         return values(centers);
       },
       {0, 0}},
      {"optimizer.param_groups[0]['lr'] = 0.5",
       [] {
         nn::SGD sgd(mlp().parameters(), 0.1);
         sgd.set_lr(0, 0.5);
         return std::vector{sgd.lr()};
       },
       {0.5}},
      {"clip_grad_norm_(parameters, 1.0)",
       [] {
         const Variable w(Tensor::ones({2}), true);
         sum(3.0 * w).backward();
         return std::vector{nn::clip_grad_norm({w}, 1.0)};
       },
       {std::sqrt(18)}},
      {"CosineAnnealingLR(optimizer, 10) after 5 steps",
       [] {
         nn::SGD sgd(mlp().parameters(), 0.1);
         sgd.set_lr_factor(nn::cosine(10)(5));
         return std::vector{sgd.lr()};
       },
       {0.05}},
      {"StepLR(optimizer, 2, 0.5) after 5 steps",
       [] { return std::vector{nn::step_decay(2, 0.5)(5)}; },
       {0.25}},
      {"OneCycleLR(optimizer, max_lr=1, total_steps=10) at its start",
       [] { return std::vector{nn::one_cycle(10)(0)}; },
       {0.04}},
      {"ReduceLROnPlateau(optimizer, patience=0) after 1, 2",
       [] {
         nn::ReduceLROnPlateau plateau({.patience = 0});
         return std::vector{plateau.step(1), plateau.step(2)};
       },
       {1, 0.1}},
  });
}

}  // namespace gradian::test
