#include "nn/checkpoint.h"

namespace gradian::nn {

Checkpoint::Checkpoint() { add("default_generator", default_generator()); }

void Checkpoint::add_list(const std::string& name, List list) {
  const Calling calling("add");
  check(!name.empty() && name.find('.') == std::string::npos && name != "format",
        "a name must not be empty, hold a dot or be 'format', got '", name, "'");
  check(lists_.emplace(name, std::move(list)).second, "the name '", name, "' is taken");
}

void Checkpoint::list(Entries& entries, const std::string& name, Generator& generator) {
  entries.value(
      name, [&] { return text(generator.seed(), ' ', generator.position()); },
      [&](const std::string& text) {
        uint64_t seed = 0, position = 0;
        const size_t space = std::min(text.find(' '), text.size());
        const bool good =
            files::read_number(text.substr(0, space), seed) &&
            files::read_number(text.substr(std::min(space + 1, text.size())), position);
        if (good) generator.set_state(seed, position);
        return good;
      },
      "a seed and a position");
}
void Checkpoint::list(Entries& entries, const std::string& name, Tensor& tensor) {
  const auto set = [&tensor](Tensor value) { tensor = std::move(value); };
  entries.array({name, check_defined(tensor), tensor, set, &tensor});
}
void Checkpoint::list(Entries& entries, const std::string& name, std::string& text) {
  const auto set = [&text](const std::string& value) { return text = value, true; };
  entries.value(
      name, [&text] { return text; }, set);
}

files::Entries Checkpoint::entries() const {
  Entries entries;
  entries.constant("format", "pt");  // which some tools of Python ask for
  for (const auto& [name, list] : lists_) list(entries, name);
  return entries;
}

void Checkpoint::save(const std::filesystem::path& file) const {
  const Calling calling("save");
  const TensorFile content = entries().content();
  write_safetensors(file, content.tensors, content.metadata);
}

void Checkpoint::load(const std::filesystem::path& file) const {
  const Calling calling("load");
  entries().restore(read_safetensors(file), /*strict=*/true, /*converts=*/false, file.string());
}

}  // namespace gradian::nn
