// A field of a JSON answer, named in a target's YAML: `role`, or as a JSON pointer `/header/raft_term`. Pure.

#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace ordeal::harness {

// nullptr: the answer has no such field.
const boost::json::value* field_of(const boost::json::value& answer, std::string_view name);

// 6, "6", true, ["http://10.77.0.6:2380"]: as a person would write it into the target's YAML. Empty for nullptr.
std::string as_text(const boost::json::value* value);

}  // namespace ordeal::harness
