// A place in a text that is being read, and the error message that names it.  Not thread-safe.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "checker/formats/history_reader.h"
#include "checker/value.h"

namespace ordeal::checker {

class Cursor {
 public:
  // `lines_before`: of the file, when the text is not its begin.
  Cursor(std::string_view text, std::string_view file_name, std::size_t lines_before = 0)
      : text_(text), file_name_(file_name), lines_before_(lines_before) {}

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  char take() { return text_[at_++]; }  // not at the end
  bool take_if(char expected);
  std::string_view take_while(bool (*wanted)(char));
  std::string_view text() const { return text_; }
  std::size_t at() const { return at_; }
  void jump(std::size_t to) { at_ = to; }
  std::size_t line() const { return line_of(at_); }

  // Throws FormatError: "file:line:column: found ...; expected ..."; what is found is described when not given.
  [[noreturn]] void fail(std::string_view expected) const { fail_at(at_, found_here(), expected); }
  [[noreturn]] void fail_at(std::size_t where, const std::string& found, std::string_view expected) const;

 private:
  std::size_t line_of(std::size_t where) const;
  std::string found_here() const;

  std::string_view text_;
  std::string_view file_name_;  // of the caller
  std::size_t lines_before_;
  std::size_t at_ = 0;
};

// The number at the cursor, in the grammar that JSON and EDN share (EDN also has a leading +, and N or M at the end).
// An integer beyond 64 bits becomes a double.
Value parse_number(Cursor& cursor, bool edn);

// The string at the cursor, quotes and escapes included; the escapes of JSON and of EDN.
std::string parse_string(Cursor& cursor);

// Deeper nesting than this is refused: nothing real has it, and each level costs stack.
inline constexpr int deepest_nesting = 100;

}  // namespace ordeal::checker
