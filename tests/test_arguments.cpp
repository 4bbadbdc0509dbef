// The command line of the examples.
#include "examples/command_line/arguments.h"

#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

struct Parsed {
  std::string data;
  int64_t epochs;
  std::string command;
};

// A program with two options.
Parsed parse(std::vector<std::string> words) {
  words.insert(words.begin(), "prog");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Arguments arguments(static_cast<int>(argv.size()), argv.data(), "Does nothing.");
  Parsed result;
  result.data = arguments.text("--data", "synthetic", "where from");
  result.epochs = arguments.integer("--epochs", 4, 1, 1000, "how often");
  arguments.complete();
  result.command = arguments.command();
  return result;
}

}  // namespace

TEST_CASE("options are given as --name value or --name=value, the last one counts") {
  CHECK(parse({}).epochs == 4);
  CHECK(parse({"--epochs", "7"}).epochs == 7);
  CHECK(parse({"--epochs=7", "--data=a=b"}).data == "a=b");
  CHECK(parse({"--epochs=7", "--epochs", "8"}).epochs == 8);
  CHECK(parse({"--data", "--epochs"}).data == "--epochs");
}

TEST_CASE("the command lists every option, defaults included, as a shell reads it back") {
  CHECK(parse({}).command == "prog --data synthetic --epochs 4");
  CHECK(parse({"--data", "my images"}).command == "prog --data 'my images' --epochs 4");
  CHECK(parse({"--data", "it's"}).command == R"(prog --data 'it'\''s' --epochs 4)");
  CHECK(parse({"--data", ""}).command == "prog --data '' --epochs 4");
}

TEST_CASE("a command line that is not understood is refused with a reason") {
  check_errors({
      {[] {
         parse({"epochs", "3"});
       },
       "expected an option such as --name, got 'epochs'"},
      {[] { parse({"--epochs"}); }, "option --epochs needs a value"},
      {[] {
         parse({"--epoch", "3"});
       },
       "unknown option --epoch; --help lists those there are"},
      {[] {
         parse({"--epochs", "three"});
       },
       "option --epochs: expected a whole number from 1 to 1000, got 'three'"},
      {[] { parse({"--epochs=0"}); },
       "option --epochs: expected a whole number from 1 to 1000, got '0'"},
      {[] { parse({"--epochs="}); },
       "option --epochs: expected a whole number from 1 to 1000, got ''"},
  });
}
