#include "tensor/files/protobuf.h"

#include <utility>

#include "tensor/files/elements.h"

namespace gradian::files {
namespace {

std::string varint(int64_t value) {
  std::string bytes;
  auto rest = static_cast<uint64_t>(value);
  for (; rest >= 0x80; rest >>= 7) bytes.push_back(static_cast<char>(rest | 0x80));
  bytes.push_back(static_cast<char>(rest));
  return bytes;
}

}  // namespace

void Message::append(std::string_view bytes) {
  if (pieces_.empty() || !std::holds_alternative<std::string>(pieces_.back()))
    pieces_.emplace_back(std::string());
  std::get<std::string>(pieces_.back()) += bytes;
  size_ += static_cast<int64_t>(bytes.size());
}

Message& Message::key(int field, int type, int64_t value) {
  append(varint(8 * field + type));
  append(varint(value));
  return *this;
}

Message& Message::number(int field, int64_t value) { return key(field, 0, value); }

Message& Message::text(int field, std::string_view text) {
  key(field, 2, static_cast<int64_t>(text.size()));
  append(text);
  return *this;
}

Message& Message::numbers(int field, const std::vector<int64_t>& values) {
  std::string packed;
  for (const int64_t value : values) packed += varint(value);
  return text(field, packed);
}

Message& Message::array(int field, const Tensor& contiguous) {
  const auto count = static_cast<int64_t>(bytes_of(contiguous).size());
  key(field, 2, count);
  pieces_.emplace_back(contiguous);
  size_ += count;
  return *this;
}

Message& Message::message(int field, Message inner) {
  key(field, 2, inner.size_);
  for (auto& piece : inner.pieces_)
    if (const auto* bytes = std::get_if<std::string>(&piece))
      append(*bytes);
    else
      pieces_.push_back(std::move(piece)),
          size_ += static_cast<int64_t>(bytes_of(std::get<Tensor>(pieces_.back())).size());
  return *this;
}

void Message::write_to(const std::function<void(std::string_view)>& write) const {
  for (const auto& piece : pieces_)
    if (const auto* bytes = std::get_if<std::string>(&piece))
      write(*bytes);
    else
      write(bytes_of(std::get<Tensor>(piece)));
}

}  // namespace gradian::files
