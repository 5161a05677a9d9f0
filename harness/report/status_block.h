// What a long run shows while it goes on: on a terminal one block that is redrawn in place, otherwise a plain line now
// and then.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/results.h"

namespace ordeal::harness {

struct Status {
  std::chrono::nanoseconds elapsed{0};   // since the run began
  std::chrono::nanoseconds duration{0};  // of the whole load; 0: not known
  std::string phase;                     // "starting", "load", "healing", "recovery", "final reads", "checking", ...
  double ops_per_second = 0;             // lately
  OutcomeCounts counts;                  // over all operations so far
  std::vector<std::string> faults;       // active now: "partition halves", "kill leader n2"
  std::string leader;                    // empty: nobody known
  std::size_t checked = 0, total = 0;    // operations that the checker decided, of how many; total 0: not checking
  bool live = false;                     // it follows the run: say how far it is behind, not how much is done
};

// The block: four lines without a final newline, none wider than `columns` (too long ones end in …; at least 20
// columns). Pure; any thread.
std::vector<std::string> status_lines(const Status& status, int columns);

// The same in one line, for a log: "12s load: 8120 ops/s, ok 97440 fail 12 info 3; leader n2; faults: kill n3".
std::string status_line(const Status& status);

// Shows statuses on a stream. One thread at a time. It reads no clock: the time between plain lines is taken from
// Status::elapsed. Give it a new status about four times a second.
class StatusDisplay {
 public:
  struct Output {
    std::function<void(std::string_view)> write;  // to the terminal or log, unbuffered; must not throw
    bool terminal = false;                        // understands ANSI sequences and redraws
    std::function<int()> columns;                 // width now; empty: 80
  };

  explicit StatusDisplay(Output output);
  ~StatusDisplay();  // erases the block
  StatusDisplay(const StatusDisplay&) = delete;
  StatusDisplay& operator=(const StatusDisplay&) = delete;

  // Draws the block anew; without a terminal prints a line when the phase is new or five seconds went by.
  void show(const Status& status);
  // Prints a line that stays: above the block on a terminal, plainly otherwise.
  void print(const std::string& line);
  // Erases the block, so that something else can be printed; the next show() draws it again. Does nothing twice.
  void erase();

 private:
  int columns() const;
  std::string to_start_of_block() const;
  void draw(std::vector<std::string> lines);

  Output output_;
  std::vector<std::string> drawn_;  // the block now on the terminal
  std::optional<Status> last_;      // the last one printed as a line, or drawn
};

// Standard error: a block when it is a terminal (and TERM is not "dumb"), else plain lines.
StatusDisplay::Output status_on_standard_error();

}  // namespace ordeal::harness
