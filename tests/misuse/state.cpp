// State dicts and checkpoints: what is not there, cannot be written, or does not fit. More of what
// does not fit is in tests/nn/state_dict.cpp and checkpoint.cpp.
#include "nn/checkpoint.h"
#include "nn/layers.h"
#include "nn/state_dict.h"
#include "tests/misuse/operands.h"

namespace gradian::misuse {
namespace {

using namespace nn;

const std::string kNowhere = "load: /nowhere/a: cannot be read: No such file or directory";

}  // namespace

Rows state_rows() {
  Rows rows{
      {[] {
         Linear layer(2, 1);
         load_state_dict(layer, {});
       },
       "load_state_dict: the dict does not fit: missing 'weight', 'bias'"},
      {[] {
         Linear layer(2, 1, false);
         load_state_dict(layer, {{"weight", Tensor()}});
       },
       "load_state_dict: the dict does not fit: 'weight' is undefined, expected float32 [1, 2]"},
      {[] {
         Linear layer(2, 1, false);
         load_state_dict(layer, {{"weight", floats(1, 1)}}, /*strict=*/false);
       },
       "load_state_dict: the dict does not fit: 'weight' is float32 [1, 1], expected float32 [1, "
       "2]"},
      {[] {
         ReLU layer;
         load_state_dict(layer, {{"weight", floats(1)}});
       },
       "load_state_dict: the dict does not fit: unexpected 'weight'"},
      {[] {
         Linear layer(2, 1);
         load(layer, "/nowhere/a");
       },
       kNowhere},
      {[] { Checkpoint().load("/nowhere/a"); }, kNowhere},
      {[] {
         Linear layer(2, 1);
         load(layer, "/dev/null", /*strict=*/false);
       },
       "load: /dev/null: cannot be read: it is no regular file"},
      {[] { save(Linear(2, 1), "/dev/full"); },
       "save: /dev/full: cannot be written: No space left on device"},
      {[] { Checkpoint().save("/dev/full"); },
       "save: /dev/full: cannot be written: No space left on device"},
      {[] { Checkpoint().save("/"); }, "save: /: cannot be written: it is a folder"},
  };
  for (const std::string name : {"", "a.b", ".", "format"})
    rows.push_back(
        {[=] {
           int64_t step = 0;
           Checkpoint().add(name, step);
         },
         "add: a name must not be empty, hold a dot or be 'format', got '" + name + "'"});
  for (const std::string name : {"default_generator", "step"})
    rows.push_back({[=] {
                      double step = 0;
                      Linear layer(2, 1);
                      Checkpoint checkpoint;
                      checkpoint.add("step", step);
                      checkpoint.add(name, layer);
                    },
                    "add: the name '" + name + "' is taken"});
  return rows;
}

}  // namespace gradian::misuse
