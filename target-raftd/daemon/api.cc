// Requests to calls; answers.cc is the way back.

#include "target-raftd/daemon/api.h"

#include <fmt/format.h>

#include <charconv>

#include "target-raftd/daemon/json_body.h"
#include "target-raftd/net/address.h"

namespace raftd::daemon {

namespace json = boost::json;

namespace {

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

std::string parse_key(std::string_view text) {
  std::string key = percent_decoded(text).value_or("");
  check_key(key);
  return key;
}

std::optional<std::uint64_t> positive_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc{} || end != digits.data() + digits.size() || number == 0) return {};
  return number;
}

std::optional<kv::SessionSerial> parse_session(const HttpRequest& request) {
  if (!request.session && !request.serial) return std::nullopt;
  if (!request.session || !request.serial) {
    throw Refused{refuse(400, "bad_session", "the headers Session and Serial go together")};
  }
  const std::optional<std::uint64_t> serial = positive_number(*request.serial);
  if (!serial) throw Refused{refuse(400, "bad_session", "Serial is a whole number from 1")};
  const std::string& session = *request.session;
  if (session.empty() || session.size() > max_session_bytes || !is_utf8(session)) {
    throw Refused{refuse(400, "bad_session", fmt::format("Session is a name of 1 to {} bytes", max_session_bytes))};
  }
  return kv::SessionSerial{.session = session, .serial = *serial};
}

kv::Action parse_put(std::string key, const std::string& text) {
  constexpr std::string_view example = R"({"value":"v"})";
  const json::object body = parse_object(text, {"value"}, example);
  return kv::Put{.key = std::move(key), .value = take_text(body, "value", example)};
}

kv::Action parse_compare_and_set(std::string key, const std::string& text) {
  constexpr std::string_view example = R"({"expected":"1","value":"2"}, or null for an absent key)";
  const json::object body = parse_object(text, {"expected", "value"}, example);
  return kv::CompareAndSet{.key = std::move(key),
                           .expected = take_text_or_null(body, "expected", example),
                           .value = take_text(body, "value", example)};
}

kv::Action parse_add(std::string key, const std::string& text) {
  constexpr std::string_view example = R"({"delta":1})";
  const json::object body = parse_object(text, {"delta"}, example);
  return kv::Add{.key = std::move(key), .delta = take_integer(body, "delta", example)};
}

Call parse_read(std::string key, std::string_view query) {
  ReadLevel level = ReadLevel::linearizable;
  if (query == "read=lease") {
    level = ReadLevel::lease;
  } else if (query == "read=follower") {
    level = ReadLevel::follower;
  } else if (query == "read=local") {
    level = ReadLevel::local;
  } else if (!query.empty() && query != "read=linearizable") {
    return refuse(400, "unsupported",
                  fmt::format("\"{}\" is not supported; read=linearizable (the default), read=lease, read=follower and "
                              "read=local are",
                              query));
  }
  return ReadCall{.key = std::move(key), .level = level};
}

[[noreturn]] void wrong_method(std::string_view method, std::string_view allowed) {
  throw Refused{refuse(405, "wrong_method", fmt::format("{} does not go here; {} does", method, allowed))};
}

void require_method(const HttpRequest& request, std::string_view allowed) {
  if (request.method != allowed) wrong_method(request.method, allowed);
}

void require_no_query(std::string_view query) {
  if (!query.empty()) {
    throw Refused{refuse(400, "unsupported", fmt::format("\"{}\" is not supported with this request", query))};
  }
}

// `operation` is "" for /kv/K, "/cas" for /kv/K/cas, "/add" for /kv/K/add.
Call parse_kv(const HttpRequest& request, std::string_view raw_key, std::string_view operation,
              std::string_view query) {
  const std::string_view method = request.method;
  std::string key = parse_key(raw_key);
  if (!operation.empty()) {
    require_method(request, "POST");
  } else if (method == "GET") {
    return parse_read(std::move(key), query);
  } else if (method != "PUT" && method != "DELETE") {
    wrong_method(method, "GET, PUT or DELETE");
  }
  require_no_query(query);
  WriteCall write{{.session = parse_session(request), .action = {}}};
  write.command.action = operation == "/cas"   ? parse_compare_and_set(std::move(key), request.body)
                         : operation == "/add" ? parse_add(std::move(key), request.body)
                         : method == "PUT"     ? parse_put(std::move(key), request.body)
                                               : kv::Action(kv::Delete{.key = std::move(key)});
  return write;
}

