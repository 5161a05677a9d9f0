// Histories of real systems whose verdicts others have published: through the readers and the whole check.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "checker/formats/history_reader.h"
#include "checker/linearizable.h"

namespace ordeal::checker {
namespace {

std::filesystem::path folder() {
  const char* named = std::getenv("ORDEAL_HISTORIES");
  return named != nullptr ? named : std::filesystem::path(ORDEAL_SOURCE_DIR) / ".." / "shared" / "histories";
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

FailedCas failed_cas_named(const std::string& name) {
  if (name == "observes") return FailedCas::observes;
  return name == "ignored" ? FailedCas::ignored : FailedCas::by_error;
}

TEST(RecordedHistories, GetTheirPublishedVerdictAndCulprit) {
  std::ifstream table(folder() / "expected.tsv");
  if (!table) {
    GTEST_SKIP() << "no " << (folder() / "expected.tsv").string() << "; set ORDEAL_HISTORIES to the recorded histories";
  }
  std::string line;
  std::getline(table, line);  // the header
  std::size_t files = 0;
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string name, model, initial, failed_cas, verdict, culprit;
    for (std::string* field : {&name, &model, &initial, &failed_cas, &verdict, &culprit}) {
      std::getline(fields, *field, '\t');
    }
    SCOPED_TRACE(name);
    const HistoryFile file = read_history(content(folder() / name), name);
    LinearizableOptions options;
    options.model = model_named(model).value();
    options.initial = parse_value(initial);
    options.nil_reads_say_nothing = file.nil_reads_say_nothing;
    options.failed_cas = failed_cas_named(failed_cas);
    const LinearizableResult result = check_linearizable(file.events, options);
    EXPECT_EQ(to_string(result.finding.verdict), verdict) << result.finding.summary;
    EXPECT_EQ(result.finding.witness.has_value(), verdict == "invalid");
    if (culprit != "-" && result.finding.witness) {
      EXPECT_EQ(std::to_string(result.finding.witness->completion.index), culprit);
    }
    EXPECT_TRUE(file.warnings.empty());
    ++files;
  }
  EXPECT_GT(files, 100U);
}

}  // namespace
}  // namespace ordeal::checker
