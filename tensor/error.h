// The one exception type of the library, the helpers that raise it, and how a message gets the name
// of the function that the user called. It says what was wrong, what came, and what was expected:
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

// Stands first in a public function, and names it in what fails until it returns:
//   Variable softmax(const Variable& x, int axis) {
//     const Calling calling("softmax");
// Functions are made of others: the name is that of the outermost, which is the one that the user
// called. The thread pool hands it on to its workers.
class Calling {
 public:
  explicit Calling(const char* function) : outer_(current_) {
    if (!outer_) current_ = function;
  }
  ~Calling() { current_ = outer_; }
  Calling(const Calling&) = delete;
  Calling& operator=(const Calling&) = delete;

  // Null outside of all.
  static const char* current() { return current_; }

 private:
  static inline constinit thread_local const char* current_ = nullptr;
  const char* outer_;
};

template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  const std::string what = text(parts...);
  throw Error(Calling::current() ? text(Calling::current(), ": ", what) : what);
}

// Throws Error with the joined parts unless `ok`; nothing is formatted when it holds.
template <class... Parts>
void check(bool ok, const Parts&... parts) {
  if (!ok) [[unlikely]]
    fail(parts...);
}

// The same in a function that is called too often to name itself all the time: it does so when it
// fails.
template <class... Parts>
void check_in(const char* function, bool ok, const Parts&... parts) {
  if (!ok) [[unlikely]] {
    const Calling calling(function);
    fail(parts...);
  }
}

}  // namespace gradian
