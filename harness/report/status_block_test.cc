#include "harness/report/status_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Status in_load(std::chrono::nanoseconds elapsed) {
  Status status;
  status.elapsed = elapsed;
  status.duration = seconds(60);
  status.phase = "load";
  status.ops_per_second = 8119.6;
  status.counts = {.ok = 97'440, .fail = 12, .info = 3};
  status.faults = {"partition halves", "kill leader n3"};
  status.leader = "n2";
  status.checked = 97'400;
  status.total = 97'455;
  return status;
}

TEST(StatusBlock, SaysHowFarTheRunIsWhatIsActiveAndWhoLeads) {
  EXPECT_EQ(
      status_lines(in_load(seconds(15)), 80),
      (std::vector<std::string>{
          "[######..................] 15 s of 60 s  load", "8,120 ops/s   ok 97,440   fail 12   info 3",
          "leader n2   faults: partition halves, kill leader n3", "checked 97,400 of 97,455 operations (99.9 %)"}));
  EXPECT_EQ(status_lines(Status{}, 80),
            (std::vector<std::string>{"0 s  ", "0 ops/s   ok 0   fail 0   info 0", "leader unknown   faults: none",
                                      "not checking yet"}));
}

TEST(StatusBlock, NoLineIsWiderThanTheTerminal) {
  Status status = in_load(seconds(300));
  status.faults.assign(50, "partition \x1b[31m");
  for (const int columns : {-5, 0, 20, 37, 80, 200}) {
    for (const std::string& line : status_lines(status, columns)) {
      EXPECT_LE(columns_of(line), static_cast<std::size_t>(std::max(columns, 20)));
      EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }
  }
}

TEST(StatusBlock, OddNumbersDoNoHarm) {
  Status status = in_load(seconds(-1));
  for (const double odd : {-1.0, 0.0 / 0.0, 1.0 / 0.0}) {
    status.ops_per_second = odd;
    EXPECT_EQ(status_lines(status, 80)[1], "0 ops/s   ok 97,440   fail 12   info 3");
  }
  status.checked = 5;
  status.total = 2;
  EXPECT_EQ(status_lines(status, 80)[3], "checked 5 of 2 operations (100.0 %)");
  status.live = true;
  EXPECT_EQ(status_lines(status, 80)[3], "checked 5 operations, 0 behind");
  status.total = 1'234;
  EXPECT_EQ(status_lines(status, 80)[3], "checked 5 operations, 1,229 behind");
}

TEST(StatusBlock, OneLineForALog) {
  EXPECT_EQ(status_line(in_load(seconds(12))),
            "12 s load: 8,120 ops/s, ok 97,440 fail 12 info 3; leader n2; faults: partition halves, kill leader n3; "
            "checked 97,400 of 97,455 operations (99.9 %)");
  EXPECT_EQ(status_line(Status{}), "0 s : 0 ops/s, ok 0 fail 0 info 0; leader unknown");
}

// As much of a terminal as the display uses: rows of text, a cursor, wrapping at the width.
class Terminal {
 public:
  explicit Terminal(std::size_t columns) : columns_(columns) {}

  StatusDisplay::Output output() {
    return {.write = [this](std::string_view text) { take(text); },
            .terminal = true,
            .columns = [this] { return static_cast<int>(columns_); }};
  }

  std::vector<std::string> rows() const {
    std::vector<std::string> rows = rows_;
    while (!rows.empty() && rows.back().empty()) rows.pop_back();
    return rows;
  }

  // What a terminal does with its text when it becomes narrower.
  void narrow(std::size_t columns) {
    std::vector<std::string> rows;
    for (std::size_t at = 0; at < rows_.size(); ++at) {
      std::string rest = rows_[at];
      for (; rest.size() > columns; rest = rest.substr(columns)) rows.push_back(rest.substr(0, columns));
      rows.push_back(rest);
      if (at == row_) {
        row_ = rows.size() - 1;
        column_ = rest.size();
      }
    }
    rows_ = rows;
    columns_ = columns;
  }

