#include <fmt/format.h>

#include <charconv>

#include "harness/config/document.h"
#include "harness/config/plain_text.h"

namespace ordeal::harness {
namespace {

constexpr std::size_t deepest = 20;  // no path of a plan comes near

struct Path {
  std::vector<std::string> segments;

  std::string first(std::size_t count) const {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ".") + segments[i];
    return quotable(text);
  }
};

Path split(std::string_view text, const Place& place) {
  Path path;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    if (end == begin) refuse(place, "", "a part of the path is empty; write --set path=value, such as nodes=3");
    path.segments.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (path.segments.size() > deepest) refuse(place, "", "the path is too deep; write one such as workload.mix.read");
  return path;
}

Node& item(Node& list, const Path& path, std::size_t depth, const Place& place) {
  const std::string& segment = path.segments[depth];
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
  if (error != std::errc() || end != segment.data() + segment.size() || index >= list.items.size()) {
    const std::string right = list.items.empty() ? "the list is empty, set it as a whole"
                                                 : fmt::format("write a number from 0 to {}", list.items.size() - 1);
    refuse(place, path.first(depth), fmt::format("is a list without an item \"{}\"; {}", quotable(segment), right));
  }
  return list.items[index];
}

// The value under one more segment of the path; made when it is not there.
Node& child(Node& parent, const Path& path, std::size_t depth, const Place& place) {
  const std::string& key = path.segments[depth];
  if (parent.kind == Node::Kind::list) return item(parent, path, depth, place);
  if (parent.kind == Node::Kind::scalar) {
    refuse(place, path.first(depth),
           fmt::format("is \"{}\", which has no parts; set it as a whole", quotable(parent.text)));
  }
  parent.kind = Node::Kind::map;
  for (Entry& entry : parent.entries) {
    if (entry.key == key) return entry.value;
  }
  parent.entries.push_back({key, place, make_node(Node::Kind::null, place)});
  return parent.entries.back().value;
}

}  // namespace

void apply_override(Node& root, const std::string& path_and_value) {
  const Place place{"--set " + quotable(path_and_value), 0, 0};
  const std::size_t equals = path_and_value.find('=');
  if (equals == std::string::npos) refuse(place, "", "has no =; write --set path=value, such as nodes=3");
  refuse_binary(path_and_value, place.origin);
  const Path path = split(std::string_view(path_and_value).substr(0, equals), place);
  Node value = parse_document(std::string_view(path_and_value).substr(equals + 1), place.origin);
  Node* node = &root;
  for (std::size_t depth = 0; depth < path.segments.size(); ++depth) node = &child(*node, path, depth, place);
  *node = std::move(value);
}

}  // namespace ordeal::harness
