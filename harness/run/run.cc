#include "harness/run/run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>

#include "harness/cli/exit_code.h"
#include "harness/cluster/bring_up.h"
#include "harness/cluster/find_binary.h"
#include "harness/cluster/node_processes.h"
#include "harness/cluster/target_control.h"
#include "harness/config/config_error.h"
#include "harness/report/quantities.h"
#include "harness/report/results_json.h"
#include "harness/report/status_block.h"
#include "harness/report/summary.h"
#include "harness/run/cluster_recovery.h"
#include "harness/run/failure.h"
#include "harness/run/frozen_copies.h"
#include "harness/run/judge.h"
#include "harness/run/load.h"
#include "harness/run/nemesis_player.h"
#include "harness/run/online_check.h"
#include "harness/run/run_adapter.h"
#include "harness/run/run_events.h"
#include "harness/run/status_poller.h"
#include "harness/sandbox/probe_packets.h"
#include "harness/sandbox/sandbox.h"
#include "nemesis/inject/clock_patch.h"
#include "nemesis/inject/disk_filter.h"
#include "nemesis/plan/names.h"
#include "nemesis/plan/schedule.h"
#include "nemesis/plan/schedule_text.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto status_interval = 250ms;
constexpr auto status_within = 300ms;   // of a node that is about to be stopped
constexpr auto online_time_limit = 5s;  // for one key while the run goes on
// Different streams of randomness from one seed: the schedule must not change when the workload draws once more.
constexpr std::uint64_t schedule_stream = 0x5c4ed01e;

volatile std::sig_atomic_t signals_received = 0;

// The first signal ends the load early and judges what there is; the second one ends the harness, and with it the
// sandbox, at once.
void on_signal(int) {
  signals_received = signals_received + 1;
  if (signals_received > 1) ::_exit(static_cast<int>(ExitCode::harness_failure));
}

void handle_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

