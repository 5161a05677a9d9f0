#include "harness/run/recorded_client.h"

#include <utility>

namespace ordeal::harness {

using checker::Event;
using checker::EventType;

RecordedClient::RecordedClient(std::string node, std::unique_ptr<Client> client, Recorder& recorder)
    : node_(std::move(node)), client_(std::move(client)), recorder_(recorder) {}

boost::asio::awaitable<Event> RecordedClient::invoke(checker::Process process, const workloads::Operation& operation,
                                                     std::chrono::nanoseconds timeout) {
  Event event;
  event.process = process;
  event.type = EventType::invoke;
  event.f = operation.f;
  event.key = operation.key;
  event.value = operation.value;
  event.node = node_;
  recorder_.record(event);
  Outcome outcome = co_await client_->invoke(operation, timeout);
  event.type = outcome.type;
  event.value = std::move(outcome.value);
  event.error = std::move(outcome.error);
  co_return recorder_.record(std::move(event));
}

bool was_not_served(const Event& completion) {
  return completion.type != EventType::ok && completion.error != "mismatch";
}

}  // namespace ordeal::harness
