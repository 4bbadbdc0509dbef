// The table of misuses: calls that a user may get wrong, for every public function and class of the
// library, each with the whole text of its error. table.cpp runs the rows in processes of their
// own, so that a crash, a hang or a refusal of memory is that row's failure, and holds the table
// against the headers.
//
// A row goes into the part of the folder that its header stands in:
//   {[] { softmax(Variable(), 1); }, "softmax: the variable is undefined"},
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/helpers.h"

namespace gradian::misuse {

using Rows = std::vector<test::ErrorCase>;

Rows shape_rows();
Rows tensor_rows();
Rows kernel_rows();
Rows conv_rows();
Rows file_rows();
Rows variable_rows();
Rows function_rows();
Rows function_shape_rows();
Rows function_product_rows();
Rows layer_rows();
Rows layer_input_rows();
Rows module_rows();
Rows optimizer_rows();
Rows schedule_rows();
Rows state_rows();
Rows onnx_rows();
Rows loss_rows();
Rows verification_rows();
Rows margin_rows();
Rows sampled_margin_rows();

}  // namespace gradian::misuse
