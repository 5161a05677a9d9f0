// Where a history is written to: a file or standard output; .gz and .zst at the end of its name compress it.  One
// thread.

#pragma once

#include <memory>
#include <string>

#include "checker/formats/byte_source.h"

namespace ordeal::harness {

// "-" is standard output. A file that is there is overwritten. Throws std::system_error, naming the file, when it
// cannot be written; so does writing.
std::unique_ptr<checker::ByteSink> open_sink(const std::string& path);

}  // namespace ordeal::harness
