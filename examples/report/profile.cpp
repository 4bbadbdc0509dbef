#include "examples/report/profile.h"

#include <algorithm>

#include "examples/program/text.h"
#include "examples/report/columns.h"
#include "examples/report/json_parts.h"
#include "tensor/error.h"
#include "tensor/files/file.h"
#include "tensor/files/json.h"

namespace gradian::examples {
namespace {

constexpr Phase kPhases[] = {Phase::forward, Phase::backward, Phase::other};
constexpr const char* kPhaseNames[] = {"forward", "backward", "other"};

const char* name_of(Phase phase) { return kPhaseNames[static_cast<size_t>(phase)]; }

struct NamedRow {
  std::string name;
  Profile::Row row;
};

// Its rows, the longest first, and their sum.
struct Section {
  std::vector<NamedRow> rows;
  Profile::Row sum;
};

void add(Profile::Row& sum, const Profile::Row& row) {
  sum.calls += row.calls;
  sum.nanoseconds += row.nanoseconds;
  sum.flops += row.flops;
  sum.bytes = std::max(sum.bytes, row.bytes);
}

// Rows shorter than `least` become one.
Section section_of(const Profile& profile, Phase phase, double least) {
  Section section;
  Profile::Row rest;
  int64_t shorter = 0;
  for (const auto& [what, row] : profile.rows) {
    if (what.first != phase) continue;
    add(section.sum, row);
    if (static_cast<double>(row.nanoseconds) >= least) {
      section.rows.push_back({what.second, row});
    } else {
      add(rest, row);
      ++shorter;
    }
  }
  std::ranges::stable_sort(section.rows, [](const NamedRow& a, const NamedRow& b) {
    return a.row.nanoseconds > b.row.nanoseconds;
  });
  if (shorter > 0)
    section.rows.push_back({text(shorter, shorter == 1 ? " other" : " others"), rest});
  return section;
}

}  // namespace

std::string profile_table(const Profile& profile) {
  const double total = static_cast<double>(std::max<int64_t>(profile.nanoseconds, 1));
  const auto line = [&](std::string name, const Profile::Row& row) {
    constexpr size_t kLongest = 32;
    if (name.size() > kLongest) name = name.substr(0, kLongest - 3) + "...";
    const auto nanoseconds = static_cast<double>(row.nanoseconds);
    const double gflops = static_cast<double>(row.flops) / std::max(nanoseconds, 1.0);
    return Row{name,
               row.calls > 0 ? std::to_string(row.calls) : "",
               fixed(nanoseconds / 1e6, 1),
               fixed(100 * nanoseconds / total, 1),
               row.flops > 0 ? fixed(gflops, 1) : "-",
               row.calls > 0 ? fixed(static_cast<double>(row.bytes) / 1e6, 1) : "-"};
  };
  std::vector<Row> rows{{"", "Calls", "ms", "%", "GFLOP/s", "MB"}};
  int64_t rest = profile.nanoseconds;
  for (const Phase phase : kPhases) {
    const Section section = section_of(profile, phase, total / 1000);
    if (section.rows.empty()) continue;
    rest -= section.sum.nanoseconds;
    rows.push_back(line(name_of(phase), section.sum));
    for (const NamedRow& each : section.rows) rows.push_back(line("  " + each.name, each.row));
  }
  rows.push_back(line("between these", {.nanoseconds = rest}));
  rows.push_back(line("total", {.nanoseconds = profile.nanoseconds}));
  return aligned_columns(rows, 1) +
         "Times are without what has another row. GFLOP/s: of products and convolutions,\n"
         "by their definition. MB: the most that one call needed at once.\n";
}

std::string chrome_trace(const Profile& profile) {
  const auto microseconds = [](int64_t nanoseconds) {
    return fixed(static_cast<double>(nanoseconds) / 1000, 3);
  };
  JsonParts events;
  for (const Profile::Event& event : profile.events)
    events.push_back('{' + json_member("name", files::json_string(event.name)) + ", " +
                     json_member("cat", files::json_string(name_of(event.phase))) + ", " +
                     json_member("ph", "\"X\"") + ", " +
                     json_member("ts", microseconds(event.begin - profile.events[0].begin)) + ", " +
                     json_member("dur", microseconds(event.nanoseconds)) +
                     ", \"pid\": 1, \"tid\": 1}");
  return json_block('{', {json_member("traceEvents", json_block('[', events, ']', 4))}, '}', 2) +
         '\n';
}

Profile* profile_for(const std::filesystem::path& trace, Profile& profile) {
  if (trace.empty()) return nullptr;
  files::check_writable(trace);
  return &profile;
}

void show_profile(const Profile& profile, const std::filesystem::path& trace, std::ostream& out) {
  out << "\nWhere the time of the steps went\n" << profile_table(profile) << std::flush;
  files::write_file(trace, chrome_trace(profile));
  out << "\nOpen " << trace.string() << " in https://ui.perfetto.dev or chrome://tracing.\n";
}

}  // namespace gradian::examples
