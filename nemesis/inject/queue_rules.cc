#include "nemesis/inject/queue_rules.h"

#include <fmt/format.h>

namespace ordeal::nemesis {
namespace {

std::string chain(std::uint64_t fault) {
  return fmt::format("ordeal-{}-queue", fault);
}

}  // namespace

std::string rules_to_queue(std::uint64_t fault, const std::vector<std::string>& sources,
                           std::optional<std::uint16_t> port) {
  std::vector<std::string> ports{""};
  if (port) ports = {fmt::format(" -p tcp --sport {}", *port), fmt::format(" -p tcp --dport {}", *port)};
  std::string text = fmt::format("*mangle\n:{} - [0:0]\n", chain(fault));
  for (const std::string& source : sources) {
    for (const std::string& one : ports) {
      text += fmt::format("-A {} -s {}/32{} -j NFQUEUE --queue-num {} --queue-bypass\n", chain(fault), source, one,
                          queue_number);
    }
  }
  return text + fmt::format("-A INPUT ! -i lo -j {}\nCOMMIT\n", chain(fault));
}

std::string rules_to_unqueue(std::uint64_t fault) {
  return fmt::format("*mangle\n-D INPUT ! -i lo -j {0}\n-F {0}\n-X {0}\nCOMMIT\n", chain(fault));
}

std::string rules_to_watch(std::uint16_t port) {
  return fmt::format(
      "*mangle\n:ordeal-watch - [0:0]\n-A ordeal-watch -p tcp --dport {} -j NFQUEUE --queue-num {} --queue-bypass\n"
      "-A PREROUTING ! -i lo -j ordeal-watch\nCOMMIT\n",
      port, watch_queue_number);
}

std::string rules_to_unwatch() {
  return "*mangle\n-D PREROUTING ! -i lo -j ordeal-watch\n-F ordeal-watch\n-X ordeal-watch\nCOMMIT\n";
}

}  // namespace ordeal::nemesis
