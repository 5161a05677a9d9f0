// Decides what an operation's attempt means: ok, fail or info. The only place where that is decided. Pure; any thread.
//
// The question is always the same: could the request still take effect, now or later? Whenever that cannot be ruled out
// the answer for a change is info. A wrong info costs the checker time; a wrong fail would accuse a correct target.
//
//   what happened                                      read               write, cas
//   not connected, or no byte of the request left      fail               fail
//   sent, then reset, closed, timeout, half an answer  fail               info
//   2xx, the body says what it should                  ok                 ok
//   2xx, the body is not understood                    fail bad-answer    info bad-answer
//   404 "not_found"                                    ok, value nil      as every other refusal
//   409 "mismatch", definite                           fail               cas: fail mismatch
//   any other status, definite                         fail               fail
//   any other status, not definite or not said         fail               info
//
// A read changes nothing, so that one without an answer is the same as one that never was: fail, never info.
// "mismatch" is more than a refusal: the checker uses it as the observation that the value was not the expected one. So
// it is said only of a cas that was truly evaluated.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "checker/event.h"

namespace ordeal::harness {

enum class OperationKind : std::uint8_t { read, write, cas };  // write: every change that is no cas

// "read" is a read, "cas" a cas, every other name may change something.
OperationKind operation_kind(const std::string& f);

// How far the request came. When in doubt the later one.
enum class Reach : std::uint8_t {
  not_connected,  // refused, unreachable, no connection in time
  unsent,         // connected, but certainly no byte of this request left
  sent,           // a byte of it may have left; no complete answer came
  answered,       // a complete HTTP answer arrived
};

struct Attempt {
  OperationKind kind = OperationKind::write;
  Reach reach = Reach::sent;
  std::string transport_error;   // unless answered: "refused", "connect-timeout", "timeout", "reset", "closed", ...
  int status = 0;                // when answered
  bool body_understood = false;  // of a 2xx: the body has what the operation's answer must have
  std::optional<bool> definite;  // of other statuses: does the target say that it certainly did not and will not happen
  std::string code;              // of other statuses: the target's name of the error; empty: none
};

struct Classification {
  checker::EventType type = checker::EventType::info;  // ok, fail or info
  std::string error;                                   // empty with ok, never with fail and info
  bool operator==(const Classification&) const = default;
};

Classification classify(const Attempt& attempt);

}  // namespace ordeal::harness
