// What the READMEs say to those who ask: the answers to the questions that students have stand
// where one looks first, the files that are named exist, and figures that stand twice are the same
// ones. The code that the READMEs show runs in snippets.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "losses/recommend.h"
#include "tensor/error.h"
#include "tests/text.h"

namespace gradian::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_in(const std::string& path) {
  std::ifstream file(fs::path(GRADIAN_SOURCE_DIR) / path);
  check(file.good(), "questions: cannot read ", path);
  return lines_of({std::istreambuf_iterator<char>(file), {}});
}

// With one blank for each line break and each run of blanks: where lines end means nothing.
std::string words_of(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) {
    std::istringstream words(line);
    for (std::string word; words >> word;) all += word + ' ';
  }
  return all;
}

std::string text_of(const std::string& path) { return words_of(lines_in(path)); }

// "| a | b |" -> {"a", "b"}; of another line nothing.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| ")) return cells;
  std::istringstream rest(line.substr(1));
  for (std::string cell; std::getline(rest, cell, '|');)
    cells.push_back(std::regex_replace(cell, std::regex("^ +| +$"), ""));
  return cells;
}

// "## Words" and whatever else begins so outside of code, where it is an #include or a comment.
std::vector<bool> headings_in(const std::vector<std::string>& lines) {
  std::vector<bool> found;
  bool code = false;
  for (const std::string& line : lines) {
    if (line.starts_with("```")) code = !code;
    found.push_back(!code && line.starts_with('#'));
  }
  return found;
}

// The lines of a README from a heading that begins so to the next heading.
std::vector<std::string> section_of(const std::string& path, const std::string& heading) {
  std::vector<std::string> section;
  bool inside = false;
  const std::vector<std::string> lines = lines_in(path);
  const std::vector<bool> is_heading = headings_in(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (is_heading[i]) inside = lines[i].starts_with(heading);
    if (inside) section.push_back(lines[i]);
  }
  check(!section.empty(), "questions: no section '", heading, "' in ", path);
  return section;
}

// What a link calls the headings of a README: "## s and m, by classes" is s-and-m-by-classes.
std::vector<std::string> anchors_of(const std::string& path) {
  std::vector<std::string> anchors;
  const std::vector<std::string> lines = lines_in(path);
  const std::vector<bool> is_heading = headings_in(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!is_heading[i]) continue;
    std::string& anchor = anchors.emplace_back();
    for (const char c : lines[i].substr(lines[i].find(' ') + 1))
      if (c == ' ' || c == '-')
        anchor += '-';
      else if (!std::ispunct(static_cast<unsigned char>(c)) || c == '_')
        anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return anchors;
}

std::vector<std::string> code_of(const std::string& path) {
  std::vector<std::string> blocks;
  bool inside = false;
  for (const std::string& line : lines_in(path)) {
    if (line == "```cpp") blocks.emplace_back();
    inside = line == "```cpp" || (inside && line != "```");
    if (inside) blocks.back() += line + '\n';
  }
  return blocks;
}

std::vector<std::string> readmes() {
  std::vector<std::string> paths;
  for (const std::string folder : {"", "tensor", "autograd", "nn", "losses", "examples", "tests"}) {
    const fs::path root = GRADIAN_SOURCE_DIR;
    const auto take = [&](const fs::path& path) {
      if (path.filename().string().starts_with("README") && path.extension() == ".md")
        paths.push_back(fs::relative(path, root).string());
    };
    if (folder.empty())
      for (const auto& entry : fs::directory_iterator(root)) take(entry.path());
    else
      for (const auto& entry : fs::recursive_directory_iterator(root / folder)) take(entry.path());
  }
  return paths;
}

}  // namespace

