#include "harness/report/svg.h"

#include <fmt/format.h>

#include <cassert>
#include <cmath>

#include "harness/report/escape.h"
#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

std::string closing(std::string_view element, std::string_view tooltip) {
  if (tooltip.empty()) return "/>\n";
  return fmt::format("><title>{}</title></{}>\n", escape_markup(tooltip), element);
}

}  // namespace

std::string coordinate(double value) {
  assert(std::isfinite(value));
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

double text_width(std::string_view words, double font_size) {
  return static_cast<double>(columns_of(words)) * font_size * 0.58;
}

void Svg::rect(double x, double y, double width, double height, std::string_view style, std::string_view tooltip) {
  elements_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"", coordinate(x),
                           coordinate(y), coordinate(width), coordinate(height), style) +
               closing("rect", tooltip);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
  elements_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", coordinate(x1),
                           coordinate(y1), coordinate(x2), coordinate(y2), style);
}

void Svg::circle(double x, double y, double radius, std::string_view style, std::string_view tooltip) {
  elements_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{}\"", coordinate(x), coordinate(y),
                           coordinate(radius), style) +
               closing("circle", tooltip);
}

void Svg::path(const std::string& commands, std::string_view style, std::string_view tooltip) {
  elements_ += fmt::format("<path d=\"{}\" class=\"{}\"", commands, style) + closing("path", tooltip);
}

void Svg::text(double x, double y, std::string_view style, std::string_view words, Anchor anchor) {
  const char* place = anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
  elements_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\" text-anchor=\"{}\">{}</text>\n", coordinate(x),
                           coordinate(y), style, place, escape_markup(words));
}

std::string Svg::finish(std::string_view id, double width, double height, std::string_view name,
                        std::string_view description) const {
  return fmt::format(
      "<svg role=\"img\" aria-labelledby=\"{0}-name {0}-description\" width=\"{1}\" height=\"{2}\" "
      "viewBox=\"0 0 {1} {2}\">\n<title id=\"{0}-name\">{3}</title>\n<desc id=\"{0}-description\">{4}</desc>\n{5}"
      "</svg>\n",
      id, coordinate(width), coordinate(height), escape_markup(name), escape_markup(description), elements_);
}

}  // namespace ordeal::harness
