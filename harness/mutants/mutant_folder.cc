#include "harness/mutants/mutant_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/config/config_error.h"
#include "harness/config/input_file.h"
#include "harness/config/plain_text.h"
#include "harness/config/suggestion.h"
#include "harness/mutants/scores_json.h"

namespace ordeal::harness {

namespace fs = std::filesystem;

std::vector<Mutant> load_mutants(const fs::path& folder) {
  std::vector<fs::path> patches;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".patch") patches.push_back(entry.path());
  }
  if (patches.empty()) {
    throw ConfigError(fmt::format("{}: no mutants here; it should hold NAME.patch files", quotable_path(folder)));
  }
  std::sort(patches.begin(), patches.end());
  std::vector<Mutant> mutants;
  for (const fs::path& patch : patches) {
    mutants.push_back(parse_mutant(read_input_file(patch, "mutant"), patch.stem().string(), quotable_path(patch)));
  }
  return mutants;
}

Scores load_scores(const fs::path& folder) {
  const fs::path file = folder / "scores.json";
  if (!fs::exists(file)) return {};
  return scores_from_json(read_input_file(file, "table of scores"), quotable_path(file));
}

namespace {

fs::path named_file(const fs::path& folder, const std::string& name) {
  const fs::path file = folder / (name + ".yaml");
  if (fs::is_regular_file(file)) return file;
  const std::vector<std::string> names = yaml_files(folder);
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw ConfigError(fmt::format("{}: no such plan; {}", quotable_path(file), suggestion(name, known)));
}

}  // namespace

fs::path find_mutant_plan(const std::string& name, const fs::path& configs) {
  constexpr std::string_view scenarios = "scenarios/";
  if (name.starts_with(scenarios) && !name.ends_with(".yaml")) {
    return named_file(configs / "scenarios", name.substr(scenarios.size()));
  }
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) {
    for (const fs::path& file : {fs::path(name), configs.parent_path() / name}) {
      if (fs::is_regular_file(file)) return file;
    }
    throw ConfigError(fmt::format("{}: no such plan", quotable_path(name)));
  }
  return named_file(configs / "mutants", name);
}

}  // namespace ordeal::harness
