// The strict reader of JSON, and that it reads what is written.
#include "tensor/files/json.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/helpers.h"
#include "tests/special_values.h"

namespace gradian::test {
namespace {

using namespace files;

std::string string_of(const std::string& json) {
  JsonReader reader(json, "x");
  const std::string value = reader.string();
  reader.end();
  return value;
}

int64_t number_of(const std::string& json) {
  JsonReader reader(json, "x");
  const int64_t value = reader.whole_number();
  reader.end();
  return value;
}

TEST_CASE("strings are read with every escape, and as they were written") {
  CHECK(string_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(string_of(R"(  "\u0041\u00fC\u20AC\ud83d\ude00"  )") == "A\u00fc\u20ac\U0001f600");
  CHECK(string_of(R"("\u0000")") == std::string(1, '\0'));
  CHECK(string_of(R"("\ud800\udc00\udbff\udfff")") == "\U00010000\U0010ffff");
  std::string every;
  for (int byte = 0; byte < 128; ++byte) every += static_cast<char>(byte);
  every += "\u00fc\u07ff\u0800\uffff\U00010000";
  CHECK(string_of(json_string(every)) == every);
}

TEST_CASE("whole numbers are read up to 64 bits") {
  CHECK(number_of("0") == 0);
  CHECK(number_of(" \t\r\n9223372036854775807\n") == INT64_MAX);
}

TEST_CASE("numbers become texts that read back to the same, and no other text is one") {
  for (const double number : {0.1, -0.0, 1e300, 5e-324, kInfinity, -kInfinity, 1.0 / 3}) {
    double read = 7;
    CHECK(read_number(number_text(number), read));
    CHECK(read == number);
    CHECK(std::signbit(read) == std::signbit(number));
  }
  double read = 7;
  CHECK(read_number(number_text(kNaN), read));
  CHECK(std::isnan(read));
  CHECK(number_text(INT64_MIN) == "-9223372036854775808");
  CHECK(number_text(UINT64_MAX) == "18446744073709551615");
  uint64_t whole = 7;
  CHECK(read_number("18446744073709551615", whole));
  CHECK(whole == UINT64_MAX);
  for (const char* none : {"", " 1", "1 ", "1,5", "-1", "18446744073709551616", "x"})
    CHECK(!read_number(none, whole));
  CHECK(whole == UINT64_MAX);  // what is no number changes nothing
  bool flag = false;
  CHECK(number_text(true) == "1");
  CHECK(read_number("1", flag));
  CHECK(flag);
  CHECK(read_number("0", flag));
  CHECK(!flag);
  CHECK(!read_number("2", flag));
}

TEST_CASE("objects and arrays are read in their order, empty ones too") {
  JsonReader reader(R"({"a" : [1, 2,3], "b":[],"c":{} })", "x");
  std::string seen;
  reader.object([&](const std::string& key) {
    seen += key;
    if (key == "c")
      reader.object([&](const std::string&) { seen += "?"; });
    else
      reader.array([&] { seen += text(reader.whole_number()); });
  });
  reader.end();
  CHECK(seen == "a123bc");
}

TEST_CASE("what is not JSON is refused, with its place and what was expected") {
  const auto object = [](const std::string& json) {
    return [json] {
      JsonReader reader(json, "x");
      reader.object([&](const std::string&) { reader.whole_number(); });
      reader.end();
    };
  };
  const auto string = [](const std::string& json) { return [json] { string_of(json); }; };
  const auto number = [](const std::string& json) { return [json] { number_of(json); }; };
  const std::string no_end = "expected '\"' or a character that is no control, got ";
  check_errors({
      {object(""), "x byte 0: expected '{', got its end"},
      {object("  [1]"), "x byte 2: expected '{', got '['"},
      {object("{"), "x byte 1: expected '\"', got its end"},
      {object("{\"a\"1}"), "x byte 4: expected ':', got '1'"},
      {object("{\"a\":1,}"), "x byte 7: expected '\"', got '}'"},
      {object("{\"a\":1 \"b\":2}"), "x byte 7: expected '}', got '\"'"},
      {object("{\"a\":1,\"a\":2}"), "x byte 10: a second \"a\""},
      {object("{\"a\":1,\"\\u0061\":2}"), "x byte 15: a second \"a\""},
      {object("{}\u00fc"), "x byte 2: expected its end, got '\u00fc'"},
      {object("{\"\xff\":1}"), "x byte 2: is not UTF-8"},
      {string("'a'"), "x byte 0: expected '\"', got '''"},
      {string("\"a"), "x byte 2: " + no_end + "its end"},
      {string("\"a\n\""), "x byte 2: " + no_end + "'\n'"},
      {string("\"\\"), "x byte 2: expected an escape, got its end"},
      {string("\"\\x41\""), "x byte 2: expected an escape, got 'x'"},
      {string("\"\\u12g4\""), "x byte 5: expected a hexadecimal digit, got 'g'"},
      {string("\"\\u12"), "x byte 5: expected a hexadecimal digit, got its end"},
      {string("\"\\ud800\""), "x byte 1: half of a surrogate pair, expected both"},
      {string("\"\\udc00\\udc00\""), "x byte 1: half of a surrogate pair, expected both"},
      {string("\"\\ud800\\u0041\""), "x byte 1: half of a surrogate pair, expected both"},
      {number("-1"), "x byte 0: expected a whole number, got '-'"},
      {number("+1"), "x byte 0: expected a whole number, got '+'"},
      {number(""), "x byte 0: expected a whole number, got its end"},
      {number("1.5"), "x byte 1: expected its end, got '.'"},
      {number("1e3"), "x byte 1: expected its end, got 'e'"},
      {number("007"), "x byte 0: expected a number without leading zeros, got 007"},
      {number("9223372036854775808"),
       "x byte 0: expected a number of 64 bits, got 9223372036854775808"},
  });
}

}  // namespace
}  // namespace gradian::test
