// A global locale as a program may have set it: 0.5 is "0,5" there and 1000 "1.000".
#pragma once

#include <locale>
#include <string>

namespace gradian::test {

class GermanLocale {
 public:
  GermanLocale() : before_(std::locale::global(std::locale(std::locale(), new Punctuation))) {}
  ~GermanLocale() { std::locale::global(before_); }
  GermanLocale(const GermanLocale&) = delete;
  GermanLocale& operator=(const GermanLocale&) = delete;

 private:
  struct Punctuation : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale before_;
};

}  // namespace gradian::test
