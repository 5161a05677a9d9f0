#include "harness/run/frozen_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <system_error>
#include <utility>

#include "harness/report/escape.h"
#include "harness/report/quantities.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_skipped = 50;  // sentences for one node; the others are counted
constexpr int deepest = 64;               // folders in folders

std::string status_json(const StatusAnswer& status) {
  boost::json::object object{{"node", status.node}, {"how", status.how}, {"time_ns", status.time.count()}};
  boost::system::error_code error;
  boost::json::value answer = boost::json::parse(status.body, error);
  if (error) answer = valid_utf8(status.body);
  object["status"] = status.body.empty() ? boost::json::value() : std::move(answer);
  return boost::json::serialize(object) + "\n";
}

}  // namespace

// Of one node.
struct FrozenCopies::Copied {
  FrozenNode node;
  fs::path root;  // what skipped paths are relative to
  int depth = 0;
  std::uint64_t skipped = 0;

  void skip(const fs::path& file, const std::string& why) {
    if (++skipped <= most_skipped) {
      node.skipped.push_back(fmt::format("{}: {}", file.lexically_relative(root).string(), why));
    }
  }
};

FrozenCopies::FrozenCopies(fs::path run_folder, CopyBounds bounds)
    : run_folder_(std::move(run_folder)), bounds_(bounds) {}

FrozenNode FrozenCopies::copy(const std::string& node, const fs::path& data, const StatusAnswer& status) {
  Copied copied;
  copied.root = run_folder_ / "nodes" / node;
  copied.node = {.node = node, .folder = fmt::format("nodes/{}/frozen", node), .status = status.how, .skipped = {}};
  const fs::path frozen = copied.root / "frozen";
  std::error_code error;
  fs::create_directories(frozen, error);
  if (error) {
    copied.skip(frozen, "cannot be made: " + error.message());
    return copied.node;
  }
  try {
    write_file(frozen / "status.json", status_json(status));
  } catch (const std::system_error& failure) {
    copied.skip(frozen / "status.json", failure.code().message());
  }
  // The logs first: they are small, and read first.
  for (const char* log : {"stdout.log", "stderr.log"}) copy_file(copied.root / log, frozen / log, copied);
  copy_folder(data, frozen / "data", copied);
  if (copied.skipped > most_skipped) {
    copied.node.skipped.push_back(fmt::format("and {} more", copied.skipped - most_skipped));
  }
  return copied.node;
}

void FrozenCopies::copy_folder(const fs::path& from, const fs::path& to, Copied& copied) {
  std::error_code error;
  if (copied.depth == deepest) return copied.skip(from, fmt::format("more than {} folders deep", deepest));
  ++copied.depth;
  fs::create_directory(to, error);
  if (error) copied.skip(from, error.message());
  if (!error) {
    fs::directory_iterator entry(from, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      copy_entry(*entry, to / entry->path().filename(), copied);
    }
    if (error) copied.skip(from, error.message());
  }
  --copied.depth;
}

void FrozenCopies::copy_entry(const fs::directory_entry& from, const fs::path& to, Copied& copied) {
  std::error_code error;
  switch (from.symlink_status(error).type()) {
    case fs::file_type::directory:
      return copy_folder(from.path(), to, copied);
    case fs::file_type::regular:
      return copy_file(from.path(), to, copied);
    case fs::file_type::symlink:
      fs::copy_symlink(from.path(), to, error);
      if (error) copied.skip(from.path(), error.message());
      return;
    default:
      return copied.skip(from.path(), error ? error.message() : "neither a file nor a folder nor a link");
  }
}

void FrozenCopies::copy_file(const fs::path& from, const fs::path& to, Copied& copied) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(from, error);
  if (error) return copied.skip(from, error.message());
  if (const std::string why = why_not(bytes); !why.empty()) return copied.skip(from, why);
  fs::copy_file(from, to, error);
  if (error) {
    copied.skip(from, error.message());
    fs::remove(to, error);  // half of a file would be taken for all of it
    return;
  }
  // When a file was written last is evidence as well; a file system that keeps no times is no failure.
  if (const fs::file_time_type written = fs::last_write_time(from, error); !error) {
    fs::last_write_time(to, written, error);
  }
  ++files_;
  bytes_ += bytes;
  ++copied.node.files;
  copied.node.bytes += bytes;
}

std::string FrozenCopies::why_not(std::uintmax_t bytes) const {
  if (bytes > bounds_.file_bytes) {
    return fmt::format("its {} are more than the {} of one copy", bytes_text(bytes), bytes_text(bounds_.file_bytes));
  }
  if (bytes_ + bytes > bounds_.all_bytes) {
    return fmt::format("with its {} the copies would exceed {}", bytes_text(bytes), bytes_text(bounds_.all_bytes));
  }
  if (files_ >= bounds_.files) return fmt::format("{} files were copied already", files_);
  std::error_code error;
  const fs::space_info disk = fs::space(run_folder_, error);
  // A capacity of 0: the file system does not count.
  if (!error && disk.capacity > 0 && disk.available < bounds_.left_on_disk + bytes) {
    return fmt::format("the disk has only {} left, of which {} stay free", bytes_text(disk.available),
                       bytes_text(bounds_.left_on_disk));
  }
  return {};
}

}  // namespace ordeal::harness
