// What an answer means by the patterns of the target's file (config/http_templates.h). Pure; any thread.
//
//   the first pattern that fits           decides
//   none fits, 2xx, no pattern says ok    ok: of a read when a text or a whole number stands where the value is
//   none fits, 2xx, some pattern says ok  not understood: a change is info, a read a fail
//   none fits, any other status           the same, named "http-503"
//
// So what the file does not say never accuses a target: only `fail`, `mismatch` and `absent` do, and they must be
// written.

#pragma once

#include "harness/clients/client.h"
#include "harness/clients/http_connection.h"
#include "harness/config/http_templates.h"

namespace ordeal::harness {

// Of a read, write or cas of one key.
Outcome http_outcome(const workloads::Operation& operation, const HttpTemplate& request, const HttpAnswer& answer);

// What stands at the pointer in a JSON body, as a person would write it: 7, "7" and true are 7, 7 and true. nullopt:
// nothing, or null.
std::optional<std::string> text_at(const std::string& body, const std::string& pointer);

}  // namespace ordeal::harness
