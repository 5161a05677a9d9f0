#include "checker/streaming/open_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace ordeal::checker {
namespace {

constexpr std::size_t first_size = 64;

std::string name(const Vocabulary& vocabulary, KeyId key) {
  const std::optional<std::string> text = vocabulary.key_name(key);
  return text ? fmt::format("key \"{}\"", *text) : "no key";
}

}  // namespace

OpenCalls::OpenCalls(const Vocabulary& vocabulary) : vocabulary_(vocabulary), entries_(first_size) {
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(first_size));
}

OpenCalls::Entry& OpenCalls::find_elsewhere(Process process) {
  for (std::size_t i = place(process);; i = (i + 1) & (entries_.size() - 1)) {
    if (entries_[i].call.event.process == process) return entries_[i];
    if (entries_[i].is_empty()) return settle(process);
  }
}

// The process is not in the table: it is new, or forgotten.
OpenCalls::Entry& OpenCalls::settle(Process process) {
  if (2 * (used_ + 1) > entries_.size()) make_room();
  std::size_t i = place(process);
  while (!entries_[i].is_empty()) i = (i + 1) & (entries_.size() - 1);
  ++used_;
  entries_[i].call.event.process = process;
  entries_[i].call.event.type = retired_.contains(process) ? EventType::info : EventType::ok;
  return entries_[i];
}

// Forgets who is idle or retired, and doubles the table when that leaves it more than a quarter full.
void OpenCalls::make_room() {
  const std::vector<Entry> old = std::move(entries_);
  const auto open = std::count_if(old.begin(), old.end(), [](const Entry& entry) { return entry.is_open(); });
  const std::size_t size = 4 * static_cast<std::size_t>(open) > old.size() ? 2 * old.size() : old.size();
  entries_.assign(size, Entry());
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(size));
  used_ = 0;
  for (const Entry& entry : old) {
    if (!entry.is_open()) continue;
    std::size_t i = place(entry.call.event.process);
    while (!entries_[i].is_empty()) i = (i + 1) & (size - 1);
    entries_[i] = entry;
    ++used_;
  }
}

std::vector<OpenCalls::Call*> OpenCalls::open_calls() {
  std::vector<Call*> calls;
  calls.reserve(open());
  for (Entry& entry : entries_) {
    if (entry.is_open()) calls.push_back(&entry.call);
  }
  std::sort(calls.begin(), calls.end(), [](const Call* a, const Call* b) { return a->event.index < b->event.index; });
  return calls;
}

void OpenCalls::refuse_place(const CompactEvent& event) const {
  if (event.index < next_index_) {
    throw MalformedHistory(
        event.index, fmt::format("its index follows {}; the index must grow from event to event", next_index_ - 1));
  }
  throw MalformedHistory(event.index, fmt::format("the process is {}; processes are numbered from 0", event.process));
}

void OpenCalls::refuse_call(const Entry& entry, const CompactEvent& event) const {
  const std::string& f = vocabulary_.verb_name(event.f);
  if (entry.is_open()) {
    throw MalformedHistory(
        event.index, fmt::format("process {} calls {} while its {} of event {} is still open; a process does one "
                                 "operation at a time: complete the first with ok, fail or info, or use another number",
                                 event.process, f, vocabulary_.verb_name(entry.call.event.f), entry.call.event.index));
  }
  throw MalformedHistory(event.index,
                         fmt::format("process {} calls {} although an operation of it ended as info and may still be "
                                     "running; go on under a process number that was never used",
                                     event.process, f));
}

void OpenCalls::refuse_completion(const Entry& entry, const CompactEvent& event) const {
  const std::string& f = vocabulary_.verb_name(event.f);
  const CompactEvent& call = entry.call.event;
  if (entry.is_open()) {
    throw MalformedHistory(event.index,
                           fmt::format("process {} completes {} with {}, but the call of event {} was {} with {}; a "
                                       "completion repeats the f and the key of its call",
                                       event.process, f, name(vocabulary_, event.key), call.index,
                                       vocabulary_.verb_name(call.f), name(vocabulary_, call.key)));
  }
  throw MalformedHistory(
      event.index,
      fmt::format("process {} completes {} without a call that is open{}; each completion needs its own "
                  "invoke before it",
                  event.process, f, entry.is_retired() ? " (one of it ended as info, which is final)" : ""));
}

}  // namespace ordeal::checker
