#include "harness/scenario/play_scenario.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <mutex>

#include "harness/cli/exit_code.h"
#include "harness/cluster/bring_up.h"
#include "harness/cluster/node_processes.h"
#include "harness/cluster/target_control.h"
#include "harness/config/plan.h"
#include "harness/report/results_json.h"
#include "harness/run/cluster_recovery.h"
#include "harness/run/failure.h"
#include "harness/run/judge.h"
#include "harness/run/run_adapter.h"
#include "harness/run/run_events.h"
#include "harness/run/run_folder.h"
#include "harness/run/status_poller.h"
#include "harness/sandbox/sandbox.h"
#include "harness/scenario/player.h"
#include "nemesis/inject/clock_patch.h"
#include "nemesis/inject/disk_filter.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t signals_received = 0;

void handle_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) {
    signals_received = signals_received + 1;
    if (signals_received > 1) ::_exit(static_cast<int>(ExitCode::harness_failure));
  };
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

// What judges the history, and what `ordeal check RUN` reads again.
Plan plan_of(const Scenario& scenario, const Target& target) {
  Plan plan;
  plan.name = scenario.name;
  plan.target = target.name;
  plan.nodes = scenario.nodes;
  plan.spares = scenario.spares;
  plan.seed = 0;  // nothing is drawn
  plan.clients = 1;
  if (scenario.workload == ScenarioWorkload::counter) {
    plan.workload = workloads::CounterSpec{};
    plan.checks = {"counter", "liveness", "log-alarms", "status"};
  }
  plan.check_time_limit = 1min;
  return plan;
}

// Everything that happens inside the sandbox. The members are in the order of their making; they go in reverse.
class Stage {
 public:
  Stage(const ScenarioRequest& request, const Plan& plan, const RunFolder& folder)
      : request_(request),
        plan_(plan),
        folder_(folder),
        network_(plan.nodes + plan.spares),
        recorder_(folder.history()),
        status_(request.target.status_path, recorder_),
        cluster_(
            request.target, network_.nodes(), request.binary, folder.path(), [this] { return recorder_.now(); },
            [this](const NodeExit& exit) { node_exited(exit); }, request.scenario.spares,
            needs_disks(request.scenario)),
        control_(request.target, cluster_),
        player_({.target = request.target,
                 .cluster = cluster_,
                 .control = control_,
                 .recorder = recorder_,
                 .say = [this](const std::string& line) { say(line); },
                 .interrupted = [] { return signals_received > 0; }}) {}

  int story() {
    recorder_.record(run_began_event({.seed = *plan_.seed, .started = now_text(), .command = request_.repeat_command}));
    start_nodes();
    play();
    recover();
    for (const nemesis::Node& node : cluster_.stop_all()) say(fmt::format("{} did not stop and was killed", node));
    rethrow_failures();
    return judge_and_report();
  }

 private:
  static std::string now_text() {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  }

  void start_nodes() {
    try {
      if (needs_clocks(request_.scenario)) cluster_.control_clocks();
      bring_up(cluster_, request_.target);
    } catch (const ClusterError&) {
      rethrow_failures();
      require_space(folder_.path());
      throw;
    }
    if (!request_.target.status_path.empty()) status_.start(endpoints());
  }

  void play() {
    recorder_.record(stage_event(stage::load_began));
    player_.play(request_.scenario);
    recorder_.record(stage_event(stage::load_ended));
    player_.finish();
    for (const nemesis::Node& node : cluster_.nodes()) {
      if (cluster_.processes(node).empty()) cluster_.start(node);  // it had ended by itself
    }
    rethrow_failures();
    recorder_.record(stage_event(stage::healed));
  }

  void recover() {
    const std::vector<std::string> keys = player_.keys();
    const workloads::Operation probe{.f = "read", .key = keys.empty() ? "x" : keys.front(), .value = {}};
    AskOptions ask{.endpoints = endpoints(),
                   .client = request_.target.client,
                   .timeout = plan_.timeout,
                   .first_process = player_.next_process()};
    const RecoveryReport report = await_recovery_of(cluster_, ask, probe, plan_.recovery_within, recorder_);
    for (const NodeRecovery& node : report.nodes) recorder_.record(recovery_event(node));
    ask.first_process = report.next_process;
    std::erase_if(ask.endpoints, [&](const Endpoint& endpoint) {
      return std::ranges::none_of(report.nodes,
                                  [&](const auto& one) { return one.node == endpoint.node && one.after; });
    });
    std::vector<workloads::Operation> reads;
    for (const std::string& key : keys) reads.push_back({.f = "read", .key = key, .value = {}});
    if (!ask.endpoints.empty()) final_reads(ask, reads, recorder_);
    status_.stop();
    rethrow_failures();
    recorder_.record(stage_event(stage::ended));
  }

