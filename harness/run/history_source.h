// A run's history.jsonl as the checker reads it, a piece at a time (checker/event_source.h). One thread.

#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "checker/event_source.h"
#include "harness/run/history_tail.h"

namespace ordeal::harness {

class HistoryFileSource final : public checker::EventSource {
 public:
  // Nobody may write to the file any more.
  explicit HistoryFileSource(const std::filesystem::path& file) : tail_(file) {}

  std::span<const checker::CompactEvent> next() override;
  void rewind() override;
  const checker::Vocabulary& vocabulary() const override { return vocabulary_; }
  checker::Vocabulary& vocabulary() override { return vocabulary_; }
  checker::History fetch(const std::function<bool(const checker::CompactEvent&)>& wanted, std::uint64_t last) override;
  std::vector<std::string> warnings() const override;

 private:
  const checker::History& next_piece();

  HistoryTail tail_;
  HistoryTail::Cut last_;
  bool ended_ = false;
  checker::Vocabulary vocabulary_;
  std::vector<checker::CompactEvent> batch_;
};

// Calls `observe` with every event of the file, and returns what there is to warn of.
std::vector<std::string> for_each_event(const std::filesystem::path& file,
                                        const std::function<void(const checker::Event&)>& observe);

}  // namespace ordeal::harness
