// The log's and the files' checksum by its name here. Pure; any thread.

#pragma once

#include "target-raftd/checksum/crc32c.h"

namespace raftd::storage {

using checksum::crc32c;

}  // namespace raftd::storage
