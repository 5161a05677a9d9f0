#include "target-raftd/bench/dialect.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

namespace raftd::bench {
namespace {

std::string http(std::string_view method, std::string_view target, std::string_view body) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n\r\n{}", method, target, body.size(),
                     body);
}

// etcd writes 64-bit numbers as strings.
std::uint64_t number_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr) return 0;
  if (const auto* text = value->if_string()) {
    std::uint64_t number = 0;
    std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
  }
  return value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

}  // namespace

std::string_view to_string(System system) {
  return system == System::raftd ? "raftd" : "etcd";
}

std::string_view to_string(Operation operation) {
  return operation == Operation::write ? "writes" : "reads";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view three = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = (bits << 8) | (i < three.size() ? static_cast<unsigned char>(three[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) text += i <= three.size() ? letters[(bits >> (18 - 6 * i)) & 63] : '=';
  }
  return text;
}

Exchange write_of(System system, std::string_view key, std::string_view value) {
  if (system == System::raftd) {
    return {.operation = Operation::write,
            .request = http("PUT", fmt::format("/kv/{}", key), fmt::format(R"({{"value":"{}"}})", value)),
            .expected = R"("index":)"};
  }
  return {
      .operation = Operation::write,
      .request = http("POST", "/v3/kv/put", fmt::format(R"({{"key":"{}","value":"{}"}})", base64(key), base64(value))),
      .expected = R"("revision":")"};
}

Exchange read_of(System system, std::string_view key, std::string_view value) {
  if (system == System::raftd) {
    return {.operation = Operation::read,
            .request = http("GET", fmt::format("/kv/{}", key), ""),
            .expected = fmt::format(R"("value":"{}")", value)};
  }
  return {.operation = Operation::read,
          .request = http("POST", "/v3/kv/range", fmt::format(R"({{"key":"{}"}})", base64(key))),
          .expected = fmt::format(R"("value":"{}")", base64(value))};
}

Judgement judge(const Exchange& exchange, const HttpAnswer& answer) {
  if (answer.status != 200) return {};
  const std::size_t at = answer.body.find(exchange.expected);
  if (at == std::string_view::npos) return {};
  if (exchange.operation == Operation::read) return {.right = true};
  const std::string_view rest = answer.body.substr(at + exchange.expected.size());
  Judgement judgement;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), judgement.revision);
  judgement.right = error == std::errc{};
  return judgement;
}

std::string status_request(System system) {
  return system == System::raftd ? http("GET", "/status", "") : http("POST", "/v3/maintenance/status", "{}");
}

std::optional<ServerStatus> parse_status(System system, const HttpAnswer& answer) {
  if (answer.status != 200) return {};
  boost::system::error_code failed;
  const boost::json::value parsed = boost::json::parse(answer.body, failed);
  if (failed || !parsed.is_object()) return {};
  const boost::json::object& object = parsed.get_object();
  const std::uint64_t leader = number_of(object, "leader");  // 0 in place of null, when there is none
  if (system == System::raftd) {
    return ServerStatus{.leads = leader != 0 && leader == number_of(object, "id"),
                        .knows_leader = leader != 0,
                        .applied_index = number_of(object, "applied_index")};
  }
  const boost::json::value* header = object.if_contains("header");
  if (header == nullptr || !header->is_object()) return {};
  return ServerStatus{.leads = leader != 0 && leader == number_of(header->get_object(), "member_id"),
                      .knows_leader = leader != 0,
                      .applied_index = number_of(object, "raftAppliedIndex")};
}

}  // namespace raftd::bench
