// A drawing for an HTML page, element by element. Classes, not colours: the page's style sheet knows the light and the
// dark scheme. One thread.

#pragma once

#include <string>
#include <string_view>

namespace ordeal::harness {

class Svg {
 public:
  enum class Anchor { start, middle, end };

  // Texts are escaped here. A tooltip is what a browser shows under the pointer; empty: none.
  void rect(double x, double y, double width, double height, std::string_view style, std::string_view tooltip = "");
  void line(double x1, double y1, double x2, double y2, std::string_view style);
  void circle(double x, double y, double radius, std::string_view style, std::string_view tooltip = "");
  void path(const std::string& commands, std::string_view style, std::string_view tooltip = "");
  void text(double x, double y, std::string_view style, std::string_view words, Anchor anchor = Anchor::start);

  // All that `other` holds, on top.
  void append(const Svg& other) { elements_ += other.elements_; }

  // The whole element. `name` and `description` are read aloud instead of the picture; `id` is unique on the page.
  std::string finish(std::string_view id, double width, double height, std::string_view name,
                     std::string_view description) const;

 private:
  std::string elements_;
};

// A coordinate: one decimal, without trailing zeros. Asserts that it is finite.
std::string coordinate(double value);

// About how wide a text is drawn, for placing labels; the page's fonts are the reader's own.
double text_width(std::string_view words, double font_size);

}  // namespace ordeal::harness