TEST_CASE("each question that students ask is answered where one looks first, in all its steps") {
  struct Question {
    const char *asked, *file, *heading;
    std::vector<std::string> answers;
  };
  const std::vector<Question> questions = {
      {"Which formula is center loss, divided by what?",
       "losses/README.md",
       "## Center loss",
       {"CenterUpdate::gradient: divided by N, no 1/2"}},
      {"The paper's update of the centres, or the gradient?",
       "losses/README.md",
       "## Center loss",
       {"Eq. 4 is not the gradient of Eq. 2", "mixed second derivatives would be -1 by one way"}},
      {"What is alpha?",
       "losses/README.md",
       "## Center loss",
       {"**alpha** is the learning rate of the centres"}},
      {"What if theta + m > pi?",
       "losses/README.md",
       "## ArcFace",
       {"**theta + m > pi.** There cos(theta + m) rises again"}},
      {"Why is the accuracy 0 with ArcFace?",
       "losses/README.md",
       "## What goes wrong",
       {"it was measured on the logits with margin: that lowers the true class's logit only"}},
      {"Which s and m for 1,000 classes?",
       "losses/README.md",
       "## s and m by classes",
       {"**1,000 classes**: s = 21 or more, m = 0.5 (ArcFace) or 0.35 (CosFace)"}},
      {"Both losses together: with which settings?",
       "losses/README.md",
       "## Recipes",
       {"Both losses together; softmax with center loss is the same",
        "a margin's weights it only shortens",
        "`nn::check_all_trained(adam, {&network, &arcface})`",
        "`nn::check_all_trained(sgd, {&center})`"}},
      {"Are these two faces the same?",
       "losses/README.md",
       "## Whether two faces are the same",
       {"const bool same = similarity >= threshold;",
        "const double threshold = tar_at_far(curve, 0.001).threshold;",
        "0.001 wants at least 1,000 such pairs",
        "--checkpoint build/faces/arcface.safetensors --gallery faces"}},
      {"How do I save a model?",
       "README.md",
       "## Saving,",
       {"`nn::save(network, \"weights.safetensors\")` writes what `nn::load` reads",
        "the centres belong to the loss: save it, too"}},
      {"How do I resume a training?",
       "README.md",
       "## Saving, loading and resuming",
       {"checkpoint.load(\"training.safetensors\")", "the order of the data",
        "the margin's factor, which is set anew",
        "prints the command that goes on, with `--resume`"}},
      {"How do I train on a folder of my own?",
       "README.md",
       "## Identities that training never saw",
       {"`build/examples/glyphs --images faces --size 48 --out build/faces` trains on a folder of "
        "your own",
        "`mogrify -format pgm`", "8 identities or more",
        "--checkpoint build/faces/arcface.safetensors"}},
      {"How do I use it in my own project?",
       "README.md",
       "## Use it in your project",
       {"pkg-config, which must be installed", "$(pkg-config --cflags --libs gradian)"}},
      {"Why two types, Tensor and Variable?",
       "README.md",
       "## Two ways to read it",
       {"Kernels take Tensors, so they can neither record nor cut a graph"}},
      {"In which order does backward go?",
       "autograd/README.md",
       "## One backward pass by hand",
       {"**The order of backward** is that of the numbers, from the highest down"}},
      {"Where are broadcast gradients summed?",
       "autograd/README.md",
       "## One backward pass by hand",
       {"**Where broadcast gradients are summed**: in the engine, and nowhere else"}},
      {"How do I write an op with a second derivative?",
       "autograd/README.md",
       "## An op with a second derivative",
       {"Every op has one, as long as its `backward` computes with Variables"}},
      {"How have fused kernels a second order?",
       "autograd/README.md",
       "## Fused kernels and the second order",
       {"the composite is computed again from the inputs and differentiated in their place"}},
      {"Which convolution runs when?",
       "tensor/conv/README.md",
       "# tensor/conv/",
       {"**Which one runs when.**", "`conv2d_algorithm(dtype, input, weight, options)`"}},
      {"What is Winograd's price?",
       "tensor/conv/README.md",
       "## The price",
       {"- **Rounding.** Large values are added and then subtracted again"}},
      {"Why does the number of threads not matter?",
       "tensor/runtime/README.md",
       "# tensor/runtime/",
       {"**what is a block depends on sizes, never on the number of threads**"}}};
  CHECK(questions.size() == 20);
  for (const Question& question : questions) {
    CAPTURE(question.asked);
    const std::string section = words_of(section_of(question.file, question.heading));
    for (const std::string& answer : question.answers) {
      CAPTURE(answer);
      CHECK(contains(section, answer));
    }
  }
}

TEST_CASE("each link between READMEs leads to a file, and to a heading in it") {
  const std::regex link("\\]\\(([^)#:]*)(#([^)]+))?\\)");
  size_t seen = 0;
  for (const std::string& readme : readmes()) {
    const std::string text = text_of(readme);
    for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it) {
      CAPTURE(readme);
      CAPTURE((*it).str());
      const fs::path folder = fs::path(readme).parent_path();
      const std::string file =
          (*it)[1].length() ? (folder / (*it)[1].str()).lexically_normal().string() : readme;
      REQUIRE(fs::exists(fs::path(GRADIAN_SOURCE_DIR) / file));
      ++seen;
      if ((*it)[3].matched) CHECK(std::ranges::count(anchors_of(file), (*it)[3].str()) == 1);
    }
  }
  CHECK(seen > 10);
}

