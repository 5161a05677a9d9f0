#include "target-raftd/daemon/flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>

namespace raftd::daemon {
namespace {

using std::chrono::milliseconds;

constexpr const char* footer = R"(
Example: one of three servers, on one machine
  raftd --id 1 --cluster 1=127.0.0.1:7101,2=127.0.0.1:7102,3=127.0.0.1:7103 \
        --client-address 127.0.0.1:8101 --data /tmp/raftd-1
  curl -X PUT -d '{"value":"hello"}' http://127.0.0.1:8101/kv/greeting
)";

struct BadFlag {
  std::string message;
};

milliseconds parse_duration(const std::string& flag, const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error != std::errc{} || number == 0 || number > 3'600'000 || (unit != "ms" && unit != "s")) {
    throw BadFlag{fmt::format("{}: \"{}\" is not a duration; write 50ms or 5s", flag, text)};
  }
  return unit == "s" ? milliseconds(std::chrono::seconds(number)) : milliseconds(number);
}

std::uint64_t parse_size(const std::string& flag, const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const int shift = unit == "KiB" ? 10 : unit == "MiB" ? 20 : unit == "GiB" ? 30 : -1;
  if (error != std::errc{} || number == 0 || shift < 0) {
    throw BadFlag{fmt::format("{}: \"{}\" is not a size; write 512KiB, 64MiB or 1GiB", flag, text)};
  }
  return std::uint64_t{number} << shift;
}

net::Address parse_address(const std::string& flag, const std::string& text) {
  const auto address = net::parse_address(text);
  if (!address) throw BadFlag{fmt::format("{}: \"{}\" is not an address; write HOST:PORT", flag, text)};
  return *address;
}

std::map<raft::NodeId, net::Address> parse_cluster(const std::string& text) {
  std::map<raft::NodeId, net::Address> cluster;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string member = text.substr(start, end - start);
    start = end + 1;
    raft::NodeId id = 0;
    const auto [stop, error] = std::from_chars(member.data(), member.data() + member.size(), id);
    const auto at = static_cast<std::size_t>(stop - member.data());
    if (error != std::errc{} || id == 0 || at >= member.size() || member[at] != '=') {
      throw BadFlag{fmt::format("--cluster: \"{}\" is not a server; write ID=HOST:PORT with an ID from 1", member)};
    }
    if (!cluster.emplace(id, parse_address("--cluster", member.substr(at + 1))).second) {
      throw BadFlag{fmt::format("--cluster: server {} stands there twice; give every server its own id", id)};
    }
  }
  return cluster;
}

void check(const Flags& flags) {
  if (!flags.cluster.contains(flags.id)) {
    throw BadFlag{fmt::format("--id: server {} is not in --cluster; add it there, or correct the id", flags.id)};
  }
  const auto outside =
      std::ranges::find_if(flags.learners, [&](raft::NodeId id) { return !flags.cluster.contains(id); });
  if (outside != flags.learners.end()) {
    throw BadFlag{fmt::format("--learners: server {} is not in --cluster; add it there, or leave it out", *outside)};
  }
  if (flags.learners.size() == flags.cluster.size()) {
    throw BadFlag{"--learners: nobody is left to vote; leave one server out"};
  }
  if (flags.election_timeout < 2 * flags.heartbeat) {
    throw BadFlag{fmt::format("--election-timeout: {} ms is less than two heartbeats of {} ms; make it longer",
                              flags.election_timeout.count(), flags.heartbeat.count())};
  }
  if (flags.cluster_name.empty() || flags.cluster_name.size() > 128) {
    throw BadFlag{"--cluster-name: a name has 1 to 128 bytes"};
  }
}

// As they stand on the command line, before they are understood.
struct Texts {
  std::string cluster;
  std::string client_address;
  std::string heartbeat = "50ms";
  std::string election_timeout = "300ms";
  std::string deadline = "5s";
  std::string snapshot_bytes = "64MiB";
};

