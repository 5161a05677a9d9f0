#include "nemesis/inject/iptables_rules.h"

#include <fmt/format.h>

#include <cassert>
#include <charconv>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace ordeal::nemesis {
namespace {

// The name of a chain has 28 characters at most.
std::string chain(std::uint64_t fault, const char* duty) {
  assert(fault < 100'000'000'000'000);
  return fmt::format("ordeal-{}-{}", fault, duty);
}

// "[12:720] -A ordeal-7-count -s 10.77.0.2/32" -> {"10.77.0.2", 12}
std::optional<std::pair<std::string, std::int64_t>> counter_of(std::string_view line, std::string_view chain_name) {
  const std::string rule = fmt::format("] -A {} -s ", chain_name);
  const auto rule_at = line.find(rule);
  if (!line.starts_with('[') || rule_at == std::string_view::npos) return std::nullopt;
  std::int64_t packets = 0;
  if (std::from_chars(line.data() + 1, line.data() + rule_at, packets).ec != std::errc{}) return std::nullopt;
  const std::string_view source = line.substr(rule_at + rule.size());
  return std::pair(std::string(source.substr(0, source.find_first_of("/ "))), packets);
}

}  // namespace

std::string rules_to_cut(std::uint64_t fault, const std::vector<std::string>& sources,
                         std::optional<std::uint16_t> port) {
  std::vector<std::string> ports{""};
  if (port) ports = {fmt::format(" -p tcp --sport {}", *port), fmt::format(" -p tcp --dport {}", *port)};
  const std::string count = chain(fault, "count"), drop = chain(fault, "drop");
  std::string text = fmt::format("*filter\n:{} - [0:0]\n:{} - [0:0]\n", count, drop);
  for (const std::string& source : sources)
    for (const std::string& one : ports)
      text += fmt::format("-A {0} -s {1}/32{3}\n-A {2} -s {1}/32{3} -j DROP\n", count, source, drop, one);
  return text + fmt::format("-I INPUT 1 -j {}\n-A INPUT -j {}\nCOMMIT\n", count, drop);
}

std::string rules_to_mend(std::uint64_t fault) {
  std::string text = "*filter\n";
  for (const char* duty : {"count", "drop"})
    text += fmt::format("-D INPUT -j {0}\n-F {0}\n-X {0}\n", chain(fault, duty));
  return text + "COMMIT\n";
}

std::map<std::string, std::int64_t> packets_dropped(std::uint64_t fault, const std::string& saved) {
  std::map<std::string, std::int64_t> packets;
  const std::string name = chain(fault, "count");
  std::istringstream lines(saved);
  for (std::string line; std::getline(lines, line);)
    if (const auto counter = counter_of(line, name)) packets[counter->first] += counter->second;
  return packets;
}

bool mentions(std::uint64_t fault, const std::string& saved) {
  return saved.find(fmt::format("ordeal-{}-", fault)) != std::string::npos;
}

}  // namespace ordeal::nemesis
