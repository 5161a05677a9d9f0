// A history that is read in pieces, whatever wrote it: an EventSource that also gives every event in full.  One thread
// at a time; pure, because the bytes come from a ByteSource.
//
//   const auto bytes = harness::open_bytes("history.jsonl.zst");     // harness/history/open_bytes.h
//   const auto history = open_history(*bytes, "history.jsonl.zst");  // the bytes must outlive it
//   options.nil_reads_say_nothing = history->nil_reads_say_nothing();
//   check_linearizable(*history, options);
//   for (const std::string& warning : history->warnings()) ...
//
// JSON Lines and our binary twin need a few hundred kilobytes, however long they are. EDN and Jepsen's text log are
// held in memory.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "checker/event_source.h"
#include "checker/formats/byte_source.h"
#include "checker/formats/history_reader.h"

namespace ordeal::checker {

class HistoryStream : public EventSource {
 public:
  virtual const std::string& format() const = 0;                // "JSON Lines", "binary", "EDN", "Jepsen's text log"
  virtual bool nil_reads_say_nothing() const { return false; }  // as HistoryFile has it

  // Every event in full and in order, those of the nemesis too, until `visit` returns false. Rewinds before and after.
  virtual void for_each(const std::function<bool(const Event&)>& visit) = 0;

  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override;
};

// Tells the formats apart by their first bytes. `bytes` must outlive what is returned; `file_name` is for messages.
// Throws FormatError when these bytes are no history; a mistake further on is thrown when it is reached.
std::unique_ptr<HistoryStream> open_history(ByteSource& bytes, const std::string& file_name);

}  // namespace ordeal::checker
