#include "target-raftd/bench/flags.h"

#include <CLI/CLI.hpp>
#include <map>

namespace raftd::bench {
namespace {

constexpr const char* footer = R"(
What is compared: three servers of each system on this machine, data folders side by side, both with their defaults and
with fdatasync before every acknowledgement. The same clients, one keep-alive HTTP connection and one request under way
each, drive one system at a time, in short alternating rounds; every figure is a median over the rounds.
etcd answers through its JSON gateway. It is not needed to build; to install it: apt-get install etcd-server

Examples:
  raftd-bench                                     the whole table
  raftd-bench --systems raftd --clients 16 --seconds 10 --rounds 1
  raftd-bench --failover 50                       how long a killed leader is missed
)";

std::chrono::milliseconds seconds(double count) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(count));
}

}  // namespace

std::variant<Flags, ExitNow> parse_flags(int count, const char* const* arguments) {
  Flags flags;
  double duration = 2;
  double warm_up = 0.5;
  CLI::App app("Measures raftd against etcd on this machine.", "raftd-bench");
  app.footer(footer);
  const std::map<std::string, System> systems = {{"raftd", System::raftd}, {"etcd", System::etcd}};
  const std::map<std::string, Operation> operations = {{"write", Operation::write}, {"read", Operation::read}};
  const std::map<std::string, Mode> modes = {{"leader", Mode::leader}, {"spread", Mode::spread}};
  app.add_option("--systems", flags.systems, "raftd, etcd or both")
      ->delimiter(',')
      ->transform(CLI::CheckedTransformer(systems).description("{raftd,etcd}"));
  app.add_option("--clients", flags.clients, "numbers of clients [1,16,256]")
      ->delimiter(',')
      ->check(CLI::Range(1, 10'000));
  app.add_option("--operations", flags.operations, "write, read or both; reads are linearizable")
      ->delimiter(',')
      ->transform(CLI::CheckedTransformer(operations).description("{write,read}"));
  app.add_option("--seconds", duration, "of one round [2]")->check(CLI::Range(0.01, 3600.0));
  app.add_option("--warm-up", warm_up, "seconds before each round [0.5]")->check(CLI::Range(0.0, 3600.0));
  app.add_option("--rounds", flags.rounds, "per system, operation and number of clients [5]")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--value-bytes", flags.value_bytes, "size of a value [128]")->check(CLI::Range(1, 100'000));
  app.add_option("--keys", flags.keys, "how many different keys [1000]")->check(CLI::Range(1, 1'000'000));
  app.add_option("--mode", flags.mode, "clients connect to the leader, or spread over all servers [leader]")
      ->transform(CLI::CheckedTransformer(modes).description("{leader,spread}"));
  app.add_option("--failover", flags.failovers,
                 "kill the leader that often and measure until the next acknowledged write")
      ->check(CLI::Range(1, 10'000));
  app.add_flag("--json", flags.json, "print one JSON object instead of a table");
  app.add_option("--dir", flags.folder, "where data folders go; kept afterwards [a temporary folder, removed]");
  app.add_option("--raftd", flags.raftd, "the program [beside this one]");
  app.add_option("--etcd", flags.etcd, "the program [etcd]");
  app.add_option("--raftd-flag", flags.raftd_flags, "one more word for the command line of every raftd; repeatable");
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    return ExitNow{.code = 0, .text = app.help()};
  } catch (const CLI::ParseError& error) {
    return ExitNow{.code = 2, .text = std::string("raftd-bench: ") + error.what() + "\nraftd-bench --help says more\n"};
  }
  flags.duration = seconds(duration);
  flags.warm_up = seconds(warm_up);
  return flags;
}

}  // namespace raftd::bench
