#define main autograd_tour_main
#include "examples/autograd_tour.cpp"
#undef main
#define main compare_losses_main
#include "examples/compare_losses.cpp"
#undef main
#define main dimensions_main
#include "examples/dimensions.cpp"
#undef main
#define main embed_main
#include "examples/embed.cpp"
#undef main
#define main glyphs_main
#include "examples/glyphs.cpp"
#undef main
#define main residual_main
#include "examples/residual.cpp"
#undef main
#define main spiral_main
#include "examples/spiral.cpp"
#undef main

#include "tests/examples/programs.h"

namespace gradian::test {
namespace {

// Hands everything on to the standard output, and raises signals once.
class Interrupting : public std::streambuf {
 public:
  explicit Interrupting(const Signals& signals) : signals_(signals) {}

 private:
  int overflow(int c) override {
    printed_ += static_cast<char>(c);
    std::putchar(c);
    if (signals_.times > 0 && printed_.ends_with(signals_.after))
      while (signals_.times-- > 0) std::raise(signals_.signal);
    return c;
  }
  int sync() override { return std::fflush(stdout); }

  Signals signals_;
  std::string printed_;
};

}  // namespace

Ended run_program(const Program& program, std::vector<std::string> words, const Signals& signals,
                  const std::function<void()>& prepare) {
  words.insert(words.begin(), program.name);
  return run_in_child([&] {
    Interrupting output(signals);
    std::cout.rdbuf(&output);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
    prepare();
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    const int code = program.main(static_cast<int>(argv.size()), argv.data());
    std::fflush(stdout);
    _exit(code);
  });
}

std::vector<std::string> small_run(std::vector<std::string> more) {
  std::vector<std::string> words{"--train-samples", "64", "--batch-size", "16", "--classes", "3"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace gradian::test
