// A YAML text as a tree that remembers where each value was written. Plain values; any thread.
//
// Only what plans and targets need: maps with plain keys, lists, scalars. Refused with a place: what is no YAML, keys
// given twice, anchors and aliases, tags, several documents in one text, texts that are binary or not UTF-8.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ordeal::harness {

// Where something was written: file:line:column, or the `--set path=value` that said it (line 0).
struct Place {
  std::string origin;
  int line = 0;
  int column = 0;
};

struct Entry;

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;            // of a scalar
  bool quoted = false;         // a scalar in quotes is text, never a number
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the order of the text
};

struct Entry {
  std::string key;
  Place place;
  Node value;
};

Node make_node(Node::Kind kind, Place place);             // an empty one
const Node* find(const Node& map, std::string_view key);  // nullptr: no such key, or no map

// Throws ConfigError. An empty text is a null.
Node parse_document(std::string_view yaml, const std::string& origin);

// Sets what `--set path=value` says: "nodes=3", "workload.mix.read=9", "nemesis.faults.0.kill.targets=[leader]". Makes
// maps on the way where there are none; whether the path means anything is for the reader of the tree to say. `root` is
// a map. Throws ConfigError.
void apply_override(Node& root, const std::string& path_and_value);

// The message is `place: key: what`, or without a key `place: what`. `what` says what is wrong and, after a semicolon,
// what would be right.
[[noreturn]] void refuse(const Place& place, const std::string& key, const std::string& what);

}  // namespace ordeal::harness
