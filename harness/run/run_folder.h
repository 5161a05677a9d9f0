// The folder of one run, `store/<plan>/<UTC time>-<seed>/`, and the links `store/<plan>/latest` and `store/latest`.
// One thread at a time.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ordeal::harness {

class RunFolder {
 public:
  // Makes the folder (with `-2`, `-3`... behind its name when that second's is taken) and points the links at it.
  // Throws std::runtime_error naming the path and the cure when the store cannot be written.
  static RunFolder create(const std::filesystem::path& store, const std::string& plan, std::uint64_t seed,
                          std::chrono::system_clock::time_point now);
  // An existing one, to be judged again; nothing is checked.
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path plan() const { return path_ / "plan.yaml"; }
  std::filesystem::path target() const { return path_ / "target.yaml"; }
  std::filesystem::path schedule() const { return path_ / "schedule.jsonl"; }
  std::filesystem::path history() const { return path_ / "history.jsonl"; }
  std::filesystem::path results() const { return path_ / "results.json"; }
  std::filesystem::path junit() const { return path_ / "junit.xml"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path log() const { return path_ / "ordeal.log"; }

 private:
  std::filesystem::path path_;
};

// Writes a whole file such that a reader sees the old or the new one, never half of it. Throws std::system_error naming
// the file and the cure.
void write_file(const std::filesystem::path& file, std::string_view content);

// Throws std::system_error "No space left on device", naming the folder and the cure, when hardly anything can be
// written into it any more (less than 64 KiB, or no new file). Whoever fails to write there is not to be blamed then.
void require_space(const std::filesystem::path& folder);

// A path as a person in the working directory would type it: relative to it when below it, else absolute.
std::string as_typed(const std::filesystem::path& path);

// Reads a whole file. Throws std::system_error naming the file.
std::string read_file(const std::filesystem::path& file);

}  // namespace ordeal::harness
