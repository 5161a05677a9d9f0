#include "harness/cluster/bring_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "harness/cluster/node_question.h"

namespace ordeal::harness {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void do_step(NodeProcesses& cluster, const SetupStep& step, const nemesis::Node& node) {
  constexpr milliseconds answer_within{5000}, pause{100};
  const auto deadline = steady_clock::now() + step.within;
  const NodeQuestion question = cluster.question(node, step.question);
  const std::string matches = substitute(step.matches, cluster.variables(node));
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    const ProbeAnswer answer = ask_and_wait(question, std::clamp(left, milliseconds(1), answer_within));
    const std::string why = why_not(answer, step.status, matches);
    if (why.empty()) return;
    if (steady_clock::now() + pause >= deadline) {
      throw ClusterError(
          fmt::format("{}: the set-up has not succeeded within {:g} s: {}: {}; see `setup` of the "
                      "target's file",
                      node, std::chrono::duration<double>(step.within).count(), as_said(question.question), why));
    }
    std::this_thread::sleep_for(pause);
  }
}

void do_steps(NodeProcesses& cluster, const Target& target, SetupStep::When when) {
  const std::vector<nemesis::Node> nodes = cluster.nodes();
  for (const SetupStep& step : target.setup) {
    if (step.when != when) continue;
    const std::size_t count = step.at_each ? nodes.size() : 1;
    for (std::size_t i = 0; i < count; ++i) do_step(cluster, step, nodes[i]);
  }
}

}  // namespace

void bring_up(NodeProcesses& cluster, const Target& target) {
  const std::vector<nemesis::Node> nodes = cluster.nodes();
  const bool first_alone = std::ranges::any_of(
      target.setup, [](const SetupStep& step) { return step.when == SetupStep::When::first_ready; });
  if (first_alone) {
    cluster.start(nodes.front());
    cluster.await_ready(target.ready_within, {nodes.front()});
    do_steps(cluster, target, SetupStep::When::first_ready);
  }
  for (const nemesis::Node& node : nodes) {
    if (!first_alone || node != nodes.front()) cluster.start(node);
  }
  cluster.await_ready(target.ready_within);
  do_steps(cluster, target, SetupStep::When::all_ready);
}

}  // namespace ordeal::harness
