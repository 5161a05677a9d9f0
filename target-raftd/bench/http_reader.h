// Reads the answers of an HTTP/1.1 server off the bytes of a connection. Pure; any thread.
//
// It knows just enough for servers that keep connections open and say Content-Length; anything else is `broken`. It
// exists because the bench shares two cores with what it measures: a full parser in the client would be measured, too.
//
//   add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")   next() -> {200, "hi"}, next() -> nothing

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace raftd::bench {

struct HttpAnswer {
  unsigned status = 0;
  std::string_view body;  // valid until the next add() or clear()
};

class HttpReader {
 public:
  void add(std::string_view bytes);

  // The next whole answer, each once.
  std::optional<HttpAnswer> next();

  bool broken() const { return broken_; }  // for good, until clear()
  void clear();

 private:
  std::string bytes_;
  std::size_t taken_ = 0;  // bytes of answers that next() gave
  bool broken_ = false;
};

}  // namespace raftd::bench
