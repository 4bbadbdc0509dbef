// A whole training in one safetensors file, to go on from bit for bit, with any number of threads:
//
//   nn::Checkpoint checkpoint;
//   checkpoint.add("network", network);      // network.0.weight, network.1.running_mean, ...
//   checkpoint.add("loss", center_loss);     // loss.centers
//   checkpoint.add("optimizer", optimizer);  // optimizer.state.0.exp_avg, ...
//   checkpoint.add("step", step);            // an int64_t
//   checkpoint.save("training.safetensors");
//
// The same lines and checkpoint.load() stand where a training is to go on. In Python the network is
// {k[8:]: v for k, v in load_file("training.safetensors").items() if k.startswith("network.")}.
#pragma once

#include <filesystem>

#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "nn/state_dict.h"
#include "tensor/random.h"

namespace gradian::nn {

class Checkpoint {
 public:
  // Holds the default generator, as "default_generator".
  Checkpoint();

  // Puts something under a name of its own: a Module; an Optimizer (arrays, steps, the factor of
  // its rates, each group's options and names); the memory of a ReduceLROnPlateau; a Generator; a
  // Tensor, int64_t, double or std::string. Only a reference is kept: it has to stay where it is,
  // and what save() writes and load() sets is its state of then. Texts, such as the options of a
  // run, can be had before any network is made: read_safetensors_metadata(file).at("options").
  template <class Kept>
  void add(const std::string& name, Kept& kept) {
    add_list(name, [&kept](Entries& entries, const std::string& own) { list(entries, own, kept); });
  }

  // Replaces the file as a whole, or leaves it as it was.
  void save(const std::filesystem::path& file) const;
  // Sets all, or nothing: then one error tells all that is missing, unexpected, or of another
  // shape, dtype or kind.
  void load(const std::filesystem::path& file) const;

 private:
  using Entries = files::Entries;
  using List = std::function<void(Entries& entries, const std::string& name)>;
  void add_list(const std::string& name, List list);
  static void list(Entries& entries, const std::string& name, Module& module) {
    nn::list(entries, name + '.', module);
  }
  static void list(Entries& entries, const std::string& name, Optimizer& optimizer) {
    optimizer.list(entries, name + '.');
  }
  static void list(Entries& entries, const std::string& name, ReduceLROnPlateau& plateau) {
    plateau.list(entries, name + '.');
  }
  static void list(Entries& entries, const std::string& name, Generator& generator);
  static void list(Entries& entries, const std::string& name, Tensor& tensor);
  template <class Number>
  requires std::is_arithmetic_v<Number>
  static void list(Entries& entries, const std::string& name, Number& number) {
    entries.number(name, number);
  }
  static void list(Entries& entries, const std::string& name, std::string& text);
  Entries entries() const;

  std::map<std::string, List> lists_;
};

}  // namespace gradian::nn
