#include "target-raftd/daemon/api.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

namespace raftd::daemon {

namespace json = boost::json;

namespace {

using Refused = HttpResponse;

HttpResponse error(unsigned status, std::string_view code, bool definite, std::string_view message,
                   json::object more = {}) {
  json::object body{{"code", code}, {"message", message}, {"definite", definite}};
  for (auto& [key, value] : more) body[key] = std::move(value);
  return {.status = status, .body = json::serialize(body)};
}

// Strict UTF-8, because keys come back inside JSON: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80         ? 1
                               : lead >> 5 == 0x6  ? 2
                               : lead >> 4 == 0xe  ? 3
                               : lead >> 3 == 0x1e ? 4
                                                   : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 0x2) return false;
      point = (point << 6) | (next & 0x3fU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    i += length;
  }
  return true;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (failed != std::errc{} || digits.size() != 2 || end != digits.data() + 2) return {};
    out.push_back(static_cast<char>(value));
    i += 2;
  }
  return out;
}

std::variant<std::string, Refused> parse_key(std::string_view text) {
  std::optional<std::string> key = percent_decoded(text);
  if (!key || key->empty() || !is_utf8(*key)) {
    return refuse(400, "bad_key", "a key is percent-encoded UTF-8 and not empty");
  }
  if (key->size() > max_key_bytes) {
    return refuse(400, "bad_key", fmt::format("a key has at most {} bytes", max_key_bytes));
  }
  return *std::move(key);
}

std::variant<std::optional<kv::SessionSerial>, Refused> parse_session(const HttpRequest& request) {
  if (!request.session && !request.serial) return std::nullopt;
  if (!request.session || !request.serial) {
    return refuse(400, "bad_session", "the headers Session and Serial go together");
  }
  const std::string& session = *request.session;
  const std::string& digits = *request.serial;
  std::uint64_t serial = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), serial);
  if (failed != std::errc{} || end != digits.data() + digits.size() || serial == 0) {
    return refuse(400, "bad_session", "Serial is a whole number from 1");
  }
  if (session.empty() || session.size() > max_session_bytes || !is_utf8(session)) {
    return refuse(400, "bad_session", fmt::format("Session is a name of 1 to {} bytes", max_session_bytes));
  }
  return kv::SessionSerial{.session = session, .serial = serial};
}

// The members of a JSON object, each of which must be one of `names`.
std::variant<json::object, Refused> parse_body(const std::string& body, std::initializer_list<std::string_view> names,
                                               std::string_view example) {
  boost::system::error_code failed;
  json::value parsed = json::parse(body, failed);
  if (failed || !parsed.is_object()) {
    return refuse(400, "bad_body", fmt::format("the body is not a JSON object; write {}", example));
  }
  for (const auto& member : parsed.as_object()) {
    if (std::find(names.begin(), names.end(), std::string_view(member.key())) == names.end()) {
      return refuse(400, "bad_body",
                    fmt::format("unknown member \"{}\"; write {}", std::string_view(member.key()), example));
    }
  }
  return std::move(parsed.as_object());
}

std::variant<std::optional<std::string>, Refused> parse_text(const json::object& body, std::string_view name,
                                                             bool nullable, std::string_view example) {
  const json::value* value = body.if_contains(name);
  if (nullable && value != nullptr && value->is_null()) return std::nullopt;
  if (value == nullptr || !value->is_string()) {
    return refuse(400, "bad_body",
                  fmt::format("\"{}\" must be a string{}; write {}", name, nullable ? " or null" : "", example));
  }
  if (value->get_string().size() > max_value_bytes) {
    return refuse(413, "too_large", fmt::format("\"{}\" has at most {} bytes", name, max_value_bytes));
  }
  return std::string(value->get_string());
}

std::variant<kv::Action, Refused> parse_put(std::string key, const std::string& text) {
  constexpr std::string_view example = R"({"value":"v"})";
  auto body = parse_body(text, {"value"}, example);
  if (auto* refused = std::get_if<Refused>(&body)) return *refused;
  auto value = parse_text(std::get<json::object>(body), "value", false, example);
  if (auto* refused = std::get_if<Refused>(&value)) return *refused;
  return kv::Put{.key = std::move(key), .value = *std::get<0>(std::move(value))};
}

std::variant<kv::Action, Refused> parse_compare_and_set(std::string key, const std::string& text) {
  constexpr std::string_view example = R"({"expected":"1","value":"2"}, or null for an absent key)";
  auto body = parse_body(text, {"expected", "value"}, example);
  if (auto* refused = std::get_if<Refused>(&body)) return *refused;
  auto expected = parse_text(std::get<json::object>(body), "expected", true, example);
  if (auto* refused = std::get_if<Refused>(&expected)) return *refused;
  auto value = parse_text(std::get<json::object>(body), "value", false, example);
  if (auto* refused = std::get_if<Refused>(&value)) return *refused;
  return kv::CompareAndSet{
      .key = std::move(key), .expected = std::get<0>(std::move(expected)), .value = *std::get<0>(std::move(value))};
}

Call parse_read(std::string key, std::string_view query) {
  if (query.empty() || query == "read=linearizable") return ReadCall{.key = std::move(key), .local = false};
  if (query == "read=local") return ReadCall{.key = std::move(key), .local = true};
  return refuse(400, "unsupported",
                fmt::format("\"{}\" is not supported; read=linearizable (the default) and read=local are", query));
}

