// The one exception type of the library and the helper that raises it.
// A message names the op or file, what came, and what was expected:
//   matmul: inner dimensions differ: a [2, 3], b [4, 5]
#pragma once

#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

namespace gradian {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Joins the parts (anything that streams) into one text, the same in every locale: a program's
// global one may write 0.5 as "0,5" and 1000 as "1.000".
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  (out << ... << parts);
  return out.str();
}

template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(text(parts...));
}

// Throws Error with the joined parts unless `ok`; nothing is formatted when it holds.
template <class... Parts>
void check(bool ok, const Parts&... parts) {
  if (!ok) [[unlikely]]
    fail(parts...);
}

// For a function that is made of others: passes on what they threw as its own error, so that the
// text begins with the name that the user called. It stands behind the whole body:
//   Variable softmax(const Variable& x, int axis) try {
//     return exp(log_softmax(x, axis));
//   } catch (const Error& error) {
//     fail_as("softmax", error);
//   }
[[noreturn]] inline void fail_as(const char* function, const Error& error) {
  const std::string what = error.what();
  const size_t colon = what.find(": ");
  const bool names_a_function =
      colon != std::string::npos &&
      what.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-*/=") ==
          colon;
  fail(function, ": ", names_a_function ? what.substr(colon + 2) : what);
}

}  // namespace gradian
