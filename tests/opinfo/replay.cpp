#include "tests/opinfo/replay.h"

#include "autograd/ops.h"
#include "tests/opinfo/functions.h"
#include "tests/parity/mismatch.h"

namespace gradian::opinfo {
namespace {

constexpr double kTolerance = 1e-10;  // times the largest entry
// What is left of numbers around 1 that cancel, as in the gradients of a softmax near 0 or 1.
constexpr double kRounding = 1e-14;

// The arrays of one sample.
class Arrays {
 public:
  Arrays(const SampleFile& file, const Sample& sample) : file_(file), prefix_(sample.id + '.') {}

  const Tensor* find(const std::string& key) const {
    const auto found = file_.arrays.find(prefix_ + key);
    return found == file_.arrays.end() ? nullptr : &found->second;
  }
  Variable get(const std::string& key, Layout layout, bool requires_grad = false) const {
    return Variable(laid_out(file_.arrays.at(prefix_ + key), layout), requires_grad);
  }
  // Of the results: all but what the sample was given.
  std::map<std::string, Tensor> results() const {
    std::map<std::string, Tensor> found;
    auto entry = file_.arrays.lower_bound(prefix_);
    for (; entry != file_.arrays.end() && entry->first.starts_with(prefix_); ++entry) {
      const std::string key = entry->first.substr(prefix_.size());
      if (!key.starts_with("in") && !key.starts_with("direction") && key != "cotangent")
        found.emplace(key, entry->second);
    }
    return found;
  }

 private:
  const SampleFile& file_;
  std::string prefix_;
};

using Results = std::map<std::string, Tensor>;

Variable run_calls(const Sample& sample, Evaluation& evaluation) {
  for (const std::string& line : sample.calls) {
    Call call(line, evaluation);
    const auto row = table().find(call.function());
    check(row != table().end(), "opinfo: no row for ", call.function(), " in the tables");
    Variable result;
    try {
      result = row->second(call);
    } catch (const Error&) {
      call.check_all_taken();  // what is refused may be an option that was not even passed on
      throw;
    }
    call.check_all_taken();
    evaluation.results.push_back(result);
  }
  return evaluation.results.back();
}

Tensor value_or_zeros(const Variable& gradient, const Variable& source) {
  return gradient.defined() ? gradient.value() : Tensor::zeros(source.shape(), source.dtype());
}

// The gradients of sum(v * y), undefined where y does not depend on a source.
std::vector<Variable> gradients(const Variable& y, const std::vector<Variable>& sources,
                                const Variable& v, bool create_graph) {
  if (!y.requires_grad()) return std::vector<Variable>(sources.size());
  return grad({y}, sources, {v}, create_graph);
}

// `numbers` are those of the inputs that have a gradient.
void differentiate(const Variable& out, const std::vector<Variable>& inputs, const Arrays& arrays,
                   const std::vector<size_t>& numbers, Layout layout, Results& results) {
  std::vector<Variable> sources;
  for (size_t i : numbers) sources.push_back(inputs[i]);
  const bool second_order = arrays.find("second_v") != nullptr;
  const Variable v = arrays.get("cotangent", layout, second_order);
  const std::vector<Variable> first = gradients(out, sources, v, second_order);
  Variable total(Tensor::scalar(0, out.dtype()));
  for (size_t i = 0; i < numbers.size(); ++i) {
    results[text("grad", numbers[i])] = value_or_zeros(first[i], sources[i]);
    if (second_order && first[i].defined())
      total = total + sum(first[i] * arrays.get(text("direction", numbers[i]), layout));
  }
  if (!second_order) return;
  sources.push_back(v);
  const Variable one(Tensor::scalar(1, out.dtype()));
  const std::vector<Variable> second = gradients(total, sources, one, false);
  for (size_t i = 0; i < numbers.size(); ++i)
    results[text("second", numbers[i])] = value_or_zeros(second[i], sources[i]);
  results["second_v"] = value_or_zeros(second.back(), v);
}

Results evaluate(const Sample& sample, const Arrays& arrays, Layout layout) {
  Evaluation evaluation;
  std::vector<size_t> differentiable;
  for (size_t i = 0; arrays.find(text("in", i)); ++i) {
    const bool has_gradient = arrays.find(text("grad", i)) != nullptr;
    evaluation.inputs.push_back(arrays.get(text("in", i), layout, has_gradient));
    if (has_gradient) differentiable.push_back(i);
  }
  const Variable out = run_calls(sample, evaluation);
  Results results{{"out", out.value()}};
  for (const auto& [name, value] : evaluation.others) results["after." + name] = value;
  if (!differentiable.empty())
    differentiate(out, evaluation.inputs, arrays, differentiable, layout, results);
  return results;
}

// One of our results, undefined if there is none, against PyTorch's.
void compare(const Tensor& ours, const Tensor& theirs, Difference difference, Outcome& outcome) {
  if (!ours.defined()) {
    difference.text = "is missing";
  } else if (ours.shape() != theirs.shape()) {
    difference.text = text("has shape ", ours.shape(), ", expected ", theirs.shape());
  } else {
    difference.ours = ours.to_vector<double>();
    difference.theirs = theirs.to_vector<double>();
    difference.text = mismatch(difference.ours, difference.theirs);
  }
  if (!difference.text.empty()) outcome.differences.push_back(std::move(difference));
}

void replay_value(const Sample& sample, const Arrays& arrays, Layout layout, Outcome& outcome) {
  Results ours = evaluate(sample, arrays, layout);
  for (const auto& [key, theirs] : arrays.results())
    compare(ours[key], theirs, {name(layout), key, "", {}, {}}, outcome);
}

Difference refusal(Layout layout, const std::string& text) {
  return {name(layout), "refusal", text, {}, {}};
}

// Of a function on floating numbers, by an error that says so.
bool is_whole_number_refused(const Sample& sample, const std::string& error) {
  return sample.number.starts_with("int64.") && error.find("int64") != std::string::npos &&
         error.find("float32 or float64") != std::string::npos;
}

}  // namespace

std::string mismatch(const std::vector<double>& ours, const std::vector<double>& theirs) {
  return parity::mismatch(ours, theirs, kTolerance, kRounding);
}

Outcome replay(const Sample& sample, const SampleFile& file) {
  const Arrays arrays(file, sample);
  Outcome outcome;
  for (const Layout layout : kLayouts) {
    try {
      if (sample.refused) {
        evaluate(sample, arrays, layout);
        outcome.differences.push_back(refusal(layout, "PyTorch refuses this"));
      } else {
        replay_value(sample, arrays, layout, outcome);
      }
    } catch (const LeftOut& left_out) {
      return {left_out.reason, {}};
    } catch (const Error& error) {
      if (is_whole_number_refused(sample, error.what()))
        return {"dtype int64, which is refused", {}};
      if (!sample.refused) outcome.differences.push_back(refusal(layout, error.what()));
    } catch (const std::exception& error) {
      outcome.differences.push_back(refusal(layout, text("not a gradian::Error: ", error.what())));
    }
  }
  return outcome;
}

}  // namespace gradian::opinfo
