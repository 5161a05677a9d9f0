#include "checker/verdict.h"

#include <cassert>

namespace ordeal::checker {

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
      return "valid";
    case Verdict::not_exercised:
      return "not-exercised";
    case Verdict::unknown:
      return "unknown";
    case Verdict::unavailable:
      return "unavailable";
    case Verdict::invalid:
      return "invalid";
  }
  assert(false && "a verdict outside of its enumeration");
  return "unknown";
}

}  // namespace ordeal::checker
