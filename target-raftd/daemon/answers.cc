// Answers to responses; api.cc is the way in.

#include <fmt/format.h>

#include <boost/json.hpp>

#include "target-raftd/daemon/api.h"

namespace raftd::daemon {

namespace json = boost::json;

namespace {

// `code` must be a literal: the response refers to it.
HttpResponse error(unsigned status, std::string_view code, bool definite, std::string_view message,
                   json::object more = {}) {
  json::object body{{"code", code}, {"message", message}, {"definite", definite}};
  for (auto& [key, value] : more) body[key] = std::move(value);
  return {.status = status, .body = json::serialize(body), .code = code};
}

json::value or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::value or_null(std::optional<raft::NodeId> id) {
  return id ? json::value(*id) : json::value(nullptr);
}

HttpResponse answer_txn(const kv::Result& result) {
  json::array results;
  for (const std::optional<kv::Value>& seen : result.txn->operations) {
    if (!seen) {
      results.emplace_back(nullptr);
      continue;
    }
    results.push_back(json::object{
        {"value", seen->value}, {"created", seen->created}, {"modified", seen->modified}, {"version", seen->version}});
  }
  return {.body = json::serialize(json::object{
              {"succeeded", result.txn->succeeded}, {"index", result.index}, {"results", std::move(results)}})};
}

HttpResponse answer_done(const kv::Result& result) {
  if (result.txn) return answer_txn(result);
  if (result.sum) return {.body = fmt::format(R"({{"index":{},"value":"{}"}})", result.index, *result.sum)};
  return {.body = fmt::format(R"({{"index":{}}})", result.index)};
}

}  // namespace

HttpResponse refuse(unsigned status, std::string_view code, std::string_view message) {
  return error(status, code, true, message);
}

HttpResponse answer(const ReadCall& call, const std::optional<kv::Value>& value) {
  if (!value) return error(404, "not_found", true, "the key is absent", {{"key", call.key}});
  const json::object body{{"key", call.key},           {"value", value->value},       {"index", value->modified},
                          {"created", value->created}, {"modified", value->modified}, {"version", value->version}};
  return {.body = json::serialize(body)};
}

HttpResponse answer(const kv::Result& result) {
  switch (result.code) {
    case kv::Code::done:
      return answer_done(result);
    case kv::Code::mismatch:
      return error(409, "mismatch", true, "the key did not hold the expected value",
                   {{"actual", or_null(result.actual)}, {"index", result.index}});
    case kv::Code::not_a_number:
      return error(409, "not_a_number", true, "the key holds no decimal 64-bit integer, or the sum would be none",
                   {{"actual", or_null(result.actual)}, {"index", result.index}});
    case kv::Code::stale_serial:
      // Not applied now. But the same serial may have been applied when it was sent before.
      return error(409, "stale_serial", false, "a later serial of this session was applied already");
    case kv::Code::unknown_session:
      return error(409, "unknown_session", false,
                   "this session is not known (any more); begin a new one with serial 1");
  }
  return refuse(500, "bug", "an unknown result");
}

HttpResponse answer(Failure failure) {
  switch (failure) {
    case Failure::no_leader:
      return error(503, "no_leader", true, "no leader can be reached now; try again soon, or another server");
    case Failure::handing_over:
      return error(503, "handing_over", true, "the leadership is being transferred; try again soon");
    case Failure::superseded:
      return error(503, "superseded", true, "another leader took over before this write was committed; try again");
    case Failure::overloaded:
      return error(503, "overloaded", true, "too many requests are under way; try again later");
    case Failure::read_timeout:
      return error(504, "timeout", true, "no majority confirmed this read in time; try again");
    case Failure::write_timeout:
      return error(504, "timeout", false, "nobody knows whether this write happened, or will; read to find out");
  }
  return refuse(500, "bug", "an unknown failure");
}

HttpResponse answer(raft::ChangeRefusal refusal, std::optional<raft::NodeId> leader) {
  using enum raft::ChangeRefusal;
  switch (refusal) {
    case not_leader:
      return error(503, "not_leader", true, "this server does not lead; ask the leader", {{"leader", or_null(leader)}});
    case handing_over:
      return answer(Failure::handing_over);
    case change_pending:
      return error(409, "change_pending", true, "one server at a time: an earlier change is not committed yet");
    case term_not_begun:
      return error(503, "term_not_begun", true, "this leader has committed nothing of its own yet; try again soon");
    case already_member:
      return error(409, "already_member", true, "that server is a member already");
    case retired:
      return error(409, "retired", true, "that number was removed before; give the new server a new one");
    case unknown_member:
      return error(404, "unknown_member", true, "no member has that number");
    case not_a_learner:
      return error(409, "not_a_learner", true, "that server votes already");
    case learner_behind:
      return error(409, "learner_behind", true, "that learner must catch up before it may vote; try again later");
    case last_voter:
      return error(409, "last_voter", true, "without this server nobody could vote");
  }
  return refuse(500, "bug", "an unknown refusal");
}

HttpResponse answer(raft::TransferRefusal refusal, std::optional<raft::NodeId> leader) {
  using enum raft::TransferRefusal;
  switch (refusal) {
    case not_leader:
      return answer(raft::ChangeRefusal::not_leader, leader);
    case pending:
      return error(409, "transfer_pending", true, "another transfer is under way; try again soon");
    case unknown_member:
      return answer(raft::ChangeRefusal::unknown_member, leader);
    case not_a_voter:
      return error(409, "not_a_voter", true, "that server is a learner; promote it first");
    case leads_already:
      return error(409, "leads_already", true, "that server leads already");
  }
  return refuse(500, "bug", "an unknown refusal");
}

HttpResponse answer_transfer(raft::NodeId to, std::optional<raft::NodeId> leader, raft::Term term) {
  if (leader == to) return {.body = fmt::format(R"({{"leader":{},"term":{}}})", to, term)};
  // A request to campaign may still be on its way to that server.
  return error(504, "transfer_failed", false, "that server did not take over in time",
               {{"leader", or_null(leader)}, {"term", term}});
}

HttpResponse answer(const StatusReport& report) {
  json::array members;
  json::array voters;
  json::array learners;
  for (const StatusReport::Member& member : report.members) {
    members.push_back(json::object{
        {"id", member.id}, {"address", member.address}, {"voter", member.voter}, {"connected", member.connected}});
    (member.voter ? voters : learners).emplace_back(member.id);
  }
  const raft::Status& raft = report.raft;
  const json::object body{{"id", raft.id},
                          {"role", to_string(raft.role)},
                          {"term", raft.term},
                          {"leader", or_null(raft.leader)},
                          {"commit_index", raft.commit_index},
                          {"applied_index", report.applied_index},
                          {"last_log_index", raft.last_log.index},
                          {"log_base", raft.log_base.index},
                          {"snapshot_index", raft.snapshot.index},
                          {"state_hash", fmt::format("{:016x}", report.state_hash)},
                          {"keys", report.keys},
                          {"sessions", report.sessions},
                          {"voter", raft.voter},
                          {"handing_over_to", or_null(raft.handing_over_to)},
                          {"members", std::move(members)},
                          {"voters", std::move(voters)},
                          {"learners", std::move(learners)},
                          {"configuration_index", report.configuration_index},
                          {"cluster", report.cluster_name},
                          {"incarnation", fmt::format("{:016x}", report.incarnation)},
                          {"version", RAFTD_VERSION}};
  return {.body = json::serialize(body)};
}

std::string_view to_string(raft::Role role) {
  switch (role) {
    case raft::Role::follower:
      return "follower";
    case raft::Role::pre_candidate:
      return "pre_candidate";
    case raft::Role::candidate:
      return "candidate";
    case raft::Role::leader:
      return "leader";
  }
  return "unknown";
}

}  // namespace raftd::daemon
