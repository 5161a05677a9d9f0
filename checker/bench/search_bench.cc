// Times the search alone, from prepared operations to the verdict, and makes histories that are hard for it.
//
//   search_bench generate DIRECTORY SEED    one history a class, as Jepsen's text logs, so that others can read them
//   too search_bench time                       for each path on standard input: verdict, nanoseconds (the least of
//                                           several runs), configurations, the return that the search came to
//   search_bench repeat TIMES               for each path: searches it so often, for a profiler
//
// Not part of any target that is built by default.

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "checker/formats/history_reader.h"
#include "checker/linearizability/search.h"
#include "checker/linearizability/search_workspace.h"
#include "checker/testing/compact_histories.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

using Clock = std::chrono::steady_clock;

struct HistoryClass {
  const char* name;
  std::uint64_t operations, processes, values, info_percent, cas_percent;
  bool stale_read;
};

constexpr HistoryClass classes[] = {
    {"d5_i0", 10'000, 5, 5, 0, 20, false},        {"d5_i0_bad", 10'000, 5, 5, 0, 20, true},
    {"d5_i1", 10'000, 5, 5, 1, 20, false},        {"d5_i10", 10'000, 5, 5, 10, 20, false},
    {"d10_i0", 10'000, 10, 5, 0, 20, false},      {"d10_i0_bad", 10'000, 10, 5, 0, 20, true},
    {"d10_i1", 10'000, 10, 5, 1, 20, false},      {"d10_i1_bad", 10'000, 10, 5, 1, 20, true},
    {"d10_i10", 10'000, 10, 5, 10, 20, false},    {"d10_i10_bad", 10'000, 10, 5, 10, 20, true},
    {"d10n_i0", 10'000, 10, 5, 0, 0, false},      {"d10n_i1", 10'000, 10, 5, 1, 0, false},
    {"d10n_i10", 10'000, 10, 5, 10, 0, false},    {"d10n_i1_bad", 10'000, 10, 5, 1, 0, true},
    {"d10n_i10_bad", 10'000, 10, 5, 10, 0, true}, {"d20_i0", 10'000, 20, 5, 0, 20, false},
    {"d20_i0_bad", 10'000, 20, 5, 0, 20, true},   {"d20_i1", 10'000, 20, 5, 1, 20, false},
    {"d20_i1_bad", 10'000, 20, 5, 1, 20, true},   {"d20_i10", 10'000, 20, 5, 10, 20, false},
    {"d50_i0", 10'000, 50, 5, 0, 20, false},      {"d50_i0_bad", 10'000, 50, 5, 0, 20, true},
    {"d50_i1", 10'000, 50, 5, 1, 20, false},      {"c50_i0", 10'000, 50, 0, 0, 20, false},
    {"c50_i0_bad", 10'000, 50, 0, 0, 20, true},
};

// A register and its clients: each operation takes effect at one moment between call and return; of the answers that
// are lost half took effect, half of these long after.
class Register {
 public:
  Register(const HistoryClass& kind, std::uint64_t seed) : kind_(kind), random_(seed), clients_(kind.processes) {
    for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i].process = i;
  }

  std::string log() {
    while (started_ < kind_.operations || busy_ > 0) {
      if (!late_.empty() && draw(random_, 300) == 0) {
        Client late = late_.back();
        late_.pop_back();
        apply(late);
      }
      move(clients_[draw(random_, clients_.size())]);
    }
    if (kind_.stale_read) lie();
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

 private:
  struct Client {
    std::uint64_t process = 0;
    int phase = 0;  // idle, called, took effect
    char f = 'r';
    long argument = 0, second = 0, seen = -1;
    bool failed = false, lost = false;
    std::size_t called_at = 0;
  };

  static std::string text(long value) { return value < 0 ? "nil" : std::to_string(value); }

  long fresh() { return kind_.values == 0 ? next_value_++ : static_cast<long>(draw(random_, kind_.values)); }

  void line(const Client& c, const std::string& type, const std::string& rest) {
    lines_.push_back("INFO  jepsen.util - " + std::to_string(c.process) + "\t:" + type + "\t" + rest);
  }

  void move(Client& c) {
    if (c.phase == 0) {
      if (started_ < kind_.operations) call(c);
    } else if (draw(random_, 3) == 0) {
      if (c.phase == 1) {
        c.phase = 2;
        c.lost = c.f != 'r' && draw(random_, 100) < kind_.info_percent;
        const std::uint64_t fate = c.lost ? draw(random_, 4) : 0;
        if (fate < 1 || (c.lost && fate == 1)) {
          if (c.lost && fate == 1) {
            late_.push_back(c);
          } else {
            apply(c);
          }
        }
      } else {
        complete(c);
      }
    }
  }

  void call(Client& c) {
    ++started_;
    ++busy_;
    const std::uint64_t kind = draw(random_, 100);
    c.phase = 1;
    c.failed = c.lost = false;
    c.f = kind < kind_.cas_percent ? 'c' : kind < kind_.cas_percent + (100 - kind_.cas_percent) / 2 ? 'w' : 'r';
    c.called_at = lines_.size();
    if (c.f == 'r') line(c, "invoke", ":read\tnil");
    if (c.f == 'w') {
      c.argument = fresh();
      line(c, "invoke", ":write\t" + text(c.argument));
    }
    if (c.f == 'c') {
      c.argument = kind_.values == 0 ? std::max(0L, state_) : fresh();
      c.second = fresh();
      line(c, "invoke", ":cas\t[" + text(c.argument) + " " + text(c.second) + "]");
    }
  }

  void apply(Client& c) {
    c.seen = state_;
    if (c.f == 'w') state_ = c.argument;
    if (c.f == 'c') {
      c.failed = state_ != c.argument;
      if (!c.failed) state_ = c.second;
    }
    states_.push_back({lines_.size(), state_});
  }

  void complete(Client& c) {
    --busy_;
    c.phase = 0;
    const std::string cas = ":cas\t[" + text(c.argument) + " " + text(c.second) + "]";
    if (c.lost) {
      line(c, "info", std::string(c.f == 'w' ? ":write" : ":cas") + "\t:timed-out");
      c.process += clients_.size();
    } else if (c.f == 'r') {
      reads_.push_back({c.called_at, lines_.size(), c.seen, c.process});
      line(c, "ok", ":read\t" + text(c.seen));
    } else if (c.f == 'w') {
      line(c, "ok", ":write\t" + text(c.argument));
    } else {
      line(c, c.failed ? "fail" : "ok", cas);
    }
  }

  // One read in the last tenth returns what the register held a while before its call, and not since.
  void lie() {
    for (std::size_t tries = 0; tries < 1000; ++tries) {
      const std::size_t first = reads_.size() * 9 / 10;
      const Read& read = reads_[first + draw(random_, reads_.size() - first)];
      const std::size_t widest = 30 + 6 * clients_.size();
      const std::size_t far = widest - widest * tries / 1000;  // as far from its time as can be found
      std::vector<long> recent;
      long old = -2;
      for (const auto& [at, state] : states_) {
        if (at > read.returned + far / 4) break;
        if (at + far >= read.called)
          recent.push_back(state);
        else
          old = state;
      }
      const auto is_recent = [&](long value) {
        for (const long state : recent) {
          if (state == value) return true;
        }
        return false;
      };
      if (kind_.values != 0) {
        for (long value = 0; value < static_cast<long>(kind_.values); ++value) {
          if (!is_recent(value)) old = value;
        }
        if (old >= 0 && is_recent(old)) old = static_cast<long>(kind_.values);
      }
      if (old == -2 || is_recent(old)) continue;
      if (old >= static_cast<long>(kind_.values) && kind_.values != 0) continue;
      lines_[read.returned] = "INFO  jepsen.util - " + std::to_string(read.process) + "\t:ok\t:read\t" + text(old);
      return;
    }
  }

  struct Read {
    std::size_t called, returned;
    long value;
    std::uint64_t process;
  };

  HistoryClass kind_;
  std::mt19937_64 random_;
  std::vector<Client> clients_;
  std::vector<Client> late_;
  std::vector<std::string> lines_;
  std::vector<std::pair<std::size_t, long>> states_;
  std::vector<Read> reads_;
  long state_ = -1, next_value_ = 1;
  std::uint64_t started_ = 0, busy_ = 0;
};

std::unique_ptr<CollectedKey> collected(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const HistoryFile history = read_history(text.str(), path);
  LinearizableOptions options;
  options.failed_cas = FailedCas::observes;
  options.nil_reads_say_nothing = history.nil_reads_say_nothing;
  return std::make_unique<CollectedKey>(history.events, options);
}

const char* name_of(SearchResult::Answer answer) {
  return answer == SearchResult::Answer::linearizable       ? "valid"
         : answer == SearchResult::Answer::not_linearizable ? "invalid"
                                                            : "unknown";
}

void time_one(const std::string& path) {
  const std::unique_ptr<CollectedKey> key = collected(path);
  const Problem problem = key->key.problem();
  SearchResult result;
  SearchWorkspace workspace;
  double least = 1e18;
  const Clock::time_point begin = Clock::now();
  for (int round = 0; round < 7 && (round < 2 || Clock::now() - begin < std::chrono::seconds(1)); ++round) {
    int times = least > 1e17 ? 1 : least < 1e6 ? static_cast<int>(1e6 / least) + 1 : 1;
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < times; ++i) {
      const Clock::time_point searched = Clock::now();
      Budget budget([searched] { return std::chrono::nanoseconds(Clock::now() - searched); }, std::chrono::seconds(30),
                    std::size_t{4} << 30);
      result = search(problem, budget, {.workspace = &workspace});
    }
    least = std::min(least, std::chrono::duration<double, std::nano>(Clock::now() - start).count() / times);
    if (least > 5e9) break;
  }
  std::cout << path << "\t" << name_of(result.answer) << "\t" << static_cast<std::uint64_t>(least) << "\t"
            << result.configurations << "\t" << static_cast<std::int32_t>(result.reached) << "\t" << result.bytes
            << std::endl;
}

void repeat_one(const std::string& path, int times) {
  SearchWorkspace workspace;
  const std::unique_ptr<CollectedKey> key = collected(path);
  for (int i = 0; i < times; ++i) {
    Budget budget({}, {}, std::size_t{4} << 30);
    if (search(key->key.problem(), budget, {.workspace = &workspace}).configurations == 1) std::cerr << "";
  }
}

int bench(const std::vector<std::string>& arguments) {
  if (arguments.size() == 3 && arguments[0] == "generate") {
    for (const HistoryClass& kind : classes) {
      std::ofstream(arguments[1] + "/" + kind.name + "_s" + arguments[2] + ".log")
          << Register(kind, std::stoull(arguments[2])).log();
    }
    return 0;
  }
  if (arguments.empty()) return 2;
  std::string path;
  while (std::getline(std::cin, path)) {
    if (arguments[0] == "time") time_one(path);
    if (arguments[0] == "repeat") repeat_one(path, std::stoi(arguments[1]));
  }
  return 0;
}

}  // namespace
}  // namespace ordeal::checker

int main(int argc, char** argv) {
  return ordeal::checker::bench({argv + 1, argv + argc});
}
