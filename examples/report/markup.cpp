#include "examples/report/markup.h"

#include <algorithm>

#include "examples/program/text.h"
#include "examples/report/style.h"

namespace gradian::examples {
namespace {

std::string base64(const std::string& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

// Its low bytes, the lowest first.
std::string little_endian(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}

// 24 bits a pixel in the order blue, green, red; rows from the bottom up, each of a multiple of
// four bytes. BITMAPFILEHEADER and BITMAPINFOHEADER of Windows.
std::string bmp(const Tensor& image) {
  const int64_t channels = image.size(0), height = image.size(1), width = image.size(2);
  const Tensor pixels = image.to(DType::float32).contiguous();
  const float* const data = pixels.data<float>();
  std::string rows;
  for (int64_t y = height - 1; y >= 0; --y) {
    for (int64_t x = 0; x < width; ++x)
      for (int64_t channel = channels - 1, i = 0; i < 3; ++i) {
        const float value = data[(channel * height + y) * width + x];
        rows += static_cast<char>(
            static_cast<unsigned char>(std::clamp(255 * value + 0.5f, 0.0f, 255.0f)));
        if (channel > 0) --channel;
      }
    rows.resize((rows.size() + 3) / 4 * 4, '\0');
  }
  constexpr uint32_t kHeaders = 14 + 40;
  const auto size = static_cast<uint32_t>(rows.size());
  return "BM" + little_endian(kHeaders + size, 4) + little_endian(0, 4) +
         little_endian(kHeaders, 4) + little_endian(40, 4) +
         little_endian(static_cast<uint32_t>(width), 4) +
         little_endian(static_cast<uint32_t>(height), 4) + little_endian(1, 2) +
         little_endian(24, 2) + little_endian(0, 4) + little_endian(size, 4) +
         little_endian(2835, 4) + little_endian(2835, 4) + little_endian(0, 8) + rows;
}

}  // namespace

std::string element(const std::string& tag, const std::string& content,
                    const std::string& attributes) {
  return '<' + tag + (attributes.empty() ? "" : ' ' + attributes) + '>' + content + "</" + tag +
         ">\n";
}

std::string terms(const std::vector<std::pair<std::string, std::string>>& entries,
                  const std::string& css_class) {
  std::string list;
  for (const auto& [term, meaning] : entries)
    if (!meaning.empty())
      list += element("dt", escape_markup(term)) + element("dd", escape_markup(meaning));
  return element("dl", list, "class=\"" + css_class + '"');
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
  std::string head, body;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string cells;
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const std::string cell = escape_markup(rows[r][i]);
      if (r == 0)
        cells += element("th", cell, "scope=\"col\"");
      else
        cells += i == 0 ? element("th", cell, "scope=\"row\"") : element("td", cell);
    }
    (r == 0 ? head : body) += element("tr", cells);
  }
  return element("div", element("table", element("thead", head) + element("tbody", body)),
                 "class=\"scroll\"");
}

std::string card(const std::string& title, const std::string& aside, const std::string& content) {
  return element("article",
                 element("header", element("h3", escape_markup(title)) +
                                       element("span", escape_markup(aside))) +
                     content,
                 "class=\"card\"");
}

std::string html_page(const std::string& title, const std::string& body, int64_t colors) {
  const std::string head =
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
      element("title", escape_markup(title)) + element("style", style_sheet(colors));
  return "<!DOCTYPE html>\n" +
         element("html",
                 element("head", head) +
                     element("body",
                             element("h1", escape_markup(title)) + body +
                                 element("footer",
                                         "Written by Gradian. This page needs no network and no "
                                         "scripts.")),
                 "lang=\"en\"");
}

std::string picture(const Tensor& image, const std::string& description) {
  check(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.numel() > 0,
        "picture: expected an image [1 or 3, H, W], got ", image.shape());
  return text("<img class=\"picture\" width=\"", image.size(2), "\" height=\"", image.size(1),
              "\" alt=\"", escape_markup(description), "\" src=\"data:image/bmp;base64,",
              base64(bmp(image)), "\">\n");
}

}  // namespace gradian::examples
