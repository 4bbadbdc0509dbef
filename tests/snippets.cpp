// The code of READMEs and of the comments in headers, compiled and run as it stands there: the
// Makefile cuts it out into build/snippets/, named after the heading or header above it, and turns
// `int main()` into `void run()`. Here is what surrounds each piece, and what it must do. A block
// ```text below it holds what it prints: a string, `.prints`.
#include <doctest/doctest.h>

#include <filesystem>
#include <iostream>
#include <sstream>

#include "autograd/apply.h"
#include "autograd/gradcheck.h"
#include "autograd/node.h"
#include "autograd/ops.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "losses/identification.h"
#include "losses/margin.h"
#include "losses/verification.h"
#include "nn/checkpoint.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tensor/conv/conv2d.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tests/temporary_folder.h"

// Each program has its own namespace. What it includes is included above, so that it adds nothing.
namespace a_model_in_25_lines {
#include "build/snippets/README.md/a-model-in-25-lines.1"
}
namespace proving_a_gradient {
#include "build/snippets/README.md/proving-a-gradient.1"
}

// Renamed, so that the library may have a softsign.
#define Softsign SoftsignOfReadme
#define softsign softsign_of_readme
namespace gradian {

// What the three places of the guide give a new op: a declaration, its name in the list, and the
// helper of its file.
namespace ops {
struct Softsign;
}
template <>
template <>
constexpr bool AllOps::contains<ops::Softsign> = true;
Variable softsign(const Variable& x);
static std::vector<GradCase> unary_cases(Variable (*f)(const Variable&), double low, double high) {
  return {grad_case(
      "matrix", {{3, 4}}, [f](const Inputs& in) { return f(in[0]); }, low, high)};
}
#include "build/snippets/README.md/adding-a-function,-an-op,-a-layer,-a-loss.1"

}  // namespace gradian