 private:
  void take(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text.substr(at).starts_with("…")) {
        put('~');  // one column, as on a terminal
        at += std::string_view("…").size() - 1;
      } else if (text[at] == '\x1b') {
        at = sequence(text, at + 2);
      } else if (text[at] == '\r') {
        column_ = 0;
      } else if (text[at] == '\n') {
        line_feed();
      } else {
        put(text[at]);
      }
    }
  }

  std::size_t sequence(std::string_view text, std::size_t at) {
    std::size_t number = 0;
    for (; text[at] >= '0' && text[at] <= '9'; ++at) number = number * 10 + static_cast<std::size_t>(text[at] - '0');
    if (text[at] == 'A') row_ -= std::min(number, row_);
    if (text[at] == 'K' || text[at] == 'J') rows_[row_].resize(std::min(column_, rows_[row_].size()));
    if (text[at] == 'J') rows_.resize(row_ + 1);
    return at;
  }

  void line_feed() {
    column_ = 0;
    if (++row_ == rows_.size()) rows_.emplace_back();
  }

  void put(char c) {
    if (column_ == columns_) line_feed();
    std::string& row = rows_[row_];
    if (row.size() <= column_) row.resize(column_ + 1, ' ');
    row[column_++] = c;
  }

  std::vector<std::string> rows_{""};
  std::size_t row_ = 0, column_ = 0, columns_;
};

TEST(StatusDisplay, RedrawsOneBlockInPlaceAndErasesItAtTheEnd) {
  Terminal terminal(80);
  {
    StatusDisplay display(terminal.output());
    display.print("the seed is 7");
    for (int second = 0; second < 9; ++second) {
      display.show(in_load(seconds(second)));
      ASSERT_EQ(terminal.rows().size(), 5U);
      EXPECT_EQ(terminal.rows()[0], "the seed is 7");
      EXPECT_EQ(terminal.rows()[3], "leader n2   faults: partition halves, kill leader n3");
    }
    display.print("a line that stays");
    ASSERT_EQ(terminal.rows().size(), 6U);
    EXPECT_EQ(terminal.rows()[1], "a line that stays");
    EXPECT_EQ(terminal.rows()[5], "checked 97,400 of 97,455 operations (99.9 %)");
  }
  EXPECT_EQ(terminal.rows(), (std::vector<std::string>{"the seed is 7", "a line that stays"}));
}

TEST(StatusDisplay, AShorterLineLeavesNothingOfTheLongerOne) {
  Terminal terminal(80);
  StatusDisplay display(terminal.output());
  display.show(in_load(seconds(1)));
  Status status = in_load(seconds(2));
  status.faults.clear();
  display.show(status);
  EXPECT_EQ(terminal.rows()[2], "leader n2   faults: none");
}

TEST(StatusDisplay, ATerminalThatBecomesNarrowerLeavesNoRest) {
  Terminal terminal(80);
  StatusDisplay display(terminal.output());
  display.print("above");
  display.show(in_load(seconds(1)));
  terminal.narrow(30);
  display.show(in_load(seconds(2)));
  EXPECT_EQ(terminal.rows().size(), 5U);
  EXPECT_EQ(terminal.rows()[0], "above");
  display.erase();
  display.erase();
  EXPECT_EQ(terminal.rows(), std::vector<std::string>{"above"});
}

TEST(StatusDisplay, WithoutATerminalPrintsALineAtEveryPhaseAndEveryFiveSeconds) {
  std::string text;
  {
    StatusDisplay display({.write = [&](std::string_view part) { text += part; }, .terminal = false, .columns = {}});
    Status status;
    status.phase = "load";
    for (int tick = 0; tick <= 48; ++tick) {  // twelve seconds, four times a second
      status.elapsed = milliseconds(250 * tick);
      display.show(status);
    }
    display.print("n3: signal 6");
    status.phase = "healing";
    display.show(status);
  }
  EXPECT_EQ(text,
            "0 s load: 0 ops/s, ok 0 fail 0 info 0; leader unknown\n"
            "5 s load: 0 ops/s, ok 0 fail 0 info 0; leader unknown\n"
            "10 s load: 0 ops/s, ok 0 fail 0 info 0; leader unknown\n"
            "n3: signal 6\n"
            "12 s healing: 0 ops/s, ok 0 fail 0 info 0; leader unknown\n");
}

}  // namespace
}  // namespace ordeal::harness
