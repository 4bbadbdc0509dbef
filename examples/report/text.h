// Numbers and strings as the reports write them, in every locale alike.
// Knows of no report: what is written where is up to table.h, html.h and json.h.
#pragma once

#include <filesystem>
#include <string>

namespace gradian::examples {

// With this many digits after the point: fixed(1.5, 2) is "1.50". What is not finite is "n/a".
std::string fixed(double value, int digits);

// With `<`, `>`, `&` and both quotes escaped for HTML and SVG.
std::string escape_markup(const std::string& plain);

// Columns that UTF-8 text of one-column characters takes.
size_t display_width(const std::string& utf8);

// Makes the file's folder if need be and fails, naming the file, unless it can be written. Leaves
// what is in it; for the start of a program that writes at its end.
void check_writable(const std::filesystem::path& file);

// Writes a whole file, making its folder if need be. Fails, naming the file, unless all is written.
void write_file(const std::filesystem::path& file, const std::string& content);

}  // namespace gradian::examples
