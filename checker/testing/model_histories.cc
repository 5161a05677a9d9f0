#include "checker/testing/model_histories.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

// Plays one model: draws calls, and answers them one after the other. Written without a look at checker/models.
class Player {
 public:
  Player(std::mt19937_64& random, const ModelHistoryOptions& options) : random_(random), options_(options) {
    if (options.model == ModelName::kv_append) state_ = "";
    if (options.model == ModelName::list_append) state_ = List();
    if (options.model == ModelName::multi_register) state_ = Map();
    if (options.model == ModelName::kv_revisions) state_ = List();
  }

  Event call(Process process) {
    Event event;
    event.process = process;
    const std::uint64_t kind = draw(random_, 10);
    switch (options_.model) {
      case ModelName::kv_revisions:
        event.key = std::string(1, static_cast<char>('x' + draw(random_, options_.keys)));
        event.f = kind < 4 ? "get" : kind < 7 ? "put" : kind < 8 ? "delete" : "cas";
        if (event.f == "put") event.value = number();
        if (event.f == "cas") event.value = List{draw(random_, 3) == 0 ? Value() : number(), number()};
        return event;
      case ModelName::mutex:
      case ModelName::owned_mutex:
        event.f = kind < 6 ? "acquire" : "release";
        if (kind == 0) event.value = static_cast<std::int64_t>(draw(random_, 2));  // an owner by name
        return event;
      case ModelName::kv_append:
        event.f = kind < 5 ? "get" : kind < 9 || !options_.puts ? "append" : "put";
        if (kind >= 5) event.value = piece();
        return event;
      case ModelName::list_append:
        event.f = kind < 5 ? "read" : "append";
        if (kind >= 5) event.value = number();
        return event;
      case ModelName::multi_register:
        return transaction(event);
      default:
        event.f = kind < 4 ? "read" : kind < 7 ? "write" : kind < 8 ? "delete" : "cas";
        if (event.f == "delete" && options_.model != ModelName::kv) event.f = "read";
        if (event.f == "cas" && options_.model == ModelName::register_) event.f = "write";
        if (event.f == "write") event.value = number();
        if (event.f == "cas") event.value = List{draw(random_, 3) == 0 ? number() : state_, number()};
        return event;
    }
  }

  // The answer when the call takes effect now; nil when there is nothing to say.
  Event answer(const Event& call) {
    Event event = call;
    event.type = EventType::ok;
    if (options_.model == ModelName::kv_revisions) return with_revision(event);
    const auto refuse = [&](bool refused) {
      if (refused) event.type = EventType::fail;
      return !refused;
    };
    if (call.f == "read" || call.f == "get") event.value = state_;
    if (call.f == "write" || call.f == "put") state_ = call.value;
    if (call.f == "delete") state_ = Nil();
    if (call.f == "cas") {
      const List& pair = *call.value.get_if<List>();
      if (refuse(state_ != pair[0])) state_ = pair[1];
      if (event.type == EventType::fail) event.error = "mismatch";
    }
    const Value owner = options_.model == ModelName::mutex ? Value(-1)
                        : call.value.is_nil()              ? Value(call.process)
                                                           : call.value;
    if (call.f == "acquire" && refuse(!state_.is_nil())) state_ = owner;
    if (call.f == "release" && refuse(state_ != owner)) state_ = Nil();
    if (call.f == "append") append(call.value);
    if (call.f == "txn") transact(event);
    return event;
  }

  // Another answer than the one that was seen.
  void distort(Event& event) {
    if (options_.model == ModelName::kv_revisions) return distort_revisions(event);
    if (event.type == EventType::fail) {
      event.type = EventType::ok;
      event.error.clear();
      return;
    }
    if (event.f == "txn") {
      List accesses = *event.value.get_if<List>();
      for (Value& access : accesses) {
        List triple = *access.get_if<List>();
        if (triple[0] == Value("r")) triple[2] = number();
        access = triple;
      }
      event.value = accesses;
    } else if (event.f == "read" || event.f == "get") {
      distort_read(event);
    }
  }

 private:
  Value number() {
    if (options_.values == 0) return next_++;
    return static_cast<std::int64_t>(draw(random_, options_.values));
  }

  // Some begin alike, and one is empty.
  Value piece() {
    if (options_.values == 0) return "<" + std::to_string(next_++) + ">";
    static const std::vector<std::string> pieces = {"a", "b", "c", "ab", "aa", ""};
    return pieces[draw(random_, std::min<std::uint64_t>(options_.values, pieces.size()))];
  }

  Event transaction(Event event) {
    event.f = "txn";
    List accesses;
    for (std::uint64_t i = 1 + draw(random_, 3); i > 0; --i) {
      const bool reads = draw(random_, 2) == 0;
      const std::string name(1, static_cast<char>('x' + draw(random_, options_.keys)));
      accesses.push_back(List{reads ? "r" : "w", name, reads ? Value() : number()});
    }
    event.value = accesses;
    return event;
  }

  void transact(Event& event) {
    Map registers = *state_.get_if<Map>();
    List accesses = *event.value.get_if<List>();
    for (Value& access : accesses) {
      List triple = *access.get_if<List>();
      const std::string name = *triple[1].get_if<std::string>();
      const auto found =
          std::find_if(registers.begin(), registers.end(), [&](const Field& f) { return f.first == name; });
      if (triple[0] == Value("r")) {
        triple[2] = found == registers.end() ? Value() : found->second;
      } else if (found == registers.end()) {
        registers.emplace_back(name, triple[2]);
      } else {
        found->second = triple[2];
      }
      access = triple;
    }
    event.value = accesses;
    state_ = registers;
  }

