// Formatting without locales: std::to_chars writes a point in every country.
#include "tensor/files/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "tensor/error.h"

namespace gradian::files {
namespace {

// Bytes of the UTF-8 character that `rest` begins with; 0 when it begins with none.
size_t utf8_length(std::string_view rest) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first < 0xc2   ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || rest.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // Too long a form, half of a surrogate pair, beyond the last character.
  const unsigned char second = byte(1);
  const bool excluded = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
  return excluded ? 0 : length;
}

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6), tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12), tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0);
  }
}

}  // namespace

std::string valid_utf8(std::string_view plain) {
  std::string valid;
  while (!plain.empty()) {
    const size_t length = utf8_length(plain);
    valid += length > 0 ? plain.substr(0, length) : "\xef\xbf\xbd";
    plain.remove_prefix(std::max<size_t>(length, 1));
  }
  return valid;
}

std::string json_string(std::string_view plain) {
  std::string json = "\"";
  for (const char c : valid_utf8(plain)) {
    if (c == '"' || c == '\\')
      json += {'\\', c};
    else if (c == '\n')
      json += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20)
      json += {'\\', 'u', '0', '0', c < 0x10 ? '0' : '1', "0123456789abcdef"[c & 15]};
    else
      json += c;
  }
  return json + '"';
}

std::string json_number(double value) { return std::isfinite(value) ? number_text(value) : "null"; }

template <class Number>
std::string number_text(Number number) {
  char buffer[32];  // the shortest text that reads back to the same double has at most 24
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr};
}
template <>
std::string number_text(bool flag) {
  return flag ? "1" : "0";
}

template <class Number>
bool read_number(const std::string& text, Number& number) {
  const char* const end = text.data() + text.size();
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return false;
  number = value;
  return true;
}
template <>
bool read_number(const std::string& text, bool& flag) {
  flag = text == "1";
  return flag || text == "0";
}

template std::string number_text(int64_t);
template std::string number_text(uint64_t);
template std::string number_text(double);
template bool read_number(const std::string&, int64_t&);
template bool read_number(const std::string&, uint64_t&);
template bool read_number(const std::string&, double&);

void Scanner::skip_spaces() {
  position_ = std::min(text_.find_first_not_of(" \t\n\r", position_), text_.size());
}

bool Scanner::accept_word(std::string_view wanted) {
  skip_spaces();
  if (!text_.substr(position_).starts_with(wanted)) return false;
  position_ += wanted.size();
  return true;
}

bool Scanner::accept(char wanted) { return accept_word({&wanted, 1}); }

void Scanner::expect(char wanted) {
  if (!accept(wanted)) fail_here({'\'', wanted, '\''});
}

void Scanner::end() {
  skip_spaces();
  if (!at_end()) fail_here("its end");
}

void Scanner::fail_here(const std::string& expected) {
  const std::string found =
      at_end()
          ? "its end"
          : text('\'',
                 text_.substr(position_, std::max<size_t>(utf8_length(text_.substr(position_)), 1)),
                 '\'');
  fail(name_, " byte ", position_, ": expected ", expected, ", got ", found);
}

int64_t Scanner::whole_number() {
  skip_spaces();
  const char* const begin = text_.data() + position_;
  int64_t value = 0;
  const bool has_digit = !at_end() && *begin >= '0' && *begin <= '9';
  if (!has_digit) fail_here("a whole number");
  const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  const std::string_view digits(begin, static_cast<size_t>(stop - begin));
  check(error == std::errc(), name_, " byte ", position_, ": expected a number of 64 bits, got ",
        digits);
  check(digits.size() == 1 || digits[0] != '0', name_, " byte ", position_,
        ": expected a number without leading zeros, got ", digits);
  position_ += digits.size();
  return value;
}

JsonReader::JsonReader(std::string_view text, std::string name) : Scanner(text, std::move(name)) {
  for (; !at_end(); position_ += utf8_length(text.substr(position_)))
    if (utf8_length(text.substr(position_)) == 0)
      fail(name_, " byte ", position_, ": is not UTF-8");
  position_ = 0;
}

std::string JsonReader::string() {
  expect('"');
  std::string result;
  for (;;) {
    if (at_end() || static_cast<unsigned char>(text_[position_]) < 0x20)
      fail_here("'\"' or a character that is no control");
    const char c = text_[position_++];
    if (c == '"') return result;
    if (c == '\\')
      append_utf8(result, escaped());
    else
      result += c;
  }
}

char32_t JsonReader::escaped() {
  constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  const size_t letter = at_end() ? kLetters.npos : kLetters.find(text_[position_]);
  if (letter != kLetters.npos) {
    ++position_;
    return static_cast<char32_t>(kMeanings[letter]);
  }
  const size_t begin = position_ - 1;
  if (at_end() || text_[position_] != 'u') fail_here("an escape");
  ++position_;
  const char32_t first = four_hex_digits();
  if (first < 0xd800 || first > 0xdfff) return first;
  // Characters beyond 16 bits are two: a high half and a low one.
  char32_t second = 0;
  if (first < 0xdc00 && text_.substr(position_).starts_with("\\u")) {
    position_ += 2;
    second = four_hex_digits();
  }
  check(second >= 0xdc00 && second <= 0xdfff, name_, " byte ", begin,
        ": half of a surrogate pair, expected both");
  return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

char32_t JsonReader::four_hex_digits() {
  char32_t value = 0;
  for (int i = 0; i < 4; ++i, ++position_) {
    const char c = at_end() ? ' ' : text_[position_];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) fail_here("a hexadecimal digit");
    value = value << 4 | static_cast<char32_t>(digit);
  }
  return value;
}

void JsonReader::object(const std::function<void(const std::string&)>& member) {
  std::set<std::string> keys;
  expect('{');
  if (accept('}')) return;
  do {
    const std::string key = string();
    check(keys.insert(key).second, name_, " byte ", position_, ": a second ", json_string(key));
    expect(':');
    member(key);
  } while (accept(','));
  expect('}');
}

void JsonReader::array(const std::function<void()>& element) {
  expect('[');
  if (accept(']')) return;
  do element();
  while (accept(','));
  expect(']');
}

}  // namespace gradian::files
