// What modules give and take by name: in memory, and as files.
#include "nn/state_dict.h"

#include "autograd/ops.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/random.h"
#include "tests/helpers.h"
#include "tests/temporary_folder.h"

namespace gradian::test {
namespace {

using nn::StateDict;

nn::Sequential network() {
  return nn::Sequential{nn::Conv2d(1, 2, 3), nn::BatchNorm2d(2), nn::PReLU(), nn::Flatten(),
                        nn::Linear(8, 3)};
}

std::vector<std::string> keys(const StateDict& dict) {
  std::vector<std::string> all;
  for (const auto& entry : dict) all.push_back(entry.first);
  return all;
}

bool same(const StateDict& a, const StateDict& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && identical(x.second, y.second);
  });
}

StateDict copy_of(const nn::Module& module) {
  StateDict dict = nn::state_dict(module);
  for (auto& entry : dict) entry.second = entry.second.clone();
  return dict;
}

struct Tied : nn::Module {
  nn::Linear& encoder = add_module("encoder", nn::Linear(2, 2, false));
  nn::Linear& decoder = add_module("decoder", nn::Linear(2, 2, false));
  Tied() { decoder.replace_parameter("weight", encoder.weight); }
};

}  // namespace

TEST_CASE("state_dict: parameters and buffers by PyTorch's names") {
  CHECK(keys(nn::state_dict(network())) ==
        std::vector<std::string>{"0.bias", "0.weight", "1.bias", "1.num_batches_tracked",
                                 "1.running_mean", "1.running_var", "1.weight", "2.weight",
                                 "4.bias", "4.weight"});
  CHECK(nn::state_dict(nn::ReLU()).empty());
}

TEST_CASE("load_state_dict: values arrive, and an optimiser goes on with the same leaves") {
  nn::Sequential a = network(), b = network();
  a(randn({2, 1, 4, 4}));  // moves the buffers
  nn::SGD sgd(b.named_parameters(), 0.1);
  const nn::IncompatibleKeys none = nn::load_state_dict(b, nn::state_dict(a));
  CHECK(none.missing_keys.empty());
  CHECK(none.unexpected_keys.empty());
  CHECK(same(nn::state_dict(a), nn::state_dict(b)));
  const StateDict before = copy_of(a);
  sum(b(ones_like(randn({2, 1, 4, 4})))).backward();
  sgd.step();
  CHECK(!same(nn::state_dict(b), before));
  CHECK(same(nn::state_dict(a), before));  // nothing is shared
}

TEST_CASE("load_state_dict: numbers of another dtype are converted") {
  nn::Linear layer(2, 1);
  nn::load_state_dict(layer, {{"weight", doubles({0.1, -2}, {1, 2})}, {"bias", integers({7})}});
  CHECK(layer.weight.dtype() == DType::float32);
  CHECK(layer.weight.value().to_vector<float>() == std::vector<float>{0.1f, -2});
  CHECK(layer.bias.value().to_vector<float>() == std::vector<float>{7});
}

TEST_CASE("load_state_dict: all that does not fit is told at once, and nothing is changed") {
  nn::Sequential net = network();
  const StateDict before = copy_of(net);
  StateDict dict = copy_of(network());
  dict.erase("0.bias");
  dict.erase("1.running_mean");
  dict["4.weight"] = Tensor::zeros({8, 3});
  dict["1.num_batches_tracked"] = Tensor::scalar(1e300, DType::float64);
  dict["2.weight"] = Tensor();
  dict["extra"] = Tensor::zeros({1});
  dict["module.more"] = Tensor::zeros({1});
  const std::string others =
      "'1.num_batches_tracked' is float64 [] with numbers beyond those of int64 []; ";
  CHECK(error_of([&] { nn::load_state_dict(net, dict); }) ==
        "load_state_dict: the dict does not fit: missing '0.bias', '1.running_mean'; unexpected "
        "'extra', 'module.more'; '2.weight' is undefined, expected float32 [1]; '4.weight' is "
        "float32 [8, 3], expected float32 [3, 8]; " +
            others.substr(0, others.size() - 2));
  CHECK(same(nn::state_dict(net), before));
  // Not strict: shapes still count.
  CHECK(error_of([&] {
          nn::load_state_dict(net, {{"4.weight", Tensor::zeros({8, 3})}}, false);
        }) ==
        "load_state_dict: the dict does not fit: '4.weight' is float32 [8, 3], expected float32 "
        "[3, 8]");
  const Tensor bias = Tensor::from({1.0f, 2.0f, 3.0f});
  const nn::IncompatibleKeys keys =
      nn::load_state_dict(net, {{"4.bias", bias}, {"x", bias}}, false);
  CHECK(keys.missing_keys.size() == 9);
  CHECK(keys.unexpected_keys == std::vector<std::string>{"x"});
  CHECK(identical(nn::state_dict(net).at("4.bias"), bias));
}

TEST_CASE("a shared parameter is listed under each name, one of which suffices to load it") {
  Tied tied;
  CHECK(keys(nn::state_dict(tied)) == std::vector<std::string>{"decoder.weight", "encoder.weight"});
  CHECK(names(tied.named_parameters()) == std::vector<std::string>{"encoder.weight"});
  CHECK(names(tied.named_parameters(false)).size() == 2);
  const Tensor ones = Tensor::ones({2, 2}), zeros = Tensor::zeros({2, 2});
  nn::load_state_dict(tied, {{"decoder.weight", ones}});
  CHECK(identical(tied.encoder.weight.value(), ones));
  CHECK(tied.encoder.weight.id() == tied.decoder.weight.id());
  nn::load_state_dict(tied, {{"encoder.weight", ones}, {"decoder.weight", zeros}});
  CHECK(identical(tied.encoder.weight.value(), zeros));  // as in PyTorch, the last one listed
  CHECK(error_of([&] { nn::load_state_dict(tied, {}); }) ==
        "load_state_dict: the dict does not fit: missing 'encoder.weight', 'decoder.weight'");
}

TEST_CASE("save and load: a file gives the same network, and an error names it") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "net.safetensors";
  nn::Sequential a = network(), b = network();
  a(randn({2, 1, 4, 4}));
  nn::save(a, file);
  nn::load(b, file);
  CHECK(same(nn::state_dict(a), nn::state_dict(b)));
  CHECK(read_safetensors_metadata(file) == Metadata{{"format", "pt"}});
  nn::Linear other(8, 3);
  CHECK(error_of([&] { nn::load(other, file); })
            .starts_with("load: " + file.string() +
                         " does not fit: missing 'weight', 'bias'; unexpected '0.bias', "));
  CHECK(nn::load(other, file, /*strict=*/false).missing_keys ==
        std::vector<std::string>{"weight", "bias"});
}

}  // namespace gradian::test
