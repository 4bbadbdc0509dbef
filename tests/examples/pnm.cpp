// The reader of PGM and PPM files: every format, and the error of every way in which one can be
// wrong.
#include "examples/data/pnm.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/helpers.h"

using namespace gradian;
using namespace gradian::examples;

namespace {

using namespace std::string_literals;

std::string error_of_pnm(const std::string& bytes) {
  return test::error_of([&] { decode_pnm(bytes, "f"); });
}

}  // namespace

TEST_CASE("grey and coloured images read back, as text and as bytes, from 0 to 255") {
  struct Case {
    std::string bytes;
    Shape shape;
    std::vector<double> pixels;
  };
  for (const Case& it : {
           Case{"P2 3 2 255 0 1 2 3 4 255", {1, 2, 3}, {0, 1, 2, 3, 4, 255}},
           {"P2\n# by hand\n2#wide\n 1\r\n5\t0 # black\n5#white", {1, 1, 2}, {0, 255}},
           {"P5\n3 2\n255\n" + "\0\1\2\3\4\xff"s, {1, 2, 3}, {0, 1, 2, 3, 4, 255}},
           {"P5 # a comment\n#and one\n 2 1 # 3 4\n51 " + "\0\x33"s, {1, 1, 2}, {0, 255}},
           {"P5 2 1 65535\n" + "\x80\x80\xff\xff"s, {1, 1, 2}, {128, 255}},
           {"P5 1 1 256\n" + "\1\0"s, {1, 1, 1}, {255}},
           {"P5 1 1 255\n" + "\n\n"s, {1, 1, 1}, {10}},  // the second is behind the image
           {"P3 1 2 15 0 1 2 3 4 15", {3, 2, 1}, {0, 51, 17, 68, 34, 255}},
           {"P6 2 1 255\n\1\2\3\4\5\6", {3, 1, 2}, {1, 4, 2, 5, 3, 6}},
       }) {
    CAPTURE(it.bytes);
    const Tensor image = decode_pnm(it.bytes, "f");
    CHECK(image.shape() == it.shape);
    test::check_values(image, it.pixels, 1e-4);
  }
}

TEST_CASE("white is 255 exactly, whatever number the file has for it") {
  for (int white = 1; white <= 65535; white += white < 1000 ? 1 : 97)
    CHECK(decode_pnm(text("P2 1 1 ", white, ' ', white), "f").item() == 255);
}

TEST_CASE("each beginning of an image is an error that names the file") {
  for (const std::string& bytes : {"P5 # x\n3 2 255\n123456"s, "P3 1 1 7 1 2 3"s})
    for (size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      CHECK(error_of_pnm(bytes.substr(0, size)).starts_with("f: "));
    }
}

TEST_CASE("each way in which a PGM or PPM file can be wrong has an error of its own") {
  const std::string other =
      " image; convert it with ImageMagick (ppm for colour): mogrify "
      "-format pgm f";
  struct Case {
    std::string bytes, error;
  };
  for (const Case& it : {
           Case{"\x89PNG\r\n", "f: is a PNG" + other},
           {"\xff\xd8\xff\xe0", "f: is a JPEG" + other},
           {"GIF89a", "f: is a GIF" + other},
           {"BM", "f: is a BMP" + other},
           {"\x1f\x8b", "f: is gzip-compressed; unpack it with: mv f f.gz && gunzip f.gz"},
           {"P4 1 1 x", "f: expected an image P2, P3, P5 or P6 (PGM or PPM), got the bytes 50 34"},
           {"P5 w", "f: expected a width, a number, got the byte 77"},
           {"P5 1", "f: truncated: expected a height, the file ends there"},
           {"P5 0 1", "f: expected a width from 1 to 16777216, got 0"},
           {"P5 1 99999999999999999999999", "f: expected a height from 1 to 16777216, got more"},
           {"P5 1 1 65536 x", "f: expected a value of white from 1 to 65535, got more"},
           {"P5 1 1 255", "f: expected white space behind the value of white"},
           {"P5 2 2 255 123", "f: truncated: expected 4 bytes of samples, got 3"},
           {"P6 16777216 16777216 65535 ",
            "f: truncated: expected 1688849860263936 bytes of samples, got 0"},
           {"P5 1 1 255 12", "f: trailing bytes: expected 1 bytes of samples, got 2"},
           {"P5 2 1 9 " + "\1\12"s, "f: expected samples from 0 to 9, got 10 at pixel 1"},
           {"P2 1 1 9 10", "f: expected a sample from 0 to 9, got more"},
           {"P2 2 1 9 1 -1", "f: expected a sample, a number, got the byte 2d"},
           {"P2 3 3 9 1 2 3", "f: truncated: 9 samples take at least 18 bytes, but 6 are left"},
       }) {
    CHECK(error_of_pnm(it.bytes) == it.error);
  }
}
