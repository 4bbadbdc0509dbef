// The JSON (RFC 8259) of headers and reports: strings and numbers written, and a strict reader of
// objects, arrays, strings and whole numbers. No more of it: nothing here needs fractions or null.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace gradian::files {

// The text with U+FFFD in the place of every byte that is not UTF-8.
std::string valid_utf8(std::string_view plain);

// A string in its quotes; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view plain);
// A number that reads back to the same double; what is not finite is null.
std::string json_number(double value);

// Any number as a text that reads back to the same, infinities and NaN too; and back, false unless
// the whole text is one. For int64_t, uint64_t, double, and bool as 0 or 1.
template <class Number>
std::string number_text(Number number);
template <class Number>
bool read_number(const std::string& text, Number& number);

// Goes through a text from its begin to its end; each call takes one piece of it, or fails: "<name>
// byte 7: expected ':', got '}'".
class Scanner {
 public:
  Scanner(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  void expect(char wanted);  // spaces before it are left out, here and in all that follows
  bool accept(char wanted);
  bool accept_word(std::string_view wanted);
  int64_t whole_number();  // not negative, with no sign
  void end();
  [[noreturn]] void fail_here(const std::string& expected);

 protected:
  bool at_end() const { return position_ >= text_.size(); }
  void skip_spaces();

  std::string_view text_;
  size_t position_ = 0;
  std::string name_;
};

class JsonReader : public Scanner {
 public:
  // Fails unless the text is UTF-8.
  JsonReader(std::string_view text, std::string name);

  std::string string();
  // Calls member(key) at each value, which that has to take. A key that comes twice is an error.
  void object(const std::function<void(const std::string& key)>& member);
  // Calls element() at each element.
  void array(const std::function<void()>& element);

 private:
  char32_t escaped();
  char32_t four_hex_digits();
};

}  // namespace gradian::files
