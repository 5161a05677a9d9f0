// Reading the JSON of requests strictly, with refusals that say what to write instead. For the sources behind api.h
// only, because it includes Boost.JSON. Pure; any thread.

#pragma once

#include <boost/json.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "target-raftd/daemon/api.h"

namespace raftd::daemon {

// Thrown and caught inside parse_call() only: the answer to a request that cannot be understood.
struct Refused {
  HttpResponse response;
};
[[noreturn]] void refuse_body(std::string_view what, std::string_view example);

// Strict UTF-8, because keys come back inside JSON: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The members of a JSON object, each of which must be one of `names`. All throw Refused.
boost::json::object parse_object(const std::string& body, std::initializer_list<std::string_view> names,
                                 std::string_view example);
void check_names(const boost::json::object& object, std::initializer_list<std::string_view> names,
                 std::string_view example);
std::string take_text(const boost::json::object& object, std::string_view name, std::string_view example);
std::optional<std::string> take_text_or_null(const boost::json::object& object, std::string_view name,
                                             std::string_view example);
std::int64_t take_integer(const boost::json::object& object, std::string_view name, std::string_view example);
std::uint64_t take_number(const boost::json::object& object, std::string_view name, std::string_view example);

// A key that stands inside a body.
std::string take_key(const boost::json::object& object, std::string_view example);

// Throws Refused unless the key is UTF-8 of 1 to max_key_bytes.
void check_key(std::string_view key);

// POST /txn: its own grammar (transaction.cc).
kv::Txn parse_transaction(const std::string& body);

}  // namespace raftd::daemon
