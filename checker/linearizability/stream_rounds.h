// The streaming check of a source, by rounds: events are paired with their calls once, and each share of the stream's
// keys is a work of its own.  One thread at a time.
//
//   StreamRounds rounds(source, options);                      lent two threads:
//   while (rounds.next(collect).events > 0) look();              read 1, 2; pair 1
//                                                                read 3, pair 2, collect 1, check 1 (shares 1 to 8)
//                                                                read 4, pair 3, collect 2, check 2 (shares 1 to 8)
//                                                                ...

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "checker/linearizability/rounds.h"
#include "checker/streaming/register_stream.h"

namespace ordeal::checker {

class StreamRounds {
 public:
  // As Rounds.
  StreamRounds(EventSource& source, const LinearizableOptions& options);

  struct Round {
    std::size_t events = 0;      // of clients; 0: the end
    std::uint64_t last = 0;      // Event::index of the last one
    std::size_t operations = 0;  // called since the begin
  };
  // Lets the stream check the next events, and hands them to `collect`, which may run beside that and must not throw.
  // It is empty from one round on, when nobody collects any more.
  using Collect = std::function<void(std::span<const CompactEvent>)>;
  Round next(const Collect& collect);

  RegisterStream& stream() { return stream_; }
  std::size_t bytes() const;  // held, accounted, with the stream's

 private:
  class Pairs final : public Preparation {
   public:
    explicit Pairs(RegisterStream& stream);
    void begin(std::size_t side) override;
    void add(std::span<const CompactEvent> events, std::size_t side) override;
    const PairedShares& shares(std::size_t side) const { return sides_[side].shares; }
    std::size_t operations(std::size_t side) const { return sides_[side].operations; }
    std::size_t bytes() const;

   private:
    struct Side {
      PairedShares shares;
      std::size_t operations = 0;  // at its end
    };
    RegisterStream& stream_;
    std::array<Side, 2> sides_;
  };

  RegisterStream stream_;
  Pairs pairs_;
  Rounds rounds_;
  std::vector<Rounds::Work> checks_;  // of each share
};

}  // namespace ordeal::checker
