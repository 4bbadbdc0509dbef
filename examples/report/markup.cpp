#include "examples/report/markup.h"

#include "examples/program/text.h"
#include "examples/report/image_data.h"
#include "examples/report/style.h"

namespace gradian::examples {
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

std::string html_page(const std::string& title, const std::string& body, int64_t colors,
                      const std::string& script) {
  const std::string head =
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
      element("title", escape_markup(title)) + element("style", style_sheet(colors));
  return "<!DOCTYPE html>\n" +
         element(
             "html",
             element("head", head) +
                 element("body",
                         element("h1", escape_markup(title)) + body +
                             element("footer", "Written by Gradian. This page needs no network.") +
                             (script.empty() ? "" : element("script", script))),
             "lang=\"en\"");
}

std::string picture(const Tensor& image, const std::string& description) {
  const std::string data = image_data(image);
  return text("<img class=\"picture\" width=\"", image.size(2), "\" height=\"", image.size(1),
              "\" alt=\"", escape_markup(description), "\" src=\"", data, "\">\n");
}

}  // namespace gradian::examples
