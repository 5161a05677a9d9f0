#include "checker/testing/histories.h"

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include "checker/formats/event_fields.h"

namespace ordeal::checker {
namespace {

Value small_value(const std::string& text) {
  if (text.empty() || text == "nil") return Nil();
  if (text.front() == '[') {
    std::istringstream items(text.substr(1, text.size() - 2));
    List list;
    for (std::string item; items >> item;) list.push_back(small_value(item));
    return list;
  }
  const bool number = text.find_first_not_of("0123456789") == std::string::npos;
  return number ? Value(std::int64_t{std::stoll(text)}) : Value(text);
}

// One process of a random or simulated history.
struct Client {
  enum class Phase { idle, called, effected };
  Phase phase = Phase::idle;
  Process process = 0;
  Event call;
  Value result;
  bool mismatch = false;
  bool lost = false;
};

void retire(Client& client, std::uint64_t clients) {
  client.process += static_cast<Process>(clients);
}

Event random_call(std::mt19937_64& random, const RandomHistoryOptions& options, std::int64_t& next_value,
                  std::uint64_t values) {
  const auto value = [&]() -> Value {
    return options.unique_values ? next_value++ : static_cast<std::int64_t>(draw(random, values));
  };
  const auto old_value = [&]() -> Value {
    return static_cast<std::int64_t>(
        draw(random, options.unique_values ? static_cast<std::uint64_t>(next_value) + 1 : values));
  };
  Event event;
  const std::uint64_t kind = draw(random, 10);
  if (options.model == ModelName::mutex) {
    event.f = kind < 5 ? "acquire" : "release";
  } else if (options.model == ModelName::kv_append) {
    event.f = kind < 4 ? "get" : kind < 8 ? "append" : "put";
    if (kind >= 4) event.value = std::string(1, static_cast<char>('a' + draw(random, values)));
  } else if (kind < 4) {
    event.f = "read";
  } else if (kind < 7 || options.model == ModelName::register_) {
    event.f = "write";
    event.value = value();
  } else {
    event.f = "cas";
    Value expected = old_value();
    event.value = List{std::move(expected), value()};
  }
  return event;
}

Event random_completion(std::mt19937_64& random, const Client& client, const RandomHistoryOptions& options,
                        std::int64_t next_value, std::uint64_t values) {
  Event event = client.call;
  const std::uint64_t kind = draw(random, 10);
  event.type = kind < 7 ? EventType::ok : kind < 8 ? EventType::info : EventType::fail;
  if (event.f == "cas" && event.type == EventType::fail && draw(random, 3) > 0) event.error = "mismatch";
  if (event.f == "read") {
    const auto range = options.unique_values ? static_cast<std::uint64_t>(next_value) + 1 : values;
    event.value = static_cast<std::int64_t>(draw(random, range));
  }
  if (event.f == "get") {
    std::string text;
    for (std::uint64_t i = draw(random, 3); i > 0; --i) text += static_cast<char>('a' + draw(random, values));
    event.value = text;
  }
  return event;
}

}  // namespace

History history_of(std::string_view text) {
  History history;
  std::istringstream events{std::string(text)};
  for (std::string words; std::getline(events, words, ';');) {
    const std::size_t open = words.find('['), close = words.find(']');
    std::string list;
    if (open != std::string::npos) {
      list = words.substr(open, close - open + 1);
      words.replace(open, close - open + 1, "LIST");
    }
    std::istringstream fields(words);
    std::string type, value;
    Event event;
    event.index = history.size();
    fields >> event.process >> type >> event.f >> value >> event.error;
    event.type = event_type_named(type).value();
    event.value = small_value(value == "LIST" ? list : value);
    history.push_back(event);
  }
  return history;
}

std::uint64_t draw(std::mt19937_64& random, std::uint64_t below) {
  return (random() >> 32) * below >> 32;
}

History random_history(std::mt19937_64& random, const RandomHistoryOptions& options) {
  const std::uint64_t operations = 2 + draw(random, options.most_operations - 1);
  const std::uint64_t values = 2 + draw(random, 3);
  std::vector<Client> clients(2 + draw(random, 5));
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i].process = static_cast<Process>(i);
  std::int64_t next_value = 1;
  History history;
  std::uint64_t started = 0;
  const auto busy = [&] {
    return std::any_of(clients.begin(), clients.end(), [](const Client& c) { return c.phase != Client::Phase::idle; });
  };
  while (started < operations || (busy() && draw(random, 12) > 0)) {
    Client& client = clients[draw(random, clients.size())];
    Event event;
    if (client.phase == Client::Phase::idle) {
      if (started == operations) continue;
      ++started;
      event = client.call = random_call(random, options, next_value, values);
      event.process = client.call.process = client.process;
      client.phase = Client::Phase::called;
    } else {
      event = random_completion(random, client, options, next_value, values);
      client.phase = Client::Phase::idle;
      if (event.type == EventType::info) retire(client, clients.size());
    }
    event.index = history.size();
    history.push_back(std::move(event));
  }
  return history;
}

