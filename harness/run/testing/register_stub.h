// A correct, atomic raftd of one node and no disk, for tests and the benchmark: it speaks the same HTTP from its own
// thread. All functions may be called from any thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace ordeal::harness {

struct StubOptions {
  int forget_every = 0;  // each so many-th change takes effect, and the connection closes without an answer; 0: none
  int refuse_every = 0;  // each so many-th change is refused for certain; 0: none
  std::string held_key;  // requests about this key wait until release()
};

class RegisterStub {
 public:
  explicit RegisterStub(const StubOptions& options = {});
  ~RegisterStub();
  RegisterStub(const RegisterStub&) = delete;
  RegisterStub& operator=(const RegisterStub&) = delete;

  std::string address() const;

  // While it does not serve it answers everything with a definite no_leader.
  void set_serving(bool serving);
  void release();
  std::uint64_t requests() const;  // so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
