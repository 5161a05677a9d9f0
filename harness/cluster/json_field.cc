#include "harness/cluster/json_field.h"

#include <boost/json/serialize.hpp>

namespace ordeal::harness {

namespace json = boost::json;

const json::value* field_of(const json::value& answer, std::string_view name) {
  if (name.starts_with('/')) {
    boost::system::error_code not_there;
    return answer.find_pointer({name.data(), name.size()}, not_there);
  }
  return answer.is_object() ? answer.get_object().if_contains({name.data(), name.size()}) : nullptr;
}

std::string as_text(const json::value* value) {
  if (value == nullptr) return "";
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

}  // namespace ordeal::harness
