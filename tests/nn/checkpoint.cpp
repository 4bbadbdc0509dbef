// Training that stops and goes on from a file, bit for bit; and files that do not fit it.
#include "nn/checkpoint.h"

#include "autograd/ops.h"
#include "losses/center_loss.h"
#include "losses/cross_entropy.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "tensor/files/safetensors.h"
#include "tensor/random.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

using Groups = nn::ParameterGroups;
using MakeOptimizer = std::function<std::unique_ptr<nn::Optimizer>(Groups)>;

// A training with all that there is to keep: batch norm, dropout, centres in a group of their own,
// a schedule, a plateau, a generator beside the default one.
struct Training {
  explicit Training(const MakeOptimizer& make)
      : optimizer(make({{network.named_parameters()},
                        {center.named_parameters(), {.lr = 0.5, .weight_decay = 0}}})) {
    checkpoint.add("network", network);
    checkpoint.add("loss", center);
    checkpoint.add("optimizer", *optimizer);
    checkpoint.add("plateau", plateau);
    checkpoint.add("data", data);
    checkpoint.add("step", step);
    checkpoint.add("best", best);
    checkpoint.add("losses", losses);
    checkpoint.add("options", options);
  }
  Training(const Training&) = delete;

  void run(int steps) {
    for (int i = 0; i < steps; ++i, ++step) {
      const Variable x(randn({8, 6}, DType::float32, 0, 1, data));
      const Tensor labels = Tensor::arange(8);
      const Variable features = network(x);
      const Variable loss = cross_entropy(features, labels) + center(features, labels);
      optimizer->zero_grad();
      loss.backward();
      optimizer->set_lr_factor(nn::cosine(20)(step) * plateau.step(loss.item()));
      optimizer->step();
      best = std::min(best, loss.item());
      losses.mutable_data<double>()[step] = loss.item();
    }
  }

  nn::Sequential network{nn::Linear(6, 8), nn::BatchNorm1d(8), nn::PReLU(), nn::Dropout(0.3),
                         nn::Linear(8, 8)};
  CenterLoss center{8, 8, 0.1};
  std::unique_ptr<nn::Optimizer> optimizer;
  nn::ReduceLROnPlateau plateau{{.factor = 0.5, .patience = 1}};
  Generator data{5};
  int64_t step = 0;
  double best = 1e300;
  Tensor losses = Tensor::zeros({64}, DType::float64);
  std::string options = "--epochs 2 \u00fc\n";
  nn::Checkpoint checkpoint;
};

template <class Optimizer>
MakeOptimizer make(const nn::OptimizerOptions& options) {
  return [=](Groups groups) { return std::make_unique<Optimizer>(std::move(groups), options); };
}

const std::vector<std::pair<std::string, MakeOptimizer>>& optimizers() {
  static const std::vector<std::pair<std::string, MakeOptimizer>> all{
      {"SGD", make<nn::SGD>({.lr = 0.1, .momentum = 0.9, .dampening = 0.1, .weight_decay = 1e-3})},
      {"plain SGD", make<nn::SGD>({.lr = 0.1})},
      {"Adam", make<nn::Adam>({.lr = 0.01})},
      {"AdamW", make<nn::AdamW>({.lr = 0.01, .betas = {0.8, 0.95}})},
      {"RMSprop", make<nn::RMSprop>({.lr = 0.01, .momentum = 0.5, .centered = true})}};
  return all;
}

bool same_files(const std::filesystem::path& a, const std::filesystem::path& b) {
  const TensorFile x = read_safetensors(a), y = read_safetensors(b);
  return x.metadata == y.metadata &&
         std::equal(x.tensors.begin(), x.tensors.end(), y.tensors.begin(), y.tensors.end(),
                    [](const auto& p, const auto& q) {
                      return p.first == q.first && identical(p.second, q.second);
                    });
}

struct Threads {
  explicit Threads(int count) { set_num_threads(count); }
  ~Threads() { set_num_threads(before); }
  int before = num_threads();
};

}  // namespace

