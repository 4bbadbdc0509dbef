// The tables, the page and the JSON. The curves are in roc_plot.cpp, the pieces of HTML in
// report/markup.h.
#include "examples/recognition/report.h"

#include <cmath>

#include "examples/program/text.h"
#include "examples/report/columns.h"
#include "examples/report/json_parts.h"
#include "examples/report/markup.h"
#include "examples/report/plots.h"
#include "tensor/files/file.h"
#include "tensor/files/json.h"
#include "tensor/kernels.h"

namespace gradian::examples {
namespace {

using files::json_number, files::json_string;

std::string percent(double share) { return std::isfinite(share) ? fixed(100 * share, 1) : "-"; }

std::string degrees(double angle) { return std::isfinite(angle) ? fixed(angle, 1) : "-"; }

std::string rate_name(double far) {
  return text("1e-", static_cast<int>(std::lround(-std::log10(far))));
}

// Of one test set: how two images are told apart, and how one is found in a gallery.
std::vector<Row> verification_rows(const RecognitionReport& report, size_t set) {
  Row head{"Objective", "AUC", "EER", "Acc"};
  for (const TarAtFar& tar : report.runs[0].evaluations[set].tar)
    head.push_back(text('@', rate_name(tar.wanted_far)));
  for (const char* name : {"rank1", "rank5", "+dist"}) head.push_back(name);
  std::vector<Row> rows{head};
  for (const RecognitionRun& run : report.runs) {
    const Evaluation& e = run.evaluations[set];
    Row row{run.objective, fixed(100 * e.auc, 2), percent(e.equal_error_rate),
            percent(e.accuracy.mean)};
    for (const TarAtFar& tar : e.tar) row.push_back(percent(tar.point.tar));
    for (const double rate : {e.rank1, e.rank5, e.rank1_with_distractors})
      row.push_back(percent(rate));
    rows.push_back(row);
  }
  return rows;
}

std::vector<Row> interval_rows(const RecognitionReport& report, size_t set) {
  const Evaluation& first = report.runs[0].evaluations[set];
  Row head{"TAR at FAR, %"};
  for (const TarAtFar& tar : first.tar) head.push_back(rate_name(tar.wanted_far));
  head.push_back("threshold at " + rate_name(working_point(first).wanted_far));
  std::vector<Row> rows{head};
  for (const RecognitionRun& run : report.runs) {
    const Evaluation& e = run.evaluations[set];
    Row row{run.objective};
    for (const TarAtFar& tar : e.tar)
      row.push_back(text(percent(tar.point.tar), " (", percent(tar.interval.low), " to ",
                         percent(tar.interval.high), ")"));
    row.push_back(fixed(working_point(e).point.threshold, 3));
    rows.push_back(row);
  }
  return rows;
}

std::vector<Row> angle_rows(const RecognitionReport& report) {
  std::vector<Row> rows{
      {"Objective", "W-EC", "W-Inter", "Intra1", "Inter1", "Intra2", "Inter2", "Seconds"}};
  for (const RecognitionRun& run : report.runs) {
    const FeatureStatistics &train = run.training_images.statistics,
                            &test = run.evaluations[0].statistics;
    rows.push_back({run.objective, degrees(train.w_ec_degrees), degrees(train.w_inter_degrees),
                    degrees(train.intra_degrees), degrees(train.inter_degrees),
                    degrees(test.intra_degrees), degrees(test.inter_degrees),
                    fixed(run.training.seconds, 1)});
  }
  return rows;
}

constexpr char kAngles[] =
    "Angles in degrees, as in Table 3 of the ArcFace paper. W-EC: class weight to the centre of "
    "its features; W-Inter: to the nearest other weight; Intra: feature to its class centre; "
    "Inter: class centre to the nearest other one; 1: training identities, 2: unseen ones.";

std::string pair_card(const PairOfImages& pair) {
  return element("figure", picture(shown_pixels(pair.first), pair.first_name) +
                               picture(shown_pixels(pair.second), pair.second_name) +
                               element("figcaption", escape_markup(pair.first_name) + " " +
                                                         escape_markup(pair.second_name) + "<br>" +
                                                         fixed(pair.similarity, 2)));
}

std::string sheet(const std::string& title, const std::vector<PairOfImages>& pairs) {
  std::string cards;
  for (const PairOfImages& pair : pairs) cards += pair_card(pair);
  return element("h3", title) + element("div", cards, "class=\"sheet\"");
}

std::string hardest_section(const RecognitionReport& report, size_t set) {
  std::string section;
  for (const RecognitionRun& run : report.runs) {
    const Evaluation& e = run.evaluations[set];
    section +=
        element("details", element("summary", escape_markup(run.objective)) +
                               sheet("Two identities that look most alike to it", e.false_accepts) +
                               sheet("One identity that looks least alike to it", e.false_rejects));
  }
  return element("p", "The hardest pairs, with their cosines.", "class=\"note\"") + section;
}

std::string outlier_section(const RecognitionReport& report) {
  std::string section;
  for (const RecognitionRun& run : report.runs) {
    if (run.training_images.outlier_note.empty()) continue;
    std::string cards;
    for (const OutlierImage& outlier : run.training_images.outliers)
      cards +=
          element("figure", picture(shown_pixels(outlier.image), outlier.label) +
                                element("figcaption", escape_markup(outlier.label) + "<br>" +
                                                          fixed(outlier.degrees, 0) + "°" +
                                                          (outlier.wrong ? " exchanged" : "")));
    section +=
        element("p", escape_markup(run.objective + ": " + run.training_images.outlier_note)) +
        element("div", cards, "class=\"sheet\"");
  }
  return section.empty() ? ""
                         : element("h2", "Training images that fit their label least") + section;
}

std::string loss_section(const RecognitionReport& report) {
  std::string cards;
  for (const RecognitionRun& run : report.runs)
    cards += card(
        run.objective,
        text("from ", fixed(run.training.curve.front().loss, 2), " (expected ",
             fixed(run.expected_first_loss, 2), ") to ", fixed(run.training.curve.back().loss, 2)),
        loss_plot(run.objective, run.training.curve) +
            element("p", escape_markup(run.description), "class=\"note\""));
  return element("h2", "Loss while training") + element("div", cards, "class=\"grid\"");
}

std::string render_page(const RecognitionReport& report) {
  std::string body = terms({{"Data", report.dataset},
                            {"Training", report.training},
                            {"Machine", report.machine},
                            {"Command", report.command}},
                           "facts");
  for (const std::string& warning : report.warnings)
    body += element("p", escape_markup(warning), "class=\"warning\"");
  for (size_t set = 0; set < report.runs[0].evaluations.size(); ++set)
    body += element("h2", escape_markup(report.runs[0].evaluations[set].test_set)) +
            html_table(verification_rows(report, set)) +
            element("div", roc_plot(report, set), "class=\"card wide\"") +
            html_table(interval_rows(report, set)) + hardest_section(report, set);
  body += element("h2", "Angles") + html_table(angle_rows(report)) +
          element("p", kAngles, "class=\"note\"") + outlier_section(report) + loss_section(report);
  return html_page(report.title, body, static_cast<int64_t>(report.runs.size()));
}

std::string evaluation_object(const Evaluation& e) {
  JsonParts members{json_member("test_set", json_string(e.test_set)),
                    json_member("positives", std::to_string(e.roc.positives)),
                    json_member("negatives", std::to_string(e.roc.negatives))};
  const auto add = [&](const std::string& key, double value) {
    members.push_back(json_member(key, json_number(value)));
  };
  add("auc", e.auc);
  add("equal_error_rate", e.equal_error_rate);
  add("accuracy", e.accuracy.mean);
  add("accuracy_stddev", e.accuracy.stddev);
  for (const TarAtFar& tar : e.tar) {
    const std::string name = "tar_at_far_" + rate_name(tar.wanted_far);
    add(name, tar.point.tar);
    add(name + "_low", tar.interval.low);
    add(name + "_high", tar.interval.high);
    add(name + "_threshold", tar.point.threshold);
  }
  add("rank1", e.rank1);
  add("rank5", e.rank5);
  add("rank1_with_distractors", e.rank1_with_distractors);
  return json_block('{', members, '}', 10);
}

std::string run_object(const RecognitionRun& run) {
  JsonParts evaluations;
  for (const Evaluation& e : run.evaluations) evaluations.push_back(evaluation_object(e));
  return json_block('{',
                    {json_member("objective", json_string(run.objective)),
                     json_member("description", json_string(run.description)),
                     json_member("first_loss", json_number(run.training.curve.front().loss)),
                     json_member("expected_first_loss", json_number(run.expected_first_loss)),
                     json_member("seconds", json_number(run.training.seconds)),
                     json_member("evaluations", json_block('[', evaluations, ']', 8))},
                    '}', 6);
}

std::string render_json(const RecognitionReport& report) {
  JsonParts runs;
  for (const RecognitionRun& run : report.runs) runs.push_back(run_object(run));
  return json_block('{',
                    {json_member("title", json_string(report.title)),
                     json_member("dataset", json_string(report.dataset)),
                     json_member("training", json_string(report.training)),
                     json_member("machine", json_string(report.machine)),
                     json_member("command", json_string(report.command)),
                     json_member("runs", json_block('[', runs, ']', 4))},
                    '}', 2) +
         '\n';
}

}  // namespace

std::string recognition_tables(const RecognitionReport& report) {
  std::string tables;
  for (size_t set = 0; set < report.runs[0].evaluations.size(); ++set)
    tables += report.runs[0].evaluations[set].test_set + ", %\n" +
              aligned_columns(verification_rows(report, set), 1) + '\n';
  return tables + aligned_columns(angle_rows(report), 1);
}

void write_recognition_report(const RecognitionReport& report,
                              const std::filesystem::path& folder) {
  files::write_file(folder / "report.html", render_page(report));
  files::write_file(folder / "results.json", render_json(report));
}

}  // namespace gradian::examples
