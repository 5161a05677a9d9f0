#include "checker/bench/inputs.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "checker/formats/history_reader.h"
#include "checker/testing/generator.h"

namespace ordeal::checker {
namespace {

// All events of another source, drawn once.
class MemorySource final : public EventSource {
 public:
  explicit MemorySource(std::unique_ptr<EventSource> source) : source_(std::move(source)) {
    for (auto batch = source_->next(); !batch.empty(); batch = source_->next()) {
      events_.insert(events_.end(), batch.begin(), batch.end());
    }
  }

  std::span<const CompactEvent> next() override {
    constexpr std::size_t batch = 4096;
    const std::size_t count = std::min(batch, events_.size() - at_);
    at_ += count;
    return {events_.data() + at_ - count, count};
  }
  void rewind() override { at_ = 0; }
  const Vocabulary& vocabulary() const override { return std::as_const(*source_).vocabulary(); }
  Vocabulary& vocabulary() override { return source_->vocabulary(); }
  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override {
    rewind();
    return source_->fetch(wanted, last);
  }

 private:
  std::unique_ptr<EventSource> source_;
  std::vector<CompactEvent> events_;
  std::size_t at_ = 0;
};

// A history and the source that reads it.
class OwnedHistory {
 protected:
  explicit OwnedHistory(History history) : history_(std::move(history)) {}
  History history_;
};

class OwningSource final : private OwnedHistory, public EventSource {
 public:
  explicit OwningSource(History history) : OwnedHistory(std::move(history)), source_(history_) {}
  std::span<const CompactEvent> next() override { return source_.next(); }
  void rewind() override { source_.rewind(); }
  const Vocabulary& vocabulary() const override { return source_.vocabulary(); }
  Vocabulary& vocabulary() override { return source_.vocabulary(); }
  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override {
    return source_.fetch(wanted, last);
  }

 private:
  HistorySource source_;
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + ": cannot be opened");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

Input generated_input(const std::string& name, std::uint64_t seed) {
  const std::optional<GeneratorOptions> options = generator_class(name);
  if (!options) {
    throw std::invalid_argument("\"" + name + "\" is no class of histories; such are u1k10_1e4 and d1k10_1e4_i10_bad");
  }
  Input input{.name = name, .expected = options->plant == Plant::nothing ? "valid" : ""};
  if (options->plant != Plant::nothing && options->values == 0) input.expected = "invalid";  // else there may be no lie
  input.open = [options = *options, seed]() -> std::unique_ptr<EventSource> {
    constexpr std::uint64_t most_in_memory = 2'000'000;
    auto source = std::make_unique<GeneratedSource>(options, seed);
    if (options.operations > most_in_memory) return source;
    return std::make_unique<MemorySource>(std::move(source));
  };
  return input;
}

std::vector<Input> recorded_inputs(const std::filesystem::path& folder) {
  std::istringstream table(text_of(folder / "expected.tsv"));
  std::vector<Input> inputs;
  std::string line;
  std::getline(table, line);  // the heading
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string file, model, initial, failed_cas, verdict;
    for (std::string* field : {&file, &model, &initial, &failed_cas, &verdict}) std::getline(fields, *field, '\t');
    const std::optional<ModelName> known = model_named(model);
    if (!known) continue;
    Input input{.name = file, .expected = verdict};
    input.options.model = *known;
    input.options.initial = parse_value(initial);
    input.options.failed_cas = failed_cas == "observes" ? FailedCas::observes : FailedCas::ignored;
    HistoryFile history = read_history(text_of(folder / file), file);
    input.options.nil_reads_say_nothing = history.nil_reads_say_nothing;
    input.open = [events = std::move(history.events)]() -> std::unique_ptr<EventSource> {
      return std::make_unique<MemorySource>(std::make_unique<OwningSource>(events));
    };
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace ordeal::checker
