// The same bits from every kernel that adds in blocks, for any number of threads.
#include <doctest/doctest.h>

#include <bit>
#include <functional>

#include "autograd/ops.h"
#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::sample;

std::vector<uint64_t> bits(const Tensor& x) {
  std::vector<uint64_t> result;
  for (const double value : x.to_vector<double>()) result.push_back(std::bit_cast<uint64_t>(value));
  return result;
}

TEST_CASE("the same input gives the same bits with 1, 2, 3 and 7 threads") {
  struct Case {
    const char* name;
    std::function<Tensor()> compute;
  };
  const Tensor long_row = sample({300007}, DType::float32),
               matrix = sample({400, 300}, DType::float32);
  const Tensor tall = sample({40000, 7}, DType::float32), wide = sample({7, 40000}, DType::float64);
  const Tensor images = sample({13, 4, 15, 14}, DType::float32),
               weight = sample({6, 2, 3, 3}, DType::float32, -1, 1, 2);
  const Conv2dOptions options{{1, 1}, {1, 1}, {1, 1}, 2};
  const Tensor grad = sample({13, 6, 15, 14}, DType::float32, -1, 1, 3);
  const Tensor index = sample({40000, 7}, DType::int64, 0, 5, 4);
  const std::vector<Case> cases{
      {"sum of a long row", [&] { return sum(long_row); }},
      {"sum of a long row, stride 2", [&] { return sum(reference::embedded(long_row, 2)); }},
      {"sum of rows", [&] { return sum(tall, {0}); }},
      {"sum of wide rows",
       [&] {
         return sum(matrix.reshape({40, 3000}), {0});
       }},
      {"sum of many wide rows",
       [&] {
         return sum(matrix.unsqueeze(1).expand({400, 4, 300}).reshape({400, 1200}), {0});
       }},
      {"sum of columns", [&] { return sum(wide, {1}); }},
      {"sum of transposed rows", [&] { return sum(wide.transpose(0, 1), {0}); }},
      {"sum of a few outputs",
       [&] {
         return sum(wide.reshape({7, 40, 1000}), {0, 2});
       }},
      {"matmul", [&] { return matmul(matrix, matrix.transpose(0, 1)); }},
      {"matmul, wide",
       [&] {
         return matmul(matrix.slice(0, 0, 30), sample({300, 3000}, DType::float32));
       }},
      {"matmul, batched", [&] { return matmul(images, images.transpose(2, 3)); }},
      {"matmul, many small",
       [&] {
         return matmul(tall.reshape({40000, 1, 7}), tall.reshape({40000, 7, 1}));
       }},
      {"conv2d", [&] { return conv2d(images, weight, options); }},
      {"conv2d_input_gradient",
       [&] { return conv2d_input_gradient(grad, weight, images.shape(), options); }},
      {"conv2d_weight_gradient",
       [&] { return conv2d_weight_gradient(grad, images, weight.shape(), options); }},
      {"log_softmax", [&] { return log_softmax(tall, 1); }},
      {"exp", [&] { return exp(long_row); }},
      {"scatter_add",
       [&] {
         return scatter_add({40000, 7}, 1, index, tall);
       }},
      {"scatter_add along the long axis",
       [&] {
         return scatter_add({5, 7}, 0, index, tall);
       }},
  };
  std::vector<std::vector<uint64_t>> with_one;
  {
    reference::Threads one(1);
    for (const Case& c : cases) with_one.push_back(bits(c.compute()));
  }
  for (const int threads : {2, 3, 7}) {
    reference::Threads some(threads);
    for (size_t i = 0; i < cases.size(); ++i) {
      INFO(text(cases[i].name, ", ", threads, " threads"));
      CHECK(bits(cases[i].compute()) == with_one[i]);
    }
  }
}

}  // namespace
}  // namespace gradian
