// Normalisations of numbers that differ little and lie far from 0, in float32: the rounding of
// their mean must not be seen in what is left of them.
#include "autograd/gradcheck.h"
#include "tensor/random.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

TEST_CASE("normalisations of float32 numbers near 1e6 are those of float64 to seven digits") {
  struct Case {
    std::string name;
    std::function<Variable(const Variable&)> f;
    Shape shape;
  };
  const Case cases[] = {
      {"layer_norm", [](const Variable& x) { return layer_norm(x, {33}); }, {7, 33}},
      {"layer_norm over two axes",
       [](const Variable& x) {
         return layer_norm(x, {11, 3});
       },
       {7, 11, 3}},
      {"batch_norm of vectors", [](const Variable& x) { return batch_norm(x, {}, {}); }, {33, 5}},
      {"batch_norm of images",
       [](const Variable& x) { return batch_norm(x, {}, {}); },
       {5, 3, 4, 4}},
      {"var", [](const Variable& x) { return var(x, 0); }, {33, 5}}};
  for (const Case& c : cases) {
    // The same numbers in both: those that float32 holds near 1e6, sixteenths.
    Generator generator(5);
    const Tensor x = rand(c.shape, DType::float32, 1e6 - 3, 1e6 + 3, generator);
    const auto results = [&](DType dtype) {
      const Variable input(x.to(dtype), true);
      const Variable y = c.f(input);
      const Variable weights(distinct_values(y.shape(), -1, 1).to(dtype));
      const Variable first = grad({y}, {input}, {weights})[0];
      const Variable recorded = grad({c.f(input)}, {input}, {weights}, /*create_graph=*/true)[0];
      return std::vector<Tensor>{y.value(), first.value(), recorded.value()};
    };
    const std::vector<Tensor> singles = results(DType::float32), doubles = results(DType::float64);
    for (size_t i = 0; i < doubles.size(); ++i) {
      CAPTURE(c.name);
      CAPTURE(i);
      const Tensor error = max(abs(singles[i].to(DType::float64) - doubles[i]));
      CHECK(error.item() < 1e-6 * max(abs(doubles[i])).item());
    }
  }
}

}  // namespace
}  // namespace gradian::test
