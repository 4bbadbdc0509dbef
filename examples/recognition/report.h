// What a comparison of objectives on recognition has to tell: tables for the terminal, and a page
// with curves and pictures. Nothing is measured here; evaluation.h does that.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "examples/recognition/evaluation.h"
#include "examples/recognition/training_images.h"
#include "examples/training/loop.h"

namespace gradian::examples {

struct RecognitionRun {
  std::string objective, description;
  double expected_first_loss = 0;  // training.curve begins with the one that was seen
  Training training{};
  TrainingImages training_images{};
  std::vector<Evaluation> evaluations;  // one a test set
};

struct RecognitionReport {
  std::string title, dataset, training, machine, command;
  std::vector<std::string> warnings;
  std::vector<RecognitionRun> runs;
};

// One table for each test set and one of angles, at most 80 columns wide.
std::string recognition_tables(const RecognitionReport& report);

// Writes report.html and results.json into the folder.
void write_recognition_report(const RecognitionReport& report, const std::filesystem::path& folder);

// TAR over FAR, which runs from 1 / negatives to 1 on a logarithmic axis: a line a run.
std::string roc_plot(const RecognitionReport& report, size_t test_set);

}  // namespace gradian::examples
