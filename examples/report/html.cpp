// Puts the page together: what was run, the figures, the features, the curves, the mistakes.
// How it looks is in style.cpp.
#include "examples/report/report.h"

#include <algorithm>

#include "examples/program/text.h"
#include "examples/report/markup.h"
#include "examples/report/plots.h"
#include "examples/report/script.h"
#include "tensor/error.h"

namespace gradian::examples {
namespace {

constexpr char kMoving[] =
    "Play, or the slider, shows how a few hundred of the images came to lie there; rays and "
    "centres move with them. Point at a dot or tap it, or step through the dots with the arrow "
    "keys once a plot has the focus: the image is marked in every plot, with its five nearest "
    "neighbours in each.";

std::string facts(const Report& report) {
  return terms({{"Data", report.dataset},
                {"Training", report.training},
                {"Machine", report.machine},
                {"Command", report.options}},
               "facts");
}

std::string figure_table(const Report& report) {
  std::vector<std::vector<std::string>> rows{{"Objective"}};
  for (const Figure& figure : figures()) rows[0].push_back(figure.name);
  for (const RunResult& run : report.runs) {
    rows.push_back({run.objective});
    for (const Figure& figure : figures()) rows.back().push_back(figure.written(run));
  }
  return html_table(rows);
}

std::string meanings() {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const Figure& figure : figures()) entries.emplace_back(figure.name, figure.meaning);
  return terms(entries, "meanings");
}

std::string class_legend(const Report& report) {
  std::string items;
  for (size_t k = 0; k < report.class_names.size(); ++k)
    items += element("li",
                     element("span", std::to_string(k), "class=\"index\"") +
                         element("span", escape_markup(report.class_names[k])),
                     text("class=\"k", k, "\" tabindex=\"0\""));
  return element(
      "article",
      element("h3", "Classes") + element("ul", items) +
          element("p",
                  "A dot is a test image, a numbered marker the centre of a class (the mean "
                  "of its test images, not the centre that a center loss learns), a ray the "
                  "direction of the weight that the classifier has for it.") +
          element("p", "Point at a class, or tap it, to see it alone."),
      "class=\"card legend\"");
}

std::string shown_images(const Report& report) {
  int64_t images = 0;
  for (const RunResult& run : report.runs)
    if (run.labels.defined()) images = std::max(images, run.labels.numel());
  if (images <= kMaxDots) return text("All ", images, " test images are shown.");
  return text("Shown are at most ", kMaxDots, " of the ", images,
              " test images, as many of each class, the same ones in every plot; the figures above "
              "are over all of them.");
}

std::string feature_section(const Report& report) {
  std::string cards;
  for (const RunResult& run : report.runs) {
    const std::string obstacle = why_not_plotted(run);
    std::string content = obstacle.empty() ? scatter_plot(run, report.class_names)
                                           : element("p", "No plot: " + obstacle, "class=\"note\"");
    content += element("p", escape_markup(run.description), "class=\"note\"");
    if (obstacle.empty()) content += element("p", escape_markup(reading_guide(run.objective)));
    cards += card(run.objective, "accuracy " + fixed(100 * run.test_accuracy, 2) + " %", content);
  }
  const std::string controls = moving_controls(report);
  return element("h2", "Where the test images lie") +
         element("p",
                 "A feature is what the network hands to its classifier; with two dimensions it is "
                 "a point of the plane. Both axes of a plot have one scale, but no two plots have "
                 "the same: compare shapes and angles, not lengths. " +
                     shown_images(report),
                 "class=\"note\"") +
         (controls.empty() ? "" : element("p", kMoving, "class=\"note\"")) + controls +
         element("div", cards + class_legend(report), "class=\"grid\"");
}

std::string mistake_section(const Report& report) {
  std::string cards;
  for (const RunResult& run : report.runs)
    if (run.confusion.defined())
      cards += card(run.objective, "",
                    confusion_table(run.confusion) +
                        (report.images.defined() ? mistake_pictures(report, run) : ""));
  if (cards.empty()) return "";
  return element("h2", "Where they err") +
         element("p",
                 "A row of a matrix is a class, a column what its test images were taken for; on "
                 "the diagonal they were right. Below are the mistakes that the classifier was "
                 "surest of: what it saw, with its probability, and what the image is. Some of the "
                 "labels are a matter of opinion.",
                 "class=\"note\"") +
         element("div", cards, "class=\"grid\"");
}

std::string loss_section(const Report& report) {
  std::string cards;
  for (const RunResult& run : report.runs) {
    const std::string last =
        run.curve.empty() ? "" : "last loss " + fixed(run.curve.back().loss, 3);
    cards +=
        card(run.objective, last,
             loss_plot(run.objective, run.curve) +
                 accuracy_plot(run.objective, run.curve, run.rule.m2 != 0 || run.rule.m3 != 0) +
                 angle_plot(run.objective, run.curve) + rate_plot(run.objective, run.curve));
  }
  return element("h2", "While they train") +
         element(
             "p",
             "Over the epochs: the line is the mean of neighbouring steps, the band reaches "
             "from their smallest to their largest; the first steps may begin above the plot. "
             "Each objective measures something else, so the losses say nothing across plots: a "
             "margin makes the loss larger, not the network worse. Compare how steadily a curve "
             "falls, and whether it has levelled off. Training accuracy is that of the batches; "
             "with the margin it is how often the label still wins after its cosine was made "
             "smaller, which no one asks of a network when it is used. The target angle is that "
             "between a feature and the weight of its label.",
             "class=\"note\"") +
         element("div", cards, "class=\"grid\"");
}

}  // namespace

std::string render_html(const Report& report) {
  return html_page(report.title,
                   facts(report) + element("h2", "In figures") + figure_table(report) + meanings() +
                       feature_section(report) + loss_section(report) + mistake_section(report) +
                       margin_section(report) + moving_data(report),
                   static_cast<int64_t>(report.class_names.size()),
                   moving_controls(report).empty() ? "" : page_script());
}

}  // namespace gradian::examples
