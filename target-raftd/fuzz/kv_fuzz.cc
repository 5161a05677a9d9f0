// Commands and results, as they come out of the log and from other servers. Whatever is accepted, is what encode makes.
// The rest of the input after a first byte is also taken as a row of commands, which are applied.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "target-raftd/kv/store.h"

using namespace raftd::kv;

namespace {

// Length u8, then so many bytes of a command; a store and one that is frozen and restored on the way must agree.
void apply_all(std::string_view bytes) {
  Store store({.sessions = 2});
  Store other({.sessions = 2});
  for (std::uint64_t index = 1; !bytes.empty(); ++index) {
    const auto length = static_cast<unsigned char>(bytes.front());
    const std::string_view one = bytes.substr(1, length);
    bytes.remove_prefix(1 + one.size());
    const auto command = decode(one);
    if (!command) continue;
    if (store.apply(index, *command) != other.apply(index, *command)) __builtin_trap();
    auto restored = Store::restore(encode(other.freeze()), {.sessions = 2});
    if (!restored) __builtin_trap();
    other = std::move(*restored);
    if (store.state_hash() != other.state_hash()) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto command = decode(bytes)) {
    if (encode(*command) != bytes) __builtin_trap();
    Store().apply(1, *command);
  }
  if (const auto result = decode_result(bytes)) {
    if (encode(*result) != bytes) __builtin_trap();
  }
  apply_all(bytes);
  return 0;
}