  // The state: of each revision [key, what it put there]; nil: it deleted it.
  Event with_revision(Event event) {
    List changes = *state_.get_if<List>();
    Value held;
    std::int64_t modified = 0;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const List& change = *changes[i].get_if<List>();
      if (change[0] != Value(*event.key)) continue;
      held = change[1];
      modified = held.is_nil() ? 0 : static_cast<std::int64_t>(i) + 2;
    }
    Value put = event.value;
    bool changes_it = event.f == "put" || (event.f == "delete" && modified != 0);
    if (event.f == "delete") put = Nil();
    if (event.f == "cas") {
      const List pair = *event.value.get_if<List>();
      changes_it = held == pair[0];
      put = pair[1];
      if (!changes_it) event.type = EventType::fail;
      if (!changes_it) event.error = "mismatch";
    }
    if (changes_it) changes.push_back(List{*event.key, put});
    const auto revision = static_cast<std::int64_t>(changes.size()) + 1;
    state_ = changes;
    event.value = Map{{"revision", revision}};
    if (event.f == "get") event.value = Map{{"value", held}, {"mod_revision", modified}, {"revision", revision}};
    return event;
  }

  void distort_revisions(Event& event) {
    const Map* answer = event.value.get_if<Map>();
    if (answer == nullptr) return;
    Map other = *answer;
    Value& field = other[draw(random_, other.size())].second;
    const std::int64_t* number = field.get_if<std::int64_t>();
    if (number != nullptr) field = *number + (draw(random_, 2) == 0 && *number > 0 ? -1 : 1);
    if (field.is_nil() || draw(random_, 3) == 0) field = static_cast<std::int64_t>(1 + draw(random_, 3));
    event.value = other;
  }

  void append(const Value& added) {
    if (const std::string* text = state_.get_if<std::string>()) {
      state_ = *text + *added.get_if<std::string>();
    } else {
      List list = *state_.get_if<List>();
      list.push_back(added);
      state_ = list;
    }
  }

  void distort_read(Event& event) {
    if (const std::string* text = event.value.get_if<std::string>()) {
      std::string other = *text;
      if (!other.empty() && draw(random_, 2) == 0) other.pop_back();
      if (draw(random_, 2) == 0) other += *piece().get_if<std::string>();
      if (draw(random_, 4) == 0 && other.size() > 1) std::swap(other[0], other[1]);
      event.value = other;
    } else if (const List* list = event.value.get_if<List>()) {
      List other = *list;
      if (!other.empty() && draw(random_, 2) == 0) other.pop_back();
      if (draw(random_, 2) == 0) other.push_back(number());
      if (draw(random_, 4) == 0 && other.size() > 1) std::swap(other[0], other[1]);
      event.value = other;
    } else {
      event.value = draw(random_, 5) == 0 ? Value() : number();
    }
  }

  std::mt19937_64& random_;
  const ModelHistoryOptions& options_;
  Value state_;
  std::int64_t next_ = 1;
};

struct Client {
  enum class Phase { idle, called, effected };
  Phase phase = Phase::idle;
  Process process = 0;
  Event call, answer;
};

}  // namespace

History model_history(std::mt19937_64& random, const ModelHistoryOptions& options) {
  Player player(random, options);
  std::vector<Client> clients(2 + draw(random, 3));
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i].process = static_cast<Process>(i);
  const std::uint64_t operations = 2 + draw(random, options.most_operations - 1);
  const bool wrong = draw(random, 100) < options.wrong_percent;
  std::vector<Event> late;  // whose answer was lost, and that take effect some day
  std::uint64_t started = 0, busy = 0;
  History history;
  const auto record = [&](Event event) {
    event.index = history.size();
    history.push_back(std::move(event));
  };
  while (started < operations || (busy > 0 && draw(random, 20) > 0)) {
    if (!late.empty() && draw(random, 6) == 0) {
      (void)player.answer(late.back());
      late.pop_back();
    }
    Client& client = clients[draw(random, clients.size())];
    if (client.phase == Client::Phase::idle) {
      if (started == operations) continue;
      ++started;
      ++busy;
      client.call = player.call(client.process);
      client.phase = Client::Phase::called;
      record(client.call);
    } else if (client.phase == Client::Phase::called) {
      client.phase = Client::Phase::effected;
      client.answer = client.call;
      client.answer.type = EventType::info;
      if (draw(random, 100) >= options.info_percent) {
        client.answer = player.answer(client.call);
      } else if (const std::uint64_t fate = draw(random, 3); fate == 0) {
        (void)player.answer(client.call);
      } else if (fate == 1) {
        late.push_back(client.call);
      }
    } else {
      --busy;
      client.phase = Client::Phase::idle;
      if (wrong && client.answer.type != EventType::info && draw(random, 3) == 0) {
        player.distort(client.answer);
      }
      if (client.answer.type == EventType::info) client.process += static_cast<Process>(clients.size());
      record(client.answer);
    }
  }
  return history;
}

}  // namespace ordeal::checker
