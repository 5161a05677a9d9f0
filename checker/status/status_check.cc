#include "checker/status/status_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ordeal::checker {
namespace {

constexpr std::chrono::seconds durable_after{2};
constexpr std::size_t most_violations = 20;

struct Answer {
  std::string node;
  std::chrono::nanoseconds time{0};
  std::uint64_t event = 0;
  std::int64_t life = 0;
  std::string role;
  std::string hash;
  std::optional<std::int64_t> server;  // which one, where a node may become another
  std::optional<std::int64_t> term, commit, applied;
};

struct Node {
  Answer last;                    // of the present life
  Answer term_began;              // the first answer of this life with the present term
  std::optional<Answer> durable;  // with the largest term that must survive a restart
};

std::string text_of(const Value& map, const std::string& field) {
  const Value* value = map.find(field);
  const auto* text = value == nullptr ? nullptr : value->get_if<std::string>();
  return text == nullptr ? std::string() : *text;
}

std::optional<std::int64_t> number_of(const Value& map, const std::string& field) {
  const Value* value = map.find(field);
  const auto* number = value == nullptr ? nullptr : value->get_if<std::int64_t>();
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<Answer> answer_of(const Event& event) {
  if (event.process != nemesis_process || event.f != status_observation) return std::nullopt;
  Answer answer{.node = text_of(event.value, "node"),
                .time = event.time,
                .event = event.index,
                .life = number_of(event.value, "life").value_or(0),
                .role = text_of(event.value, "role"),
                .hash = text_of(event.value, "hash"),
                .server = number_of(event.value, "server"),
                .term = number_of(event.value, "term"),
                .commit = number_of(event.value, "commit"),
                .applied = number_of(event.value, "applied")};
  return answer;
}

// "n2 at 3.125 s: leader in term 7, commit index 210, state 91ab at 209 (event 88)"
std::string evidence(const Answer& answer) {
  std::string text = fmt::format("{} at {:.3f} s:", answer.node, std::chrono::duration<double>(answer.time).count());
  if (!answer.role.empty()) text += " " + answer.role;
  if (answer.term) text += fmt::format(" in term {}", *answer.term);
  if (answer.commit) text += fmt::format(", commit index {}", *answer.commit);
  if (answer.applied) text += fmt::format(", applied index {}", *answer.applied);
  if (!answer.hash.empty()) text += fmt::format(", state hash {}", answer.hash);
  return text + fmt::format(", life {} (event {})", answer.life + 1, answer.event);
}

// The nodes at which a fault was aimed that emptied data folders; one of them at least has lost its own.
std::vector<std::string> wiped_by(const Event& event) {
  if (event.process != nemesis_process || event.f != "corrupt-file") return {};
  const Value* counts = event.value.find("evidence");
  if (counts == nullptr || number_of(*counts, "folders_wiped").value_or(0) == 0) return {};
  if (text_of(event.value, "phase") != "injected") return {};
  std::vector<std::string> names;
  const Value* nodes = event.value.find("nodes");
  const auto* list = nodes == nullptr ? nullptr : nodes->get_if<List>();
  for (const Value& node : list == nullptr ? List() : *list)
    if (const auto* name = node.get_if<std::string>()) names.push_back(*name);
  return names;
}

struct Violation {
  std::string sentence;
  Answer before, now;
};

}  // namespace

struct StatusCheck::State {
  std::map<std::string, Node> nodes;
  std::set<std::string> wiped;                      // the next life of these has forgotten all
  std::map<std::int64_t, Answer> leaders;           // by term: the first that said so
  std::unordered_map<std::int64_t, Answer> states;  // by applied index: the first that told its hash
  std::vector<Violation> violations;
  std::uint64_t violated = 0;
  std::uint64_t answers = 0;
  std::optional<std::string> first;

  void complain(std::string sentence, const Answer& before, const Answer& now) {
    ++violated;
    if (!first) first = sentence;
    if (violations.size() < most_violations) violations.push_back({std::move(sentence), before, now});
  }

