// The command line of the examples.
#include "examples/program/arguments.h"

#include "examples/program/run_main.h"
#include "tests/child_process.h"
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
  result.data = arguments.path("--data", "synthetic", "where from");
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
  CHECK(parse({"--data=--epochs"}).data == "--epochs");
  CHECK(parse({"--data", "-"}).data == "-");
}

TEST_CASE("the command lists every option, defaults included, as a shell reads it back") {
  CHECK(parse({}).command == "prog --data synthetic --epochs 4");
  CHECK(parse({"--data", "my images"}).command == "prog --data 'my images' --epochs 4");
  CHECK(parse({"--data", "it's"}).command == R"(prog --data 'it'\''s' --epochs 4)");
}

TEST_CASE("a command line that is not understood is refused with a reason") {
  check_errors({
      {[] {
         parse({"epochs", "3"});
       },
       "expected an option such as --name, got 'epochs'"},
      {[] { parse({"-e"}); }, "expected an option such as --name, got '-e'"},
      {[] { parse({"--epochs"}); }, "option --epochs needs a value"},
      {[] {
         parse({"--data", "--epochs", "3"});
       },
       "option --data needs a value, got the option --epochs; a value that begins so is written "
       "--data=--epochs"},
      {[] { parse({"--data="}); }, "option --data: expected a path, got ''"},
      {[] {
         parse({"--epoch", "3"});
       },
       "unknown option --epoch; --help lists those there are"},
  });
  for (const std::string value : {"three", "0", "-1", "1001", "", " 3", "+3", "3x", "3.0", "1e2",
                                  "nan", "0x3", "99999999999999999999", "1,000"})
    CHECK_THROWS_WITH_AS(
        parse({"--epochs=" + value}),
        text("option --epochs: expected a whole number from 1 to 1000, got '", value, "'").c_str(),
        Error);
}

TEST_CASE(
    "--help goes to the standard output, with every option and its default, and ends with 0") {
  const Ended ended = run_in_child([] {
    _exit(run_main("prog", [] {
      parse({"--help"});
      return 0;
    }));
  });
  CHECK(ended.how == "exit 0");
  CHECK(ended.output ==
        "Does nothing.\n\nUsage: prog [--option value ...]\n\n"
        "  --data              where from [synthetic]\n"
        "  --epochs            how often [4]\n");
}
