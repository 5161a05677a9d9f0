#include "nemesis/inject/iptables.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "nemesis/inject/namespace_visit.h"

namespace ordeal::nemesis {
namespace {

// A file in memory that stands for standard input or output: unlike a pipe it cannot fill up and stall anybody.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content = "") : file_(memfd_create("ordeal-iptables", MFD_CLOEXEC)) {
    const auto size = static_cast<ssize_t>(content.size());
    if (file_ < 0 || pwrite(file_, content.data(), content.size(), 0) != size)
      throw std::runtime_error(fmt::format("iptables: cannot make a file in memory: {}", std::strerror(errno)));
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  int descriptor() const { return file_; }
  std::string content() const {
    std::string text;
    std::array<char, 4096> part;
    for (ssize_t n = 0; (n = pread(file_, part.data(), part.size(), static_cast<off_t>(text.size()))) > 0;)
      text.append(part.data(), static_cast<std::size_t>(n));
    return text;
  }

 private:
  int file_;
};

// A child begins in the network namespace of the thread which spawns it. So the thread visits the node's namespace
// around posix_spawn, which, unlike fork, is safe and quick in a large process of many threads.
class Command {
 public:
  Command(const std::vector<std::string>& words, const InNode& where) : input_(where.rules) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input_.descriptor(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output_.descriptor(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, errors_.descriptor(), STDERR_FILENO);
    posix_spawnattr_t attributes;  // the signals of a fresh program, whatever this thread blocks or ignores
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = 0;
    {
      const NamespaceVisit visit(where.network_namespace, where.node);
      error = posix_spawn(&child_, arguments[0], &files, &attributes, arguments.data(), environ);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw std::runtime_error(fmt::format("cannot run {}: {}", words[0], std::strerror(error)));
  }
  ~Command() { await(); }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  bool succeeded() {
    await();
    return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
  }
  std::string output() const { return output_.content(); }
  std::string errors() const { return errors_.content(); }

 private:
  void await() {
    while (child_ > 0 && waitpid(child_, &status_, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
  }
  MemoryFile input_, output_, errors_;
  pid_t child_ = -1;
  int status_ = -1;  // neither exited nor signaled, until waitpid says
};

// On PATH, and where Debian keeps the programs of administrators, which an ordinary user's PATH lacks.
std::optional<std::string> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view folders = path == nullptr ? "" : path;
  const std::string all = fmt::format("{}:/usr/local/sbin:/usr/sbin:/sbin", folders);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(':', at), all.size());
    const std::string program = all.substr(at, end - at) + "/" + name;
    if (program.front() == '/' && access(program.c_str(), X_OK) == 0) return program;
    at = end + 1;
  }
  return std::nullopt;
}

std::string cure_of(const std::string& said) {
  if (said.find("Permission denied") != std::string::npos || said.find("Operation not permitted") != std::string::npos)
    return "the node's namespace must belong to the sandbox; try `ordeal doctor`";
  return "load the kernel's modules: sudo modprobe -a nf_tables nft_compat nft_counter, or ip_tables iptable_filter";
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

std::vector<std::string> run(const std::vector<std::string>& words, const std::vector<InNode>& in_nodes) {
  std::vector<std::unique_ptr<Command>> commands;
  for (const InNode& where : in_nodes) commands.push_back(std::make_unique<Command>(words, where));
  std::vector<std::string> outputs;
  std::string complaints;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (!commands[i]->succeeded())
      complaints += fmt::format("{}: {}: {}; ", in_nodes[i].node, words[0], trimmed(commands[i]->errors()));
    outputs.push_back(commands[i]->output());
  }
  if (!complaints.empty()) throw std::runtime_error(complaints + cure_of(complaints));
  return outputs;
}

}  // namespace

const Iptables::Programs& Iptables::programs(const InNode& first) {
  if (programs_) return *programs_;
  std::string complaints;
  for (const char* flavour : {"iptables", "iptables-nft", "iptables-legacy"}) {
    const auto restore = find_program(fmt::format("{}-restore", flavour));
    const auto save = find_program(fmt::format("{}-save", flavour));
    if (!restore || !save) continue;
    try {
      const InNode trial{first.node, first.network_namespace,
                         "*filter\n:ordeal-trial - [0:0]\n-A ordeal-trial -s 10.77.0.1/32 -j DROP\n"
                         "-F ordeal-trial\n-X ordeal-trial\nCOMMIT\n"};
      run({*restore, "--noflush", "-w", "10"}, {trial});
      run({*save, "-c", "-t", "filter"}, {trial});
      programs_ = Programs{*restore, *save};
      return *programs_;
    } catch (const std::runtime_error& error) {
      if (complaints.empty()) complaints = error.what();
    }
  }
  if (complaints.empty())
    throw std::runtime_error("partitions need iptables-restore, which is not installed; sudo apt-get install iptables");
  throw std::runtime_error(complaints);
}

void Iptables::restore(const std::vector<InNode>& in_nodes) {
  // -w: iptables-legacy takes a lock, and the commands of all nodes run at the same time.
  if (!in_nodes.empty()) run({programs(in_nodes.front()).restore, "--noflush", "-w", "10"}, in_nodes);
}

std::vector<std::string> Iptables::save(const std::vector<InNode>& in_nodes, const std::string& table) {
  if (in_nodes.empty()) return {};
  return run({programs(in_nodes.front()).save, "-c", "-t", table}, in_nodes);
}

const std::string& Iptables::restore_program(const InNode& first) {
  return programs(first).restore;
}

}  // namespace ordeal::nemesis
