// One call of a sample: the name of PyTorch's function and its arguments by name, as samples.py
// wrote them. A row of the table (functions.h) takes out the arguments it knows; what it does not
// take is an option that Gradian lacks, so that no option is ever ignored.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "losses/reduction.h"
#include "nn/module.h"
#include "tensor/conv/conv2d.h"

namespace gradian::opinfo {

// Thrown where a sample asks for something that Gradian does not have: not a mismatch, but counted.
struct LeftOut {
  std::string reason;
};

// What the calls of one sample share: its inputs, the results so far, and the other results that
// are compared, such as running statistics.
struct Evaluation {
  std::vector<Variable> inputs, results;
  std::map<std::string, Tensor> others;
};

class Call {
 public:
  // `line` is "function name=value ...".
  Call(const std::string& line, Evaluation& evaluation);

  const std::string& function() const { return function_; }
  bool has(const std::string& name) const { return arguments_.count(name) > 0; }
  bool is_number(const std::string& name) const;
  bool is_list(const std::string& name) const;

  // Each takes an argument out. Without a default it must be there, or the sample is left out.
  Variable variable(const std::string& name);           // a number becomes a scalar
  Variable optional_variable(const std::string& name);  // undefined where it is absent
  std::vector<Variable> variables(const std::string& name);
  Tensor tensor(const std::string& name);  // a constant
  Tensor optional_tensor(const std::string& name);
  double number(const std::string& name);
  double number(const std::string& name, double otherwise);
  int64_t integer(const std::string& name);
  int64_t integer(const std::string& name, int64_t otherwise);
  int axis(const std::string& name);
  int axis(const std::string& name, int otherwise);
  bool flag(const std::string& name, bool otherwise);
  std::string word(const std::string& name, const std::string& otherwise);
  Shape shape(const std::string& name);  // a number or a list
  Axes axes(const std::string& name);    // the same; none where it is absent
  Pair pair(const std::string& name);
  Pair pair(const std::string& name, Pair otherwise);
  Reduction reduction();
  // Takes the argument without using it: for what changes nothing, here or in PyTorch.
  void ignore(const std::string& name) { arguments_.erase(name); }

  // Gives the module, whose parameters become the sample's inputs, the values of the arguments
  // "parameter.<name>", and the mode that `training` says.
  void set_up(nn::Module& module);
  // Compared with the array "after.<name>".
  void report(const std::string& name, const Tensor& value) { evaluation_.others[name] = value; }

  // Throws LeftOut for an argument that was not taken, set_up's aside: losses have no parameters,
  // and a layer that refuses its options has none yet.
  void check_all_taken() const;

 private:
  std::string take(const std::string& name);
  Variable variable_of(const std::string& name, const std::string& value) const;

  std::string function_;
  std::map<std::string, std::string> arguments_;
  Evaluation& evaluation_;
};

}  // namespace gradian::opinfo
