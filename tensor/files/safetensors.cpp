#include "tensor/files/safetensors.h"

#include <algorithm>
#include <optional>

#include "tensor/files/elements.h"
#include "tensor/files/json.h"

namespace gradian {
namespace {

using namespace files;

constexpr int64_t kLengthBytes = 8, kMaxHeader = 100'000'000;  // as Hugging Face's reader has it
constexpr char kMetadata[] = "__metadata__";

const ElementCodes& codes() {
  static const ElementCodes all{{"F64", Element::f64}, {"F32", Element::f32},
                                {"F16", Element::f16}, {"BF16", Element::bf16},
                                {"I64", Element::i64}, {"I32", Element::i32},
                                {"I16", Element::i16}, {"I8", Element::i8},
                                {"U8", Element::u8},   {"BOOL", Element::boolean}};
  return all;
}

// What the header says of one array, in bytes of the data behind the header.
struct Entry {
  std::string name, code;
  std::vector<int64_t> shape;
  int64_t begin, end;
};

std::string name_of(const std::string& array, const std::string& file) {
  return text(file, ": array ", json_string(array));
}

struct Header {
  std::vector<Entry> entries;  // in the order of the data
  Metadata metadata;
  int64_t data_begin, data_bytes;
};

std::vector<int64_t> whole_numbers(JsonReader& json) {
  std::vector<int64_t> numbers;
  json.array([&] { numbers.push_back(json.whole_number()); });
  return numbers;
}

Entry read_entry(JsonReader& json, const std::string& file, const std::string& name) {
  std::optional<std::string> code;
  std::optional<std::vector<int64_t>> shape, offsets;
  const std::string array = name_of(name, file) + ": ";
  json.object([&](const std::string& key) {
    if (key == "dtype")
      code = json.string();
    else if (key == "shape")
      shape = whole_numbers(json);
    else if (key == "data_offsets")
      offsets = whole_numbers(json);
    else
      fail(array, "has ", json_string(key), ", expected dtype, shape and data_offsets");
  });
  check(code && shape && offsets, array, "has no ",
        !code    ? "dtype"
        : !shape ? "shape"
                 : "data_offsets",
        ", expected dtype, shape and data_offsets");
  check(offsets->size() == 2, array, "has ", offsets->size(), " data_offsets, expected 2");
  return {name, *code, *shape, (*offsets)[0], (*offsets)[1]};
}

// Each byte of the data is of one array.
void check_filled(const Header& header, const std::string& file) {
  int64_t filled = 0;
  for (const Entry& entry : header.entries) {
    const std::string array = name_of(entry.name, file) + ": ";
    check(entry.begin <= entry.end && entry.end <= header.data_bytes, array, "its data_offsets [",
          entry.begin, ", ", entry.end, "] lie outside the ", header.data_bytes, " bytes of data");
    check(entry.begin == filled, array, "begins at byte ", entry.begin,
          " of the data, expected at ", filled, ", where the one before it ends");
    filled = entry.end;
  }
  check(filled == header.data_bytes, file, ": the arrays end at byte ", filled,
        " of the data, expected at ", header.data_bytes, ", where the file ends");
}

Header read_header(const Input& file) {
  check(file.size() >= kLengthBytes, file.name(), ": has ", file.size(),
        " bytes, expected at least ", kLengthBytes);
  uint64_t length = 0;
  file.read(0, kLengthBytes, &length);
  check(length <= uint64_t{kMaxHeader}, file.name(), ": its header has ", length,
        " bytes, expected at most ", kMaxHeader);
  Header header;
  header.data_begin = kLengthBytes + static_cast<int64_t>(length);
  header.data_bytes = file.size() - header.data_begin;
  check(header.data_bytes >= 0, file.name(), ": its header has ", length, " bytes, but only ",
        file.size() - kLengthBytes, " follow");
  std::string members(length, '\0');
  file.read(kLengthBytes, static_cast<int64_t>(length), members.data());
  JsonReader json(members, file.name() + ": header");
  json.object([&](const std::string& key) {
    if (key == kMetadata)
      json.object([&](const std::string& name) { header.metadata[name] = json.string(); });
    else
      header.entries.push_back(read_entry(json, file.name(), key));
  });
  json.end();
  std::stable_sort(header.entries.begin(), header.entries.end(),
                   [](const Entry& a, const Entry& b) {
                     return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
                   });
  check_filled(header, file.name());
  return header;
}

}  // namespace

TensorFile read_safetensors(const std::filesystem::path& path) {
  const Calling calling("read_safetensors");
  const Input file(path);
  Header header = read_header(file);
  // All of them are checked before the first is read.
  std::vector<Element> elements;
  std::vector<Shape> shapes;
  for (const Entry& entry : header.entries) {
    const std::string array = name_of(entry.name, file.name());
    elements.push_back(element_named(entry.code, codes(), array));
    shapes.push_back(checked_shape(entry.shape, elements.back(), entry.end - entry.begin, array));
  }
  TensorFile content{{}, std::move(header.metadata)};
  for (size_t i = 0; i < elements.size(); ++i) {
    const Entry& entry = header.entries[i];
    content.tensors[entry.name] =
        read_elements(file, header.data_begin + entry.begin, elements[i], shapes[i]);
  }
  return content;
}

Metadata read_safetensors_metadata(const std::filesystem::path& path) {
  const Calling calling("read_safetensors_metadata");
  return read_header(Input(path)).metadata;
}

// Elements of 8 bytes stand before those of 4, so that each array begins at a multiple of its own.
void write_safetensors(const std::filesystem::path& file,
                       const std::map<std::string, Tensor>& tensors, const Metadata& metadata) {
  const Calling calling("write_safetensors");
  std::string header, members;
  for (const auto& [key, value] : metadata) {
    check(valid_utf8(key) == key && valid_utf8(value) == value, "the text ", json_string(value),
          " of ", json_string(key), " is not UTF-8");
    members += text(members.empty() ? "" : ",", json_string(key), ':', json_string(value));
  }
  if (!metadata.empty()) header = text('"', kMetadata, "\":{", members, '}');
  std::vector<const Tensor*> order;
  int64_t offset = 0;
  for (const int64_t size : {8, 4})
    for (const auto& [name, tensor] : tensors) {
      check(tensor.defined(), "the tensor ", json_string(name), " is undefined");
      check(name != kMetadata, "no tensor can have the name ", kMetadata);
      check(valid_utf8(name) == name, "the name ", json_string(name), " is not UTF-8");
      if (element_size(tensor.dtype()) != size) continue;
      const char* const code = tensor.dtype() == DType::float64   ? "F64"
                               : tensor.dtype() == DType::float32 ? "F32"
                                                                  : "I64";
      std::string shape = text(tensor.shape());
      std::erase(shape, ' ');
      const int64_t begin = offset;
      offset += tensor.numel() * size;
      header += text(header.empty() ? "" : ",", json_string(name), ":{\"dtype\":\"", code,
                     "\",\"shape\":", shape, ",\"data_offsets\":[", begin, ',', offset, "]}");
      order.push_back(&tensor);
    }
  header = text('{', header, '}');
  header.resize(static_cast<size_t>(round_up(static_cast<int64_t>(header.size()), 8)), ' ');
  check(static_cast<int64_t>(header.size()) <= kMaxHeader, file.string(), ": its header has ",
        header.size(), " bytes, expected at most ", kMaxHeader);
  const uint64_t length = header.size();
  write_file(file, [&](const Write& write) {
    write({reinterpret_cast<const char*>(&length), sizeof length});
    write(header);
    for (const Tensor* tensor : order) write(bytes_of(tensor->contiguous()));
  });
}

}  // namespace gradian
