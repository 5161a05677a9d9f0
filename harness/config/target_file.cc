// Files of targets: where they are, and how one extends another.

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <array>

#include "harness/config/config_error.h"
#include "harness/config/input_file.h"
#include "harness/config/plain_text.h"
#include "harness/config/suggestion.h"
#include "harness/config/target.h"

namespace ordeal::harness {

namespace fs = std::filesystem;

namespace {

constexpr int most_bases = 10;  // of one file; more is a circle

void replace_here(Node& node, const std::string& folder) {
  constexpr std::string_view here = "${here}";
  for (std::size_t at = node.text.find(here); at != std::string::npos; at = node.text.find(here, at + folder.size())) {
    node.text.replace(at, here.size(), folder);
  }
  for (Node& item : node.items) replace_here(item, folder);
  for (Entry& entry : node.entries) replace_here(entry.value, folder);
}

bool uses_here(std::string_view yaml) {
  return yaml.find("${here}") != std::string_view::npos;
}

// `over` into `base`, as JSON Merge Patch (RFC 7386) has it.
void merge(Node& base, const Node& over) {
  if (over.kind != Node::Kind::map || base.kind != Node::Kind::map) {
    base = over;
    return;
  }
  for (const Entry& entry : over.entries) {
    const auto same_key = [&](const Entry& other) { return other.key == entry.key; };
    const auto found = std::ranges::find_if(base.entries, same_key);
    if (entry.value.kind == Node::Kind::null) {
      std::erase_if(base.entries, same_key);
    } else if (found != base.entries.end()) {
      merge(found->value, entry.value);
    } else {
      base.entries.push_back(entry);
    }
  }
}

std::optional<Node> taken(Node& map, std::string_view key) {
  const auto found = std::ranges::find_if(map.entries, [&](const Entry& entry) { return entry.key == key; });
  if (found == map.entries.end()) return std::nullopt;
  std::optional<Node> value(std::move(found->value));
  map.entries.erase(found);
  return value;
}

struct Document {
  Node root;
  std::string text;       // of the file
  bool composed = false;  // `text` is not all of it
};

Document read_document(const std::string& name, const fs::path& config_folder, int bases);

void extend(Document& document, const Node& base_name, const fs::path& file, const fs::path& config_folder, int bases) {
  const Setting setting{base_name, "extends"};
  std::string name = text_of(setting);
  if (bases == most_bases)
    refuse(setting, "goes round in a circle, or is far too deep; take it out of one of the files");
  const bool is_path = name.find('/') != std::string::npos || name.ends_with(".yaml");
  if (is_path && fs::path(name).is_relative()) name = (file.parent_path() / name).string();
  if (is_path && name.find('/') == std::string::npos) name = "./" + name;
  Node base = read_document(name, config_folder, bases + 1).root;
  const std::optional<Node> words = taken(document.root, "words");
  merge(base, document.root);
  if (words) {
    const auto command = std::ranges::find_if(base.entries, [](const Entry& entry) { return entry.key == "command"; });
    for (const Setting& word : items_of({*words, "words"}, "[--verbose]")) {
      if (command != base.entries.end()) command->value.items.push_back(word.node);
    }
  }
  document.root = std::move(base);
  document.composed = true;
}

Document read_document(const std::string& name, const fs::path& config_folder, int bases) {
  const fs::path file = find_target(name, config_folder);
  Document document{.root = {}, .text = read_input_file(file, "target")};
  document.root = parse_document(document.text, file.string());
  if (uses_here(document.text)) {
    replace_here(document.root, fs::absolute(file).lexically_normal().parent_path());
    document.composed = true;
  }
  if (const auto base = taken(document.root, "extends")) extend(document, *base, file, config_folder, bases);
  return document;
}

void emit(YAML::Emitter& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      out << YAML::Null;
      break;
    case Node::Kind::scalar:
      if (node.quoted) out << YAML::DoubleQuoted;
      out << node.text;
      break;
    case Node::Kind::list:
      out << YAML::Flow << YAML::BeginSeq;
      for (const Node& item : node.items) emit(out, item);
      out << YAML::EndSeq;
      break;
    case Node::Kind::map:
      out << YAML::BeginMap;
      for (const Entry& entry : node.entries) {
        out << YAML::Key << YAML::DoubleQuoted << entry.key << YAML::Value;
        emit(out, entry.value);
      }
      out << YAML::EndMap;
      break;
  }
}

}  // namespace

fs::path find_target(const std::string& name, const fs::path& config_folder) {
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) return name;
  const std::array<fs::path, 2> folders{fs::path("configs") / "targets", config_folder / "targets"};
  std::vector<std::string> known;
  std::string looked_for;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / (name + ".yaml");
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
    for (const std::string& other : yaml_files(folder)) known.push_back(other);
    looked_for += (looked_for.empty() ? "" : " and ") + file.string();
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  const std::string cure =
      known.empty() ? "give the path of a target file" : suggestion(name, {known.begin(), known.end()});
  throw ConfigError(fmt::format("target {}: no such target, looked for {}; {}", quotable(name), looked_for, cure));
}

TargetFile load_target_file(const std::string& name, const fs::path& config_folder) {
  Document document = read_document(name, config_folder, 0);
  TargetFile file{.target = parse_target(document.root), .yaml = std::move(document.text)};
  if (document.composed) {
    YAML::Emitter out;
    emit(out, document.root);
    file.yaml = fmt::format("{}\n", out.c_str());
  }
  return file;
}

Target load_target(const std::string& name, const fs::path& config_folder) {
  return load_target_file(name, config_folder).target;
}

}  // namespace ordeal::harness
