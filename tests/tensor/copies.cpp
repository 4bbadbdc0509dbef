// What makes, copies, converts and fills tensors, and that int64 takes no number that it cannot
// hold.
#include <doctest/doctest.h>

#include "tensor/kernels.h"
#include "tests/reference.h"

namespace gradian {
namespace {

using reference::Array;
using reference::counting;
using reference::for_each_index;
using reference::identical;
using reference::share_storage;

TEST_CASE("clone copies every layout") {
  for (const reference::Layout& layout : reference::layouts()) {
    INFO(text(layout.name));
    for (const DType dtype : {DType::float32, DType::float64, DType::int64}) {
      const Tensor x = layout.make(counting({3, 4, 5}, dtype));
      const Array before(x);
      Tensor y = x.clone();
      CHECK_FALSE(share_storage(x, y));
      CHECK(y.dtype() == dtype);
      CHECK(y.is_contiguous());
      CHECK(identical(y, before));
      y.fill(-1);
      CHECK(identical(x, before));
    }
  }
}

TEST_CASE("to converts as C++ does, and returns the tensor itself if there is nothing to convert") {
  const Tensor x = Tensor::from<double>({2.75, -2.75, 1e-50, 3e9, 0.1}, {5});
  CHECK(share_storage(x.to(DType::float64), x));
  CHECK(x.to(DType::int64).to_vector<int64_t>() == std::vector<int64_t>{2, -2, 0, 3000000000, 0});
  CHECK(x.to(DType::float32).to_vector<float>() ==
        std::vector<float>{2.75f, -2.75f, 0.0f, 3e9f, 0.1f});
  const Tensor big = Tensor::from<int64_t>({(int64_t{1} << 24) + 1, -7}, {2});
  CHECK(big.to(DType::float64).to_vector<double>() == std::vector<double>{16777217, -7});
  CHECK(big.to(DType::float32).to_vector<float>() == std::vector<float>{16777216, -7});
  CHECK(x.flip(0).slice(0, 0, 5, 2).to(DType::int64).to_vector<int64_t>() ==
        std::vector<int64_t>{0, 0, 2});
}

TEST_CASE("makers fill tensors of every dtype") {
  for (const DType dtype : {DType::float32, DType::float64, DType::int64}) {
    CHECK(Tensor::zeros({2, 2}, dtype).to_vector<double>() == std::vector<double>{0, 0, 0, 0});
    CHECK(Tensor::ones({3}, dtype).to_vector<double>() == std::vector<double>{1, 1, 1});
    CHECK(Tensor::full({2}, -3, dtype).to_vector<double>() == std::vector<double>{-3, -3});
    CHECK(Tensor::arange(4, dtype).to_vector<double>() == std::vector<double>{0, 1, 2, 3});
    CHECK(Tensor::scalar(5, dtype).dtype() == dtype);
  }
  CHECK(Tensor::from<int64_t>({1, 2, 3, 4}, {2, 2}).at({1, 0}) == 3);
  CHECK(Tensor::arange(3).dtype() == DType::int64);
  CHECK(Tensor::zeros({1}).dtype() == DType::float32);
}

TEST_CASE("copy_from broadcasts and converts its source into a strided view") {
  for (const DType to : {DType::float32, DType::float64, DType::int64})
    for (const DType from : {DType::float32, DType::float64, DType::int64}) {
      INFO(text(from, " into ", to));
      Tensor x = Tensor::full({4, 6}, -1, to);
      Tensor view = x.slice(1, 1, 6, 2).transpose(0, 1);  // x[j][1 + 2 i]
      view.copy_from(Tensor::from<int64_t>({10, 20, 30}, {3, 1}).to(from));
      Array want(x.shape());
      for_each_index(want.shape, [&](const Shape& i) {
        want[i] = i[1] % 2 == 1 ? 10.0 * static_cast<double>(i[1] / 2 + 1) : -1;
      });
      CHECK(identical(x, want));
    }
}

TEST_CASE("copy_from of an overlapping view acts as if the source were copied first") {
  Tensor x = counting({5});
  x.copy_from(x.flip(0));
  CHECK(x.to_vector<double>() == std::vector<double>{4, 3, 2, 1, 0});
  x = counting({5});
  x.slice(0, 1, 5).copy_from(x.slice(0, 0, 4));
  CHECK(x.to_vector<double>() == std::vector<double>{0, 0, 1, 2, 3});
  x = counting({2, 2});
  x.copy_from(x.transpose(0, 1));
  CHECK(x.to_vector<double>() == std::vector<double>{0, 2, 1, 3});
}

TEST_CASE("copies and fills keep to their view around the size of a parallel block") {
  for (const int64_t size : {16383, 16384, 16385, 100003}) {
    INFO(text(size, " elements"));
    const Tensor x = Tensor::zeros({size + 2}, DType::int64);
    Tensor middle = x.slice(0, 1, size + 1);
    middle.copy_from(Tensor::arange(size).flip(0));
    std::vector<int64_t> expected{0};
    for (int64_t i = size; i-- > 0;) expected.push_back(i);
    expected.push_back(0);
    CHECK(x.to_vector<int64_t>() == expected);
    middle.fill(0);
    CHECK(x.to_vector<int64_t>() == std::vector<int64_t>(expected.size(), 0));
  }
}

TEST_CASE("from takes integers of every type as int64, exactly") {
  const std::vector<int64_t> want{0, 1, 2};
  const auto check_from = [&](const auto& values) {
    const Tensor x = Tensor::from(values, {3});
    CHECK(x.dtype() == DType::int64);
    CHECK(x.to_vector<int64_t>() == want);
  };
  check_from(std::vector<int>{0, 1, 2});
  check_from(std::vector<unsigned>{0, 1, 2});
  check_from(std::vector<size_t>{0, 1, 2});
  check_from(std::vector<long long>{0, 1, 2});
  check_from(std::vector<int8_t>{0, 1, 2});
  check_from(std::vector<uint16_t>{0, 1, 2});
  check_from(std::vector<int64_t>{0, 1, 2});
  CHECK(Tensor::from({0, 1, 2}, {3}).to_vector<int64_t>() == want);
  CHECK(Tensor::from({0.5, 1.5}, {2}).dtype() == DType::float64);
  CHECK(Tensor::from({0.5f, 1.5f}, {2}).dtype() == DType::float32);
  CHECK(Tensor::from(std::vector<bool>{true, false}, {2}).to_vector<int64_t>() ==
        std::vector<int64_t>{1, 0});
  CHECK(Tensor::from({INT32_MIN, INT32_MAX}, {2}).to_vector<int64_t>() ==
        std::vector<int64_t>{INT32_MIN, INT32_MAX});
}

TEST_CASE("an int64 tensor takes the least and the largest numbers that it can hold") {
  const auto floats = [](double value) { return Tensor::from({1.0, value}, {2}); };
  CHECK(Tensor::scalar(-0x1p63, DType::int64).to_vector<int64_t>()[0] == INT64_MIN);
  CHECK(floats(0x1.fffffffffffffp62).to(DType::int64).to_vector<int64_t>()[1] == INT64_MAX - 1023);
}

}  // namespace
}  // namespace gradian
