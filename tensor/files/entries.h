// What something has to keep in a file, as a list of named entries: it is both written and read, so
// that the two cannot drift apart. nn/state_dict.h and nn/checkpoint.h are made of it.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "tensor/files/json.h"
#include "tensor/files/safetensors.h"

namespace gradian::files {

// The names that only one side has, as PyTorch's load_state_dict returns them.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys, unexpected_keys;
};

class Entries {
 public:
  struct Array {
    std::string name;
    Tensor value;  // what is written; undefined: not there now
    Tensor like;   // has the shape and dtype of what is read
    std::function<void(Tensor)> set;
    // Arrays of one identity are one that has several names: each is written, one suffices to read
    // it, and the last one counts. Without one, the array may be absent, which a text of its name
    // says, so that one that was lost is missing: set() then takes an undefined one.
    const void* identity = nullptr;
  };
  void array(Array array) { arrays_.push_back(std::move(array)); }
  // A text of the metadata; `set` returns false for what is not as `expected`.
  void value(const std::string& name, std::function<std::string()> get,
             std::function<bool(const std::string&)> set, const std::string& expected = "");
  // As such a text; see number_text(). It is referred to.
  template <class Number>
  void number(const std::string& name, Number& number) {
    value(
        name, [&number] { return number_text(number); },
        [&number](const std::string& text) { return read_number(text, number); },
        std::is_integral_v<Number> ? "a whole number" : "a number");
  }
  // A text that has to be this one.
  void constant(const std::string& name, const std::string& expected);
  // `check` throws if the numbers that were read make no sense together.
  void checked_by(std::function<void()> check) { checks_.push_back(std::move(check)); }

  TensorFile content() const;  // its arrays are shared, not copied
  // Sets all, or changes nothing and fails with all that does not fit; `what` is what the error
  // calls the content. Unless `strict`, names that only one side has are left out and returned;
  // with `converts`, dtypes may differ.
  IncompatibleKeys restore(TensorFile content, bool strict, bool converts,
                           const std::string& what) const;

 private:
  struct Value {
    std::string name;
    std::function<std::string()> get;
    std::function<bool(const std::string&)> set;
    std::string expected;
  };
  using Problems = std::vector<std::string>;
  IncompatibleKeys compare(const TensorFile& content) const;
  Problems set_values(const Metadata& metadata) const;

  std::vector<Array> arrays_;
  std::vector<Value> values_;
  std::vector<std::function<void()>> checks_;
};

}  // namespace gradian::files
