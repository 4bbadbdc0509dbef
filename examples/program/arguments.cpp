#include "examples/program/arguments.h"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "examples/program/text.h"
#include "tensor/error.h"

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
    if (const size_t equals = name.find('='); equals != std::string::npos) {
      given_.push_back({name.substr(0, equals), name.substr(equals + 1)});
      continue;
    }
    const std::string next = i + 1 < argc ? argv[i + 1] : "";
    if (i + 1 == argc || next.starts_with("--")) {
      given_.push_back({name, {}, next});
      continue;
    }
    given_.push_back({name, next});
    ++i;
  }
}

Arguments::Given* Arguments::find(const std::string& name, const std::string& help) {
  constexpr size_t kColumn = 22;
  std::string left = "  " + name;
  left.resize(std::max(left.size() + 1, kColumn), ' ');
  help_ += left + help + "\n";
  Given* found = nullptr;
  for (Given& option : given_) {
    if (option.name != name) continue;
    found = &option;
    option.used = true;
  }
  return found;
}

std::string Arguments::text(const std::string& name, const std::string& fallback,
                            const std::string& help) {
  const Given* const given = find(name, help + (fallback.empty() ? "" : " [" + fallback + "]"));
  if (given && !given->value)
    fail("option ", name, " needs a value",
         given->next.empty()
             ? ""
             : gradian::text(", got the option ", given->next,
                             "; a value that begins so is written ", name, '=', given->next));
  asked_.emplace_back(name, given ? *given->value : fallback);
  return asked_.back().second;
}

std::string Arguments::optional_path(const std::string& name, const std::string& unnamed,
                                     const std::string& help) {
  const Given* const given = find(name, help + " (or a FILE) [off]");
  const std::string value = given ? given->value.value_or(unnamed) : "";
  check(!given || !value.empty(), "option ", name, ": expected a path, got ''");
  asked_.emplace_back(name, value);
  return value;
}

std::string Arguments::path(const std::string& name, const std::string& fallback,
                            const std::string& help) {
  const std::string value = text(name, fallback, help);
  const bool given = std::ranges::any_of(given_, [&](const Given& g) { return g.name == name; });
  check(!given || !value.empty(), "option ", name, ": expected a path, got ''");
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
    std::cout << purpose_ << "\n\nUsage: " << program_
              << (help_.empty() ? "\n" : " [--option value ...]\n\n" + help_);
    return false;
  }
  for (const Given& option : given_)
    check(option.used, "unknown option ", option.name, "; --help lists those there are");
  return true;
}

std::string Arguments::command() const { return command_with("", ""); }

std::string Arguments::command_with(const std::string& name, const std::string& value) const {
  std::string command = shell_quoted(program_);
  for (const auto& asked : asked_) {
    const std::string& now = asked.first == name ? value : asked.second;
    if (!now.empty()) command += ' ' + asked.first + ' ' + shell_quoted(now);
  }
  return command;
}

}  // namespace gradian::examples
