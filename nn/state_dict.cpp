#include "nn/state_dict.h"

namespace gradian::nn {

void list(files::Entries& entries, const std::string& prefix, const Module& module) {
  for (const auto& parameters : {module.named_parameters(false), module.named_buffers(false)})
    for (const auto& [name, variable] : parameters)
      entries.array({prefix + name, variable.value(), variable.value(),
                     [v = variable](Tensor value) { v.set_value(std::move(value)); },
                     variable.id()});
}

static files::Entries entries_of(const Module& module) {
  files::Entries entries;
  list(entries, "", module);
  return entries;
}

StateDict state_dict(const Module& module) { return entries_of(module).content().tensors; }

IncompatibleKeys load_state_dict(Module& module, StateDict dict, bool strict) {
  const Calling calling("load_state_dict");
  return entries_of(module).restore({std::move(dict), {}}, strict, /*converts=*/true, "the dict");
}

void save(const Module& module, const std::filesystem::path& file) {
  const Calling calling("save");
  write_safetensors(file, state_dict(module), {{"format", "pt"}});  // which some tools ask for
}

IncompatibleKeys load(Module& module, const std::filesystem::path& file, bool strict) {
  const Calling calling("load");
  return entries_of(module).restore({read_safetensors(file).tensors, {}}, strict,
                                    /*converts=*/true, file.string());
}

}  // namespace gradian::nn
