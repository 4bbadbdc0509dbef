// The pieces of HTML that pages are put together from. What a page says is up to those who call.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace gradian::examples {

// <tag attributes>content</tag>; the content is markup.
std::string element(const std::string& tag, const std::string& content,
                    const std::string& attributes = "");

// Terms and what they mean, as plain text; those without a meaning are left out.
std::string terms(const std::vector<std::pair<std::string, std::string>>& entries,
                  const std::string& css_class);

// Rows of plain text, the first of which is the head. First cells name their rows.
std::string html_table(const std::vector<std::vector<std::string>>& rows);

// A titled box with a note at its right.
std::string card(const std::string& title, const std::string& aside, const std::string& content);

// A page of its own that needs no network, with colours for so many classes (style.h), and a script
// that runs when all else is there.
std::string html_page(const std::string& title, const std::string& body, int64_t colors,
                      const std::string& script = "");

// An <img> that holds the image [channels, H, W], 1 channel or 3, of numbers from 0 to 1: a BMP
// file, which every browser shows and which needs no compression.
std::string picture(const Tensor& image, const std::string& description);

}  // namespace gradian::examples
