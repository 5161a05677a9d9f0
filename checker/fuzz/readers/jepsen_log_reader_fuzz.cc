// Jepsen's text log: whatever the text is, it becomes a history or a mistake with its place; what is accepted can be
// written in every format and read again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "checker/fuzz/readers/outcome.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ordeal::checker::expect_same_in_every_format({reinterpret_cast<const char*>(data), size});
  return 0;
}
