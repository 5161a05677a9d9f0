#include "harness/report/testing/well_formed.h"

#include <fmt/format.h>

#include <cctype>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "harness/report/escape.h"

namespace ordeal::harness {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  void parse() {
    while (at_ < text_.size()) {
      if (text_[at_] == '<') {
        tag();
      } else {
        character(text_[at_]);
      }
    }
    if (!open_.empty()) refuse("<" + open_.back() + "> is never closed");
  }

 private:
  [[noreturn]] void refuse(const std::string& wrong) const {
    throw std::runtime_error(fmt::format("at byte {}: {}: {}", at_, wrong, text_.substr(at_ > 40 ? at_ - 40 : 0, 80)));
  }

  void character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t') refuse("a control character");
    if (c == '<') refuse("a bare <");
    if (c == '&') {
      const std::size_t end = text_.find(';', at_);
      if (end == std::string_view::npos || end - at_ > 8) refuse("a bare &");
    }
    ++at_;
  }

  std::string name() {
    std::string name;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-')) {
      name += text_[at_++];
    }
    if (name.empty()) refuse("a name was expected");
    return name;
  }

  void expect(char c) {
    if (at_ >= text_.size() || text_[at_] != c) refuse(fmt::format("{} was expected", c));
    ++at_;
  }

  void attributes() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) {
      ++at_;
      name();
      expect('=');
      expect('"');
      while (at_ < text_.size() && text_[at_] != '"') character(text_[at_]);
      expect('"');
    }
  }

  void tag() {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '!' || text_[at_] == '?')) {
      at_ = text_.find('>', at_);
      if (at_ == std::string_view::npos) refuse("a declaration without end");
      ++at_;
      return;
    }
    if (at_ < text_.size() && text_[at_] == '/') {
      ++at_;
      const std::string closed = name();
      if (open_.empty() || open_.back() != closed) refuse("</" + closed + "> closes nothing");
      open_.pop_back();
      return expect('>');
    }
    const std::string opened = name();
    attributes();
    const bool empty = at_ < text_.size() && text_[at_] == '/';
    if (empty) ++at_;
    expect('>');
    if (!empty && opened != "meta") open_.push_back(opened);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
};

}  // namespace

std::string why_not_well_formed(std::string_view text) {
  if (valid_utf8(text) != text) return "not UTF-8";
  try {
    Parser(text).parse();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace ordeal::harness
