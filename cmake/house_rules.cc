// Checks the rules of this house that a compiler does not know, at every build. Each finding says where, what, and what
// instead. Usage: house-rules SOURCE_DIR
//
//   arrows   which folder may include which (the table below is the one in README.md)
//   purity   a pure folder includes nothing that acts: no threads, clocks, sockets, files, logging, global randomness
//   names    no file or folder called util, common, misc, helpers or base: they attract everything
//   listed   every source is named by the CMakeLists.txt of its folder, so that nothing rots unbuilt

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct Folder {
  std::string path;
  std::vector<std::string> may_include;  // of ours, besides itself
  bool pure = false;
};

// The longest path that matches a file is its folder.
const std::vector<Folder> folders = {
    {"checker", {}, true},
    {"checker/bench", {"checker"}},
    {"workloads", {"checker"}, true},
    {"nemesis/plan", {}, true},
    {"nemesis/inject", {"nemesis/plan"}},
    {"harness", {"checker", "workloads", "nemesis/plan", "nemesis/inject"}},
    {"target-raftd/raft", {}, true},
    {"target-raftd/raft/simulation", {"target-raftd/raft", "target-raftd/kv"}, true},
    {"target-raftd/kv", {}, true},
    {"target-raftd/checksum", {}, true},
    {"target-raftd/storage", {"target-raftd/raft", "target-raftd/checksum"}},
    {"target-raftd/net", {"target-raftd/raft", "target-raftd/checksum"}},
    {"target-raftd/daemon",
     {"target-raftd/raft", "target-raftd/kv", "target-raftd/checksum", "target-raftd/storage", "target-raftd/net"}},
    {"target-raftd/fuzz",
     {"target-raftd/raft", "target-raftd/kv", "target-raftd/storage", "target-raftd/net", "target-raftd/daemon"}},
    {"target-raftd/bench", {}},
    {"cmake", {}},
};

// Standard headers that would let a pure folder act. <chrono> is allowed for its durations; its clocks are not.
const std::set<std::string> acting_headers = {
    "thread", "mutex",   "shared_mutex", "condition_variable", "future", "atomic",     "stop_token", "semaphore",
    "latch",  "barrier", "fstream",      "iostream",           "cstdio", "filesystem", "ctime",      "csignal"};
const std::vector<std::string> acting_words = {"steady_clock::now",  "system_clock::now", "high_resolution_clock",
                                               "std::random_device", "std::rand(",        "getenv("};
const std::set<std::string> banned_names = {"util", "utils", "common", "misc", "helper", "helpers", "base"};

int findings = 0;

void report(const std::string& where, const std::string& what, const std::string& instead) {
  std::cerr << where << ": " << what << "; " << instead << "\n";
  ++findings;
}

bool starts_with_path(const std::string& path, const std::string& folder) {
  return path.rfind(folder + "/", 0) == 0;
}

const Folder* folder_of(const std::string& path) {
  const Folder* best = nullptr;
  for (const Folder& folder : folders) {
    if (starts_with_path(path, folder.path) && (best == nullptr || folder.path.size() > best->path.size())) {
      best = &folder;
    }
  }
  return best;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nothing of ours" : text;
}

void check_our_include(const std::string& where, const Folder& from, const std::string& include) {
  const Folder* to = folder_of(include);
  if (to == nullptr) {
    report(where, "includes \"" + include + "\", which is not below a known folder",
           "write the path from the repository's root");
    return;
  }
  if (to == &from) return;
  if (std::find(from.may_include.begin(), from.may_include.end(), to->path) != from.may_include.end()) return;
  report(where, "forbidden arrow " + from.path + " -> " + to->path,
         from.path + " may include " + joined(from.may_include));
}

void check_library_include(const std::string& where, const Folder& from, const std::string& path,
                           const std::string& include) {
  if (!from.pure || path.ends_with("_test.cc") || path.find("/testing/") != std::string::npos ||
      path.find("_main.cc") != std::string::npos) {
    return;
  }
  const bool json_in_formats = starts_with_path(path, "checker/formats") && include.rfind("boost/json", 0) == 0;
  const bool container = include.rfind("boost/container", 0) == 0 || include.rfind("boost/unordered", 0) == 0;
  const bool foreign =
      include.find('/') != std::string::npos && include.rfind("fmt/", 0) != 0 && !container && !json_in_formats;
  if (foreign || acting_headers.contains(include)) {
    report(where, from.path + " is pure and must not include <" + include + ">",
           "let the harness act and pass values in");
  }
}

struct Include {
  bool ours = false;  // "..." rather than <...>
  std::string path;
};

// The include of a line such as `#include <vector>`. Comments before the # are not expected here.
std::optional<Include> include_of(std::string_view line) {
  const auto skip_blanks = [&line] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  skip_blanks();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return std::nullopt;
  line.remove_prefix(std::string_view("include").size());
  skip_blanks();
  if (!line.starts_with('"') && !line.starts_with('<')) return std::nullopt;
  const bool ours = line.front() == '"';
  const std::size_t end = line.find(ours ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return Include{.ours = ours, .path = std::string(line.substr(1, end - 1))};
}

void check_lines(const fs::path& file, const std::string& path, const Folder& folder) {
  std::ifstream in(file);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string where = path + ":" + std::to_string(number);
    if (const std::optional<Include> include = include_of(line)) {
      if (include->ours) {
        check_our_include(where, folder, include->path);
      } else {
        check_library_include(where, folder, path, include->path);
      }
      continue;
    }
    if (!folder.pure || path.ends_with("_test.cc") || path.ends_with("_main.cc")) continue;
    for (const std::string& word : acting_words) {
      if (line.find(word) != std::string::npos) {
        report(where, folder.path + " is pure and must not use " + word, "take the value as an argument");
      }
    }
  }
}

void check_listed(const fs::path& root, const fs::path& file, const std::string& path) {
  for (fs::path folder = file.parent_path(); folder != root.parent_path(); folder = folder.parent_path()) {
    const fs::path lists = folder / "CMakeLists.txt";
    if (!fs::exists(lists)) continue;
    std::ifstream in(lists);
    std::stringstream text;
    text << in.rdbuf();
    const std::string name = fs::relative(file, folder).generic_string();
    if (text.str().find(name) != std::string::npos) return;
  }
  report(path, "no CMakeLists.txt names this source", "list it, or delete it");
}

void check_name(const std::string& path) {
  for (const fs::path& part : fs::path(path)) {
    if (banned_names.contains(part.stem().string())) {
      report(path, "\"" + part.stem().string() + "\" says nothing", "name the thing that it holds");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: house-rules SOURCE_DIR\n";
    return 2;
  }
  const fs::path root = fs::canonical(argv[1]);
  std::size_t files = 0;
  for (const Folder& top : folders) {
    if (!fs::exists(root / top.path)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / top.path)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cc" && extension != ".h") continue;
      const std::string path = fs::relative(entry.path(), root).generic_string();
      const Folder* folder = folder_of(path);
      if (folder != &top) continue;  // belongs to a deeper folder of the table
      ++files;
      check_name(path);
      check_lines(entry.path(), path, *folder);
      if (extension == ".cc") check_listed(root, entry.path(), path);
    }
  }
  if (files == 0) report(root.string(), "no sources found", "pass the repository's root");
  return findings == 0 ? 0 : 1;
}
