// A table of names to immutable values that can be frozen: a view of it as it is now, which another thread may read
// while the table changes. One thread for the table; any thread for a view.
//
// The idea: the entries lie in shards, and a view is a list of pointers to all of them. Each shard belongs to the
// generation of the table in which it was made; freezing begins the next one. A shard of an older generation may be
// seen by a view, so it is never changed again: who wants to change it first puts a copy in its place. The copy costs
// one pointer for each entry, because the values themselves are shared.
//
//   generation 4: a shard {x: 1};  freeze(): the view holds it;  generation 5: x := 2 makes {x: 2}, the view keeps {x:
//   1}

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace raftd::kv {

template <typename Value, std::size_t Count>
class Shards {
 public:
  // Lets a std::string_view look up a std::string.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Entries = std::unordered_map<std::string, std::shared_ptr<const Value>, TextHash, std::equal_to<>>;
  using View = std::array<std::shared_ptr<const Entries>, Count>;  // null: never held anything

  // Valid until the entry is written or erased.
  const Value* find(std::string_view name) const {
    const Entries* const entries = shards_[index(name)].entries.get();
    if (entries == nullptr) {
      return nullptr;
    }
    const auto at = entries->find(name);
    return at == entries->end() ? nullptr : at->second.get();
  }

  void write(std::string_view name, Value value) {
    Entries& entries = writable(name);
    auto shared = std::make_shared<const Value>(std::move(value));
    if (const auto at = entries.find(name); at != entries.end()) {
      at->second = std::move(shared);
    } else {
      entries.emplace(name, std::move(shared));
      ++size_;
    }
  }

  void erase(std::string_view name) {
    Entries& entries = writable(name);
    if (const auto at = entries.find(name); at != entries.end()) {
      entries.erase(at);
      --size_;
    }
  }

  std::size_t size() const { return size_; }

  View freeze() {
    ++generation_;
    View view;
    for (std::size_t i = 0; i < Count; ++i) {
      view[i] = shards_[i].entries;
    }
    return view;
  }

 private:
  struct Shard {
    std::shared_ptr<Entries> entries;  // null: never held anything
    std::uint64_t generation = 0;      // in which `entries` was made
  };

  static std::size_t index(std::string_view name) { return TextHash{}(name) % Count; }

  Entries& writable(std::string_view name) {
    Shard& shard = shards_[index(name)];
    if (!shard.entries) {
      shard = {.entries = std::make_shared<Entries>(), .generation = generation_};
    } else if (shard.generation != generation_) {
      shard = {.entries = std::make_shared<Entries>(*shard.entries), .generation = generation_};
    }
    return *shard.entries;
  }

  std::array<Shard, Count> shards_;
  std::size_t size_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace raftd::kv
