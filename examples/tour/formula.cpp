#include "examples/tour/formula.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "autograd/ops.h"
#include "tensor/files/json.h"

namespace gradian::examples {
namespace {

using Unary = Variable (*)(const Variable&);

constexpr struct {
  const char* name;
  Unary function;
} kFunctions[] = {
    {"abs", abs},
    {"acos", acos},
    {"cos", cos},
    {"erf", erf},
    {"exp", exp},
    {"gelu", [](const Variable& x) { return gelu(x); }},
    {"log", log},
    {"log1p", log1p},
    {"max", [](const Variable& x) { return max(x); }},
    {"mean", [](const Variable& x) { return mean(x); }},
    {"min", [](const Variable& x) { return min(x); }},
    {"norm", [](const Variable& x) { return norm(x); }},
    {"relu", relu},
    {"sigmoid", sigmoid},
    {"silu", silu},
    {"sin", sin},
    {"softmax", [](const Variable& x) { return softmax(x, -1); }},
    {"softplus", softplus},
    {"sqrt", sqrt},
    {"square", square},
    {"sum", [](const Variable& x) { return sum(x); }},
    {"tanh", tanh},
};

using Binary = Variable (*)(VariableOrNumber, VariableOrNumber);

Function joined(Binary f, Function a, Function b) {
  return [=](const Inputs& in) { return f(a(in), b(in)); };
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Each method reads the longest piece of its kind. It may call itself as often as the text has
// bytes.
class FormulaReader : files::Scanner {
 public:
  explicit FormulaReader(const std::string& text) : Scanner(text, "formula") {}

  Formula formula() {
    Function function = sum_of_terms();
    if (skip_spaces(); !at_end()) fail_here("an operator or its end");
    check(!names_.empty(), "formula: there is no variable in it, such as x");
    return {names_, function};
  }

 private:
  Function sum_of_terms() {
    Function left = term();
    for (;;) {
      if (accept('+'))
        left = joined(add, left, term());
      else if (accept('-'))
        left = joined(sub, left, term());
      else
        return left;
    }
  }

  Function term() {
    Function left = factor();
    for (;;) {
      if (accept('*'))
        left = joined(mul, left, factor());
      else if (accept('/'))
        left = joined(div, left, factor());
      else
        return left;
    }
  }

  Function factor() {
    if (accept('-')) return [x = factor()](const Inputs& in) { return neg(x(in)); };
    const Function base = operand();
    return accept('^') ? joined(pow, base, factor()) : base;
  }

  Function operand() {
    skip_spaces();
    const char next = at_end() ? '\0' : text_[position_];
    if (is_digit(next) || next == '.') return number();
    if (is_letter(next)) return variable_or_call();
    if (!accept('(')) fail_here("a number, a name or '('");
    const Function inner = sum_of_terms();
    expect(')');
    return inner;
  }

  Function number() {
    double value = 0;
    const char* const begin = text_.data() + position_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) fail_here("a number of 64 bits");
    position_ += static_cast<size_t>(end - begin);
    return [=](const Inputs&) { return Variable(Tensor::scalar(value, DType::float64)); };
  }

  Function variable_or_call() {
    const size_t begin = position_;
    while (!at_end() && (is_letter(text_[position_]) || is_digit(text_[position_]))) ++position_;
    const std::string name(text_.substr(begin, position_ - begin));
    if (accept('(')) {
      const auto found =
          std::ranges::find_if(kFunctions, [&](const auto& known) { return known.name == name; });
      check(found != std::end(kFunctions), "formula byte ", begin, ": there is no function ", name,
            ", only ", formula_functions());
      const Function inner = sum_of_terms();
      expect(')');
      return [f = found->function, inner](const Inputs& in) { return f(inner(in)); };
    }
    const auto found = std::ranges::find(names_, name);
    const auto place = static_cast<size_t>(found - names_.begin());
    if (found == names_.end()) names_.push_back(name);
    return [=](const Inputs& in) { return in[place]; };
  }

  std::vector<std::string> names_;
};

}  // namespace

Formula parse_formula(const std::string& text) {
  constexpr size_t kLongest = 1000;
  check(text.size() <= kLongest, "formula: expected at most ", kLongest, " bytes, got ",
        text.size());
  return FormulaReader(text).formula();
}

std::string formula_functions() {
  std::string all;
  for (const auto& known : kFunctions) all += (all.empty() ? "" : ", ") + std::string(known.name);
  return all;
}

Tensor parse_numbers(const std::string& text, const std::string& name) {
  std::vector<double> numbers;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    double value = 0;
    check(files::read_number(text.substr(begin, end - begin), value), name,
          ": expected numbers such as 0.5,1, got '", text, "'");
    numbers.push_back(value);
    begin = end + 1;
  }
  return numbers.size() == 1 ? Tensor::scalar(numbers[0], DType::float64)
                             : Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
}

}  // namespace gradian::examples
