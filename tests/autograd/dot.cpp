// The graph as text for Graphviz, by hand.
#include "autograd/dot.h"

#include "nn/layers.h"
#include "tests/helpers.h"

namespace gradian::test {

TEST_CASE("to_dot: a box for each op, an ellipse for each leaf, arrows with their shapes") {
  const Variable x = leaf({0.5, 1}, {2}), w = leaf(2);
  const Variable product = x * w;
  const Variable y = sum(pow(tanh(product), 2) * product);
  CHECK(to_dot(y, {{"x", x}, {"w", w}, {"p", product}}) == R"(digraph {
  n0 [label="x\nfloat64 [2]", shape=ellipse]
  n1 [label="w\nfloat64 []", shape=ellipse]
  n2 [label="mul", shape=box]
  n0 -> n2 [label="[2]"]
  n1 -> n2 [label="[]"]
  n3 [label="tanh", shape=box]
  n2 -> n3 [label="p [2]"]
  n4 [label="2", shape=ellipse, style=dashed]
  n5 [label="pow", shape=box]
  n3 -> n5 [label="[2]"]
  n4 -> n5 [label="[]"]
  n6 [label="mul", shape=box]
  n5 -> n6 [label="[2]"]
  n2 -> n6 [label="p [2]"]
  n7 [label="sum", shape=box]
  n6 -> n7 [label="[2]"]
  result [shape=plaintext]
  n7 -> result [label="[]"]
}
)");
}

TEST_CASE("to_dot: a leaf alone, and one that is used twice") {
  const Variable x = leaf(2);
  CHECK(to_dot(x) == R"(digraph {
  n0 [label="float64 []", shape=ellipse]
  result [shape=plaintext]
  n0 -> result [label="[]"]
}
)");
  CHECK(to_dot(x + x) == R"(digraph {
  n0 [label="float64 []", shape=ellipse]
  n1 [label="add", shape=box]
  n0 -> n1 [label="[]"]
  n0 -> n1 [label="[]"]
  result [shape=plaintext]
  n1 -> result [label="[]"]
}
)");
}

TEST_CASE("to_dot: a network's parameters have their names, labels and masks are dashed") {
  nn::Linear layer(2, 1);
  const Variable picked =
      gather(layer(Variable(Tensor::ones({3, 2}))), 0, integers({2}).unsqueeze(1));
  CHECK(to_dot(picked, layer.named_parameters()) == R"(digraph {
  n0 [label="float32 [3, 2]", shape=ellipse, style=dashed]
  n1 [label="weight\nfloat32 [1, 2]", shape=ellipse]
  n2 [label="bias\nfloat32 [1]", shape=ellipse]
  n3 [label="linear", shape=box]
  n0 -> n3 [label="[3, 2]"]
  n1 -> n3 [label="[1, 2]"]
  n2 -> n3 [label="[1]"]
  n4 [label="2", shape=ellipse, style=dashed]
  n5 [label="gather", shape=box]
  n3 -> n5 [label="[3, 1]"]
  n4 -> n5 [label="[1, 1]"]
  result [shape=plaintext]
  n5 -> result [label="[1, 1]"]
}
)");
}

TEST_CASE("to_dot: quotes, backslashes and new lines in a name stay in its text") {
  const Variable x = leaf(1);
  CHECK(to_dot(x, {{"a \"b\" \\ c\nd", x}}).find(R"([label="a \"b\" \\ c\nd\nfloat64 []")") !=
        std::string::npos);
}

TEST_CASE("to_dot: the same graph gives the same text, whatever was recorded before") {
  const auto drawn = [] {
    const Variable x = leaf({1, 2}, {2});
    return to_dot(mean(exp(x) * x), {{"x", x}});
  };
  const std::string first = drawn();
  exp(leaf(1));
  CHECK(drawn() == first);
}

}  // namespace gradian::test
