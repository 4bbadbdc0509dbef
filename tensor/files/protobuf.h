// Writes protocol buffers, the encoding of ONNX files (protobuf.dev/programming-guides/encoding). A
// message is a list of fields. Each is a key, 8 * its number + how its value is written, and that:
//   0  a whole number as a varint: seven bits a byte, the lowest first, the top bit set in each
//      but the last; a negative one as its 64 bits
//   2  bytes, their count before them: a text, an array, packed numbers, a message in the message
// What the numbers of fields mean is said elsewhere (onnx.cpp). Reads nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace gradian::files {

class Message {
 public:
  Message& number(int field, int64_t value);
  Message& text(int field, std::string_view text);
  Message& numbers(int field, const std::vector<int64_t>& values);
  Message& message(int field, Message inner);
  // The elements of a contiguous tensor, which is kept and not copied.
  Message& array(int field, const Tensor& contiguous);

  int64_t size() const { return size_; }
  // The bytes, piece by piece.
  void write_to(const std::function<void(std::string_view)>& write) const;

 private:
  Message& key(int field, int type, int64_t value);
  void append(std::string_view bytes);

  std::vector<std::variant<std::string, Tensor>> pieces_;
  int64_t size_ = 0;
};

}  // namespace gradian::files
