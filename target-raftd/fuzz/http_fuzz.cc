// Bytes from a client: whatever they are, they become requests, refusals, or a wait for more, and every request a call
// or a refusal. Where the stream is cut into pieces makes no difference.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "target-raftd/daemon/api.h"
#include "target-raftd/daemon/http_messages.h"

using namespace raftd::daemon;

namespace {

void add(HttpReader& reader, std::string_view bytes) {
  const auto room = reader.prepare(bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  reader.commit(bytes.size());
}

// The bodies and targets of all requests in the order they came.
std::vector<std::string> requests(std::string_view bytes, std::size_t piece) {
  HttpReader reader(1024, 1024);
  std::vector<std::string> seen;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    add(reader, bytes.substr(0, piece));
    for (;;) {
      const auto next = reader.next();
      if (std::holds_alternative<HttpResponse>(next)) return seen;
      const auto* taken = std::get_if<HttpReader::Request>(&next);
      if (taken == nullptr) break;
      parse_call(taken->request);
      seen.push_back(taken->request.method + " " + taken->request.target + "\n" + taken->request.body);
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (requests(bytes, 4096) != requests(bytes, 7)) __builtin_trap();
  return 0;
}