  int judge_and_report() {
    const Judgement judged = judge({.plan = plan_, .target = request_.target, .folder = folder_, .progress = {}});
    write_reports(judged.results, judged.history, folder_);
    spdlog::info("verdict: {}", checker::to_string(judged.results.verdict));
    return static_cast<int>(exit_code_of(judged.results.verdict));
  }

  std::vector<Endpoint> endpoints() const {
    std::vector<Endpoint> all;
    for (const nemesis::Node& node : cluster_.nodes())
      all.push_back({.node = node, .address = cluster_.endpoint(node)});
    return all;
  }

  // From the cluster's thread, which has nobody to throw to.
  void node_exited(const NodeExit& exit) {
    status_.node_ended(exit.node);
    try {
      if (!exit.expected) require_space(folder_.path());
      recorder_.record(exit_event(exit));
    } catch (const std::system_error& error) {
      spdlog::error("{}", error.what());
      const std::lock_guard lock(exit_failure_mutex_);
      if (!exit_failure_) exit_failure_ = std::current_exception();
    }
    if (!exit.expected) say(fmt::format("{} ended by itself: {}", exit.node, exit.status));
  }

  void rethrow_failures() const {
    if (const std::exception_ptr failure = status_.failure()) std::rethrow_exception(failure);
    const std::lock_guard lock(exit_failure_mutex_);
    if (exit_failure_) std::rethrow_exception(exit_failure_);
  }

  // Any thread.
  void say(const std::string& line) {
    spdlog::info("{}", line);
    if (!request_.say_steps) return;
    const std::string text =
        fmt::format("{:8.3f} s {}\n", std::chrono::duration<double>(recorder_.now()).count(), line);
    std::fwrite(text.data(), 1, text.size(), stderr);
  }

  const ScenarioRequest& request_;
  const Plan& plan_;
  const RunFolder& folder_;
  mutable std::mutex exit_failure_mutex_;
  std::exception_ptr exit_failure_;  // guarded by it
  Network network_;
  Recorder recorder_;
  StatusPoller status_;  // before the cluster, which tells it of exits
  NodeProcesses cluster_;
  TargetControl control_;
  ScenarioPlayer player_;
};

int inside_sandbox(const ScenarioRequest& request, const Plan& plan, const RunFolder& folder) {
  return report_failure([&] {
    handle_signals();
    auto logger = spdlog::basic_logger_mt("ordeal", folder.log().string());
    logger->flush_on(spdlog::level::info);
    logger->set_error_handler([](const std::string&) {});
    spdlog::set_default_logger(logger);
    ScenarioRequest served = request;
    served.target.client = with_running_adapter(request.target.client, folder);
    Stage stage(served, plan, folder);
    return stage.story();
  });
}

}  // namespace

PlayedScenario play_scenario(const ScenarioRequest& request) {
  if (needs_disks(request.scenario)) {
    const std::string why = nemesis::why_no_disk_filter();
    if (!why.empty()) throw SandboxError(request.scenario.name + ": faults of disks cannot be injected here", why);
  }
  if (needs_clocks(request.scenario)) {
    const std::string why = nemesis::why_no_clock_control();
    if (!why.empty()) throw SandboxError(request.scenario.name + ": faults of clocks cannot be injected here", why);
  }
  ScenarioRequest armed = request;
  if (const auto words = armed.scenario.arguments.find(armed.target.name); words != armed.scenario.arguments.end()) {
    armed.target.command.insert(armed.target.command.end(), words->second.begin(), words->second.end());
  }
  if (const auto words = armed.scenario.joining.find(armed.target.name);
      words != armed.scenario.joining.end() && armed.target.members) {
    std::vector<std::string>& join = armed.target.members->join;
    join.insert(join.end(), words->second.begin(), words->second.end());
  }
  const Plan plan = plan_of(armed.scenario, armed.target);
  const RunFolder folder = RunFolder::create(armed.store, plan.name, *plan.seed, std::chrono::system_clock::now());
  write_file(folder.plan(), to_yaml(plan));
  write_file(folder.target(), armed.target_yaml);
  write_file(folder.path() / "scenario.yaml", armed.scenario_yaml);
  PlayedScenario played{.folder = folder.path()};
  played.exit_code = run_in_sandbox([&] { return inside_sandbox(armed, plan, folder); });
  if (std::filesystem::exists(folder.results())) {
    played.results = results_from_json(read_file(folder.results()), folder.results().string());
  }
  return played;
}

}  // namespace ordeal::harness
