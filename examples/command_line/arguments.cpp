#include "examples/command_line/arguments.h"

#include <charconv>
#include <fstream>
#include <iostream>

#include "tensor/blis.h"
#include "tensor/error.h"
#include "tensor/thread_pool.h"

namespace gradian::examples {

Arguments::Arguments(int argc, char** argv, std::string purpose)
    : program_(argc > 0 ? argv[0] : "example"), purpose_(std::move(purpose)) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      help_wanted_ = true;
      continue;
    }
    check(name.rfind("--", 0) == 0, "expected an option such as --name, got '", name, "'");
    check(i + 1 < argc, "option ", name, " needs a value");
    given_.push_back({name, argv[++i]});
  }
}

std::string Arguments::text(const std::string& name, const std::string& fallback,
                            const std::string& help) {
  constexpr size_t kColumn = 22;
  std::string left = "  " + name;
  left.resize(std::max(left.size() + 1, kColumn), ' ');
  help_ += left + help + (fallback.empty() ? "" : " [" + fallback + "]") + "\n";
  std::string value = fallback;
  for (Given& option : given_) {
    if (option.name != name) continue;
    value = option.value;
    option.used = true;
  }
  return value;
}

int64_t Arguments::integer(const std::string& name, int64_t fallback, int64_t low, int64_t high,
                           const std::string& help) {
  const std::string value = text(name, std::to_string(fallback), help);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  check(
      error == std::errc() && end == value.data() + value.size() && number >= low && number <= high,
      "option ", name, ": expected a whole number from ", low, " to ", high, ", got '", value, "'");
  return number;
}

bool Arguments::complete() const {
  if (help_wanted_) {
    std::cout << purpose_ << "\n\nUsage: " << program_ << " [--option value ...]\n\n" << help_;
    return false;
  }
  for (const Given& option : given_)
    check(option.used, "unknown option ", option.name, "; --help lists those there are");
  return true;
}

std::string Arguments::command() const {
  std::string line = program_;
  for (const Given& option : given_) line += " " + option.name + " " + option.value;
  return line;
}

std::string machine_description() {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    processor = line.substr(line.find(':') + 2);
    break;
  }
#if defined(__clang__)
  const std::string compiler = gradian::text("clang ", __clang_major__, '.', __clang_minor__);
#else
  const std::string compiler = gradian::text("g++ ", __GNUC__, '.', __GNUC_MINOR__);
#endif
  return gradian::text(processor, ", ", num_threads(),
                       num_threads() == 1 ? " thread, " : " threads, ", compiler, ", BLIS ",
                       blis_kernels());
}

}  // namespace gradian::examples
