// What an answer of etcd's JSON gateway means for the operation that was asked for. Pure; any thread.
//
// etcd names its errors in the field "message". A change that was refused is a definite fail only where the source of
// etcd (3.4) returns the error before the change is proposed to Raft, or where Raft dropped the proposal:
//
//   message, after "etcdserver: "            change  why
//   no leader                                fail    of a request that requires a leader, checked before it is handled
//   too many requests                        fail    more entries wait to be applied than are allowed; not proposed
//   not capable                              fail    the cluster's version is not known yet; not handled
//   rpc not supported for learner            fail    not handled
//   key is not provided                      fail    the request is checked before it is proposed,
//   too many operations in txn request       fail    and so here,
//   duplicate key given in txn request       fail    here,
//   request is too large                     fail    and here
//   raft proposal dropped (no prefix)        fail    the node knows no leader, or hands the leadership over right now
//   request timed out (all four of them)     info    it was proposed and may be committed later
//   leader changed, server stopped           info    the same
//   mvcc: database space exceeded            info    it is also said of a change that was applied and came over the
//   quota whatever else                            info
//
// A read changes nothing, so that every error of it is a fail (classify.h). A transaction whose comparison does not
// hold was evaluated in the order of the log: that is a mismatch. The gateway leaves out what is zero, false or empty.

#pragma once

#include <optional>
#include <string>

#include "harness/clients/client.h"
#include "harness/clients/http_connection.h"

namespace ordeal::harness {

struct EtcdError {
  std::string name;       // for the history: "no-leader", "timeout"
  bool definite = false;  // it certainly did not and will not happen
  bool operator==(const EtcdError&) const = default;
};

// Of the field "message". One that is not in the table is named by its own text, and is not definite.
EtcdError etcd_error(const std::string& message);

// Of a read, write or cas of one key.
Outcome etcd_outcome(const workloads::Operation& operation, const HttpAnswer& answer);

}  // namespace ordeal::harness
