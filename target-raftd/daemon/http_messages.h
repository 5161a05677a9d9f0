// HTTP/1.1 as text: bytes to requests, answers to bytes. Pure, and total: any bytes give a request or a refusal.
// A reader belongs to one thread at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "target-raftd/daemon/api.h"

namespace raftd::daemon {

// What the answer must say besides itself, which depends on the request.
struct HttpManners {
  bool keep_alive = true;
  bool http_1_0 = false;
  bool head_only = false;  // the answer to HEAD has no body
};

std::string encode(const HttpResponse& response, const HttpManners& manners);

// Takes one request after another out of a stream of bytes.
class HttpReader {
 public:
  HttpReader(std::size_t header_bytes, std::size_t body_bytes);
  ~HttpReader();
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  // Room for bytes to come, valid until the next call; then how many of them came.
  std::span<char> prepare(std::size_t size);
  void commit(std::size_t size);

  struct NeedMore {
    bool begun = false;      // some of the request is here
    bool continues = false;  // said once: the client waits for "100 Continue" before it sends the body
  };
  struct Request {
    HttpRequest request;
    HttpManners manners;
  };
  // HttpResponse: a refusal; nothing that follows in this stream makes sense.
  using Next = std::variant<NeedMore, Request, HttpResponse>;
  Next next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace raftd::daemon
