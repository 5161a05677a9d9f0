// What one fault does to the packets of one directed link, packet by packet. Pure; one thread at a time.
//
// How often: with a correlation of 75 %, a packet shares the fate of the one before it in 75 of 100 cases, else it is
// drawn anew. So losses come in bursts (here of 4 and more), and `percent` of all packets are lost all the same. How
// long: delays follow a correlated normal variable, shaped into the distribution that was asked for.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>

#include "nemesis/plan/packets.h"

namespace ordeal::nemesis {

struct Fate {
  bool lost = false;
  bool twice = false;
  bool broken = false;           // a bit of the payload is flipped,
  bool mended = false;           // and the checksum is right all the same
  bool ends_connection = false;  // at its receiver, which gets a reset in place of the packet,
  bool resets_sender = false;    // and at its sender
  std::chrono::nanoseconds hold{0};
};

// What matters of a packet.
struct Traits {
  std::size_t bytes = 0;
  bool has_payload = false;
  bool tcp = false, opens = false;  // the first one of a connection
  std::uint32_t connection = 0;     // its two ports
};

// What was observed on one link.
struct LinkCounts {
  std::int64_t seen = 0;             // came to the queue
  std::int64_t delayed = 0;          // were released later than they came
  std::int64_t lost = 0;             // never released
  std::int64_t duplicated = 0;       // sent once more
  std::int64_t overtaken = 0;        // released after a packet that had come later
  std::int64_t corrupted = 0;        // released with a bit flipped
  std::int64_t resets = 0;           // replaced by a reset at the receiver, or answered by one at the sender
  std::chrono::nanoseconds held{0};  // all delays together
};

class Impairment {
 public:
  Impairment(const Packets& fault, std::uint64_t seed) : fault_(fault), random_(seed) {}

  // Of a packet that comes at `now`, since any fixed moment.
  Fate next(std::chrono::nanoseconds now, const Traits& packet);

  LinkCounts counts;  // kept by who plays the fates

 private:
  bool chosen();
  std::chrono::nanoseconds delay();
  // Since when the connection is to be struck; nullopt: it is too young.
  std::optional<std::chrono::nanoseconds> struck_since(std::chrono::nanoseconds now, const Traits& packet);
  Fate reset(std::chrono::nanoseconds now, const Traits& packet);
  Fate come_late(std::chrono::nanoseconds now, const Traits& packet);
  Fate through_narrow_link(std::chrono::nanoseconds now, std::size_t bytes);

  struct Connection {
    std::optional<std::chrono::nanoseconds> opened, struck;
  };

  Packets fault_;
  std::map<std::uint32_t, Connection> connections_;
  std::mt19937_64 random_;
  bool last_ = false, drawn_ = false;
  double wave_ = 0;                      // standard normal, correlated
  std::chrono::nanoseconds free_at_{0};  // of a narrow link: when all that waits has passed
};

}  // namespace ordeal::nemesis
