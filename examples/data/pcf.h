// Reads bitmap fonts in X11's Portable Compiled Format, as bdftopcf writes them. The format is
// that of fontforge.org/docs/techref/pcf-format.html; what it leaves open (the order of bytes in
// bitmaps) is as in pcfread.c of X.Org's libXfont. Its name notwithstanding nothing is compressed:
// a .pcf.gz must be unpacked first. Names, properties and scalable widths are left unread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "examples/data/drawing.h"

namespace gradian::examples {

// The characters that the font has among those wanted, by code point. A code point is the font's
// own number for a character: Unicode's, if its name ends in ISO10646-1.
std::vector<Drawing> read_pcf(const std::filesystem::path& file, CodePoints wanted = {});

// The same of the bytes of a file, which errors call `file`. Every count and offset is held against
// the number of bytes before memory is taken. Bitmaps that several code points share, which no
// font has a use for, are an error where all together would take more than the file has.
std::vector<Drawing> decode_pcf(std::string_view bytes, const std::string& file,
                                CodePoints wanted = {});

}  // namespace gradian::examples
