// Histories of any length, drawn from a seed: what clients of a register see, with one planted lie if wanted.  Pure.
//
// Each key is a register. Every operation takes effect at one moment between its call and its return, so the history is
// linearizable by construction. A part of the writes and cas ends as info; of those a half never takes effect, a
// quarter did before the answer was lost, and a quarter takes effect long after (a "zombie"). Nothing is kept but the
// clients, the registers and the zombies, so 10^8 operations need no more memory than 10^3.
//
//   GeneratedSource source(generator_class("u100k50_1e6_i1"), 7);   // an EventSource; rewind() draws it again
//
// A lie is planted once, at the first chance after `plant_at` operations. With unique values it is certainly a
// violation, and the first event at which the history is impossible is planted_event(). A stale read is, too, where
// values repeat and nothing was lost; with many clients and few values there may be no chance for one.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checker/event_source.h"

namespace ordeal::checker {

enum class Plant : std::uint8_t {
  nothing,
  stale_read,    // a read returns a value that was overwritten before the read was called
  lost_write,    // a write returned ok but changed nothing, and a later read shows it
  swapped_pair,  // of two reads of one client, one after the other, the second returns the older value
};

struct GeneratorOptions {
  std::uint64_t operations = 10'000;
  std::uint64_t keys = 1;
  std::uint64_t processes = 10;     // at any time, over all keys
  std::uint64_t read_percent = 50;  // what is neither read nor cas is a write
  std::uint64_t cas_percent = 0;
  std::uint64_t values = 0;  // 1 to this; 0: each value is written once per key, in growing order of the calls
  std::uint64_t info_percent = 0;
  Plant plant = Plant::nothing;
  std::uint64_t plant_at = 0;
};

// The classes of the tables: u (unique values), c (unique, 20 % cas) or d (5 values, 20 % cas); keys "k" processes;
// "v" values; operations; "i" percent of info; "bad", "lost" or "swapped": a lie in the middle.
//   u1k10_1e4   c100k50_1e6_i1   d1k10_1e4_i10_bad   d1k50v100_1e4
// Nothing when the text is no such name.
std::optional<GeneratorOptions> generator_class(std::string_view name);

class GeneratedSource final : public EventSource {
 public:
  GeneratedSource(const GeneratorOptions& options, std::uint64_t seed);
  ~GeneratedSource() override;

  std::span<const CompactEvent> next() override;
  void rewind() override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  Vocabulary& vocabulary() override { return vocabulary_; }
  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override;

  // The completion of the operation that makes the history impossible; nothing as long as it was not drawn.
  std::optional<std::uint64_t> planted_event() const;

 private:
  class Clients;

  GeneratorOptions options_;
  std::uint64_t seed_;
  Vocabulary vocabulary_;
  std::unique_ptr<Clients> clients_;
  std::vector<CompactEvent> batch_;
};

// With a time (a microsecond an event) and a node, as a recorded one has them.
Event full_event(const CompactEvent& event, const Vocabulary& vocabulary);

// The whole history; only sensible where it fits into memory.
History generated_history(const GeneratorOptions& options, std::uint64_t seed);

}  // namespace ordeal::checker
