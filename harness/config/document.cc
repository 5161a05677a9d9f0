#include "harness/config/document.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>
#include <utility>

#include "harness/config/config_error.h"
#include "harness/config/plain_text.h"

namespace ordeal::harness {
namespace {

// Builds the tree from the parser's events. yaml-cpp's own tree would silently keep one of two equal keys.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string origin) : origin_(std::move(origin)) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) refuse(place(mark), "", "a second document begins here; write one document a file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(start(mark, Node::Kind::null, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(place(mark), "", "aliases (*name) are not read; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = start(mark, Node::Kind::scalar, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({start(mark, Node::Kind::list, tag, anchor), std::nullopt});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({start(mark, Node::Kind::map, tag, anchor), std::nullopt});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::optional<Entry> entry;  // of a map whose key was read and whose value comes next
  };

  Place place(const YAML::Mark& mark) const {
    if (is_override(origin_) || mark.is_null()) return {origin_, 0, 0};
    return {origin_, mark.line + 1, mark.column + 1};
  }

  Node start(const YAML::Mark& mark, Node::Kind kind, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(place(mark), "", "anchors (&name) are not read; write the value out where it is needed");
    if (!tag.empty() && tag != "?" && tag != "!") refuse(place(mark), "", "tags (!name) are not read; leave it out");
    return make_node(kind, place(mark));
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == Node::Kind::list) {
      open_.back().node.items.push_back(std::move(node));
    } else if (!open_.back().entry) {
      open_.back().entry = key(std::move(node));
    } else {
      if (node.kind == Node::Kind::null) node.place = open_.back().entry->place;  // the parser's lies after the key
      open_.back().entry->value = std::move(node);
      open_.back().node.entries.push_back(*std::exchange(open_.back().entry, std::nullopt));
    }
  }

  Entry key(Node node) const {
    if (node.kind != Node::Kind::scalar) refuse(node.place, "", "a key must be a word; a list or a map is none");
    for (const Entry& earlier : open_.back().node.entries) {
      if (earlier.key != node.text) continue;
      refuse(node.place, quotable(node.text),
             fmt::format("is given twice, first in line {}; leave one of them out", earlier.place.line));
    }
    return {node.text, node.place, {}};
  }

  std::string origin_;
  int documents_ = 0;
  Node root_;
  std::vector<Open> open_;
};

}  // namespace

Node make_node(Node::Kind kind, Place place) {
  Node node;
  node.kind = kind;
  node.place = std::move(place);
  return node;
}

const Node* find(const Node& map, std::string_view key) {
  for (const Entry& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node parse_document(std::string_view yaml, const std::string& origin) {
  refuse_binary(yaml, origin);
  std::istringstream stream{std::string(yaml)};
  Builder builder(origin);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return make_node(Node::Kind::null, {origin, 0, 0});
    Node root = builder.take();
    parser.HandleNextDocument(builder);
    return root;
  } catch (const YAML::DeepRecursion& error) {
    refuse({origin, 0, 0}, "", "is nested too deeply; no plan or target needs more than a few levels");
  } catch (const YAML::Exception& error) {
    const bool placed = !is_override(origin) && !error.mark.is_null();
    refuse(placed ? Place{origin, error.mark.line + 1, error.mark.column + 1} : Place{origin, 0, 0}, "",
           fmt::format("is no YAML: {}; check quotes, brackets and indentation here", error.msg));
  }
}

void refuse(const Place& place, const std::string& key, const std::string& what) {
  const std::string where =
      place.line == 0 ? place.origin : fmt::format("{}:{}:{}", place.origin, place.line, place.column);
  throw ConfigError(key.empty() ? fmt::format("{}: {}", where, what) : fmt::format("{}: {}: {}", where, key, what));
}

}  // namespace ordeal::harness
