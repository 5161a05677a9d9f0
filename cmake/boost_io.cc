// The one translation unit that holds the compiled part of Asio, Beast and Process v2 (see CMakeLists.txt).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/process/v2/src.hpp>
