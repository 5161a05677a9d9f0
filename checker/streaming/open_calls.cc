#include "checker/streaming/open_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <string>

namespace ordeal::checker {
namespace {

// A table of so many places grows only for calls that are open at once; a smaller one costs too little to be made again
// and again for processes that come and go.
constexpr std::size_t usual_size = 64;

std::string name(const Vocabulary& vocabulary, KeyId key) {
  const std::optional<std::string> text = vocabulary.key_name(key);
  return text ? fmt::format("key \"{}\"", *text) : "no key";
}

}  // namespace

std::size_t OpenCalls::free_place(Process process) const {
  std::size_t i = place(process);
  while (!entries_[i].is_empty()) i = behind(i);
  return i;
}

OpenCalls::Entry& OpenCalls::find_elsewhere(Process process) {
  std::size_t i = place(process);
  for (; !entries_[i].is_empty(); i = behind(i)) {
    if (entries_[i].call.event.process == process) return entries_[i];
  }
  // It is new, or forgotten.
  if (2 * (used_ + 1) > entries_.size()) {
    make_room();
    i = free_place(process);
  }
  ++used_;
  CompactEvent& settled = entries_[i].call.event;
  settled.process = process;
  settled.type = retired_.contains(process) ? EventType::info : EventType::ok;
  return entries_[i];
}

// Of a call that ended as info, whose process comes no more and needs no place.
OpenCalls::Call& OpenCalls::retire(Entry& entry) {
  retired_.add(entry.call.event.process);
  last_retired_ = entry.call;
  last_retired_.event.type = EventType::info;
  remove(entry);
  return last_retired_;
}

// Those behind it move up as far as they must in order to be found.
void OpenCalls::remove(const Entry& entry) {
  const std::size_t mask = entries_.size() - 1;
  auto hole = static_cast<std::size_t>(&entry - entries_.data());
  for (std::size_t i = behind(hole); !entries_[i].is_empty(); i = behind(i)) {
    const std::size_t way = i - place(entries_[i].call.event.process);  // from where it is looked for first
    if ((way & mask) < ((i - hole) & mask)) continue;
    entries_[hole] = entries_[i];
    hole = i;
  }
  entries_[hole] = Entry();
  --used_;
}

// Forgets who is idle or retired, and doubles the table when it is small, or still more than a quarter full.
void OpenCalls::make_room() {
  std::vector<Entry> open;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(open), [](const Entry& e) { return e.is_open(); });
  std::size_t size = entries_.size();
  if (size < usual_size || 4 * open.size() > size) size *= 2;
  many_.assign(size, Entry());
  entries_ = many_;
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(size));
  used_ = open.size();
  for (const Entry& entry : open) entries_[free_place(entry.call.event.process)] = entry;
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

void OpenCalls::refuse_index(const CompactEvent& event) const {
  throw MalformedHistory(event.index,
                         fmt::format("its index follows {}; the index must grow from event to event", next_index_ - 1));
}

void OpenCalls::refuse_process(const CompactEvent& event) {
  throw MalformedHistory(event.index, fmt::format("the process is {}; processes are numbered from 0", event.process));
}

void OpenCalls::refuse_call(const Entry& entry, const CompactEvent& event) const {
  if (event.process < 0) refuse_process(event);
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
  if (event.process < 0) refuse_process(event);
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
