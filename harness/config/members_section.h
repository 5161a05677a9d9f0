// Reads how a target lists, adds and removes its members. Whatever does not fit throws ConfigError. Any thread.

#pragma once

#include "harness/config/reader.h"
#include "harness/config/target.h"

namespace ordeal::harness {

RequestTemplate request_of(const Setting& setting);  // about one member
MemberRequests members_of(const Setting& setting);

}  // namespace ordeal::harness
