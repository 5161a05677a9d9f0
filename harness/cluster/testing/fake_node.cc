// A node for the tests of harness/cluster: answers HTTP on the address it is given, and does what a request's path
// tells it to. `fake_node ADDRESS:PORT [ignore-term]`
//
//   GET /status            {"role":"follower","term":0}, or what /lead/TERM made of it
//   GET /lead/7            leads in term 7 from now on          GET /follow     leads no more
//   GET /ready             200; after /unready 503
//   GET /say/TEXT          writes a line to standard error      GET /write/TEXT  to standard output
//   GET /exit/3            ends with exit status 3              GET /abort       with SIGABRT
//   GET /append/TEXT       to data/file; GET /sync  syncs it, or ends with exit status 5 when that fails
//   GET /child             a child that sleeps                  GET /orphan      one whose parent has ended
//   GET /hang              no answer from now on
//   GET /host              the host name
//   GET /time              its wall clock, in seconds
//   GET /descriptors       how many descriptors are open besides 0, 1, 2, the listening and the accepted one

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>

namespace {

std::string role = "follower";
std::string term = "0";
bool ready = true;

void sleep_in_child(bool as_orphan) {
  const pid_t child = ::fork();
  if (child != 0) {
    if (as_orphan) ::waitpid(child, nullptr, 0);
    return;
  }
  if (as_orphan && ::fork() != 0) ::_exit(0);
  while (true) ::pause();
}

void append_or_end(const std::string& text) {
  const int file = ::open("data/file", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::exit(5);
  ::close(file);
}

void sync_or_end() {
  for (const char* path : {"data/file", "data"}) {
    const int opened = ::open(path, O_RDONLY | O_CLOEXEC);
    if (::fsync(opened) != 0) ::exit(5);
    ::close(opened);
  }
}

long open_descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return std::distance(begin(open), end(open)) - 1;  // without the iterator's own
}

// "/exit/3" -> command "/exit", argument "3".
std::string answer(const std::string& command, const std::string& argument, int& status) {
  if (command == "/lead") role = "leader", term = argument;
  if (command == "/follow") role = "follower";
  if (command == "/unready") ready = false;
  if (command == "/say") std::fprintf(stderr, "%s\n", argument.c_str());
  if (command == "/write") std::printf("%s\n", argument.c_str());
  if (command == "/exit") std::exit(std::atoi(argument.c_str()));
  if (command == "/abort") std::fprintf(stderr, "Assertion failed: as told\n"), std::abort();
  if (command == "/append") append_or_end(argument);
  if (command == "/sync") sync_or_end();
  if (command == "/child") sleep_in_child(false);
  if (command == "/orphan") sleep_in_child(true);
  while (command == "/hang") ::pause();
  if (command == "/ready" && !ready) status = 503;
  if (command == "/descriptors") return std::to_string(open_descriptors() - 5);
  char name[256] = "";
  if (command == "/host" && ::gethostname(name, sizeof name) == 0) return name;
  if (command == "/time") return std::to_string(::time(nullptr));
  return "{\"role\":\"" + role + "\",\"term\":" + term + "}";
}

void serve(int connection) {
  std::string request;
  char block[1024];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::read(connection, block, sizeof block);
    if (got <= 0) return;
    request.append(block, static_cast<std::size_t>(got));
  }
  const std::string path = request.substr(4, request.find(' ', 4) - 4);
  const std::size_t slash = path.find('/', 1);
  int status = 200;
  const std::string body =
      answer(path.substr(0, slash), slash == std::string::npos ? "" : path.substr(slash + 1), status);
  const std::string text = "HTTP/1.1 " + std::to_string(status) +
                           " Told\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                           body;
  if (::write(connection, text.data(), text.size()) < 0) std::perror("fake_node: write");
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  if (count > 2 && std::string(words[2]) == "ignore-term") ::signal(SIGTERM, SIG_IGN);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const std::string where = words[1];
  const std::size_t colon = where.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(where.c_str() + colon + 1)));
  ::inet_pton(AF_INET, where.substr(0, colon).c_str(), &address.sin_addr);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0) {
    std::fprintf(stderr, "fake_node: %s: %s\n", where.c_str(), std::strerror(errno));
    return 1;
  }
  while (true) {
    const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve(connection);
    ::close(connection);
  }
}
