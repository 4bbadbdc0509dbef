// report.html in a browser: page_check.js plays its reader there, in frames as narrow as a phone
// and as wide as a screen, light and dark. Skipped where there is no Chromium.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/child_process.h"
#include "tests/examples/reports.h"
#include "tests/temporary_folder.h"
#include "tests/text.h"

using namespace gradian;
using namespace gradian::test;

namespace {

namespace fs = std::filesystem;

// The first that PATH has; empty if there is none.
std::string browser() {
  const char* const path = std::getenv("PATH");
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');)
      if (fs::exists(fs::path(folder) / name)) return (fs::path(folder) / name).string();
  }
  return "";
}

// Beside each other: what is out of sight does not play. Each frame adds what it found.
constexpr char kFrames[] = R"(<!DOCTYPE html>
<body style="margin: 0; display: flex">
<iframe src="report.html" style="border: 0; flex: none; width: 390px; height: 900px"></iframe>
<iframe src="report.html" style="border: 0; flex: none; width: 1400px; height: 900px"></iframe>
<pre></pre>
<script>
addEventListener("message", event => document.querySelector("pre").append(event.data + "\nEND\n"));
</script>
)";

// What Chromium makes of the page; `scheme` is 0 for dark, 1 for light.
std::string page_in_browser(const fs::path& page, int scheme, const fs::path& profile) {
  const std::vector<std::string> command{browser(),
                                         "--headless",
                                         "--no-sandbox",
                                         "--disable-gpu",
                                         "--user-data-dir=" + profile.string(),
                                         "--window-size=1800,1000",
                                         "--virtual-time-budget=120000",
                                         text("--blink-settings=preferredColorScheme=", scheme),
                                         "--dump-dom",
                                         "file://" + page.string()};
  const Ended ended = run_in_child(
      [&] {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        std::vector<char*> argv;
        for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
        argv.push_back(nullptr);
        execv(argv[0], argv.data());
        fail(argv[0], " cannot be run");
      },
      /*seconds=*/300);
  CHECK(ended.how == "exit 0");
  return ended.output;
}

}  // namespace

TEST_CASE("report.html moves, tells, and can be read on a phone and on a screen, light and dark") {
  if (browser().empty()) {
    MESSAGE("skipped: there is no Chromium (Debian: apt-get install chromium)");
    return;
  }
  const TemporaryFolder folder;
  std::ifstream check(fs::path(GRADIAN_SOURCE_DIR) / "tests/examples/page_check.js");
  const std::string script{std::istreambuf_iterator<char>(check), {}};
  REQUIRE(script != "");
  folder.write("report.html",
               examples::render_html(make_moving_report()) + "<script>\n" + script + "</script>\n");
  folder.write("frames.html", kFrames);
  for (const int scheme : {0, 1}) {
    const std::string page =
        page_in_browser(folder.path() / "frames.html", scheme, folder.path() / "profile");
    CAPTURE(page);
    CHECK(count(page, "\nEND\n") == 2);
    CHECK(count(page, "PASS ") >= 2 * 25);
    for (const std::string& line : lines_of(page))
      CHECK_MESSAGE(line.find("FAIL ") == std::string::npos, line);
    for (const char* fact : {"PASS nothing overflows at 390\n", "PASS nothing overflows at 1400\n"})
      CHECK(contains(page, fact));
    CHECK(contains(page, scheme == 0 ? "contrast, dark: true\n" : "contrast, dark: false\n"));
  }
}