Call wrong_method(std::string_view method, std::string_view allowed) {
  return refuse(405, "wrong_method", fmt::format("{} does not go here; {} does", method, allowed));
}

// `action` is "" for /kv/K and "cas" for /kv/K/cas.
Call parse_kv(const HttpRequest& request, std::string_view raw_key, bool cas, std::string_view query) {
  const std::string_view method = request.method;
  auto parsed_key = parse_key(raw_key);
  if (auto* refused = std::get_if<Refused>(&parsed_key)) return *refused;
  auto& key = std::get<std::string>(parsed_key);
  if (cas && method != "POST") return wrong_method(method, "POST");
  if (!cas && method != "GET" && method != "PUT" && method != "DELETE") {
    return wrong_method(method, "GET, PUT or DELETE");
  }
  if (method == "GET") return parse_read(std::move(key), query);
  if (!query.empty()) return refuse(400, "unsupported", fmt::format("\"{}\" is not supported with a write", query));
  auto session = parse_session(request);
  if (auto* refused = std::get_if<Refused>(&session)) return *refused;
  std::variant<kv::Action, Refused> action = cas               ? parse_compare_and_set(std::move(key), request.body)
                                             : method == "PUT" ? parse_put(std::move(key), request.body)
                                                               : kv::Action(kv::Delete{.key = std::move(key)});
  if (auto* refused = std::get_if<Refused>(&action)) return *refused;
  return WriteCall{{.session = std::get<0>(std::move(session)), .action = std::get<kv::Action>(std::move(action))}};
}

}  // namespace

Call parse_call(const HttpRequest& request) {
  const std::string_view target = request.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = target.substr(std::min(mark + 1, target.size()));
  if (path == "/status") {
    if (request.method != "GET") return wrong_method(request.method, "GET");
    return StatusCall{};
  }
  constexpr std::string_view prefix = "/kv/";
  if (path.starts_with(prefix)) {
    const std::string_view rest = path.substr(prefix.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view behind = rest.substr(slash);
    if (behind.empty() || behind == "/cas") return parse_kv(request, rest.substr(0, slash), !behind.empty(), query);
  }
  return refuse(404, "unknown_path", "the paths are /kv/KEY, /kv/KEY/cas and /status");
}

HttpResponse refuse(unsigned status, std::string_view code, std::string_view message) {
  return error(status, code, true, message);
}

HttpResponse answer(const ReadCall& call, const std::optional<kv::Store::Value>& value) {
  if (!value) return error(404, "not_found", true, "the key is absent", {{"key", call.key}});
  const json::object body{{"key", call.key}, {"value", value->value}, {"index", value->modified_index}};
  return {.status = 200, .body = json::serialize(body)};
}

HttpResponse answer(const kv::Result& result) {
  switch (result.code) {
    case kv::Code::done:
      return {.status = 200, .body = fmt::format(R"({{"index":{}}})", result.index)};
    case kv::Code::mismatch: {
      const json::value actual = result.actual ? json::value(*result.actual) : json::value(nullptr);
      return error(409, "mismatch", true, "the key did not hold the expected value",
                   {{"actual", actual}, {"index", result.index}});
    }
    case kv::Code::stale_serial:
      // Not applied now. But the same serial may have been applied when it was sent before.
      return error(409, "stale_serial", false, "a later serial of this session was applied already");
    case kv::Code::unknown_session:
      return error(409, "unknown_session", false,
                   "this session is not known (any more); begin a new one with serial 1");
  }
  return refuse(500, "bug", "an unknown result");
}

HttpResponse answer(Failure failure) {
  switch (failure) {
    case Failure::no_leader:
      return error(503, "no_leader", true, "no leader can be reached now; try again soon, or another server");
    case Failure::superseded:
      return error(503, "superseded", true, "another leader took over before this write was committed; try again");
    case Failure::overloaded:
      return error(503, "overloaded", true, "too many requests are under way; try again later");
    case Failure::read_timeout:
      return error(504, "timeout", true, "no majority confirmed this read in time; try again");
    case Failure::write_timeout:
      return error(504, "timeout", false, "nobody knows whether this write happened, or will; read to find out");
  }
  return refuse(500, "bug", "an unknown failure");
}

HttpResponse answer(const StatusReport& report) {
  json::array members;
  for (const StatusReport::Member& member : report.members) {
    members.push_back(
        json::object{{"id", member.id}, {"address", net::to_string(member.address)}, {"connected", member.connected}});
  }
  const json::value leader = report.raft.leader ? json::value(*report.raft.leader) : json::value(nullptr);
  const json::object body{{"id", report.raft.id},
                          {"role", to_string(report.raft.role)},
                          {"term", report.raft.term},
                          {"leader", leader},
                          {"commit_index", report.raft.commit_index},
                          {"applied_index", report.applied_index},
                          {"last_log_index", report.raft.last_log.index},
                          {"state_hash", fmt::format("{:016x}", report.state_hash)},
                          {"keys", report.keys},
                          {"sessions", report.sessions},
                          {"members", std::move(members)},
                          {"version", RAFTD_VERSION}};
  return {.status = 200, .body = json::serialize(body)};
}

std::string_view to_string(raft::Role role) {
  switch (role) {
    case raft::Role::follower:
      return "follower";
    case raft::Role::candidate:
      return "candidate";
    case raft::Role::leader:
      return "leader";
  }
  return "unknown";
}

}  // namespace raftd::daemon