void add_server_options(CLI::App& app, Flags& flags, Texts& texts) {
  app.add_option("--id", flags.id, "number of this server, as in --cluster")->required();
  app.add_option("--cluster", texts.cluster, "all servers: ID=HOST:PORT,... ; the same list everywhere")->required();
  app.add_flag(
      "--join", flags.join,
      "begin nothing with an empty folder: wait to be added; --cluster lists servers to talk to, this one too");
  app.add_option("--learners", flags.learners, "servers of a new cluster that get everything and do not vote: ID,...")
      ->delimiter(',');
  app.add_option("--cluster-name", flags.cluster_name, "servers of another name are refused")->capture_default_str();
  app.add_option("--client-address", texts.client_address, "HOST:PORT where clients speak HTTP")->required();
  app.add_option("--data", flags.data, "folder of this server's log; created when missing")->required();
  app.add_option("--log-level", flags.log_level, "how much is logged to standard error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}))
      ->capture_default_str();
}

void add_protocol_options(CLI::App& app, Flags& flags, Texts& texts) {
  app.add_option("--heartbeat", texts.heartbeat, "a leader speaks up at least this often")->capture_default_str();
  app.add_option("--election-timeout", texts.election_timeout,
                 "silence of the leader, once to twice as long, starts an election")
      ->capture_default_str();
  app.add_option("--deadline", texts.deadline, "a client's request is answered within this time")
      ->capture_default_str();
  app.add_option("--lease-drift", flags.lease_drift,
                 "percent of the election timeout that clocks may gain on each other while a lease lasts")
      ->check(CLI::Range(0, 90))
      ->capture_default_str();
  app.add_flag("!--no-lease", flags.lease, "read=lease asks a majority, like read=linearizable");
  app.add_flag("!--no-pre-vote", flags.pre_vote, "campaign without asking first whether that could succeed");
  app.add_flag("!--no-check-quorum", flags.check_quorum,
               "a leader that hears from no majority goes on; implies --no-lease");
  app.add_option("--snapshot-entries", flags.snapshot_entries, "a snapshot after so many applied entries")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--snapshot-bytes", texts.snapshot_bytes, "or after so many bytes of them")->capture_default_str();
  app.add_option("--log-tail", flags.log_tail, "entries before a snapshot that stay for slow followers")
      ->capture_default_str();
}

}  // namespace

std::variant<Flags, ExitNow> parse_flags(int count, const char* const* arguments) {
  Flags flags;
  Texts texts;
  CLI::App app("raftd: a replicated key-value store. Every server runs one of these.", "raftd");
  app.set_version_flag("--version", "raftd " RAFTD_VERSION);
  app.footer(footer);
  add_server_options(app, flags, texts);
  add_protocol_options(app, flags, texts);
  try {
    app.parse(count, arguments);
    flags.cluster = parse_cluster(texts.cluster);
    flags.client_address = parse_address("--client-address", texts.client_address);
    flags.heartbeat = parse_duration("--heartbeat", texts.heartbeat);
    flags.election_timeout = parse_duration("--election-timeout", texts.election_timeout);
    flags.deadline = parse_duration("--deadline", texts.deadline);
    flags.snapshot_bytes = parse_size("--snapshot-bytes", texts.snapshot_bytes);
    flags.lease = flags.lease && flags.check_quorum;
    check(flags);
  } catch (const CLI::CallForHelp&) {
    return ExitNow{.code = 0, .text = app.help()};
  } catch (const CLI::CallForVersion& version) {
    return ExitNow{.code = 0, .text = std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return ExitNow{.code = 2, .text = fmt::format("raftd: {}\nraftd --help shows every flag.\n", error.what())};
  } catch (const BadFlag& error) {
    return ExitNow{.code = 2, .text = fmt::format("raftd: {}\nraftd --help shows every flag.\n", error.message)};
  }
  return flags;
}

}  // namespace raftd::daemon