  void observe(const Answer& answer) {
    ++answers;
    check_leader(answer);
    check_state(answer);
    auto found = nodes.find(answer.node);
    if (found != nodes.end() && found->second.last.life < answer.life) {
      const bool forgot = wiped.erase(answer.node) > 0;
      if (forgot || found->second.last.server != answer.server) {
        nodes.erase(found);  // it was replaced: the new server never promised what the old one did
        found = nodes.end();
      }
    }
    if (found == nodes.end()) {
      nodes.emplace(answer.node, Node{.last = answer, .term_began = answer, .durable = std::nullopt});
    } else if (found->second.last.life == answer.life) {
      go_on(found->second, answer);
    } else if (found->second.last.life < answer.life) {
      begin_life(found->second, answer);
    }
    Node& node = nodes.at(answer.node);
    if (answer.role == "leader" && nodes.size() > 1 && answer.term) must_survive(node, answer);
  }

  void check_leader(const Answer& answer) {
    if (answer.role != "leader" || !answer.term) return;
    const auto [leader, is_new] = leaders.emplace(*answer.term, answer);
    if (is_new || leader->second.node == answer.node) return;
    complain(fmt::format("{} and {} both lead in term {}", leader->second.node, answer.node, *answer.term),
             leader->second, answer);
  }

  void check_state(const Answer& answer) {
    if (!answer.applied || answer.hash.empty()) return;
    const auto [state, is_new] = states.emplace(*answer.applied, answer);
    if (is_new || state->second.hash == answer.hash) return;
    const bool same = state->second.node == answer.node;
    complain(fmt::format("{} and {} have applied the same {} entries and hold different states", state->second.node,
                         same ? "later itself" : answer.node, *answer.applied),
             state->second, answer);
  }

  void go_on(Node& node, const Answer& answer) {
    const Answer& last = node.last;
    check_growth("commit index", last.commit, answer.commit, last, answer);
    check_growth("applied index", last.applied, answer.applied, last, answer);
    check_growth("term", last.term, answer.term, last, answer);
    if (answer.term != node.term_began.term) {
      node.term_began = answer;
    } else if (answer.term && answer.time - node.term_began.time >= durable_after &&
               answer.applied > node.term_began.applied) {
      must_survive(node, node.term_began);
    }
    node.last = answer;
  }

  void check_growth(const char* name, const std::optional<std::int64_t>& before, const std::optional<std::int64_t>& now,
                    const Answer& last, const Answer& answer) {
    if (!before || !now || *now >= *before) return;
    complain(fmt::format("the {} of {} fell from {} to {} while it ran", name, answer.node, *before, *now), last,
             answer);
  }

  void begin_life(Node& node, const Answer& answer) {
    if (node.durable && answer.term && *answer.term < *node.durable->term) {
      complain(fmt::format("the term of {} fell from {} to {} over a restart", answer.node, *node.durable->term,
                           *answer.term),
               *node.durable, answer);
    }
    node.last = answer;
    node.term_began = answer;
  }

  static void must_survive(Node& node, const Answer& answer) {
    if (!node.durable || *node.durable->term < *answer.term) node.durable = answer;
  }

  Finding judged() const {
    Finding finding{.check = "status", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
    if (answers == 0) {
      finding.verdict = Verdict::not_exercised;
      finding.summary = "no node ever told its status";
    } else if (violations.empty()) {
      finding.summary = fmt::format(
          "{} answers of {} nodes agree: {} terms had one leader each, no index or term fell, {} states had one hash "
          "each",
          answers, nodes.size(), leaders.size(), states.size());
    } else {
      finding.verdict = Verdict::invalid;
      finding.summary = violations.front().sentence;
      if (violated > 1) finding.summary += fmt::format(" (and {} more)", violated - 1);
      for (const Violation& violation : violations) {
        if (&violation != &violations.front()) finding.details.push_back(violation.sentence);
        finding.details.push_back(evidence(violation.before));
        finding.details.push_back(evidence(violation.now));
      }
    }
    return finding;
  }
};

StatusCheck::StatusCheck() : state_(std::make_unique<State>()) {}
StatusCheck::~StatusCheck() = default;

void StatusCheck::observe(const Event& event) {
  if (const auto answer = answer_of(event)) state_->observe(*answer);
  for (const std::string& node : wiped_by(event)) state_->wiped.insert(node);
}

const std::optional<std::string>& StatusCheck::violation() const {
  return state_->first;
}

Finding StatusCheck::finding() const {
  return state_->judged();
}

Finding check_status(const History& history) {
  StatusCheck check;
  for (const Event& event : history) check.observe(event);
  return check.finding();
}

}  // namespace ordeal::checker
