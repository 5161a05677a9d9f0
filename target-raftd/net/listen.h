// Opens the port on which a server listens. Any thread.

#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "target-raftd/net/address.h"

namespace raftd::net {

// Throws std::runtime_error that names the address and the cure: port in use, no such address here, not permitted.
boost::asio::ip::tcp::acceptor listen(const boost::asio::any_io_executor& executor, const Address& address);

}  // namespace raftd::net
