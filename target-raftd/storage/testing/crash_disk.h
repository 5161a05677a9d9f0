// A disk that can fail at any operation and then lose what a power failure may lose. One thread.
//
// Files are really written, below the folder of the test, so that they can be read as usual; beside them stands what is
// durable of each: its bytes at the last sync, and the names of the folder at the last sync of the folder. What lies
// between the durable state and the present one, a power failure keeps or loses as a seed says.

#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "target-raftd/storage/file.h"
#include "target-raftd/storage/testing/folder.h"

namespace raftd::storage {

class CrashDisk : public Disk {
 public:
  // The first `good` operations succeed; the next one has half of its effect, or none, and throws, as do all after it.
  explicit CrashDisk(int good = std::numeric_limits<int>::max()) : left_(good) {}

  // A file that was there before this disk, durably.
  void adopt(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    names_[path] = durable_names_[path] = std::make_shared<Node>(Node{.now = bytes, .durable = bytes});
  }

  int operations() const { return operations_; }
  int syncs() const { return syncs_; }
  bool crashed() const { return left_ < 0; }

  // The process ended and starts again; the machine stayed on.
  void restart_process() { left_ = std::numeric_limits<int>::max(); }

  std::unique_ptr<File> open(const std::filesystem::path& path, std::uintmax_t size, Ahead ahead) override {
    count();
    auto& node = names_[path];
    if (!node) node = std::make_shared<Node>();
    store(path, *node);
    return std::make_unique<CrashFile>(*this, path, node, size, ahead);
  }

  void publish(const std::filesystem::path& from, const std::filesystem::path& to) override {
    const bool good = left_ > 0;
    if (!good && operations_ % 2 == 0) count();
    names_[to] = names_.at(from);
    names_.erase(from);
    std::filesystem::rename(from, to);
    count();  // A failure here: the names are not synced.
    durable_names_ = names_;
  }

  void truncate(const std::filesystem::path& path, std::uintmax_t size) override {
    count();
    Node& node = *names_.at(path);
    node.now.resize(size);
    node.durable = node.now;
    store(path, node);
  }

  void remove(const std::filesystem::path& path) override {
    count();
    if (names_.erase(path) > 0) std::filesystem::remove(path);
  }

  void sync_folder(const std::filesystem::path&) override {
    count();
    durable_names_ = names_;
  }

  // Writes into `folder` what a power failure now may leave.
  void lose_power(std::uint64_t seed, const std::filesystem::path& folder) const {
    std::mt19937_64 random(seed);
    std::set<std::filesystem::path> all;
    for (const auto& [path, node] : names_) all.insert(path);
    for (const auto& [path, node] : durable_names_) all.insert(path);
    for (const std::filesystem::path& path : all) {
      const auto& from = random() % 2 == 0 ? names_ : durable_names_;
      const auto node = from.find(path);
      if (node != from.end()) write(folder / path.filename(), left_of(*node->second, random));
    }
  }

 private:
  struct Node {
    std::string now;
    std::string durable;
  };
  using Names = std::map<std::filesystem::path, std::shared_ptr<Node>>;

  struct CrashFile : File {
    CrashFile(CrashDisk& d, std::filesystem::path p, std::shared_ptr<Node> n, std::uintmax_t s, Ahead a)
        : disk(d), path(std::move(p)), node(std::move(n)), size(s), ahead(a) {}

    void append(std::string_view bytes) override {
      const bool good = disk.left_ > 0;
      if (!good) bytes = bytes.substr(0, bytes.size() / 2);
      if (ahead == Ahead::zeros && size + bytes.size() > node->now.size()) node->now.resize(size + bytes.size() + 64);
      node->now.resize(std::max<std::size_t>(node->now.size(), size + bytes.size()));
      node->now.replace(size, bytes.size(), bytes);
      size += bytes.size();
      store(path, *node);
      disk.count();
    }

    void sync() override {
      disk.count();
      ++disk.syncs_;
      node->durable = node->now;
    }

    CrashDisk& disk;
    std::filesystem::path path;
    std::shared_ptr<Node> node;
    std::uintmax_t size;
    Ahead ahead;
  };

  // In place: some file systems write out at once what is truncated and written anew, which makes tests slow.
  static void store(const std::filesystem::path& path, const Node& node) {
    if (!std::filesystem::exists(path)) return write(path, node.now);
    std::ofstream(path, std::ios::binary | std::ios::in | std::ios::out) << node.now;
    std::filesystem::resize_file(path, node.now.size());
  }

  void count() {
    if (left_ <= 0) {
      left_ = -1;
      throw StorageError("injected");
    }
    --left_;
    ++operations_;
  }

  // The unsynced bytes: all, none, a beginning, or all but a hole of zeros.
  static std::string left_of(const Node& node, std::mt19937_64& random) {
    std::string bytes = node.now;
    std::size_t first = 0;
    while (first < std::min(bytes.size(), node.durable.size()) && bytes[first] == node.durable[first]) ++first;
    if (first == bytes.size()) return bytes;
    const std::size_t cut = first + random() % (bytes.size() - first);
    switch (random() % 4) {
      case 0:
        return bytes;
      case 1:
        return node.durable;
      case 2:
        bytes.resize(cut);
        bytes.resize(std::max(cut, node.durable.size()));
        return bytes;
      default:
        bytes.replace(cut, bytes.size() - cut, bytes.size() - cut, '\0');
        return bytes;
    }
  }

  int left_;
  int operations_ = 0;
  int syncs_ = 0;
  Names names_;
  Names durable_names_;
};

}  // namespace raftd::storage
