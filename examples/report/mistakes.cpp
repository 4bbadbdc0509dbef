// What a run takes for what: its confusion matrix, and its surest mistakes as pictures.
#include "examples/report/plots.h"

#include <algorithm>
#include <numeric>

#include "examples/data/dataset.h"
#include "examples/program/text.h"
#include "examples/report/markup.h"

namespace gradian::examples {
namespace {

constexpr int64_t kMostClasses = 26;  // of a matrix that can still be read

// A row of counts; the shade is the share of the row's images.
std::string matrix_row(const std::vector<int64_t>& counts, size_t label) {
  const double images =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  std::string cells = element("th", std::to_string(label), "scope=\"row\"");
  for (size_t k = 0; k < counts.size(); ++k) {
    const double share = images > 0 ? static_cast<double>(counts[k]) / images : 0;
    cells += element("td", counts[k] == 0 && k != label ? "" : std::to_string(counts[k]),
                     text(k == label ? "class=\"right\" " : "",
                          "style=\"--share:", fixed(100 * share, 1), "%\""));
  }
  return element("tr", cells);
}

}  // namespace

std::string confusion_table(const Tensor& confusion) {
  const int64_t classes = confusion.size(0);
  if (classes > kMostClasses)
    return element("p", text("No matrix: ", classes, " classes are too many to be read."),
                   "class=\"note\"");
  std::string head = element("td", ""), body;
  for (int64_t k = 0; k < classes; ++k) head += element("th", std::to_string(k), "scope=\"col\"");
  for (int64_t k = 0; k < classes; ++k)
    body += matrix_row(confusion.select(0, k).to_vector<int64_t>(), static_cast<size_t>(k));
  return element("div",
                 element("table", element("thead", element("tr", head)) + element("tbody", body),
                         "class=\"matrix\""),
                 "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion matrix: a "
                 "row for each class, a column for what its images were taken for\"");
}

std::string mistake_pictures(const Report& report, const RunResult& run) {
  std::string figures;
  for (const Mistake& mistake : run.mistakes) {
    const auto name = [&](int64_t k) { return report.class_names.at(static_cast<size_t>(k)); };
    const std::string is = name(mistake.label), taken = name(mistake.taken_for);
    figures += element("figure", picture(shown_pixels(report.images.select(0, mistake.row)),
                                         is + ", taken for " + taken) +
                                     element("figcaption", element("b", escape_markup(taken)) +
                                                               fixed(100 * mistake.probability, 1) +
                                                               " %<br>is " + escape_markup(is)));
  }
  return element("div", figures, "class=\"sheet\"");
}

}  // namespace gradian::examples
