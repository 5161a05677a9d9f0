// The process of an adapter: started with pipes, ended for certain. One thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace ordeal::harness {

// An adapter that cannot be started, does not introduce itself, or crashes again and again. what() names it.
class AdapterError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A file descriptor with an owner.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~OwnedDescriptor() { close(); }
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept;
  int get() const { return descriptor_; }
  int release();
  void close();

 private:
  int descriptor_;
};

class AdapterProgram {
 public:
  // Runs command[0], looked up on PATH, as leader of a new session, with signals as at birth. `errors` becomes its
  // standard error. Throws AdapterError.
  AdapterProgram(const std::vector<std::string>& command, int errors);
  ~AdapterProgram();  // kills its session, and waits for it
  AdapterProgram(const AdapterProgram&) = delete;
  AdapterProgram& operator=(const AdapterProgram&) = delete;

  int release_input() { return input_.release(); }    // to which its standard input is the other end
  int release_output() { return output_.release(); }  // from which its standard output is read
  pid_t id() const { return child_; }

  // Whether it ends by itself within the time; how it ended is told by end().
  bool await_end(std::chrono::milliseconds within);
  // Kills what still runs of its session. How it ended: "exit status 1", "signal 9".
  std::string end();

 private:
  pid_t child_ = -1;
  bool ended_ = false;
  int status_ = 0;
  OwnedDescriptor input_, output_;
};

// The last lines, at most, of what was written to the file of this descriptor; empty when it cannot be read.
std::string last_lines_of(int descriptor);

}  // namespace ordeal::harness
