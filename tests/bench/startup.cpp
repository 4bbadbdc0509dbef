#include "tests/bench/startup.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "examples/data/synthetic.h"
#include "losses/cross_entropy.h"
#include "nn/layers.h"
#include "nn/optimizer.h"
#include "tensor/error.h"
#include "tensor/runtime/thread_pool.h"
#include "tests/bench/measure.h"

namespace gradian::bench {
namespace {

constexpr int64_t kBatch = 128, kClasses = 10;
constexpr int kStarts = 15;

// Seconds from just before the start of a new process to its byte in the pipe.
double time_one_start() {
  int ends[2];
  check(pipe(ends) == 0, "cannot make a pipe");
  std::string program = "bench", option = kFirstStepOption, pipe_end = std::to_string(ends[1]),
              threads = std::to_string(num_threads());
  char* arguments[] = {program.data(), option.data(), pipe_end.data(), threads.data(), nullptr};
  const double begin = now();
  pid_t child = 0;
  check(posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments, environ) == 0,
        "cannot start itself anew");
  close(ends[1]);
  char byte = 0;
  const bool done = read(ends[0], &byte, 1) == 1;
  const double seconds = now() - begin;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  check(done, "the process that measures the start ended without a step");
  return seconds;
}

}  // namespace

void first_step(int pipe) {
  const examples::Dataset data = examples::synthetic(kClasses, kBatch, 1, /*seed=*/1).train;
  const nn::Conv2d::Options same{.padding = 1};
  nn::Sequential network{nn::Conv2d(1, 16, 3, same),
                         nn::MaxPool2d(2),
                         nn::PReLU(),
                         nn::Conv2d(16, 32, 3, same),
                         nn::MaxPool2d(2),
                         nn::PReLU(),
                         nn::Flatten(),
                         nn::Linear(32 * 7 * 7, kClasses)};
  nn::SGD optimizer(network.named_parameters(), {.lr = 0.01, .momentum = 0.9});
  const Variable loss = cross_entropy(network(Variable(data.images)), data.labels);
  loss.backward();
  optimizer.step();
  check(loss.item() > 0 && write(pipe, "1", 1) == 1, "the first step failed");
}

std::string report_startup() {
  std::vector<double> times;
  for (int i = 0; i < kStarts; ++i) times.push_back(time_one_start() * 1e3);
  std::printf(
      "\nstart to first training step: %.1f ms (median of %d starts of a process that draws\n"
      "%d synthetic digits, makes a CNN of two 3x3 convolutions and trains it for one step)\n",
      median(times), kStarts, static_cast<int>(kBatch));
  return text("{\"median_ms\": ", median(times), ", \"starts\": ", kStarts, "}");
}

}  // namespace gradian::bench
