// A question to one node: over HTTP, over TCP, or by a command that runs where the node runs.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "harness/cluster/probe.h"
#include "harness/config/question.h"
#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {

struct NodeQuestion {
  Question question;                 // with the node's values in it
  std::filesystem::path executable;  // of a command
  SandboxNode node;
  std::filesystem::path folder;
  std::map<std::string, std::string> environment;
};

// Throws ClusterError, saying what is wrong with the question's address.
void require_askable(const Question& question);

// Of a question by TCP or by a command the status is 200 when it was answered: it was connected and, when something was
// sent, something came back; the command ended with exit status 0. Its body is what was received, or written to
// standard output and error. Never throws.
boost::asio::awaitable<ProbeAnswer> ask(NodeQuestion question, std::chrono::milliseconds within);
ProbeAnswer ask_and_wait(const NodeQuestion& question, std::chrono::milliseconds within);  // on the calling thread

// Why the answer is not the one that was wanted; empty: it is. `status` 0: any from 200 to 299; `matches`: a regular
// expression that the body must hold; empty: any will do. Pure.
std::string why_not(const ProbeAnswer& answer, int status, const std::string& matches);

// As a person says it: "GET http://10.77.0.1:8100/status", "connecting to 10.77.0.1:2181", "redis-cli ping".
std::string as_said(const Question& question);

}  // namespace ordeal::harness
