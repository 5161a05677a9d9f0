// A target's `http`: templates of requests and patterns of answers. Any thread.

#pragma once

#include "harness/config/http_templates.h"
#include "harness/config/reader.h"

namespace ordeal::harness {

// Throws ConfigError.
HttpTemplates http_templates_of(const Setting& setting);

}  // namespace ordeal::harness
