#include "harness/clients/adapter_protocol.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cassert>
#include <charconv>

namespace ordeal::harness {
namespace {

namespace json = boost::json;
using checker::EventType;
using checker::List;
using checker::Value;

// Integers and nil are all that the workloads write.
json::value wire_value(const Value& value) {
  if (value.is_nil()) return nullptr;
  const std::int64_t* number = value.get_if<std::int64_t>();
  assert(number != nullptr);
  return *number;
}

std::optional<std::int64_t> number_of(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  return std::nullopt;
}

// A text that is a decimal number counts as it, since many systems keep texts only. Nobody wrote anything else, and
// it is the checker's place to say so.
Value history_value(const json::value& value) {
  if (value.is_null()) return checker::Nil{};
  if (const auto number = number_of(value)) return *number;
  if (!value.is_string()) return json::serialize(value);
  const std::string text(value.get_string());
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && rest == text.data() + text.size()) return number;
  return text;
}

std::optional<json::object> object_of(std::string_view line) {
  json::error_code error;
  json::value parsed = json::parse(line, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

// Of a field that lists names; those that ordeal does not know do no harm.
std::vector<std::string> names_in(const json::object& object, std::string_view field) {
  std::vector<std::string> names;
  const json::value* list = object.if_contains(field);
  if (list == nullptr || !list->is_array()) return names;
  for (const json::value& name : list->get_array()) {
    if (name.is_string()) names.emplace_back(name.get_string());
  }
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// What a workload asks its clients to do, in the protocol's words. An element of a set is a key of its own.
std::vector<std::string> operations_of(const workloads::WorkloadSpec& workload) {
  if (const auto* of_register = std::get_if<workloads::RegisterSpec>(&workload)) {
    std::vector<std::string> operations{"read"};
    if (of_register->write_share > 0) operations.emplace_back("write");
    if (of_register->cas_share > 0) operations.emplace_back("cas");
    return operations;
  }
  if (std::holds_alternative<workloads::CounterSpec>(workload)) return {"read", "increment"};
  return {"read", "write"};
}

}  // namespace

std::string greeting() {
  return fmt::format("{{\"protocol\":{}}}\n", adapter_protocol);
}

std::variant<AdapterAbilities, std::string> parse_abilities(std::string_view line) {
  const auto object = object_of(line);
  if (!object) return "it is no JSON object";
  const json::value* protocol = object->if_contains("protocol");
  if (protocol == nullptr) return "it has no field \"protocol\"";
  if (number_of(*protocol) != adapter_protocol) {
    return fmt::format("it speaks protocol {}, and ordeal speaks {}", json::serialize(*protocol), adapter_protocol);
  }
  AdapterAbilities abilities{.operations = names_in(*object, "operations"), .reads = names_in(*object, "reads")};
  if (abilities.operations.empty()) return "its field \"operations\" names none";
  if (contains(abilities.operations, "read") && abilities.reads.empty()) return "its field \"reads\" names none";
  return abilities;
}

std::variant<AdapterAnswer, std::string> parse_answer(std::string_view line) {
  const auto object = object_of(line);
  if (!object) return "it is no JSON object";
  AdapterAnswer answer;
  const json::value* id = object->if_contains("id");
  if (id == nullptr || !number_of(*id)) return "its field \"id\" is no number";
  answer.id = *number_of(*id);
  const json::value* type = object->if_contains("type");
  const std::string word = type != nullptr && type->is_string() ? std::string(type->get_string()) : "";
  if (word != "ok" && word != "fail" && word != "info") return "its field \"type\" is none of ok, fail and info";
  answer.type = word == "ok" ? EventType::ok : word == "fail" ? EventType::fail : EventType::info;
  if (const json::value* value = object->if_contains("value")) answer.value = history_value(*value);
  if (const json::value* index = object->if_contains("index")) answer.index = number_of(*index);
  if (answer.type == EventType::ok) return answer;
  const json::value* error = object->if_contains("error");
  if (error != nullptr && error->is_string()) answer.error = std::string(error->get_string());
  if (answer.error.empty()) answer.error = "unexplained";
  return answer;
}

std::string call_line(std::int64_t id, const AdapterPlace& place, const workloads::Operation& operation,
                      std::chrono::nanoseconds timeout) {
  json::object call{{"id", id},
                    {"node", place.node},
                    {"endpoint", place.endpoint},
                    {"f", operation.f},
                    {"key", operation.key},
                    {"timeout", std::chrono::ceil<std::chrono::milliseconds>(timeout).count()}};
  if (operation.f == "read") {
    call["read"] = place.read_mode;
  } else if (operation.f == "cas") {
    const List* pair = operation.value.get_if<List>();
    assert(pair != nullptr && pair->size() == 2);
    call["expected"] = wire_value((*pair)[0]);
    call["value"] = wire_value((*pair)[1]);
  } else if (operation.f == "increment") {
    for (const char* field : {"delta", "serial"}) call[field] = wire_value(*operation.value.find(field));
    call["session"] = *operation.value.find("session")->get_if<std::string>();
  } else {
    call["value"] = wire_value(operation.value);
  }
  return json::serialize(call) + "\n";
}

std::string what_is_missing(const AdapterAbilities& abilities, const workloads::WorkloadSpec& workload) {
  for (const std::string& operation : operations_of(workload)) {
    if (contains(abilities.operations, operation)) continue;
    return fmt::format("workload {} asks for the operation {}, and the adapter supports {}",
                       workloads::name_of(workload), operation, fmt::join(abilities.operations, ", "));
  }
  // What is read at the end is asked for as linearizable, whatever the clients asked for before.
  for (const std::string& mode : {workloads::read_mode_of(workload), std::string("linearizable")}) {
    if (contains(abilities.reads, mode)) continue;
    return fmt::format("reads are asked for as {}, and the adapter supports {}", mode,
                       fmt::join(abilities.reads, ", "));
  }
  return "";
}

}  // namespace ordeal::harness
