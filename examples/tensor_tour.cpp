// A tour of Tensor: making, viewing, broadcasting, reducing, multiplying. Prints each step.
// Tensors know nothing of gradients: for those see autograd_tour.cpp.
#include <iostream>

#include "examples/program/arguments.h"
#include "examples/program/run_main.h"
#include "tensor/kernels.h"
#include "tensor/random.h"
#include "tensor/runtime/gemm.h"
#include "tensor/runtime/thread_pool.h"

using namespace gradian;

namespace {

template <class Value>
void show(const char* code, const Value& value) {
  std::cout << "> " << code << '\n' << value << "\n\n";
}

void show_steps() {
  std::cout << "Gradian, " << num_threads() << " threads, BLIS kernels: " << blis_kernels()
            << "\n\n";

  const Tensor a = Tensor::arange(6, DType::float32).reshape({2, 3});
  show("a = arange(6).reshape({2, 3})", a);

  // Views share storage: no element is copied, only shape, strides and offset change.
  show("a.transpose(0, 1)", a.transpose(0, 1));
  show("a.transpose(0, 1).strides()", a.transpose(0, 1).strides());
  show("a.slice(1, 0, 3, 2)          // every other column", a.slice(1, 0, 3, 2));

  // Broadcasting repeats an axis of size 1 by giving it stride 0.
  const Tensor row = Tensor::from(std::vector<float>{10, 20, 30}, {3});
  show("add(a, row)                  // [2, 3] + [3]", add(a, row));
  show("row.expand({2, 3}).strides()", row.expand({2, 3}).strides());

  // A write through a view is a write to the tensor it views.
  Tensor grid = Tensor::zeros({3, 4});
  grid.slice(0, 1, 2).fill(7);
  show("grid.slice(0, 1, 2).fill(7)", grid);

  show("sum(a, {0})                  // over rows", sum(a, {0}));
  show("argmax(a, 1)", argmax(a, 1));
  show("matmul(a, a.transpose(0, 1)) // [2, 2] = [2, 3] x [3, 2]", matmul(a, a.transpose(0, 1)));

  const Tensor index = Tensor::from(std::vector<int64_t>{2, 0}, {2, 1});
  show("gather(a, 1, index)          // one element a row", gather(a, 1, index));
  show("scatter_add({2, 3}, 1, ...)  // its adjoint: puts them back",
       scatter_add({2, 3}, 1, index, gather(a, 1, index)));

  // The same seed gives the same numbers on every machine, with any number of threads.
  manual_seed(42);
  show("manual_seed(42); randn({2, 4})", randn({2, 4}));

  // No implicit conversion: mixing dtypes is an error that says so.
  try {
    add(a, Tensor::ones({2, 3}, DType::float64));
  } catch (const Error& error) {
    show("add(a, ones({2, 3}, float64))", error.what());
  }
  try {
    matmul(a, a);
  } catch (const Error& error) {
    show("matmul(a, a)", error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  return examples::run_main("tensor_tour", [&] {
    if (examples::Arguments(argc, argv, "Shows what a Tensor does, one step after the other.")
            .complete())
      show_steps();
    return 0;
  });
}
