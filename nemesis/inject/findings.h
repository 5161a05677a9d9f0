// Collects what is seen of several nodes into one Evidence. One thread at a time.

#pragma once

#include <string>
#include <utility>

#include "nemesis/inject/injector.h"

namespace ordeal::nemesis {

class Findings {
 public:
  explicit Findings(Evidence so_far = {}) : evidence_(std::move(so_far)) {}
  void count(const std::string& what, std::int64_t more) {
    for (auto& [name, value] : evidence_.counts)
      if (name == what) {
        value += more;
        return;
      }
    evidence_.counts.emplace_back(what, more);
  }
  void note(const std::string& text) { evidence_.note += (evidence_.note.empty() ? "" : "; ") + text; }
  void saw_effect() { evidence_.effect = true; }
  void add(const Evidence& more) {
    if (more.effect) saw_effect();
    for (const auto& [name, value] : more.counts) count(name, value);
    if (!more.note.empty()) note(more.note);
  }
  const Evidence& evidence() const { return evidence_; }

 private:
  Evidence evidence_;
};

}  // namespace ordeal::nemesis
