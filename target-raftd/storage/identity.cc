#include "target-raftd/storage/identity.h"

#include "target-raftd/checksum/crc32c.h"
#include "target-raftd/storage/bytes.h"

namespace raftd::storage {
namespace {

constexpr std::string_view magic = "RAFTDIDY";
constexpr std::uint32_t version = 1;

}  // namespace

std::string encode(const Identity& identity) {
  std::string out(magic);
  put(out, version);
  put(out, identity.node);
  put(out, identity.incarnation);
  put_text(out, identity.cluster_name);
  put_text(out, raft::encode(identity.bootstrap));
  put(out, checksum::crc32c(out));
  return out;
}

std::optional<Identity> decode_identity(std::string_view bytes) {
  Reader reader(bytes);
  Identity identity;
  reader.require(reader.take_bytes(magic.size()) == magic);
  reader.require(reader.take<std::uint32_t>() == version);
  identity.node = reader.take<std::uint64_t>();
  identity.incarnation = reader.take<std::uint64_t>();
  identity.cluster_name = reader.take_text();
  std::optional<raft::Configuration> bootstrap = raft::decode_configuration(reader.take_text());
  const auto crc = reader.take<std::uint32_t>();
  if (!reader.ok() || !reader.at_end() || !bootstrap || crc != checksum::crc32c(bytes.substr(0, bytes.size() - 4)))
    return {};
  identity.bootstrap = std::move(*bootstrap);
  return identity;
}

}  // namespace raftd::storage
