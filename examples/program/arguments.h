// Command-line options of the form `--name value` or `--name=value`, shared by the examples. Every
// option has a default and a line of help; what is not understood is an error that names it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gradian::examples {

class Arguments {
 public:
  // `purpose` heads the text of --help.
  Arguments(int argc, char** argv, std::string purpose);

  // The value of an option, or its default. An empty path that is given and a number outside
  // [low, high] are errors.
  std::string text(const std::string& name, const std::string& fallback, const std::string& help);
  std::string path(const std::string& name, const std::string& fallback, const std::string& help);
  // A file that need not be named: `unnamed` where the option has no value, empty without the
  // option.
  std::string optional_path(const std::string& name, const std::string& unnamed,
                            const std::string& help);
  int64_t integer(const std::string& name, int64_t fallback, int64_t low, int64_t high,
                  const std::string& help);

  // To be called after the last option was asked for: prints the help and returns false when
  // --help was given, and fails when the command line holds an option that no one asked for.
  bool complete() const;

  // A command line that does the same whatever the defaults may become: every option with its
  // value, unless that is empty.
  std::string command() const;
  // The same with another value for one of them.
  std::string command_with(const std::string& name, const std::string& value) const;

 private:
  struct Given {
    std::string name;
    std::optional<std::string> value;
    std::string next = {};  // the word that stands in the place of a value
    bool used = false;
  };
  // Lists the option in the help, and returns the one given, or null.
  Given* find(const std::string& name, const std::string& help);
  std::string program_, purpose_, help_;
  std::vector<std::pair<std::string, std::string>> asked_;  // each option and its value
  std::vector<Given> given_;
  bool help_wanted_ = false;
};

}  // namespace gradian::examples
