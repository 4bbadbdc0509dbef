#include "tensor/files/entries.h"

#include <set>

#include "tensor/kernels.h"

namespace gradian::files {
namespace {

constexpr char kAbsent[] = "none";

bool says_absent(const TensorFile& content, const Entries::Array& array) {
  const auto text = content.metadata.find(array.name);
  return !array.identity && !content.tensors.contains(array.name) &&
         text != content.metadata.end() && text->second == kAbsent;
}

// A problem more, "missing 'a', 'b'", if there are any names.
void add_names(std::vector<std::string>& problems, const char* what,
               const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += text(all.empty() ? " '" : ", '", name, '\'');
  if (!names.empty()) problems.push_back(what + all);
}

// The tensor as the array's own; undefined, and one problem more, if it does not fit.
Tensor fitted(Tensor tensor, const Entries::Array& array, bool converts,
              std::vector<std::string>& problems) {
  const Tensor& like = array.like;
  const std::string got = tensor.defined() ? text(describe(tensor)) : "undefined";
  const bool same = tensor.dtype() == like.dtype();
  const bool fits = tensor.defined() && tensor.shape() == like.shape() && (same || converts);
  try {
    if (fits) return same ? std::move(tensor).owned() : tensor.to(like.dtype());
  } catch (const Error&) {  // int64 cannot hold some number
  }
  problems.push_back(text('\'', array.name, "' is ", got,
                          fits ? " with numbers beyond those of " : ", expected ", describe(like)));
  return {};
}

}  // namespace

void Entries::value(const std::string& name, std::function<std::string()> get,
                    std::function<bool(const std::string&)> set, const std::string& expected) {
  values_.push_back({name, std::move(get), std::move(set), expected});
}

void Entries::constant(const std::string& name, const std::string& expected) {
  value(
      name, [expected] { return expected; },
      [expected](const std::string& text) { return text == expected; }, '\'' + expected + '\'');
}

TensorFile Entries::content() const {
  TensorFile content;
  for (const Array& array : arrays_)
    if (array.value.defined())
      content.tensors[array.name] = array.value;
    else
      content.metadata[array.name] = kAbsent;
  for (const Value& value : values_) content.metadata[value.name] = value.get();
  return content;
}

IncompatibleKeys Entries::compare(const TensorFile& content) const {
  IncompatibleKeys keys;
  std::set<std::string> tensors, texts;
  std::set<const void*> found;
  for (const Array& array : arrays_)
    if (content.tensors.contains(array.name)) found.insert(array.identity);
  for (const Array& array : arrays_) {
    const bool absent = says_absent(content, array);
    const bool there =
        array.identity ? found.contains(array.identity) : content.tensors.contains(array.name);
    (absent ? texts : tensors).insert(array.name);
    if (!there && !absent) keys.missing_keys.push_back(array.name);
  }
  for (const Value& value : values_) {
    texts.insert(value.name);
    if (!content.metadata.contains(value.name)) keys.missing_keys.push_back(value.name);
  }
  const auto add_unexpected = [&](const auto& entries, const std::set<std::string>& expected) {
    for (const auto& entry : entries)
      if (!expected.contains(entry.first)) keys.unexpected_keys.push_back(entry.first);
  };
  add_unexpected(content.tensors, tensors);
  add_unexpected(content.metadata, texts);
  return keys;
}

Entries::Problems Entries::set_values(const Metadata& metadata) const {
  Problems problems;
  for (const Value& value : values_)
    if (const auto found = metadata.find(value.name);
        found != metadata.end() && !value.set(found->second))
      problems.push_back(
          text('\'', value.name, "' is '", found->second, "', expected ", value.expected));
  return problems;
}

IncompatibleKeys Entries::restore(TensorFile content, bool strict, bool converts,
                                  const std::string& what) const {
  const IncompatibleKeys keys = compare(content);
  Problems problems;
  if (strict) {
    add_names(problems, "missing", keys.missing_keys);
    add_names(problems, "unexpected", keys.unexpected_keys);
  }
  std::vector<Tensor> tensors(arrays_.size());
  for (size_t i = 0; i < arrays_.size(); ++i)
    if (const auto found = content.tensors.find(arrays_[i].name); found != content.tensors.end())
      tensors[i] = fitted(std::move(found->second), arrays_[i], converts, problems);
  // Numbers are set before they are known to make sense, and set back if they do not.
  const Metadata before = this->content().metadata;
  try {
    for (const std::string& problem : set_values(content.metadata)) problems.push_back(problem);
    std::string all;
    for (const std::string& problem : problems) all += (all.empty() ? "" : "; ") + problem;
    check(problems.empty(), what, " does not fit: ", all);
    for (const auto& make_sense : checks_) make_sense();
  } catch (...) {
    set_values(before);
    throw;
  }
  for (size_t i = 0; i < arrays_.size(); ++i)
    if (tensors[i].defined() || says_absent(content, arrays_[i]))
      arrays_[i].set(std::move(tensors[i]));
  return keys;
}

}  // namespace gradian::files
