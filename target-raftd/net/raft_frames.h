// The bytes of the messages of the protocol core within frames. Pure; any thread.

#pragma once

#include "target-raftd/net/fields.h"

namespace raftd::net {

void put_message(Writer& out, const raft::Message& message);

// `type` must be one of a message. Bytes that are none leave `in` failed.
raft::Message take_message(Type type, Reader& in);

}  // namespace raftd::net