TEST_CASE("what RMSprop keeps are running means of the gradient and of its square") {
  const TemporaryFolder folder;
  const Variable p(Tensor::zeros({1}, DType::float64), true);
  nn::RMSprop optimizer({p}, {.alpha = 0.75, .centered = true});
  (8.0 * sum(p)).backward();
  optimizer.step();
  nn::Checkpoint checkpoint;
  checkpoint.add("optimizer", optimizer);
  checkpoint.save(folder.path() / "c");
  const TensorFile file = read_safetensors(folder.path() / "c");
  CHECK(file.tensors.at("optimizer.state.0.grad_avg").item() == 2);
  CHECK(file.tensors.at("optimizer.state.0.square_avg").item() == 16);
}

TEST_CASE("training goes on from a file bit for bit, under every optimiser, with other threads") {
  const TemporaryFolder folder;
  const auto file = [&](const char* name) { return folder.path() / name; };
  for (const auto& entry : optimizers()) {
    CAPTURE(entry.first);
    for (const int threads : {1, 3}) {
      manual_seed(11);
      Training whole(entry.second);
      {
        const Threads some(threads);
        whole.run(4);
      }
      whole.checkpoint.save(file("half"));
      whole.run(5);
      whole.checkpoint.save(file("whole"));

      manual_seed(99);
      Training resumed(entry.second);
      resumed.run(1);  // arrays, counts and draws of another training
      resumed.checkpoint.load(file("half"));
      CHECK(resumed.step == 4);
      CHECK(resumed.options == "--epochs 2 \u00fc\n");
      resumed.checkpoint.save(file("half again"));
      CHECK(same_files(file("half"), file("half again")));
      {
        const Threads some(4 - threads);
        resumed.run(5);
      }
      resumed.checkpoint.save(file("resumed"));
      CHECK(same_files(file("whole"), file("resumed")));
      CHECK(!same_files(file("half"), file("resumed")));
    }
  }
}

TEST_CASE("a checkpoint of before the first step holds no arrays, and takes those away") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "x";
  Training training(optimizers()[0].second);
  training.checkpoint.save(file);
  for (const auto& entry : read_safetensors(file).tensors)
    CHECK(!entry.first.starts_with("optimizer."));
  manual_seed(1);
  training.run(2);
  training.checkpoint.save(folder.path() / "first");
  training.checkpoint.load(file);
  manual_seed(1);
  training.run(2);
  training.checkpoint.save(folder.path() / "second");
  CHECK(same_files(folder.path() / "first", folder.path() / "second"));
}

TEST_CASE("an optimiser's array that a checkpoint has lost is missing, under every optimiser") {
  const TemporaryFolder folder;
  const std::filesystem::path good = folder.path() / "good", bad = folder.path() / "bad",
                              after = folder.path() / "after";
  for (const auto& entry : optimizers()) {
    CAPTURE(entry.first);
    Training training(entry.second);
    training.run(2);
    training.checkpoint.save(good);
    const TensorFile whole = read_safetensors(good);
    for (const auto& array : whole.tensors) {
      if (!array.first.starts_with("optimizer.")) continue;
      TensorFile file = whole;
      file.tensors.erase(array.first);
      write_safetensors(bad, file.tensors, file.metadata);
      CHECK(error_of([&] { training.checkpoint.load(bad); }) ==
            "load: " + bad.string() + " does not fit: missing '" + array.first + "'");
    }
    training.checkpoint.save(after);
    CHECK(same_files(good, after));
  }
}

TEST_CASE("names in a checkpoint are PyTorch's, those of the network behind its prefix") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "x";
  nn::Linear layer(2, 1);
  nn::Adam adam(layer.named_parameters(), 0.5);
  sum(layer(Tensor::ones({1, 2}))).backward();
  adam.step();
  nn::Checkpoint checkpoint;
  checkpoint.add("network", layer);
  checkpoint.add("optimizer", adam);
  checkpoint.save(file);
  const TensorFile content = read_safetensors(file);
  std::vector<std::string> names;
  for (const auto& entry : content.tensors) names.push_back(entry.first);
  CHECK(names ==
        std::vector<std::string>{"network.bias", "network.weight", "optimizer.state.0.exp_avg",
                                 "optimizer.state.0.exp_avg_sq", "optimizer.state.1.exp_avg",
                                 "optimizer.state.1.exp_avg_sq"});
  CHECK(content.metadata.at("optimizer.type") == "Adam");
  CHECK(content.metadata.at("optimizer.param_groups.0.params") == "'weight', 'bias'");
  CHECK(content.metadata.at("optimizer.param_groups.0.lr") == "0.5");
  CHECK(content.metadata.at("optimizer.param_groups.0.betas.second") == "0.999");
  CHECK(content.metadata.at("optimizer.state.1.step") == "1");
  CHECK(content.metadata.at("format") == "pt");
}

