// Bytes of a snapshot file, and of the store's state within one: whatever is accepted, is what encode makes.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "target-raftd/kv/store.h"
#include "target-raftd/storage/snapshots.h"

namespace {

// A store that was restored works: it takes commands and can be frozen again.
void restore(std::string_view bytes) {
  auto store = raftd::kv::Store::restore(bytes, {.sessions = 2});
  if (!store) return;
  if (raftd::kv::encode(store->freeze()) != bytes) __builtin_trap();
  const std::uint64_t index = ~std::uint64_t{0};
  store->apply(index, {raftd::kv::SessionSerial{"fuzz", 1}, raftd::kv::Add{"k", 1}});
  if (store->session_count() > 2) __builtin_trap();
  raftd::kv::encode(store->freeze());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  restore(bytes);
  const auto snapshot = raftd::storage::decode_snapshot(bytes);
  if (!snapshot) return 0;
  const std::string head = raftd::storage::encode_head(*snapshot);
  if (head + *snapshot->data + raftd::storage::encode_tail(head, *snapshot->data) != bytes) __builtin_trap();
  restore(*snapshot->data);
  return 0;
}
