// The calling thread is in another network namespace while this lives: what it opens or spawns there belongs there, and
// stays there. Other threads do not notice.

#pragma once

#include <string>

namespace ordeal::nemesis {

class NamespaceVisit {
 public:
  // `node` is for the message of the std::runtime_error when it cannot be entered.
  NamespaceVisit(int network_namespace, const std::string& node);
  ~NamespaceVisit();
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;

 private:
  int home_;
};

}  // namespace ordeal::nemesis
