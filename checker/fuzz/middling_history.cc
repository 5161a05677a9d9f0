#include "checker/fuzz/middling_history.h"

#include "checker/formats/json_lines.h"
#include "checker/testing/generator.h"

namespace ordeal::checker {
namespace {

std::uint64_t draw(std::mt19937_64& random, std::uint64_t below) {
  return (random() >> 32) * below >> 32;
}

GeneratorOptions drawn_options(std::mt19937_64& random) {
  GeneratorOptions options;
  options.operations = 10 + draw(random, 51);
  options.processes = 2 + draw(random, 7);
  options.read_percent = 20 + draw(random, 50);
  options.cas_percent = draw(random, 2) == 0 ? 0 : draw(random, 40);
  if (options.read_percent + options.cas_percent > 90) options.cas_percent = 20;
  options.values = draw(random, 4) > 0 ? 0 : 2 + draw(random, 4);
  options.info_percent = draw(random, 3) == 0 ? 0 : draw(random, 40);
  return options;
}

void lie(std::mt19937_64& random, std::vector<CompactEvent>& events) {
  CompactEvent& event = events[draw(random, events.size())];
  const Atom other = events[draw(random, events.size())].value;
  if (event.type == EventType::ok && event.f == verb::read) event.value = other;
  if (event.type == EventType::fail && event.f == verb::cas) event.mismatch = false;
  if (event.type == EventType::ok && event.f == verb::cas && draw(random, 2) == 0) {
    event.type = EventType::fail;
    event.mismatch = true;
  }
  if (event.type == EventType::ok && event.f == verb::write && draw(random, 4) == 0) event.type = EventType::fail;
}

}  // namespace

MiddlingHistory random_middling_history(std::mt19937_64& random) {
  const GeneratorOptions options = drawn_options(random);
  GeneratedSource source(options, random());
  MiddlingHistory out;
  for (auto batch = source.next(); !batch.empty(); batch = source.next()) {
    out.events.insert(out.events.end(), batch.begin(), batch.end());
  }
  for (CompactEvent& event : out.events) event.key = no_key;
  for (std::uint64_t tries = 3 * draw(random, 3); tries > 0; --tries) lie(random, out.events);
  if (draw(random, 8) == 0) out.options.failed_cas = FailedCas::observes;
  if (draw(random, 8) == 0) out.options.failed_cas = FailedCas::ignored;
  return out;
}

std::string json_lines(const MiddlingHistory& history) {
  const Vocabulary words;
  std::string text;
  for (const CompactEvent& event : history.events) text += write_json_line(full_event(event, words)) + "\n";
  return text;
}

std::string check_options(const MiddlingHistory& history) {
  constexpr const char* failed_cas[] = {"by-error", "observes", "ignored"};
  return std::string("--model cas-register --failed-cas ") + failed_cas[static_cast<int>(history.options.failed_cas)];
}

}  // namespace ordeal::checker
