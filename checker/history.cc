#include "checker/history.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace ordeal::checker {
namespace {

enum class ProcessState : std::uint8_t { idle, busy, retired };

struct ProcessRecord {
  ProcessState state = ProcessState::idle;
  std::size_t operation = 0;  // its last one
};

std::string name(const std::optional<std::string>& key) {
  return key ? fmt::format("key \"{}\"", *key) : "no key";
}

void begin(std::vector<Operation>& operations, ProcessRecord& process, const Event& event, std::size_t position) {
  if (process.state == ProcessState::busy) {
    throw MalformedHistory(
        event.index, fmt::format("process {} calls {} while its {} of event {} is still open; a process does one "
                                 "operation at a time: complete the first with ok, fail or info, or use another number",
                                 event.process, event.f, operations[process.operation].call->f,
                                 operations[process.operation].call->index));
  }
  if (process.state == ProcessState::retired) {
    throw MalformedHistory(event.index,
                           fmt::format("process {} calls {} although its {} of event {} ended as info and may still be "
                                       "running; go on under a process number that was never used",
                                       event.process, event.f, operations[process.operation].call->f,
                                       operations[process.operation].call->index));
  }
  process = {.state = ProcessState::busy, .operation = operations.size()};
  operations.push_back({.call = &event, .called = position});
}

void complete(std::vector<Operation>& operations, ProcessRecord& process, const Event& event, std::size_t position) {
  if (process.state != ProcessState::busy) {
    throw MalformedHistory(
        event.index,
        fmt::format("process {} completes {} without a call that is open{}; each completion needs its own invoke "
                    "before it",
                    event.process, event.f,
                    process.state == ProcessState::retired
                        ? fmt::format(" (its {} of event {} ended as info, which is final)",
                                      operations[process.operation].call->f, operations[process.operation].call->index)
                        : std::string()));
  }
  Operation& operation = operations[process.operation];
  if (operation.call->f != event.f || operation.call->key != event.key) {
    throw MalformedHistory(
        event.index, fmt::format("process {} completes {} with {}, but the call of event {} was {} with {}; a "
                                 "completion repeats the f and the key of its call",
                                 event.process, event.f, name(event.key), operation.call->index, operation.call->f,
                                 name(operation.call->key)));
  }
  operation.completion = &event;
  operation.returned = position;
  operation.outcome = event.type;
  process.state = event.type == EventType::info ? ProcessState::retired : ProcessState::idle;
}

// [expected, new] of a cas, or nothing when the value is something else.
const List* cas_pair(const Event& event) {
  const List* list = event.value.get_if<List>();
  return list != nullptr && list->size() == 2 ? list : nullptr;
}

}  // namespace

MalformedHistory::MalformedHistory(std::uint64_t event_index, const std::string& wrong_and_cure)
    : std::runtime_error(fmt::format("event {}: {}", event_index, wrong_and_cure)), event_index_(event_index) {}

std::vector<Operation> pair_operations(const History& history) {
  std::vector<Operation> operations;
  operations.reserve(history.size() / 2);
  std::unordered_map<Process, ProcessRecord> processes;
  for (std::size_t position = 0; position < history.size(); ++position) {
    const Event& event = history[position];
    if (position > 0 && event.index <= history[position - 1].index) {
      throw MalformedHistory(event.index, fmt::format("its index follows {}; the index must grow from event to event",
                                                      history[position - 1].index));
    }
    if (event.process == nemesis_process) continue;
    if (event.process < 0) {
      throw MalformedHistory(event.index,
                             fmt::format("the process is {}; processes are numbered from 0", event.process));
    }
    ProcessRecord& process = processes[event.process];
    if (event.type == EventType::invoke) {
      begin(operations, process, event, position);
    } else {
      complete(operations, process, event, position);
    }
  }
  return operations;
}

std::string describe(const Operation& operation) {
  const Event& call = *operation.call;
  const std::string who = fmt::format("process {}'s ", call.process);
  if (call.f == "cas" && cas_pair(call) != nullptr) {
    const List& pair = *cas_pair(call);
    return fmt::format("{}{}cas from {} to {}", who, operation.outcome == EventType::fail ? "failed " : "",
                       to_string(pair[0]), to_string(pair[1]));
  }
  if (call.f == "read" || call.f == "get") {
    if (operation.outcome != EventType::ok) return who + call.f;
    return fmt::format("{}{} of {}", who, call.f, to_string(operation.completion->value));
  }
  if (call.f == "txn" && operation.outcome == EventType::ok) {  // its reads have their values
    return fmt::format("{}txn of {}", who, to_string(operation.completion->value));
  }
  if (call.value.is_nil() && call.f != "write" && call.f != "put") return who + call.f;
  return fmt::format("{}{} of {}", who, call.f, to_string(call.value));
}

}  // namespace ordeal::checker