TEST_CASE("each file that a README names by its path is there") {
  // `losses/margin.h`, from the root or, as `files/npy.h`, from the README's folder.
  const std::regex path(
      "`([A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/[A-Za-z0-9_.-]+\\.(h|cpp|md|py|sh))`");
  size_t seen = 0;
  for (const std::string& readme : readmes()) {
    const std::string text = text_of(readme);
    for (std::sregex_iterator it(text.begin(), text.end(), path), end; it != end; ++it) {
      const std::string name = (*it)[1];
      if (name.starts_with("build/")) continue;  // made by make
      ++seen;
      const fs::path root = GRADIAN_SOURCE_DIR;
      CHECK_MESSAGE((fs::exists(root / name) || fs::exists((root / readme).parent_path() / name)),
                    readme << " names " << name);
    }
  }
  CHECK(seen > 100);
}

TEST_CASE("the table of s and m in both languages is what recommend() says") {
  for (const auto& [file, heading] :
       {std::pair{"losses/README.md", "## s and m by classes"},
        std::pair{"losses/README.zh.md", "## 按类别数和维数选 s 与 m"}}) {
    size_t rows = 0;
    for (const std::string& line : section_of(file, heading)) {
      CAPTURE(line);
      const std::vector<std::string> cells = cells_of(line);
      if (cells.size() != 6 || cells[0].find_first_not_of("0123456789,") != std::string::npos)
        continue;
      ++rows;
      const int64_t classes = std::stoll(std::regex_replace(cells[0], std::regex(","), ""));
      const Recommendation found = recommend(classes, std::stoll(cells[1]));
      const double first = expected_first_loss(classes, found.s, {.m2 = found.arc_face_m});
      CHECK(as_printed(found.s, cells[2]) == cells[2]);
      CHECK(as_printed(found.arc_face_m, cells[3]) == cells[3]);
      CHECK(as_printed(found.cos_face_m, cells[4]) == cells[4]);
      CHECK(as_printed(first, cells[5]) == cells[5]);
    }
    CHECK(rows == 6);
  }
}

TEST_CASE("figures of `make train` that losses/ quotes are those of README.md's table") {
  for (const auto& [file, heading] : {std::pair{"losses/README.md", "## The two compared"},
                                      std::pair{"losses/README.zh.md", "## 对比"}}) {
    size_t rows = 0;
    for (const std::string& line : section_of(file, heading)) {
      const std::vector<std::string> cells = cells_of(line);
      if (cells.size() != 6 || !contains(cells[1], "%")) continue;
      ++rows;
      CAPTURE(line);
      // The row of README.md: the name in a column as wide as "softmax + center".
      std::string quoted = cells[0];
      quoted.resize(18, ' ');
      const std::vector<std::string> table = section_of("README.md", "## What you will see");
      const auto row = std::find_if(table.begin(), table.end(), [&](const std::string& candidate) {
        return candidate.starts_with(quoted);
      });
      REQUIRE(row != table.end());
      for (size_t i = 1; i < cells.size(); ++i) CHECK(contains(*row, cells[i]));
    }
    CHECK(rows == 4);
  }
}

TEST_CASE("figures of `make train-long` are the same in both languages") {
  const auto figures_of = [](const std::string& file, const std::string& heading) {
    std::vector<std::vector<std::string>> rows;
    for (const std::string& line : section_of(file, heading)) {
      const std::vector<std::string> cells = cells_of(line);
      if (cells.size() == 9 && contains(cells[2], "±")) rows.push_back(cells);
    }
    return rows;
  };
  const auto rows = figures_of("losses/README.md", "## The two compared");
  CHECK(rows.size() == 4);
  CHECK(rows == figures_of("losses/README.zh.md", "## 对比"));
}

TEST_CASE("the Chinese page on the losses shows the code of the English one") {
  CHECK(code_of("losses/README.md").size() == 2);
  CHECK(code_of("losses/README.zh.md") == code_of("losses/README.md"));
}

}  // namespace gradian::test
