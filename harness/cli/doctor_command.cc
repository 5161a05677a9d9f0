// `ordeal doctor`: what this machine can do for a run, and what helps where it cannot.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "harness/cli/exit_code.h"
#include "harness/cli/subcommands.h"
#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {
namespace {

void print_json(const std::vector<Probe>& probes) {
  boost::json::array list;
  for (const Probe& probe : probes) {
    list.push_back(boost::json::object{
        {"what", probe.what}, {"works", probe.works}, {"detail", probe.detail}, {"cure", probe.cure}});
  }
  fmt::print("{}\n", boost::json::serialize(boost::json::object{{"probes", list}}));
}

void print_text(const std::vector<Probe>& probes) {
  for (const Probe& probe : probes) {
    fmt::print("{}  {:<28} {}\n", probe.works ? "ok     " : "MISSING", probe.what, probe.detail);
    if (!probe.works && !probe.cure.empty()) fmt::print("         {:<28} cure: {}\n", "", probe.cure);
  }
}

int examine(bool json) {
  const std::vector<Probe> probes = probe_machine();
  if (json) {
    print_json(probes);
  } else {
    print_text(probes);
  }
  for (const Probe& probe : probes) {
    if (!probe.works) return static_cast<int>(ExitCode::harness_failure);
  }
  return static_cast<int>(ExitCode::valid);
}

}  // namespace

Action declare_doctor(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "one JSON object instead of text");
  app.footer("Example: ordeal doctor\nExit code: 0 when everything that `ordeal run` needs is there, else 255.");
  return [json] { return examine(*json); };
}

}  // namespace ordeal::harness
