// The nodes of a sandbox without processes: faults of links do not need any.

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/testing/world.h"
#include "nemesis/inject/cluster.h"

namespace ordeal::harness::testing {

class Links final : public nemesis::Cluster {
 public:
  explicit Links(const Network& network) : network_(network) {}
  std::vector<nemesis::Node> nodes() const override {
    std::vector<nemesis::Node> names;
    for (const SandboxNode& node : network_.nodes()) names.push_back(node.name);
    return names;
  }
  std::optional<nemesis::Node> leader() const override { return std::nullopt; }
  std::string address(const nemesis::Node& node) const override {
    if (node == nemesis::clients_name) return Network::harness_address();
    return node == "nonsense" ? "10.77.0.999" : find(node).address;
  }
  int network_namespace(const nemesis::Node& node) const override {
    return node == nemesis::clients_name ? own_namespace_ : find(node).network_namespace;
  }
  std::optional<std::uint16_t> peer_port() const override { return port; }
  std::filesystem::path data_folder(const nemesis::Node&) const override { return ""; }
  std::vector<pid_t> processes(const nemesis::Node&) const override { return {}; }
  void expect_exit(const nemesis::Node&) override {}
  std::optional<std::string> await_exit(const nemesis::Node&, std::chrono::milliseconds) override { return ""; }
  void start(const nemesis::Node&) override {}

  std::optional<std::uint16_t> port = std::nullopt;

 private:
  const SandboxNode& find(const nemesis::Node& name) const {
    for (const SandboxNode& node : network_.nodes())
      if (node.name == name) return node;
    throw std::runtime_error("no node " + name);
  }
  const Network& network_;
  const int own_namespace_ = open_own_network();  // until the process ends
};

}  // namespace ordeal::harness::testing
