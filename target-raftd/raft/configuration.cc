#include "target-raftd/raft/configuration.h"

#include <algorithm>
#include <utility>

namespace raftd::raft {
namespace {

// version u8 = 1 | members u32 | (id u64, voter u8, length u32, address)* | retired u32 | (id u64)*
// All integers are little-endian, ids rise.
constexpr char version = 1;

template <typename Integer>
void put(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    out.push_back(static_cast<char>((std::uint64_t{value} >> (8 * i)) & 0xFF));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename Integer>
  Integer integer() {
    const std::string_view taken = take(sizeof(Integer));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
    }
    return static_cast<Integer>(value);
  }

  std::string_view take(std::size_t size) {
    ok_ = ok_ && size <= bytes_.size();
    const std::string_view taken = ok_ ? bytes_.substr(0, size) : std::string_view();
    bytes_.remove_prefix(taken.size());
    return taken;
  }

  void require(bool holds) { ok_ = ok_ && holds; }
  bool ok() const { return ok_; }
  bool complete() const { return ok_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

using Changed = std::variant<Configuration, ChangeRefusal>;

Changed with(Configuration next, const AddLearner& change) {
  if (next.retired.contains(change.server)) {
    return ChangeRefusal::retired;
  }
  const bool is_new = next.members.emplace(change.server, Member{.address = change.address, .voter = false}).second;
  return is_new ? Changed(std::move(next)) : ChangeRefusal::already_member;
}

Changed with(Configuration next, const Promote& change) {
  const auto member = next.members.find(change.server);
  if (member == next.members.end()) {
    return ChangeRefusal::unknown_member;
  }
  if (member->second.voter) {
    return ChangeRefusal::not_a_learner;
  }
  member->second.voter = true;
  return next;
}

Changed with(Configuration next, const Remove& change) {
  if (!next.contains(change.server)) {
    return ChangeRefusal::unknown_member;
  }
  if (next.is_voter(change.server) && next.voters() == 1) {
    return ChangeRefusal::last_voter;
  }
  next.members.erase(change.server);
  next.retired.insert(change.server);
  return next;
}

}  // namespace

bool Configuration::is_voter(NodeId server) const {
  const auto member = members.find(server);
  return member != members.end() && member->second.voter;
}

std::size_t Configuration::voters() const {
  return static_cast<std::size_t>(std::ranges::count_if(members, [](const auto& one) { return one.second.voter; }));
}

Configuration configuration_of(const std::vector<NodeId>& voters) {
  Configuration configuration;
  for (const NodeId server : voters) {
    configuration.members.emplace(server, Member{});
  }
  return configuration;
}

std::variant<Configuration, ChangeRefusal> changed(const Configuration& before, const MembershipChange& change) {
  return std::visit([&](const auto& one) { return with(before, one); }, change);
}

std::string encode(const Configuration& configuration) {
  std::string out(1, version);
  put(out, static_cast<std::uint32_t>(configuration.members.size()));
  for (const auto& [server, member] : configuration.members) {
    put(out, server);
    put(out, static_cast<std::uint8_t>(member.voter));
    put(out, static_cast<std::uint32_t>(member.address.size()));
    out += member.address;
  }
  put(out, static_cast<std::uint32_t>(configuration.retired.size()));
  for (const NodeId server : configuration.retired) {
    put(out, server);
  }
  return out;
}

std::optional<Configuration> decode_configuration(std::string_view bytes) {
  Reader reader(bytes);
  Configuration configuration;
  reader.require(reader.integer<std::uint8_t>() == version);
  NodeId last = 0;
  for (auto left = reader.integer<std::uint32_t>(); left > 0 && reader.ok(); --left) {
    const auto server = reader.integer<NodeId>();
    const auto voter = reader.integer<std::uint8_t>();
    reader.require(server > last && voter <= 1);
    const auto length = reader.integer<std::uint32_t>();
    configuration.members.emplace(server, Member{.address = std::string(reader.take(length)), .voter = voter == 1});
    last = server;
  }
  last = 0;
  for (auto left = reader.integer<std::uint32_t>(); left > 0 && reader.ok(); --left) {
    const auto server = reader.integer<NodeId>();
    reader.require(server > last && !configuration.contains(server));
    configuration.retired.insert(server);
    last = server;
  }
  return reader.complete() ? std::optional(std::move(configuration)) : std::nullopt;
}

}  // namespace raftd::raft
