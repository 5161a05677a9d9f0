// gzip and zstd data as the bytes that they hold, and back.  One thread.

#pragma once

#include <memory>
#include <string>

#include "checker/formats/byte_source.h"

namespace ordeal::harness {

// The compressed bytes, which start at their begin. Data of several members (gzip) or frames (zstd) is read to its
// end. Reading throws checker::FormatError with name and byte when it is cut or damaged.
std::unique_ptr<checker::ByteSource> gunzipped(std::unique_ptr<checker::ByteSource> compressed, std::string name);
std::unique_ptr<checker::ByteSource> unzstded(std::unique_ptr<checker::ByteSource> compressed, std::string name);

std::unique_ptr<checker::ByteSink> gzipped(std::unique_ptr<checker::ByteSink> out);
std::unique_ptr<checker::ByteSink> zstded(std::unique_ptr<checker::ByteSink> out);

}  // namespace ordeal::harness
