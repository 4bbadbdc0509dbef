// Every function of autograd/ops.h, handed an undefined variable in the place of each of its inputs
// in turn, says so by the name under which it was called.
#include <map>

#include "tests/gradients/table.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

TEST_CASE("an undefined variable is named with the function that was called") {
  const std::map<std::string, std::string> operators{
      {"operator+", "add"}, {"operator-", "sub"}, {"operator*", "mul"}, {"operator/", "div"}};
  const std::map<std::string, size_t> required{{"batch_norm", 1},
                                               {"linear", 2}};  // the rest may be
  int tried = 0;
  for (const auto& [kind, name, cases] : proof::gradient_table()) {
    // The case of gather_known looks at its input first, to have a result that it knows.
    if ((kind != "op" && kind != "function") || name == "gather_known") continue;
    const size_t count = required.contains(name) ? required.at(name) : cases.front().inputs.size();
    for (size_t i = 0; i < count; ++i, ++tried) {
      std::vector<Variable> inputs(cases[0].inputs.begin(), cases[0].inputs.end());
      inputs[i] = Variable();
      CAPTURE(i);
      const GradCase& first = cases.front();
      CHECK(error_of([&] { first.function(inputs); }) ==
            (operators.contains(name) ? operators.at(name) : name) + ": the variable is undefined");
    }
  }
  CHECK(tried > 90);
}

}  // namespace
}  // namespace gradian::test
