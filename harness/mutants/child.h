// One `ordeal run` as a child process. It never outlives this one: the kernel kills it when the thread that started it
// ends, however that ends, and with it goes the child's whole sandbox. So start children from the main thread only.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ordeal::harness {

class Child {
 public:
  // `words` is the command, its program first; what it prints goes to the end of `output`. The child is a process group
  // of its own, so that Ctrl-C reaches only this process. Throws std::system_error.
  Child(const std::vector<std::string>& words, const std::filesystem::path& output);
  ~Child();  // kills it when it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int pollable() const { return pollable_; }  // a descriptor that is readable once the child has ended
  std::optional<int> wait_status();           // nullopt: it still runs
  void kill();                                // SIGKILL

 private:
  pid_t pid_ = -1;
  int pollable_ = -1;
  std::optional<int> status_;
};

}  // namespace ordeal::harness
