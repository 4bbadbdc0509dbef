// Every function of the table of gradients, handed an undefined variable in the place of each of
// its inputs in turn, says so by the name under which the user called it.
#include "tests/gradients/table.h"
#include "tests/helpers.h"

namespace gradian::test {
namespace {

TEST_CASE("an undefined variable is named with the function that was called") {
  for (const proof::GradientSubject& subject : proof::gradient_table()) {
    const GradCase& plain = subject.cases[0];
    for (size_t i = 0; i < plain.inputs.size(); ++i) {
      std::vector<Variable> inputs(plain.inputs.begin(), plain.inputs.end());
      inputs[i] = Variable();
      CAPTURE(subject.kind);
      CAPTURE(i);
      CHECK(error_of([&] { plain.function(inputs); }) ==
            subject.name + ": the variable is undefined");
    }
  }
}

}  // namespace
}  // namespace gradian::test
