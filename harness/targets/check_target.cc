#include "harness/targets/check_target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <map>
#include <set>
#include <thread>

#include "harness/cli/exit_code.h"
#include "harness/clients/adapter.h"
#include "harness/cluster/bring_up.h"
#include "harness/cluster/json_field.h"
#include "harness/cluster/node_processes.h"
#include "harness/cluster/printable.h"
#include "harness/cluster/target_control.h"
#include "harness/config/client_abilities.h"
#include "harness/report/quantities.h"
#include "harness/run/failure.h"
#include "harness/run/run_folder.h"
#include "harness/targets/operations_by_hand.h"

namespace ordeal::harness {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto answer_within = 2s;
constexpr auto leader_within = 15s;

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', '|');
  return printable(text, 400);
}

// The story of one check, inside the sandbox.
class Check {
 public:
  explicit Check(const TargetCheck& check)
      : check_(check),
        target_(check.target),
        network_(check.nodes),
        cluster_(target_, network_.nodes(), check.binary, check.folder, [this] { return Clock::now() - began_; }, {}),
        control_(target_, cluster_),
        client_(target_.client) {}

  int story() {
    start_adapter();
    bring_up(cluster_, target_);
    say("ok", "start", fmt::format("{} nodes are ready after {}", check_.nodes, duration_text(Clock::now() - began_)));
    ask_for_leader();
    ask_for_status();
    ask_for_members();
    operate();
    require_alive();
    stop();
    fmt::print("\n{}\n",
               failed_ ? "Something that the file says does not work; see above." : "All that the file says works.");
    return static_cast<int>(failed_ ? ExitCode::harness_failure : ExitCode::valid);
  }

 private:
  void say(const char* verdict, const std::string& label, const std::string& text) {
    if (std::string_view(verdict) == "WRONG") failed_ = true;
    fmt::print("  {:<5}  {:<12} {}\n", verdict, label, text);
    std::fflush(stdout);
  }

  void start_adapter() {
    if (client_.kind != ClientKind::adapter) return;
    client_.running = std::make_shared<Adapter>(
        AdapterSpec{.command = client_.adapter, .log = (check_.folder / "adapter.log").string()});
    adapter_ = client_.running->start();
    say("ok", "adapter",
        fmt::format("can {}; reads: {}", fmt::join(adapter_.operations, ", "), fmt::join(adapter_.reads, ", ")));
  }

  // An adapter is asked for the elements of a set as for keys.
  std::string why_not_able(const std::string& f) const {
    if (client_.kind != ClientKind::adapter) return harness::why_not_able(client_, f, "linearizable");
    const auto has = [](const std::vector<std::string>& words, const std::string& word) {
      return std::ranges::find(words, word) != words.end();
    };
    if (!has(adapter_.operations, f == "add" ? "write" : f)) return "the adapter does not offer it";
    return f == "read" && !has(adapter_.reads, "linearizable") ? "the adapter offers no linearizable read" : "";
  }

  void ask_for_leader() {
    if (!target_.leader) return say("-", "leader", "the file does not say how to ask for it");
    const auto deadline = Clock::now() + leader_within;
    while (!cluster_.leader() && Clock::now() < deadline) std::this_thread::sleep_for(50ms);
    leader_ = cluster_.leader();
    if (leader_) return say("ok", "leader", *leader_ + " says that it leads");
    std::string said;
    for (const nemesis::Node& node : cluster_.nodes()) {
      const ProbeAnswer answer = ask_and_wait(cluster_.question(node, target_.leader->question), answer_within);
      said +=
          fmt::format("\n{:22}{} answers {}", "", node, answer.status == 0 ? answer.error : on_one_line(answer.body));
    }
    say("WRONG", "leader",
        fmt::format("nobody says that it leads within {:g} s{}", std::chrono::duration<double>(leader_within).count(),
                    said));
  }