bool interrupted() {
  return signals_received > 0;
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

std::vector<nemesis::Node> node_names(int count) {
  std::vector<nemesis::Node> names;
  for (int i = 1; i <= count; ++i) names.push_back(fmt::format("n{}", i));
  return names;
}

// Everything that happens inside the sandbox. The members are in the order of their making; they go in reverse.
class Run {
 public:
  Run(const RunRequest& request, const RunFolder& folder, nemesis::Schedule schedule)
      : request_(request),
        plan_(request.plan),
        folder_(folder),
        display_(status_on_standard_error()),
        network_(plan_.nodes + plan_.spares),
        recorder_(folder.history()),
        status_(request.target.status_path, recorder_),
        cluster_(
            request.target, network_.nodes(), request.binary, folder.path(), [this] { return recorder_.now(); },
            [this](const NodeExit& exit) { node_exited(exit); }, plan_.spares, nemesis::needs_disks(plan_.nemesis)),
        control_(request.target, cluster_),
        clients_(with_running_adapter(request.target.client, folder)),
        generator_(workloads::make_generator(plan_.workload, *plan_.seed)),
        load_(load_options(), *generator_, recorder_),
        nemesis_(
            std::move(schedule), cluster_, make_injectors(cluster_, control_, request.target.corruptible), recorder_,
            [this](const std::string& line) { say(line); }, &status_) {}

  int story() {
    set_up();
    load_under_faults();
    heal();
    recover();
    read_at_the_end();
    tear_down();
    return judge_and_report();
  }

 private:
  void set_up() {
    recorder_.record(run_began_event({.seed = *plan_.seed, .started = utc_now(), .command = request_.repeat_command}));
    show("starting");
    start_nodes();
    say(fmt::format("{} nodes of {} are ready", plan_.nodes, request_.target.name));
  }

  // A disk that is full keeps nodes from starting; that is no finding about them.
  void start_nodes() {
    try {
      if (nemesis::needs_clocks(plan_.nemesis)) cluster_.control_clocks();
      bring_up(cluster_, request_.target);
    } catch (const ClusterError&) {
      rethrow_failures();
      require_space(folder_.path());
      throw;
    }
  }

  void load_under_faults() {
    if (asks_status() || nemesis::waits_for(plan_.nemesis, nemesis::EventKind::behind)) status_.start(endpoints(""));
    recorder_.record(stage_event(stage::load_began));
    load_began_ = Clock::now();
    load_.start();
    nemesis_.start();
    OnlineOptions options{.checks = plan_.checks, .linearizable = {}};
    options.linearizable.time_limit = online_time_limit;
    options.linearizable.memory_limit = plan_.check_memory_limit / 4;
    OnlineCheck online(recorder_, options);
    while (Clock::now() - load_began_ < plan_.duration && !cut_short(online)) {
      std::this_thread::sleep_for(status_interval);
      online.look(load_.take_retired_keys());
      const LoadCounts counts = load_.counts();
      const std::uint64_t returned = counts.ok + counts.fail + counts.info;
      show("load", online.checked(), online.judges_operations() ? returned : 0, /*live=*/true);
    }
    load_.stop();
    rethrow_failures();
    recorder_.record(stage_event(stage::load_ended));
  }

  // Whether the load must end before its time; the reason is said and recorded once.
  bool cut_short(const OnlineCheck& online) {
    rethrow_failures();
    if (const std::exception_ptr failure = online.failure()) std::rethrow_exception(failure);
    if (interrupted()) {
      say("interrupted: the load ends here, what was recorded is judged (once more: end at once)");
      recorder_.record(stage_event(stage::interrupted));
      return true;
    }
    const std::optional<checker::Finding> violation = online.violation();
    if (!violation || violation_said_) return false;
    violation_said_ = true;
    say(fmt::format("violation: {}", violation->summary));
    recorder_.record(violation_event(
        {.time = {}, .check = violation->check, .summary = violation->summary, .ended_load = !request_.keep_going}));
    if (request_.keep_going) return false;  // undisturbed: a node that is stopped for a copy is a fault of its own
    load_.begin_stop();
    freeze();
    return true;
  }

  // Healing and recovery change what the nodes hold, so what they hold at the violation is copied before. The rest of
  // the run goes on as always: the reads at its end tell a lost write from a stale read.
  void freeze() {
    show("copying the stopped nodes");
    const std::vector<StatusAnswer> answers = status_before_freeze();
    FrozenCopies copies(folder_.path());
    std::vector<FrozenNode> frozen;
    nemesis_.freeze_all([&](const nemesis::Evidence& stopped) {
      recorder_.record(stage_event(stage::frozen));
      if (!stopped.note.empty()) say("stopping all nodes to copy them: " + stopped.note);
      for (const StatusAnswer& answer : answers) {
        frozen.push_back(copies.copy(answer.node, cluster_.data_folder(answer.node), answer));
      }
    });
    recorder_.record(stage_event(stage::thawed));
    std::uint64_t bytes = 0;
    for (const FrozenNode& node : frozen) {
      recorder_.record(frozen_event(node));
      bytes += node.bytes;
      for (const std::string& skipped : node.skipped) say(fmt::format("not copied of {}: {}", node.node, skipped));
    }
    say(fmt::format("all nodes were stopped and {} of their data and logs copied: {}", bytes_text(bytes),
                    as_typed(folder_.path() / "nodes" / "*" / "frozen")));
  }

  // A stopped node answers nothing, so it is asked a moment earlier. One that is silent then, since it is paused or cut
  // off, may have told its status to the poller before.
  std::vector<StatusAnswer> status_before_freeze() {
    const std::vector<Endpoint> nodes = endpoints("");
    std::vector<StatusAnswer> answers;
    if (request_.target.status_path.empty()) {
      for (const Endpoint& node : nodes) {
        answers.push_back({.node = node.node, .time = {}, .body = {}, .how = "the target tells no status"});
      }
      return answers;
    }
    answers = ask_status(nodes, request_.target.status_path, status_within, recorder_);
    for (StatusAnswer& answer : answers) {
      if (!answer.body.empty()) {
        answer.how = "asked just before it was stopped";
        continue;
      }
      const std::string silent = fmt::format("no answer just before it was stopped ({})", answer.how);
      const auto last = status_.last_answer(answer.node);
      if (last) answer = *last;
      answer.how = last ? fmt::format("{}; its last one came at {}", silent, duration_text(last->time)) : silent;
    }
    return answers;
  }

  void heal() {
    show("healing");
    nemesis_.finish();
    rethrow_failures();
    for (const nemesis::Node& node : cluster_.nodes()) {
      if (!cluster_.processes(node).empty()) continue;
      say(fmt::format("{} had ended by itself: started again", node));
      cluster_.start(node);
    }
    recorder_.record(stage_event(stage::healed));
  }

  void recover() {
    show("recovery");
    const RecoveryReport report = await_recovery_of(cluster_, ask_options(load_.next_process()), generator_->probe(),
                                                    plan_.recovery_within, recorder_);
    for (const NodeRecovery& node : report.nodes) {
      recorder_.record(recovery_event(node));
      say(node.after             ? fmt::format("{} serves again after {:.2f} s", node.node,
                                               std::chrono::duration<double>(*node.after).count())
          : node.excused.empty() ? fmt::format("{} does NOT serve again: {}", node.node, node.last_error)
                                 : fmt::format("{} need not serve: {}", node.node, node.excused));
    }
    next_process_ = report.next_process;
    for (const NodeRecovery& node : report.nodes) {
      if (node.after) recovered_.push_back({.node = node.node, .address = cluster_.endpoint(node.node)});
    }
  }

  void read_at_the_end() {
    show("final reads");
    const std::vector<workloads::Operation> reads = generator_->final_reads();
    FinalReads done;
    if (!recovered_.empty()) {
      AskOptions options = ask_options(next_process_);
      options.endpoints = recovered_;
      done = final_reads(options, reads, recorder_, [&](std::size_t read) { show("final reads", read, reads.size()); });
    }
    if (!done.undone.empty()) {
      say(fmt::format("{} of {} keys could not be read at the end", done.undone.size(), reads.size()));
    }
    status_.stop();
    rethrow_failures();
    recorder_.record(stage_event(stage::ended));
  }

  void tear_down() {
    show("stopping");
    if (clients_.running) {
      for (const std::string& remark : clients_.running->remarks()) say(remark);
    }
    for (const nemesis::Node& node : cluster_.stop_all()) say(fmt::format("{} did not stop and was killed", node));
    rethrow_failures();
  }

  int judge_and_report() {
    const Judgement judged =
        judge({.plan = plan_,
               .target = request_.target,
               .folder = folder_,
               .progress = [this](std::size_t decided, std::size_t total) { show("checking", decided, total); }});
    const Results& results = judged.results;
    write_reports(results, judged.history, folder_);
    display_.erase();
    if (request_.json) {
      fmt::print("{}\n", to_json(results));
    } else {
      fmt::print("{}", to_summary(results, as_typed(folder_.report()), ::isatty(STDOUT_FILENO) != 0));
    }
    std::fflush(stdout);
    require_agreement(results, folder_);
    spdlog::info("verdict: {}", checker::to_string(results.verdict));
    return static_cast<int>(exit_code_of(results.verdict));
  }

  LoadOptions load_options() const {
    LoadOptions options;
    options.clients = plan_.clients;
    options.rate = plan_.rate;
    options.timeout = plan_.timeout;
    options.read_mode = workloads::read_mode_of(plan_.workload);
    options.client = clients_;
    options.endpoints = endpoints(plan_.pin);
    return options;
  }

  AskOptions ask_options(checker::Process first_process) const {
    return {.endpoints = endpoints(""),
            .client = clients_,
            .read_mode = "linearizable",  // whatever the clients asked for under load
            .timeout = plan_.timeout,
            .first_process = first_process};
  }

  // Of one node, or of all when `only` is empty.
  std::vector<Endpoint> endpoints(const std::string& only) const {
    std::vector<Endpoint> found;
    for (const nemesis::Node& node : cluster_.nodes()) {
      if (only.empty() || node == only) found.push_back({.node = node, .address = cluster_.endpoint(node)});
    }
    return found;
  }

  bool asks_status() const {
    return !request_.target.status_path.empty() &&
           std::find(plan_.checks.begin(), plan_.checks.end(), "status") != plan_.checks.end();
  }

  void rethrow_failures() const {
    if (const std::exception_ptr failure = status_.failure()) std::rethrow_exception(failure);
    if (const std::exception_ptr failure = adapter_failure()) std::rethrow_exception(failure);
    if (const std::exception_ptr failure = load_.failure()) std::rethrow_exception(failure);
    if (const std::exception_ptr failure = nemesis_.failure()) std::rethrow_exception(failure);
    const std::lock_guard lock(exit_failure_mutex_);
    if (exit_failure_) std::rethrow_exception(exit_failure_);
  }

  std::exception_ptr adapter_failure() const { return clients_.running ? clients_.running->failure() : nullptr; }

  // From the cluster's thread, which has nobody to throw to: rethrow_failures() does it later.
  void node_exited(const NodeExit& exit) {
    status_.node_ended(exit.node);
    try {
      if (!exit.expected) require_space(folder_.path());  // a node that could not write is not to blame
      recorder_.record(exit_event(exit));
    } catch (const std::system_error& error) {
      spdlog::error("{}", error.what());
      const std::lock_guard lock(exit_failure_mutex_);
      if (!exit_failure_) exit_failure_ = std::current_exception();
    }
    if (exit.expected) return;
    say(fmt::format("{} ended by itself: {}", exit.node, exit.status));
    for (const std::string& line : exit.last_lines) spdlog::warn("{} | {}", exit.node, line);
  }

  // A line for the log and the terminal. Any thread.
  void say(const std::string& line) {
    spdlog::info("{}", line);
    const std::lock_guard lock(display_mutex_);
    display_.print(fmt::format("{:8.3f} s  {}", std::chrono::duration<double>(recorder_.now()).count(), line));
  }

  void show(const std::string& phase, std::size_t checked = 0, std::size_t total = 0, bool live = false) {
    const LoadCounts counts = load_.counts();
    const std::uint64_t returned = counts.ok + counts.fail + counts.info;
    const Clock::time_point now = Clock::now();
    const double passed = std::chrono::duration<double>(now - last_shown_).count();
    if (passed > 0.1) {
      ops_per_second_ = static_cast<double>(returned - last_returned_) / passed;
      last_returned_ = returned;
      last_shown_ = now;
    }
    Status status;
    status.elapsed = recorder_.now();
    status.duration = plan_.duration;
    status.phase = phase;
    status.ops_per_second = ops_per_second_;
    status.counts = {.ok = counts.ok, .fail = counts.fail, .info = counts.info};
    status.faults = nemesis_.active();
    status.leader = cluster_.leader().value_or("");
    status.checked = checked;
    status.total = total;
    status.live = live;
    const std::lock_guard lock(display_mutex_);
    display_.show(status);
  }

  const RunRequest& request_;
  const Plan& plan_;
  const RunFolder& folder_;
  std::mutex display_mutex_;  // guards display_
  StatusDisplay display_;
  mutable std::mutex exit_failure_mutex_;
  std::exception_ptr exit_failure_;  // guarded by it: what node_exited() could not throw
  Network network_;
  Recorder recorder_;
  StatusPoller status_;  // before the cluster, which tells it of exits
  NodeProcesses cluster_;
  TargetControl control_;
  const ClientSpec clients_;
  std::unique_ptr<workloads::Generator> generator_;
  Load load_;
  NemesisPlayer nemesis_;
  Clock::time_point load_began_;
  bool violation_said_ = false;
  Clock::time_point last_shown_ = Clock::now();
  std::uint64_t last_returned_ = 0;
  double ops_per_second_ = 0;
  checker::Process next_process_ = 0;
  std::vector<Endpoint> recovered_;  // the nodes that served again after healing
};

// ordeal.log gets every line at once; one that cannot be written (full disk) must not end the run: the history decides.
void log_into(const RunFolder& folder) {
  auto logger = spdlog::basic_logger_mt("ordeal", folder.log().string());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %L %v");
  logger->flush_on(spdlog::level::info);
  logger->set_error_handler([](const std::string&) {});
  spdlog::set_default_logger(logger);
}

int inside_sandbox(const RunRequest& request, const RunFolder& folder, const nemesis::Schedule& schedule) {
  return report_failure([&] {
    handle_signals();
    log_into(folder);
    spdlog::info("{}: seed {}, target {}", request.plan.name, *request.plan.seed, request.target.name);
    Run run(request, folder, schedule);
    return run.story();
  });
}

// So is what the target's file does not tell.
void require_events(const nemesis::NemesisSpec& faults, const Target& target) {
  using nemesis::EventKind;
  const std::pair<EventKind, const char*> lacking[] = {
      {EventKind::elected, target.leader ? nullptr : "leader"},
      {EventKind::behind, target.status_path.empty() ? "status" : nullptr},
      {EventKind::append, target.leader ? target.peer_port ? nullptr : "peer_port" : "leader"}};
  for (const auto& [kind, key] : lacking) {
    if (key == nullptr || !nemesis::waits_for(faults, kind)) continue;
    throw ConfigError(fmt::format("target {}: its file has no {}, without which the event {} is never seen; write it",
                                  target.name, key, nemesis::name_of(kind)));
  }
}

// The program of the other version, if it is another one, must be there.
void require_other_version(const nemesis::NemesisSpec& faults, const Target& target,
                           const std::filesystem::path& binary) {
  const auto upgrades = [](const nemesis::FaultSpec& fault) {
    return std::holds_alternative<nemesis::UpgradeSpec>(fault.what);
  };
  if (!std::ranges::any_of(faults.faults, upgrades)) return;
  assert(target.upgrade && "refused by require_abilities()");
  const std::string& name = target.upgrade->binary;
  if (name.empty() || name == target.binary || find_binary(name, binary.parent_path())) return;
  throw ConfigError(
      fmt::format("target {}: upgrade.binary: \"{}\" was found neither beside {} nor on PATH; install it, "
                  "or give its path",
                  target.name, name, binary.native()));
}

// What the machine cannot do is said before anything starts.
void require_mechanisms(const nemesis::NemesisSpec& faults) {
  if (nemesis::needs_clocks(faults)) {
    const std::string why = nemesis::why_no_clock_control();
    if (!why.empty()) throw SandboxError("faults of clocks cannot be injected here", why);
  }
  if (nemesis::needs_disks(faults)) {
    const std::string why = nemesis::why_no_disk_filter();
    if (!why.empty()) throw SandboxError("faults of disks cannot be injected here", why);
  }
  const auto is_packets = [](const nemesis::FaultSpec& fault) {
    return std::holds_alternative<nemesis::PacketsSpec>(fault.what);
  };
  if (std::ranges::any_of(faults.faults, is_packets) || nemesis::waits_for(faults, nemesis::EventKind::append)) {
    const Probe queue = probe_packets();
    if (!queue.works) throw SandboxError("packets cannot be struck here: " + queue.detail, queue.cure);
  }
}

}  // namespace

int run(const RunRequest& request) {
  const Plan& plan = request.plan;
  require_events(plan.nemesis, request.target);
  require_other_version(plan.nemesis, request.target, request.binary);
  require_mechanisms(plan.nemesis);
  const nemesis::NemesisSpec faults = nemesis::feasible(plan.nemesis, node_names(plan.nodes));
  const nemesis::Schedule schedule = nemesis::draw_schedule(faults, plan.duration, *plan.seed ^ schedule_stream);
  const RunFolder folder = RunFolder::create(request.store, plan.name, *plan.seed, std::chrono::system_clock::now());
  write_file(folder.plan(), to_yaml(plan));
  write_file(folder.target(), request.target_yaml);
  write_file(folder.schedule(), nemesis::to_json_lines(schedule));
  fmt::print(stderr, "ordeal: {} on {}, {} nodes, seed {}, {} faults planned\nordeal: run folder {}\n", plan.name,
             request.target.name, plan.nodes, *plan.seed, schedule.size(), as_typed(folder.path()));
  return run_in_sandbox([&] { return inside_sandbox(request, folder, schedule); });
}

}  // namespace ordeal::harness
