#include "target-raftd/net/listen.h"

#include <fmt/format.h>

#include <stdexcept>

namespace raftd::net {
namespace {

using boost::asio::ip::tcp;

[[noreturn]] void fail(const Address& address, const boost::system::error_code& error) {
  namespace errors = boost::system::errc;
  const std::string_view cure =
      error == errors::address_in_use
          ? "stop the program that listens there (ss -ltnp shows it), or choose another port"
      : error == errors::address_not_available ? "use an address of this machine (ip addr shows them)"
      : error == errors::permission_denied     ? "ports below 1024 need privileges; choose another port"
                                               : "choose another address";
  throw std::runtime_error(fmt::format("cannot listen on {}: {}; {}", to_string(address), error.message(), cure));
}

}  // namespace

tcp::acceptor listen(const boost::asio::any_io_executor& executor, const Address& address) {
  boost::system::error_code error;
  tcp::resolver resolver(executor);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error) fail(address, error);
  const tcp::endpoint endpoint = *found.begin();
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), error);
  if (error) fail(address, error);
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint, error);
  if (error) fail(address, error);
  acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) fail(address, error);
  return acceptor;
}

}  // namespace raftd::net
