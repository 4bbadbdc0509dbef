// What a Profile counts: whose time is whose, how often, how many operations and how much memory.
// How it is written down is in tests/examples/profile.cpp.
#include "tensor/profile.h"

#include <chrono>
#include <thread>

#include "autograd/gradcheck.h"
#include "tensor/runtime/memory.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

constexpr int64_t kMillisecond = 1000000;

void work_for(int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (std::chrono::steady_clock::now() < end) continue;
}

Profile profile_of(const std::function<void()>& work) {
  Profile profile;
  {
    const Profiling profiling(profile);
    work();
  }
  return profile;
}

// "mul 2, sum 1": the rows of a phase, by name, with their calls.
std::string calls_of(const Profile& profile, Phase phase) {
  std::string all;
  for (const auto& [what, row] : profile.rows)
    if (what.first == phase) all += text(all.empty() ? "" : ", ", what.second, ' ', row.calls);
  return all;
}

Profile::Row row_of(const Profile& profile, Phase phase, const std::string& name) {
  const auto found = profile.rows.find({phase, name});
  REQUIRE(found != profile.rows.end());
  return found->second;
}

Variable wide(const Shape& shape) {
  return Variable(distinct_values(shape, 0.5, 1).to(DType::float32), true);
}

}  // namespace

TEST_CASE("profile: a row has the time of its spans without the rows inside of them") {
  Profile profile;
  {
    const Profiling profiling(profile);
    for (int i = 0; i < 2; ++i) {
      const Span outer("outer");
      work_for(2);
      for (int k = 0; k < 3; ++k) {
        const Span inner("inner");
        work_for(1);
      }
    }
  }
  CHECK(calls_of(profile, Phase::other) == "inner 6, outer 2");
  const int64_t outer = row_of(profile, Phase::other, "outer").nanoseconds;
  const int64_t inner = row_of(profile, Phase::other, "inner").nanoseconds;
  CHECK(outer >= 4 * kMillisecond);
  CHECK(inner >= 6 * kMillisecond);
  CHECK(outer + inner <= profile.nanoseconds);
}

TEST_CASE("profile: ops count forward, and those that a rule calls count to the rule, backward") {
  const Variable x = leaf({1, 2, 3}, {3}), w = leaf(2);
  const Profile profile = profile_of([&] { sum(tanh(x * w) * x).backward(); });
  CHECK(calls_of(profile, Phase::forward) == "mul 2, sum 1, tanh 1");
  // The engine itself adds the two gradients of x.
  CHECK(calls_of(profile, Phase::backward) == "engine 1, mul 2, sum 1, tanh 1");
  CHECK(calls_of(profile, Phase::other) == "");
}

TEST_CASE("profile: a function made of ops has their rows and none of its own") {
  const Profile profile = profile_of([] { softmax(leaf({1, 2, 3}, {3}), 0); });
  CHECK(calls_of(profile, Phase::forward) == "exp 1, log_softmax 1");
}

TEST_CASE("profile: products count their multiplications and additions, forward and backward") {
  const Variable a = wide({2, 3}), b = wide({3, 4}), weight = wide({5, 3});
  const Variable image = wide({2, 4, 6, 6}), filter = wide({8, 2, 3, 3});
  const Tensor labels = integers({0, 4});
  const MarginFunction half = [](const Variable& c) { return 0.5 * c; };
  const struct {
    const char* name;
    std::function<Variable()> function;
    int64_t forward, backward;
  } cases[] = {
      {"matmul", [&] { return matmul(a, b); }, 2 * 2 * 3 * 4, 2 * 2 * 2 * 3 * 4},
      {"linear", [&] { return linear(a, weight); }, 2 * 2 * 3 * 5, 2 * 2 * 2 * 3 * 5},
      // Each of 2 * 8 * 4 * 4 outputs has two channels of 3 x 3 taps.
      {"conv2d", [&] { return conv2d(image, filter, {.groups = 2}); }, 2 * 256 * 18,
       2 * 2 * 256 * 18},
      {"margin_cross_entropy", [&] { return margin_cross_entropy(a, weight, labels, 4, half); },
       2 * 2 * 5 * 3, 2 * 2 * 2 * 5 * 3},
      {"exp", [&] { return exp(a); }, 0, 0},
  };
  for (const auto& product : cases) {
    CAPTURE(product.name);
    const Profile profile = profile_of([&] { sum(product.function()).backward(); });
    CHECK(row_of(profile, Phase::forward, product.name).flops == product.forward);
    CHECK(row_of(profile, Phase::backward, product.name).flops == product.backward);
  }
}

TEST_CASE("profile: a row has the most memory that a call took at once, and the peak stays") {
  const size_t array = 400000;
  const Variable x = wide({100000});
  reset_peak_memory();
  { const Tensor large = Tensor::zeros({1000000}); }
  const size_t peak = memory_stats().peak;
  const Profile profile = profile_of([&] {
    const Span span("two arrays");
    const Variable y = exp(x);
    exp(y);
    exp(y);
  });
  CHECK(memory_stats().peak == peak);
  const size_t of_one = row_of(profile, Phase::forward, "exp").bytes;
  CHECK(of_one >= array);
  CHECK(of_one < array * 5 / 4);
  CHECK(row_of(profile, Phase::other, "two arrays").bytes == 2 * of_one);
}

TEST_CASE("profile: events are the spans as they began, each inside of the one that holds it") {
  const Variable x = leaf(2);
  const Profile profile = profile_of([&] { (x * x).backward(); });
  std::string all;
  for (const Profile::Event& event : profile.events) {
    all += text(event.name, ' ', static_cast<int>(event.phase), ", ");
    CHECK(event.nanoseconds > 0);
  }
  CHECK(all == "mul 0, engine 1, mul 1, mul 1, mul 1, add 1, ");
  const Profile::Event &engine = profile.events[1], &sum = profile.events[5];
  CHECK(profile.events[0].begin + profile.events[0].nanoseconds <= engine.begin);
  CHECK(sum.begin + sum.nanoseconds <= engine.begin + engine.nanoseconds);
}

TEST_CASE("profile: a long run keeps 200,000 events, and counts all") {
  const Profile profile = profile_of([] {
    for (int i = 0; i < 200001; ++i) const Span span("part");
  });
  CHECK(profile.events.size() == 200000);
  CHECK(calls_of(profile, Phase::other) == "part 200001");
}

TEST_CASE("profile: counted is what this thread does while a Profiling lives, and added up") {
  Profile profile;
  const Variable x = leaf(2);
  exp(x);
  for (int i = 0; i < 2; ++i) {
    const Span began_before("part");
    const Profiling profiling(profile);
    exp(x);
    std::thread([&] { exp(x); }).join();
  }
  exp(x);
  CHECK(calls_of(profile, Phase::forward) == "exp 2");
  CHECK(calls_of(profile, Phase::other) == "");
}

TEST_CASE("profile: an op that fails ends its span") {
  const Profile profile = profile_of([] {
    const Span span("part");
    CHECK_THROWS_AS(matmul(leaf({1, 2}, {1, 2}), leaf({1, 2}, {1, 2})), Error);
    exp(leaf(1));
  });
  CHECK(calls_of(profile, Phase::forward) == "exp 1, matmul 1");
  CHECK(profile.events.back().name == "exp");
}

}  // namespace gradian::test