namespace gradian::test {
namespace {

std::string printed_by(void (*program)()) {
  std::ostringstream printed;
  std::streambuf* const before = std::cout.rdbuf(printed.rdbuf());
  program();
  std::cout.rdbuf(before);
  return printed.str();
}

// What a program prints, a line each.
std::vector<std::string> lines_of(void (*program)()) {
  std::vector<std::string> lines;
  std::istringstream text(printed_by(program));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// Relative names of files mean those in a folder, for a while.
struct InFolder {
  explicit InFolder(const std::filesystem::path& folder) { std::filesystem::current_path(folder); }
  ~InFolder() { std::filesystem::current_path(before); }
  const std::filesystem::path before = std::filesystem::current_path();
};

TEST_CASE("README: the model in 25 lines trains") {
  const std::vector<std::string> lines = lines_of(a_model_in_25_lines::run);
  REQUIRE(lines.size() == 20);
  const auto loss = [&](size_t step) {
    return std::stod(lines[step].substr(lines[step].find(' ')));
  };
  CHECK(loss(19) < 0.5 * loss(0));
}

TEST_CASE("README: the proof of a gradient passes at first and second order") {
  const std::vector<std::string> lines = lines_of(proving_a_gradient::run);
  REQUIRE(lines.size() == 2);
  for (const std::string& line : lines) CHECK(line.starts_with("passed  my_loss"));
}

TEST_CASE("README: center loss stands beside a loss that classifies, and its centres learn") {
  nn::Sequential network{nn::Flatten(), nn::Linear(784, 64)};
  const Variable images(randn({10, 1, 28, 28}));
  const Tensor labels = Tensor::arange(10);
#include "build/snippets/README.md/the-losses.1"
  const Tensor before = center.centers.value().clone();
  loss.backward();
  optimizer.step();
  CHECK(before.to_vector<float>() != center.centers.value().to_vector<float>());
}

TEST_CASE("README: embeddings that are apart are verified and identified without an error") {
  const Tensor identities = Tensor::arange(60) / 3, probes = Tensor::eye(20), gallery = probes;
  const Tensor probe_labels = Tensor::arange(20), gallery_labels = probe_labels;
  const Tensor embeddings = gather(probes, 0, identities.unsqueeze(1).expand({60, 20}));
#include "build/snippets/README.md/the-losses.2"
  for (const double right : {auc, 1 - eer, point.tar, interval.low, accuracy.mean, rank_5})
    CHECK(right == 1);
}

TEST_CASE("README: a training that was stopped goes on to the weights of one that was not") {
  const TemporaryFolder folder;
  const InFolder in_folder(folder.path());
  const auto weights_at_the_end = [&](int64_t fails_at) {
    manual_seed(7);
    nn::Linear network(6, 4);
    ArcFaceLoss loss(4, 3, /*s=*/8, /*m=*/0.3);
    nn::Adam optimizer({{network.parameters()}, {loss.parameters()}}, {.lr = 0.1});
    const auto train_on_batch = [&](int64_t step) {
      check(step != fails_at, "stopped");
      const Variable features = network(Variable(randn({5, 6})));
      optimizer.zero_grad();
      loss(features, Tensor::full({5}, step % 3, DType::int64)).backward();
      optimizer.step();
    };
#include "build/snippets/README.md/saving,-loading-and-resuming.1"
    return network.weight.value().to_vector<float>();
  };
  const std::vector<float> never_stopped = weights_at_the_end(-1);
  std::filesystem::remove("training.safetensors");
  CHECK_THROWS_AS(weights_at_the_end(12), Error);
  CHECK(weights_at_the_end(-1) == never_stopped);
}

TEST_CASE("README: the rule of the new op passes its cases") {
  for (const GradCase& c : ops::Softsign::cases()) {
    CHECK(gradcheck("softsign", c.function, c.inputs).message.find("relative error") !=
          std::string::npos);
    CHECK(gradcheck("softsign", c.function, c.inputs).passed);
    CHECK(gradgradcheck("softsign", c.function, c.inputs).passed);
  }
}

TEST_CASE("losses/README.md: both losses together train network, weights and centres") {
  nn::Sequential network{nn::Flatten(), nn::Linear(784, 64)};
  const Variable images(randn({10, 1, 28, 28}));
  const Tensor labels = Tensor::arange(10);
#include "build/snippets/losses/README.md/recipes.1"
  std::vector<Tensor> before;
  for (const nn::ParameterGroup& group : optimizer.groups())
    before.push_back(group.parameters[0].variable.value().clone());
  loss.backward();
  optimizer.step();
  for (size_t i = 0; i < before.size(); ++i)
    CHECK(before[i].to_vector<float>() !=
          optimizer.groups()[i].parameters[0].variable.value().to_vector<float>());
}

TEST_CASE("losses/README.md: a face is the same as itself, and not as its negative") {
  nn::Sequential network{nn::Flatten(), nn::Linear(784, 64, /*bias=*/false)};
  const Variable faces(randn({46, 1, 28, 28}));  // 1,012 pairs of two of 23 people
  const Tensor identities = Tensor::arange(46) / 2;
  const Variable face(randn({1, 1, 28, 28}));
  for (const Variable& other : {face, -face}) {
#include "build/snippets/losses/README.md/whether-two-faces-are-the-same.1"
    CHECK(same == (other.id() == face.id()));
  }
}

TEST_CASE("autograd/README.md: the backward pass by hand has the engine's numbers") {
  const std::string printed = printed_by([] {
#include "build/snippets/autograd/README.md/one-backward-pass-by-hand.1"
  });
  const std::string shown =
#include "build/snippets/autograd/README.md/one-backward-pass-by-hand.1.prints"
      ;
  CHECK('\n' + printed == shown);
}

TEST_CASE("tensor/conv/README.md: F(2,3) and F(2x2, 3x3) give what the definition gives") {
  const std::string printed = printed_by([] {
#include "build/snippets/tensor/conv/README.md/in-code.1"
  });
  const std::string shown =
#include "build/snippets/tensor/conv/README.md/in-code.1.prints"
      ;
  CHECK('\n' + printed == shown);
}

TEST_CASE("nn/schedule.h: the schedule in its comment warms up") {
  nn::Linear layer(2, 2);
  nn::SGD optimizer(layer.named_parameters(), {.lr = 1});
  const int64_t step = 49;
#include "build/snippets/nn/schedule.h"
  CHECK(optimizer.lr() == 0.5);
}

}  // namespace
}  // namespace gradian::test
