// Export to ONNX: networks that have no ONNX form, and what is no example.
#include "nn/layers.h"
#include "nn/onnx/export.h"
#include "tests/misuse/operands.h"

namespace gradian::misuse {
namespace {

void export_layer(nn::Module&& network, const Tensor& example) {
  nn::export_onnx(network, example, "/dev/null/model.onnx");
}
void export_function(Variable (*f)(const Variable&)) {
  export_layer(nn::Function("", f), Tensor::ones({2, 3}));
}

const std::string follows =
    " is no constant: it follows the network's input, outside of the recorded graph, as a mask, an "
    "index or a size does";

}  // namespace

Rows onnx_rows() {
  const Tensor row = Tensor::ones({2, 2}), image = Tensor::ones({2, 3, 4, 4});
  const std::string no_row =
      "export_onnx: expected an example [batch, ...] with a row at least, got ";
  return {
      {[] { export_layer(nn::ReLU(), {}); }, "export_onnx: the tensor is undefined"},
      {[] { export_layer(nn::ReLU(), Tensor::arange(3)); },
       "export_onnx: expected a float32 or float64 example, as gradients tell what depends on it, "
       "got int64"},
      {[] { export_layer(nn::ReLU(), Tensor::scalar(1)); }, no_row + "[]"},
      {[] {
         export_layer(nn::ReLU(), Tensor::ones({0, 2}));
       },
       no_row + "[0, 2]"},
      {[=] { export_layer(nn::ReLU(), row); },
       "export_onnx: /dev/null: cannot be made a folder: Not a directory"},
      {[=] { export_layer(nn::Linear(3, 2), row); },
       "export_onnx: expected x [..., I] and weight [O, I], got x [2, 2], weight [2, 3]"},
      {[=] { export_layer(nn::Identity(), row); },
       "export_onnx: the network returned its input: there is nothing to write"},
      {[] { export_function([](const Variable&) { return Variable(); }); },
       "export_onnx: the network returned an undefined variable"},
      {[] { export_function([](const Variable& x) { return x.detach(); }); },
       "export_onnx: what the network returned was not computed from its input by recorded ops"},
      {[=] { export_layer(nn::BatchNorm2d(3, {.track_running_stats = false}), image); },
       "export_onnx: batch_norm of [2, 3, 4, 4], [3], [3] has no ONNX form here"},
      {[] { export_function(log1p); }, "export_onnx: log1p of [2, 3] has no ONNX form here"},
      {[] { export_function([](const Variable& x) { return where(x > 0, x, 0); }); },
       "export_onnx: where: its operand 2 [2, 3]" + follows},
      {[] { export_function([](const Variable& x) { return max(x, 1); }); },
       "export_onnx: gather: its operand 1 [2, 1]" + follows},
      {[] { export_function([](const Variable& x) { return mean(x, 0); }); },
       "export_onnx: div: its operand 1 []" + follows},
      {[] { export_function([](const Variable& x) { return slice(x, 0, 0, x.size(0) - 1); }); },
       "export_onnx: slice: its end" + follows},
      {[] {
         export_function([](const Variable& x) { return x + Variable(Tensor::ones({2, 3})); });
       },
       "export_onnx: shapes [3, 3] and [2, 3] do not broadcast, with a batch of 3 in place of the "
       "example's 2; a file takes batches of every size"},
      {[] { export_function([](const Variable& x) { return x.size(0) == 2 ? exp(x) : tanh(x); }); },
       "export_onnx: the network does not compute the same for every input: op 0 is exp for one "
       "and tanh for another, or of other arrays"},
      {[] {
         export_function([](const Variable& x) { return x.size(0) == 2 ? exp(x) : exp(exp(x)); });
       },
       "export_onnx: the network computes 1 ops for one input and 2 for another"},
      {[] {
         export_function([](const Variable& x) {
           return slice_adjoint(x, {x.size(0), 6}, 1, 0, 2);
         });
       },
       "export_onnx: slice_adjoint [2, 6]: step 1 and another axis than the batch's can be "
       "written, got step 2 and axis 1"},
      {[] {
         export_function([](const Variable& x) {
           return reshape(matmul(x, transpose(x, 0, 1)), {1, 1, x.size(0), x.size(0)});
         });
       },
       "export_onnx: reshape [1, 1, 2, 2]: two sizes follow the batch's"},
      {[] { export_function([](const Variable& x) {
              return expand(sum(x, 0), {x.size(0), 3});
            }); },
       "export_onnx: expand [2, 3] from [3]: to the batch's size"},
      {[] {
         export_function([](const Variable& x) {
           return sum(x, 0) * Variable(Tensor::ones({1, 3}).expand({x.size(0), 3}));
         });
       },
       "export_onnx: mul [2, 3] has the batch's size from a constant alone"},
      {[] {
         export_function([](const Variable& x) {
           return where(Tensor::ones({1, 3}).expand({x.size(0), 3}), sum(x, 0), 0);
         });
       },
       "export_onnx: where [2, 3] has the batch's size from a constant alone"},
      {[] {
         export_function([](const Variable& x) {
           return matmul(sum(x, 0, true), Variable(Tensor::ones({3, 1}).expand({x.size(0), 3, 1})));
         });
       },
       "export_onnx: matmul [2, 1, 1]: its operand 1 [2, 3, 1] repeats a constant along the batch, "
       "which has no ONNX form here"},
      {[] {
         export_function([](const Variable& x) {
           return concat({x, Variable(Tensor::ones({1, 2}).expand({x.size(0), 2}))}, 1);
         });
       },
       "export_onnx: concat [2, 5]: its operand 1 [2, 2] repeats a constant along the batch, which "
       "has no ONNX form here"},
      {[] {
         export_function([](const Variable& x) {
           const Tensor index = Tensor::from<int64_t>({0, 1, 2, 0}, {1, 2, 2});
           const Variable two = stack({x, x}, 1);  // [N, 2, 3]
           return gather(two, 2, index.expand({x.size(0), 2, 2}));
         });
       },
       "export_onnx: gather [2, 2, 2]: its operand 1 [2, 2, 2] repeats a constant along the batch, "
       "which has no ONNX form here"},
  };
}

}  // namespace gradian::misuse
