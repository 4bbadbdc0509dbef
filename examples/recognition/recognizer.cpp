#include "examples/recognition/recognizer.h"

#include <charconv>

#include "examples/recognition/embedding_network.h"
#include "nn/state_dict.h"
#include "tensor/files/safetensors.h"

namespace gradian::examples {
namespace {

constexpr int64_t kLargest = 4096;  // more channels, pixels or features are no network of ours

template <class Number>
Number number(const Metadata& settings, const char* name, double low, double high,
              const std::string& file) {
  const auto found = settings.find(name);
  check(found != settings.end(), file, ": holds no recognizer: there is no '", name, "'");
  const std::string& written = found->second;
  Number value = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
  check(error == std::errc() && end == written.data() + written.size() &&
            static_cast<double>(value) >= low && static_cast<double>(value) <= high,
        file, ": expected '", name, "' to be a number from ", low, " to ", high, ", got '", written,
        "'");
  return value;
}

// That reads back to the same double.
std::string written(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

}  // namespace

Recognizer make_recognizer(int64_t channels, int64_t size, int64_t features) {
  return {.channels = channels,
          .size = size,
          .features = features,
          .network = embedding_network(channels, size, features)};
}

void save(const Recognizer& recognizer, const std::filesystem::path& file) {
  write_safetensors(file, nn::state_dict(recognizer.network),
                    {{"channels", std::to_string(recognizer.channels)},
                     {"size", std::to_string(recognizer.size)},
                     {"features", std::to_string(recognizer.features)},
                     {"threshold", written(recognizer.threshold)},
                     {"false_accept_rate", written(recognizer.false_accept_rate)}});
}

Recognizer load_recognizer(const std::filesystem::path& file) {
  const Metadata settings = read_safetensors_metadata(file);
  const auto size = [&](const char* name) {
    return number<int64_t>(settings, name, 1, kLargest, file.string());
  };
  const int64_t channels = size("channels"), side = size("size"), features = size("features");
  Recognizer recognizer = make_recognizer(channels, side, features);
  recognizer.threshold = number<double>(settings, "threshold", -2, 2, file.string());
  recognizer.false_accept_rate = number<double>(settings, "false_accept_rate", 0, 1, file.string());
  nn::load(recognizer.network, file);
  return recognizer;
}

}  // namespace gradian::examples