TEST_CASE("what does not fit a training is told at once, and nothing of it is changed") {
  const TemporaryFolder folder;
  const std::filesystem::path good = folder.path() / "good", bad = folder.path() / "bad",
                              after = folder.path() / "after";
  Training training(optimizers()[2].second);
  training.run(2);
  training.checkpoint.save(good);
  const std::string begin = "load: " + bad.string() + " does not fit: ";
  const auto error_with = [&](const std::function<void(TensorFile&)>& change) {
    TensorFile file = read_safetensors(good);
    change(file);
    write_safetensors(bad, file.tensors, file.metadata);
    const std::string error = error_of([&] { training.checkpoint.load(bad); });
    training.checkpoint.save(after);
    CHECK(same_files(good, after));
    return error;
  };
  const auto number = [&](const std::string& name, const std::string& value) {
    return error_with([&](TensorFile& file) { file.metadata[name] = value; });
  };
  CHECK(error_with([](TensorFile& file) {
          file.tensors.erase("network.0.bias");
          file.metadata.erase("plateau.best");
          file.tensors["network.9.weight"] = Tensor::ones({1});
          file.metadata["epoch"] = "1";
          file.tensors["network.0.weight"] = Tensor::ones({2});
          file.tensors["loss.centers"] = Tensor::ones({8, 8}, DType::float64);
          file.tensors["optimizer.state.0.exp_avg"] = Tensor::ones({2});
          file.metadata["step"] = "12x";
          file.metadata["optimizer.type"] = "SGD";
          file.metadata["optimizer.param_groups.1.params"] = "'weight'";
        }) ==
        begin +
            "missing 'network.0.bias', 'plateau.best'; unexpected 'network.9.weight', 'epoch'; "
            "'loss.centers' is float64 [8, 8], expected float32 [8, 8]; "
            "'network.0.weight' is float32 [2], expected float32 [8, 6]; "
            "'optimizer.state.0.exp_avg' is float32 [2], expected float32 [8, 6]; "
            "'optimizer.type' is 'SGD', expected 'Adam'; "
            "'optimizer.param_groups.1.params' is ''weight'', expected ''centers''; "
            "'step' is '12x', expected a whole number");
  for (const char* text : {"", " 1", "1 ", "1.5", "99999999999999999999"})
    CHECK(number("step", text) == begin + "'step' is '" + text + "', expected a whole number");
  CHECK(number("optimizer.state.0.exp_avg", "none") ==
        begin + "unexpected 'optimizer.state.0.exp_avg'");
  CHECK(number("best", "1,5") == begin + "'best' is '1,5', expected a number");
  CHECK(number("data", "5 -1") == begin + "'data' is '5 -1', expected a seed and a position");
  // Numbers that are some, but make no sense.
  CHECK(number("optimizer.param_groups.0.lr", "-1") ==
        "load: lr must be finite and not negative, got -1");
  CHECK(number("optimizer.param_groups.1.betas.first", "1") ==
        "load: betas must be below 1, got 1");
  CHECK(number("optimizer.lr_factor", "nan") ==
        "load: lr_factor must be finite and not negative, got nan");
  CHECK(number("optimizer.state.3.step", "-1") == "load: a step must not be negative, got -1");
  CHECK(number("plateau.factor", "2") == "load: the factor must be in [0, 1], got 2");
  CHECK(number("plateau.bad_steps", "-1") ==
        "load: bad_steps and cooldown_left must not be negative, got -1 and 0");
  training.checkpoint.load(good);
}

}  // namespace gradian::test
