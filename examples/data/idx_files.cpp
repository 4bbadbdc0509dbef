// Takes the names of the folder's files apart and looks for each kind among them.
#include "examples/data/idx_files.h"

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "examples/program/text.h"
#include "tensor/error.h"

namespace gradian::examples {
namespace {

namespace fs = std::filesystem;

struct Kind {
  const char *what, *example;
  std::vector<std::string> words;  // one of them stands before the type
};

const Kind kTrainImages{"training images", "train-images-idx3-ubyte", {"train-images"}};
const Kind kTrainLabels{"training labels", "train-labels-idx1-ubyte", {"train-labels"}};
const Kind kTestImages{"test images", "t10k-images-idx3-ubyte", {"t10k-images", "test-images"}};
const Kind kTestLabels{"test labels", "t10k-labels-idx1-ubyte", {"t10k-labels", "test-labels"}};
const Kind* const kKinds[] = {&kTrainImages, &kTrainLabels, &kTestImages, &kTestLabels};

// "emnist-letters-train-images-idx3-ubyte.gz": packed training images with the prefix
// "emnist-letters-".
struct IdxFile {
  std::string name, prefix;
  const Kind* kind;
  bool packed;
};

std::optional<IdxFile> recognised(const std::string& name) {
  const bool packed = name.ends_with(".gz");
  const std::string plain = packed ? name.substr(0, name.size() - 3) : name;
  for (const char* type :
       {"-idx3-ubyte", ".idx3-ubyte", "-idx1-ubyte", ".idx1-ubyte", "-idx2-int", ".idx2-int"})
    for (const Kind* kind : kKinds)
      for (const std::string& word : kind->words)
        if (const std::string ending = word + type; plain.ends_with(ending))
          return IdxFile{name, plain.substr(0, plain.size() - ending.size()), kind, packed};
  return std::nullopt;
}

// In alphabetical order, those that begin with `beginning`.
std::vector<std::string> names_in(const fs::path& folder, const std::string& beginning) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(beginning)) names.push_back(name);
  }
  check(!error, folder.string(), ": cannot be listed: ", error.message());
  std::sort(names.begin(), names.end());
  return names;
}

// "a, b and 3 more"
std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kMost = 8;
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kMost); ++i) list += (i ? ", " : "") + names[i];
  return names.size() <= kMost ? list : text(list, " and ", names.size() - kMost, " more");
}

// The files of a folder that may be meant.
class Folder {
 public:
  explicit Folder(const fs::path& source) {
    std::error_code error;
    const bool is_folder = fs::is_directory(source, error);
    folder_ = is_folder ? source : source.parent_path();
    beginning_ = is_folder ? "" : source.filename().string();
    if (folder_.empty()) folder_ = ".";
    if (is_folder || (!beginning_.empty() && fs::is_directory(folder_, error)))
      names_ = names_in(folder_, beginning_);
    check(is_folder || !names_.empty(), source.string(),
          ": expected a folder of IDX files, or one and the beginning of the files' names");
    for (const std::string& name : names_)
      if (const auto file = recognised(name)) files_.push_back(*file);
  }

  IdxFiles find() const {
    return {one(kTrainImages), one(kTrainLabels), one(kTestImages), one(kTestLabels),
            data_set_name(only_prefix())};
  }

 private:
  std::string where() const { return (folder_ / beginning_).string(); }

  fs::path one(const Kind& kind) const {
    std::vector<std::string> plain, packed;
    for (const IdxFile& file : files_)
      if (file.kind == &kind) (file.packed ? packed : plain).push_back(file.name);
    only_prefix();
    check(plain.size() <= 1, where(), ": expected one file of ", kind.what, ", found ",
          listed(plain));
    if (plain.size() == 1) return folder_ / plain[0];
    check(packed.empty(), where(), ": holds ", listed(packed),
          ", to be unpacked first: ", command_to_unpack(packed));
    fail(where(), ": no file of ", kind.what, " such as ", kind.example, "; ",
         names_.empty() ? "the folder is empty" : "there are " + listed(names_));
  }

  // Of all unpacked files. Those of two sets must not be taken for one.
  std::string only_prefix() const {
    std::set<std::string> prefixes;
    for (const IdxFile& file : files_)
      if (!file.packed) prefixes.insert(file.prefix);
    if (prefixes.empty()) return "";
    std::string sets;
    for (const std::string& prefix : prefixes) sets += (sets.empty() ? "" : ", ") + prefix + "...";
    check(prefixes.size() == 1, where(), ": holds several data sets: ", sets,
          "; name one by how its files begin, such as ",
          shell_quoted((folder_ / *prefixes.rbegin()).string()));
    return *prefixes.begin();
  }

  // "emnist-letters" of files that begin so, or the folder's name, also of "data/mnist/" and ".".
  std::string data_set_name(std::string prefix) const {
    prefix.erase(prefix.find_last_not_of("-_.") + 1);
    if (!prefix.empty()) return prefix;
    std::error_code error;
    fs::path full = fs::weakly_canonical(folder_, error);
    if (error) full = folder_;
    return (full.has_filename() ? full : full.parent_path()).filename().string();
  }

  // All at once, unless some are unpacked already: gunzip would ask what to do with them.
  std::string command_to_unpack(const std::vector<std::string>& packed) const {
    if (std::all_of(files_.begin(), files_.end(), [](auto& file) { return file.packed; }))
      return text("gunzip -k ", shell_quoted(where()), "*.gz");
    std::string command = "gunzip -k";
    for (const std::string& name : packed) command += ' ' + shell_quoted((folder_ / name).string());
    return command;
  }

  fs::path folder_;
  std::string beginning_;           // of the names of the files that may be meant
  std::vector<std::string> names_;  // of all of those
  std::vector<IdxFile> files_;      // the IDX files among them
};

}  // namespace

IdxFiles find_idx_files(const fs::path& source) { return Folder(source).find(); }

}  // namespace gradian::examples