  void ask_for_status() {
    if (target_.status_path.empty()) return say("-", "status", "the file does not say where it is told");
    const nemesis::Node node = cluster_.nodes().front();
    const Question question = question_at("http://" + target_.endpoint + target_.status_path);
    const ProbeAnswer answer = ask_and_wait(cluster_.question(node, question), answer_within);
    boost::system::error_code error;
    const boost::json::value status = boost::json::parse(answer.body, error);
    std::vector<std::string> missing;
    for (const char* field : {"role", "term", "commit_index", "applied_index", "state_hash"}) {
      if (error || field_of(status, field) == nullptr) missing.emplace_back(field);
    }
    const std::string said = answer.status == 0 ? answer.error : printable(answer.body, 160);
    if (missing.empty()) return say("ok", "status", fmt::format("{} tells {}", node, said));
    say("WRONG", "status", fmt::format("{} does not tell {}: {}", node, fmt::join(missing, ", "), said));
  }

  void ask_for_members() {
    if (!target_.members) return say("-", "members", "the file does not say how to list them");
    const nemesis::Node asked = leader_.value_or(cluster_.nodes().front());
    const auto members = control_.members(asked, answer_within);
    if (!members) return say("WRONG", "members", fmt::format("{} does not list them as the file says", asked));
    std::vector<std::string> names;
    for (const nemesis::Member& member : *members) {
      names.push_back(fmt::format("{} ({}{})", member.node, member.server, member.voter ? "" : ", learner"));
    }
    const bool all = members->size() == cluster_.nodes().size();
    say(all ? "ok" : "WRONG", "members",
        fmt::format("{} lists {}{}", asked,
                    names.empty() ? "nobody that is a node" : fmt::format("{}", fmt::join(names, ", ")),
                    all ? "" : fmt::format(", and {} nodes run; see `members.list.node`", cluster_.nodes().size())));
  }

  // At the leader, since some targets answer only there.
  void operate() {
    const nemesis::Node node = leader_.value_or(cluster_.nodes().front());
    ClientOptions options;
    options.client = client_;
    options.address = cluster_.endpoint(node);
    options.node = node;
    const auto why_not = [this](const std::string& f) { return why_not_able(f); };
    const std::vector<TriedOperation> tried = try_operations(options, why_not, answer_within);
    std::map<std::string, bool> works;
    for (const TriedOperation& one : tried) {
      works.emplace(one.workload, true);
      if (one.unsupported || !one.wrong.empty()) works[one.workload] = false;
      say(one.unsupported     ? "-"
          : one.wrong.empty() ? "ok"
                              : "WRONG",
          one.workload,
          fmt::format("{}: {}{}", one.what, one.came,
                      one.wrong.empty() ? "" : fmt::format(", and should be {}", one.wrong)));
    }
    const bool any = std::ranges::any_of(works, [](const auto& one) { return one.second; });
    if (!any) say("WRONG", "workloads", fmt::format("no workload's operations work at {} ({})", node, options.address));
  }

  void require_alive() {
    for (const NodeExit& exit : cluster_.exits()) {
      say("WRONG", "nodes",
          fmt::format("{} ended by itself: {}: {}", exit.node, exit.status, fmt::join(exit.last_lines, " | ")));
    }
  }

  void stop() {
    const auto began = Clock::now();
    const std::vector<nemesis::Node> killed = cluster_.stop_all();
    const std::string signal = fmt::format("SIG{}", ::sigabbrev_np(target_.stop_signal));
    if (killed.empty()) {
      return say("ok", "stop", fmt::format("all ended within {} of {}", duration_text(Clock::now() - began), signal));
    }
    say("-", "stop",
        fmt::format("{} did not end within 5 s of {} and was killed: slow, or it needs another stop_signal",
                    fmt::join(killed, ", "), signal));
  }

  const TargetCheck& check_;
  const Target& target_;
  const Clock::time_point began_ = Clock::now();
  Network network_;
  NodeProcesses cluster_;
  TargetControl control_;
  ClientSpec client_;
  AdapterAbilities adapter_;  // of the client's adapter, when it has one
  std::optional<nemesis::Node> leader_;
  bool failed_ = false;
};

}  // namespace

int check_target(const TargetCheck& check) {
  fmt::print("\nstarting {} nodes; what they write is in {}\n", check.nodes, as_typed(check.folder / "nodes"));
  std::fflush(stdout);
  return run_in_sandbox([&] { return report_failure([&] { return Check(check).story(); }); });
}

}  // namespace ordeal::harness
