#include "nemesis/inject/impairment.h"

#include <algorithm>
#include <cmath>

namespace ordeal::nemesis {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t queue_packets = 1000, packet_bytes = 1500;  // of the queue before a narrow link

double standard_normal(std::mt19937_64& random) {
  return std::normal_distribution<double>()(random);
}

// A standard normal value as one of the distribution, of mean 0 and in units of the jitter.
double shaped(double normal, Distribution distribution) {
  if (distribution == Distribution::normal) return normal;
  const double share = std::clamp(std::erfc(-normal / std::sqrt(2.0)) / 2, 0.0, 1 - 1e-9);
  if (distribution == Distribution::uniform) return 2 * share - 1;
  return (std::pow(1 - share, -1.0 / 3) - 1.5) / std::sqrt(0.75);  // Pareto with a shape of 3
}

}  // namespace

bool Impairment::chosen() {
  std::uniform_real_distribution<double> percent(0, 100);
  if (!drawn_ || percent(random_) >= fault_.settings.correlation) last_ = percent(random_) < fault_.settings.percent;
  drawn_ = true;
  return last_;
}

nanoseconds Impairment::delay() {
  const PacketSettings& settings = fault_.settings;
  const double share = settings.delay_correlation / 100.0;
  const double fresh = standard_normal(random_);
  wave_ = drawn_ ? share * wave_ + std::sqrt(1 - share * share) * fresh : fresh;
  drawn_ = true;
  const double jitter = static_cast<double>(settings.jitter.count()) * shaped(wave_, settings.distribution);
  return std::max(nanoseconds(0), settings.delay + nanoseconds(static_cast<std::int64_t>(jitter)));
}

// Packets pass one after the other, each for as long as its bits need.
Fate Impairment::through_narrow_link(nanoseconds now, std::size_t bytes) {
  const auto passing = [&](std::int64_t some) { return nanoseconds(some * 8 * 1'000'000 / fault_.settings.kbit); };
  const nanoseconds begins = std::max(now, free_at_);
  if (begins - now > passing(queue_packets * packet_bytes)) return {.lost = true};
  free_at_ = begins + passing(static_cast<std::int64_t>(bytes));
  return {.hold = free_at_ - now};
}

// Connections that are there when the fault begins are old enough.
std::optional<nanoseconds> Impairment::struck_since(nanoseconds now, const Traits& packet) {
  if (!packet.tcp) return std::nullopt;
  if (packet.opens) {
    connections_[packet.connection] = {.opened = now, .struck = std::nullopt};
    return std::nullopt;
  }
  Connection& connection = connections_[packet.connection];
  if (connection.opened && now - *connection.opened < fault_.settings.period) return std::nullopt;
  if (!connection.struck) connection.struck = now;
  return connection.struck;
}

Fate Impairment::reset(nanoseconds now, const Traits& packet) {
  const bool struck = struck_since(now, packet).has_value();
  return {.ends_connection = struck, .resets_sender = struck};
}

// Held up from its first packet on, all until the same moment. The sender is reset early, so that there is time for its
// next connection to say more. Once the moment is past the old connection is over, whatever it still says.
Fate Impairment::come_late(nanoseconds now, const Traits& packet) {
  const std::optional<nanoseconds> since = struck_since(now, packet);
  if (!since) return {};
  const nanoseconds left = *since + fault_.settings.period - now;
  return {.resets_sender = now - *since >= fault_.settings.period / 4, .hold = std::max(left, nanoseconds(0))};
}

Fate Impairment::next(nanoseconds now, const Traits& packet) {
  const bool has_payload = packet.has_payload;
  switch (fault_.kind) {
    case PacketKind::delay:
      return {.hold = delay()};
    case PacketKind::loss:
      return {.lost = chosen()};
    case PacketKind::duplicate:
      return {.twice = chosen()};
    case PacketKind::reorder:
      return {.hold = chosen() ? nanoseconds(0) : fault_.settings.delay};
    case PacketKind::corrupt:
      return {.broken = has_payload && chosen()};
    case PacketKind::corrupt_payload: {
      const bool broken = has_payload && chosen();
      return {.broken = broken, .mended = broken};
    }
    case PacketKind::rate:
      return through_narrow_link(now, packet.bytes);
    case PacketKind::reset:
      return reset(now, packet);
    case PacketKind::late:
      return come_late(now, packet);
  }
  return {};
}

}  // namespace ordeal::nemesis
