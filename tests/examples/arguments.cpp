// The command line of the examples, and the options that those which train share.
#include "examples/program/arguments.h"

#include "examples/program/run_main.h"
#include "examples/training/options.h"
#include "tests/child_process.h"
#include "tests/helpers.h"
#include "tests/reference.h"

using namespace gradian;
using namespace gradian::examples;
using namespace gradian::test;

namespace {

struct Parsed {
  std::string data;
  int64_t epochs;
  std::string command;
};

Arguments arguments_of(std::vector<std::string> words) {
  words.insert(words.begin(), "prog");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return Arguments(static_cast<int>(argv.size()), argv.data(), "Does nothing.");
}

// A program with two options.
Parsed parse(const std::vector<std::string>& words) {
  Arguments arguments = arguments_of(words);
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

TEST_CASE("an option for a file may leave its name out, before another option or at the end") {
  const auto file = [](const std::vector<std::string>& words) {
    Arguments arguments = arguments_of(words);
    const int64_t epochs = arguments.integer("--epochs", 4, 1, 1000, "how often");
    const std::string name = arguments.optional_path("--profile", "unnamed", "where to");
    arguments.complete();
    return text(name, ' ', epochs, ' ', arguments.command());
  };
  CHECK(file({}) == " 4 prog --epochs 4");
  CHECK(file({"--profile"}) == "unnamed 4 prog --epochs 4 --profile unnamed");
  CHECK(file({"--profile", "--epochs", "7"}) == "unnamed 7 prog --epochs 7 --profile unnamed");
  CHECK(file({"--profile", "a", "--epochs=7"}) == "a 7 prog --epochs 7 --profile a");
  CHECK(file({"--profile=a"}) == "a 4 prog --epochs 4 --profile a");
  CHECK(error_of([&] { file({"--profile="}); }) == "option --profile: expected a path, got ''");
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

TEST_CASE("programs that train share their options, and only one with results has --out") {
  const reference::Threads guard(2);
  Arguments plain = arguments_of({}), reporting = arguments_of({});
  train_options(plain, {.epochs = 1});
  CHECK(plain.command() ==
        "prog --data synthetic --epochs 1 --train-samples 0 --batch-size 128 --seed 1 "
        "--classes 10 --checkpoint-every 200 --threads 2");
  CHECK(train_options(reporting, {.out = "there"}).out == "there");
  CHECK(reporting.command().starts_with("prog --data synthetic --out there --epochs 4 "));
}

TEST_CASE("options that ask for no sensible set of images are refused") {
  const auto options_of = [](const std::vector<std::string>& words) {
    Arguments arguments = arguments_of(words);
    train_options(arguments);
  };
  check_errors({
      {[&] {
         options_of({"--data", "mnist", "--classes", "5"});
       },
       "--classes is for synthetic images, not for mnist"},
      {[&] {
         options_of({"--train-samples", "1"});
       },
       "--train-samples: batch norm needs at least 2 images, got 1"},
  });
}

TEST_CASE("the number of training images is as asked for, and of drawn classes, too") {
  const DataSplit data = load({.train_samples = 30, .classes = 3});
  CHECK(data.train.size() == 30);
  CHECK(data.train.num_classes() == 3);
  CHECK(data.description() == "synthetic glyphs, 30 training and 6 test images");
}