namespace {

class Simulation {
 public:
  Simulation(std::mt19937_64& random, const SimulationOptions& options) : random_(random), options_(options) {
    clients_.resize(options.processes);
    for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i].process = static_cast<Process>(i);
  }

  History run() {
    while (started_ < options_.operations || busy_ > 0) {
      for (std::size_t i = 0; i < late_.size(); ++i) {
        if (draw(random_, 300) > 0) continue;
        take_effect(late_[i]);
        late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      }
      step(clients_[draw(random_, clients_.size())]);
    }
    return std::move(history_);
  }

 private:
  void step(Client& client) {
    if (client.phase == Client::Phase::idle) {
      if (started_ < options_.operations) call(client);
    } else if (draw(random_, 3) > 0) {
      return;  // takes its time
    } else if (client.phase == Client::Phase::called) {
      effect(client);
    } else {
      complete(client);
    }
  }

  Value fresh_value() {
    return options_.values == 0 ? next_value_++ : static_cast<std::int64_t>(draw(random_, options_.values));
  }

  void call(Client& client) {
    ++started_;
    ++busy_;
    const std::uint64_t kind = draw(random_, 10);
    Event event;
    event.process = client.process;
    event.f = kind < 5 ? "read" : kind < 9 ? "write" : "cas";
    if (event.f == "write") event.value = fresh_value();
    if (event.f == "cas") event.value = List{last_read_, fresh_value()};
    client = {.phase = Client::Phase::called, .process = client.process, .call = event, .result = {}};
    record(event);
  }

  void effect(Client& client) {
    client.phase = Client::Phase::effected;
    client.lost = client.call.f != "read" && draw(random_, 100) < options_.info_percent;
    const std::uint64_t fate = client.lost ? draw(random_, 3) : 0;
    if (fate == 0) take_effect(client);
    if (fate == 1) late_.push_back(client);
  }

  void take_effect(Client& client) {
    client.result = state_;
    if (client.call.f == "write") state_ = client.call.value;
    if (client.call.f != "cas") return;
    const List& pair = *client.call.value.get_if<List>();
    client.mismatch = state_ != pair[0];
    if (!client.mismatch) state_ = pair[1];
  }

  void complete(Client& client) {
    --busy_;
    client.phase = Client::Phase::idle;
    Event event = client.call;
    event.type = client.lost ? EventType::info : client.mismatch ? EventType::fail : EventType::ok;
    if (client.lost) {
      retire(client, clients_.size());
    } else if (client.mismatch) {
      event.error = "mismatch";
    } else if (event.f == "read") {
      event.value = last_read_ = client.result;
    }
    record(event);
  }

  void record(Event event) {
    event.index = history_.size();
    history_.push_back(std::move(event));
  }

  std::mt19937_64& random_;
  SimulationOptions options_;
  std::vector<Client> clients_;
  std::vector<Client> late_;  // whose answer was lost and that take effect some day
  History history_;
  Value state_, last_read_;
  std::int64_t next_value_ = 1;
  std::uint64_t started_ = 0, busy_ = 0;
};

}  // namespace

History simulated_history(std::mt19937_64& random, const SimulationOptions& options) {
  return Simulation(random, options).run();
}

}  // namespace ordeal::checker