Call parse_addition(const HttpRequest& request) {
  constexpr std::string_view example = R"({"id":4,"address":"10.77.0.4:7100"})";
  require_method(request, "POST");
  const json::object body = parse_object(request.body, {"id", "address"}, example);
  const raft::NodeId id = take_number(body, "id", example);
  const std::string address = take_text(body, "address", example);
  if (id == 0) refuse_body("\"id\" must be a whole number from 1", example);
  if (address.size() > max_address_bytes || !net::parse_address(address)) {
    refuse_body("\"address\" must be HOST:PORT, where the other servers reach it", example);
  }
  return ChangeCall{raft::AddLearner{.server = id, .address = address}};
}

// `rest` is what follows /members/.
Call parse_member(const HttpRequest& request, std::string_view rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::optional<std::uint64_t> id = positive_number(rest.substr(0, slash));
  const std::string_view behind = rest.substr(slash);
  if (!id || (!behind.empty() && behind != "/promote")) {
    return refuse(404, "unknown_path", "the paths are /members, /members/ID and /members/ID/promote");
  }
  if (behind.empty()) {
    require_method(request, "DELETE");
    return ChangeCall{raft::Remove{.server = *id}};
  }
  require_method(request, "POST");
  return ChangeCall{raft::Promote{.server = *id}};
}

Call parse_transfer(const HttpRequest& request) {
  constexpr std::string_view example = R"({"id":2})";
  require_method(request, "POST");
  return TransferCall{.to = take_number(parse_object(request.body, {"id"}, example), "id", example)};
}

Call parse(const HttpRequest& request) {
  const std::string_view target = request.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = target.substr(std::min(mark + 1, target.size()));
  constexpr std::string_view kv_prefix = "/kv/";
  if (path.starts_with(kv_prefix)) {
    const std::string_view rest = path.substr(kv_prefix.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view behind = rest.substr(slash);
    if (behind.empty() || behind == "/cas" || behind == "/add") {
      return parse_kv(request, rest.substr(0, slash), behind, query);
    }
  } else if (path == "/status" || path == "/metrics") {
    require_method(request, "GET");
    return path == "/status" ? Call(StatusCall{}) : Call(MetricsCall{});
  } else if (path == "/txn") {
    require_method(request, "POST");
    require_no_query(query);
    return WriteCall{{.session = parse_session(request), .action = parse_transaction(request.body)}};
  } else if (path == "/members") {
    return parse_addition(request);
  } else if (path.starts_with("/members/")) {
    return parse_member(request, path.substr(std::string_view("/members/").size()));
  } else if (path == "/leader") {
    return parse_transfer(request);
  }
  return refuse(404, "unknown_path",
                "the paths are /kv/KEY, /kv/KEY/cas, /kv/KEY/add, /txn, /status, /metrics, /members, /members/ID, "
                "/members/ID/promote and /leader");
}

}  // namespace

Call parse_call(const HttpRequest& request) {
  try {
    return parse(request);
  } catch (Refused& refused) {
    return std::move(refused.response);
  }
}

std::string_view route_of(const Call& call) {
  constexpr std::string_view reads[] = {"read_linearizable", "read_lease", "read_follower", "read_local"};
  constexpr std::string_view writes[] = {"put", "delete", "cas", "add", "txn", "identify"};
  static_assert(std::size(writes) == std::variant_size_v<kv::Action>);
  if (const auto* read = std::get_if<ReadCall>(&call)) return reads[static_cast<std::size_t>(read->level)];
  if (const auto* write = std::get_if<WriteCall>(&call)) return writes[write->command.action.index()];
  if (std::holds_alternative<ChangeCall>(call)) return "members";
  if (std::holds_alternative<TransferCall>(call)) return "leader";
  if (std::holds_alternative<StatusCall>(call)) return "status";
  return std::holds_alternative<MetricsCall>(call) ? "metrics" : "other";
}

}  // namespace raftd::daemon
