#include "nemesis/inject/namespace_visit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ordeal::nemesis {

NamespaceVisit::NamespaceVisit(int network_namespace, const std::string& node)
    : home_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (home_ >= 0 && setns(network_namespace, CLONE_NEWNET) == 0) return;
  const int error = errno;
  if (home_ >= 0) close(home_);
  throw std::runtime_error(fmt::format("cannot enter the network namespace of {}: {}", node, std::strerror(error)));
}

NamespaceVisit::~NamespaceVisit() {
  const int returned = setns(home_, CLONE_NEWNET);
  assert(returned == 0);  // in a wrong namespace nothing that follows would mean what it says
  close(home_);
}

}  // namespace ordeal::nemesis
