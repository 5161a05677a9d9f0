#include "checker/testing/awkward_events.h"

#include <limits>
#include <vector>

namespace ordeal::checker {

// Values that are awkward for a reader, now and then nested.
Value awkward_value(std::mt19937_64& random, int depth) {
  static const std::vector<Value> values = {Nil(),
                                            true,
                                            0,
                                            -1,
                                            7,
                                            12345678,
                                            123456789,
                                            -99999999,
                                            1234567890123456,
                                            999999999999999999,
                                            1000000000000000000,
                                            std::numeric_limits<std::int64_t>::max(),
                                            std::numeric_limits<std::int64_t>::min(),
                                            1.5,
                                            -0.0,
                                            1e300,
                                            "",
                                            "a",
                                            "seven77",
                                            "eight888",
                                            "nine99999",
                                            "mismatch",
                                            "\"",
                                            "\\",
                                            "a\nb",
                                            "\x01",
                                            "\xc3\xa9",
                                            "\xf0\x9f\x98\x80\x7f",
                                            "a text that is longer than sixteen bytes, and \"quoted\""};
  const std::uint64_t which = random() % (values.size() + 4);
  if (which < values.size()) return values[which];
  List list;
  for (std::uint64_t n = which == values.size() ? 2 : random() % 4; n > 0 && depth < 3; --n) {
    list.push_back(awkward_value(random, depth + 1));
  }
  if (which == values.size() + 3) return Map{{"a", list}};
  return list;
}

std::string awkward_name(std::mt19937_64& random) {
  const Value value = awkward_value(random);
  const std::string* text = value.get_if<std::string>();
  return text == nullptr || text->empty() ? "k" + std::to_string(random() % 2000) : *text;
}

Event awkward_event(std::mt19937_64& random, std::uint64_t index) {
  static const std::vector<std::string> functions = {"read", "write", "cas", "enqueue", "compare-and-set", "f\"g"};
  Event event{.index = index,
              .time = std::chrono::nanoseconds(random() >> (1 + random() % 63)),
              .process = static_cast<Process>(random() % 4 == 0 ? random() >> 1 : random() % 30),
              .type = static_cast<EventType>(random() % 4),
              .f = functions[random() % functions.size()],
              .value = awkward_value(random)};
  if (random() % 3 > 0) event.key = awkward_name(random);
  if (random() % 3 > 0) event.node = random() % 2 == 0 ? "n2" : awkward_name(random);
  if (random() % 3 == 0) event.error = awkward_name(random);
  if (random() % 20 == 0) event.process = nemesis_process;
  return event;
}

}  // namespace ordeal::checker
