// What one fault does to the packets of one directed link, packet by packet. Pure; one thread at a time.
//
// How often: with a correlation of 75 %, a packet shares the fate of the one before it in 75 of 100 cases, else it is
// drawn anew. So losses come in bursts (here of 4 and more), and `percent` of all packets are lost all the same. How
// long: delays follow a correlated normal variable, shaped into the distribution that was asked for.

#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "nemesis/plan/packets.h"

namespace ordeal::nemesis {

struct Fate {
  bool lost = false;
  bool twice = false;
  bool broken = false;  // a bit of the payload is flipped,
  bool mended = false;  // and the checksum is right all the same
  std::chrono::nanoseconds hold{0};
};

// What was observed on one link.
struct LinkCounts {
  std::int64_t seen = 0;             // came to the queue
  std::int64_t delayed = 0;          // were released later than they came
  std::int64_t lost = 0;             // never released
  std::int64_t duplicated = 0;       // sent once more
  std::int64_t overtaken = 0;        // released after a packet that had come later
  std::int64_t corrupted = 0;        // released with a bit flipped
  std::chrono::nanoseconds held{0};  // all delays together
};

class Impairment {
 public:
  Impairment(const Packets& fault, std::uint64_t seed) : fault_(fault), random_(seed) {}

  // Of a packet of so many bytes that comes at `now`, since any fixed moment.
  Fate next(std::chrono::nanoseconds now, std::size_t bytes, bool has_payload);

  LinkCounts counts;  // kept by who plays the fates

 private:
  bool chosen();
  std::chrono::nanoseconds delay();
  Fate through_narrow_link(std::chrono::nanoseconds now, std::size_t bytes);

  Packets fault_;
  std::mt19937_64 random_;
  bool last_ = false, drawn_ = false;
  double wave_ = 0;                      // standard normal, correlated
  std::chrono::nanoseconds free_at_{0};  // of a narrow link: when all that waits has passed
};

}  // namespace ordeal::nemesis
