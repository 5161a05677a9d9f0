// POST /txn: {"compare":[...],"then":[...],"else":[...]} to kv::Txn. Each part is optional.

#include <fmt/format.h>

#include "target-raftd/daemon/json_body.h"

namespace raftd::daemon {

namespace json = boost::json;

namespace {

constexpr std::string_view example =
    R"({"compare":[{"key":"k","value":"v"}],"then":[{"put":{"key":"k","value":"w"}}],"else":[{"get":{"key":"k"}}]})";
constexpr std::string_view compare_example =
    R"({"key":"k"} with one of "value":"v", "absent":true, "modified":N, "version":N)";
constexpr std::string_view operation_example =
    R"({"put":{"key":"k","value":"v"}}, {"delete":{"key":"k"}} or {"get":{"key":"k"}})";

const json::object& object_of(const json::value& value, std::string_view what, std::string_view like) {
  if (!value.is_object()) refuse_body(fmt::format("{} must be an object", what), like);
  return value.get_object();
}

// An absent list is empty.
const json::array& list_of(const json::object& body, std::string_view name) {
  static const json::array none;
  const json::value* value = body.if_contains(name);
  if (value == nullptr) return none;
  if (!value->is_array()) refuse_body(fmt::format("\"{}\" must be a list", name), example);
  if (value->get_array().size() > max_txn_parts) {
    refuse_body(fmt::format("\"{}\" has at most {} members", name, max_txn_parts), example);
  }
  return value->get_array();
}

kv::Compare compare_of(const json::value& value) {
  const json::object& object = object_of(value, "a compare", compare_example);
  check_names(object, {"key", "value", "absent", "modified", "version"}, compare_example);
  if (object.size() != 2) refuse_body("a compare holds a key and one condition", compare_example);
  kv::Compare compare{.key = take_key(object, compare_example), .to = kv::Compare::Absent{}};
  if (object.contains("value")) {
    compare.to = kv::Compare::Holds{take_text(object, "value", compare_example)};
  } else if (object.contains("modified")) {
    compare.to = kv::Compare::Modified{take_number(object, "modified", compare_example)};
  } else if (object.contains("version")) {
    compare.to = kv::Compare::Version{take_number(object, "version", compare_example)};
  } else if (const json::value& absent = object.at("absent"); !absent.is_bool() || !absent.get_bool()) {
    refuse_body("\"absent\" must be true", compare_example);
  }
  return compare;
}

kv::Txn::Operation operation_of(const json::value& value) {
  const json::object& object = object_of(value, "an operation", operation_example);
  check_names(object, {"put", "delete", "get"}, operation_example);
  if (object.size() != 1) refuse_body("an operation is an object with one member", operation_example);
  const std::string_view name = object.begin()->key();
  const json::object& arguments = object_of(object.begin()->value(), name, operation_example);
  if (name == "put") {
    check_names(arguments, {"key", "value"}, operation_example);
    return kv::Put{.key = take_key(arguments, operation_example),
                   .value = take_text(arguments, "value", operation_example)};
  }
  check_names(arguments, {"key"}, operation_example);
  std::string key = take_key(arguments, operation_example);
  if (name == "delete") return kv::Delete{.key = std::move(key)};
  return kv::Get{.key = std::move(key)};
}

}  // namespace

kv::Txn parse_transaction(const std::string& text) {
  const json::object body = parse_object(text, {"compare", "then", "else"}, example);
  kv::Txn txn;
  for (const json::value& one : list_of(body, "compare")) txn.compares.push_back(compare_of(one));
  for (const json::value& one : list_of(body, "then")) txn.then.push_back(operation_of(one));
  for (const json::value& one : list_of(body, "else")) txn.otherwise.push_back(operation_of(one));
  return txn;
}

}  // namespace raftd::daemon
