// Numbers and strings as programs write them, in every locale alike.
// Knows of no report: what is written where is up to those who call.
#pragma once

#include <string>

namespace gradian::examples {

// With this many digits after the point: fixed(1.5, 2) is "1.50". What is not finite is "n/a".
std::string fixed(double value, int digits);

// With `<`, `>`, `&` and both quotes escaped for HTML and SVG. Bytes that are no UTF-8, as the
// names of files may have, become U+FFFD.
std::string escape_markup(const std::string& plain);

// The two lower-case digits of a byte.
std::string hex(unsigned char byte);

// A word as a shell reads it back: it's -> 'it'\''s'.
std::string shell_quoted(const std::string& word);

// Columns that UTF-8 text of one-column characters takes.
size_t display_width(const std::string& utf8);

// "arcface" for "ArcFace": ASCII letters only, in every locale.
std::string lowercase(std::string word);

}  // namespace gradian::examples
