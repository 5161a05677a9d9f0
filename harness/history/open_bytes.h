// The bytes of a history from outside: a file or standard input, plain, gzip or zstd.  One thread.
//
// Compression is told by the first bytes, not by the name. What cannot be read twice (standard input, a pipe) is kept
// as it is read: in memory up to a mebibyte, beyond in a file without a name in the folder for temporary files.

#pragma once

#include <memory>
#include <string>

#include "checker/formats/byte_source.h"

namespace ordeal::harness {

// "-" is standard input. Throws std::system_error, naming the file, when it cannot be opened; reading throws it when
// the file cannot be read, and checker::FormatError when compressed data is cut or damaged.
std::unique_ptr<checker::ByteSource> open_bytes(const std::string& path);

// "standard input" for "-", else the path: for messages.
std::string shown_name(const std::string& path);

}  // namespace ordeal::harness
