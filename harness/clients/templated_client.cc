#include "harness/clients/templated_client.h"

#include <cassert>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/clients/base64.h"
#include "harness/clients/http_answer.h"
#include "harness/clients/wire_value.h"

namespace ordeal::harness {
namespace {

using checker::EventType;
using checker::List;
using checker::Nil;
using workloads::Operation;

HttpMethod method_of(const std::string& name) {
  if (name == "POST") return HttpMethod::post;
  if (name == "PUT") return HttpMethod::put;
  if (name == "DELETE") return HttpMethod::delete_;
  assert(name == "GET");
  return HttpMethod::get;
}

const List& pair_of(const Operation& cas) {
  const List* pair = cas.value.get_if<List>();
  assert(pair != nullptr && pair->size() == 2);
  return *pair;
}

}  // namespace

struct TemplatedClient::Values {
  std::string key{}, value{}, expected{}, version{};

  // `name` is one that http_section.cc lets pass.
  std::string of(std::string_view name) const {
    constexpr std::string_view encoded = ":base64";
    if (name.ends_with(encoded)) return to_base64(of(name.substr(0, name.size() - encoded.size())));
    if (name == "key") return key;
    if (name == "value") return value;
    if (name == "expected") return expected;
    assert(name == "version");
    return version;
  }

  std::string fill(std::string_view text, bool is_url) const {
    std::string filled;
    for (std::size_t begin = text.find("${"); begin != std::string_view::npos; begin = text.find("${")) {
      const std::size_t end = text.find('}', begin);
      const std::string known = of(text.substr(begin + 2, end - begin - 2));
      filled += text.substr(0, begin);
      filled += is_url ? percent_encoded(known) : known;
      text.remove_prefix(end + 1);
    }
    return filled + std::string(text);
  }
};

TemplatedClient::TemplatedClient(const ClientOptions& options, boost::asio::io_context& io)
    : connection_(options.address, io), templates_(options.client.http), read_mode_(options.read_mode) {
  assert(templates_.reads.contains(read_mode_));
}

boost::asio::awaitable<Outcome> TemplatedClient::request(const Operation& operation, std::chrono::nanoseconds timeout) {
  Values values{.key = operation.key};
  const HttpTemplate* asked = &templates_.write;
  if (operation.f == "read") {
    asked = &templates_.reads.at(read_mode_);
  } else if (operation.f == "cas") {
    assert(templates_.cas && templates_.cas_absent);
    const List& pair = pair_of(operation);
    if (!pair[0].is_nil() && !templates_.cas->version.empty()) co_return co_await cas_of_version(operation, timeout);
    asked = pair[0].is_nil() ? &*templates_.cas_absent : &*templates_.cas;
    if (!pair[0].is_nil()) values.expected = wire_text(pair[0]);
    values.value = wire_text(pair[1]);
  } else {
    assert(operation.f == "write");  // the workload was made for this client
    values.value = wire_text(operation.value);
  }
  const HttpAnswer answer = co_await send(*asked, values, timeout);
  co_return http_outcome(operation, *asked, answer);
}

boost::asio::awaitable<Outcome> TemplatedClient::cas_of_version(const Operation& operation,
                                                                std::chrono::nanoseconds timeout) {
  const List& pair = pair_of(operation);
  const HttpTemplate& read = templates_.reads.at("linearizable");
  const HttpTemplate& cas = *templates_.cas;
  Values values{.key = operation.key, .value = wire_text(pair[1]), .expected = wire_text(pair[0])};
  const HttpAnswer seen = co_await send(read, values, timeout);
  const Operation look{"read", operation.key, Nil{}};
  Outcome before = http_outcome(look, read, seen);
  if (before.type != EventType::ok) co_return Outcome{EventType::fail, operation.value, std::move(before.error)};
  if (!(before.value == pair[0])) co_return Outcome{EventType::fail, operation.value, "mismatch"};
  const std::optional<std::string> version = text_at(seen.body, cas.version);
  if (!version) co_return Outcome{EventType::fail, operation.value, "no-version"};
  values.version = *version;
  const HttpAnswer answer = co_await send(cas, values, timeout);
  Outcome outcome = http_outcome(operation, cas, answer);
  if (outcome.error == "mismatch") outcome.error = "changed-meanwhile";
  co_return outcome;
}

boost::asio::awaitable<HttpAnswer> TemplatedClient::send(const HttpTemplate& asked, const Values& values,
                                                         std::chrono::nanoseconds timeout) {
  request_.method = method_of(asked.method);
  request_.target = values.fill(asked.url, true);
  request_.body = values.fill(asked.body, false);
  request_.headers.clear();
  for (const auto& [name, value] : asked.headers) request_.headers.emplace_back(name, values.fill(value, false));
  co_return co_await connection_.exchange(request_, timeout);
}

}  // namespace ordeal::harness
