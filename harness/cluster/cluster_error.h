// A node that cannot be started or does not become ready. The message names the node, the reason and its last output.

#pragma once

#include <stdexcept>

namespace ordeal::harness {

class ClusterError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ordeal::harness
