// What takes bytes from anywhere, each as a target for a fuzzer: the readers of files, the command
// line, and the functions on tensors. A target fails by ending in anything but an Error.
#pragma once

#include <string_view>

namespace gradian::fuzz {

struct Target {
  const char* name;
  void (*run)(std::string_view bytes);
};

void read_idx_file(std::string_view bytes);
void read_pcf_file(std::string_view bytes);
void read_unifont_hex_file(std::string_view bytes);
void read_pnm_file(std::string_view bytes);
void read_command_line(std::string_view bytes);
void read_formula(std::string_view bytes);
void read_safetensors_file(std::string_view bytes);
void read_npy_file(std::string_view bytes);
void call_functions(std::string_view bytes);

// Each has a folder of its name in corpus/, of inputs to begin with.
constexpr Target kTargets[] = {
    {"idx", read_idx_file},
    {"pcf", read_pcf_file},
    {"unifont_hex", read_unifont_hex_file},
    {"pnm", read_pnm_file},
    {"arguments", read_command_line},
    {"formula", read_formula},
    {"safetensors", read_safetensors_file},
    {"npy", read_npy_file},
    {"functions", call_functions},
};

}  // namespace gradian::fuzz
