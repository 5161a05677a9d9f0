// The one exception for input that a person wrote and must mend: plan, target, flags. Caught in main; exit code 254.

#pragma once

#include <stdexcept>

namespace ordeal::harness {

class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ordeal::harness
