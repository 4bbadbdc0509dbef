// Readable printing of tensors: nested brackets, aligned columns, long axes shortened. Numbers look
// the same in every locale.
#include <charconv>
#include <cmath>

#include "tensor/tensor.h"

namespace gradian {
namespace {

constexpr int64_t kEdge = 3;                    // elements shown at either end of a shortened axis
constexpr int64_t kFullLength = 2 * kEdge + 2;  // axes up to this length are shown whole

std::string format(const Tensor& scalar) {
  if (scalar.dtype() == DType::int64) return std::to_string(*scalar.data<int64_t>());
  if (std::isnan(scalar.item())) return "nan";  // whatever its sign
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, scalar.item(),
                                std::chars_format::general, /*precision=*/4)
                      .ptr};
}

// The indices of an axis that are shown; -1 stands for the dots.
std::vector<int64_t> shown(int64_t size) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < size; ++i) {
    if (size > kFullLength && i == kEdge) {
      indices.push_back(-1);
      i = size - kEdge;
    }
    indices.push_back(i);
  }
  return indices;
}

size_t widest(const Tensor& tensor) {
  if (tensor.dim() == 0) return format(tensor).size();
  size_t width = 0;
  for (int64_t i : shown(tensor.size(0)))
    if (i >= 0) width = std::max(width, widest(tensor.select(0, i)));
  return width;
}

void print(std::ostream& out, const Tensor& tensor, size_t width, int depth) {
  if (tensor.dim() == 0) {
    const std::string value = format(tensor);
    out << std::string(width - value.size(), ' ') << value;
    return;
  }
  const std::string separator =
      tensor.dim() == 1 ? ", " : ",\n" + std::string(static_cast<size_t>(depth) + 1, ' ');
  out << '[';
  bool first = true;
  for (int64_t i : shown(tensor.size(0))) {
    if (!first) out << separator;
    first = false;
    if (i < 0)
      out << "...";
    else
      print(out, tensor.select(0, i), width, depth + 1);
  }
  out << ']';
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  if (!tensor.defined()) return out << "undefined tensor";
  print(out, tensor, widest(tensor), 0);
  return out << "  " << tensor.dtype() << ' ' << tensor.shape();
}

}  // namespace gradian
