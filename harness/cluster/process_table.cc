#include "harness/cluster/process_table.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

namespace ordeal::harness {

namespace {

// The fields behind the command's name, which stands in parentheses and may itself hold spaces and parentheses:
// "12 (a) b) S 1 12 12 ...". The state is field 0 here.
std::vector<std::string_view> fields_behind_name(std::string_view line) {
  std::vector<std::string_view> fields;
  const std::size_t close = line.rfind(')');
  if (close == std::string_view::npos) return fields;
  std::string_view rest = line.substr(close + 1);
  while (!rest.empty()) {
    const std::size_t begin = rest.find_first_not_of(" \n");
    if (begin == std::string_view::npos) break;
    rest.remove_prefix(begin);
    const std::string_view field = rest.substr(0, rest.find_first_of(" \n"));
    fields.push_back(field);
    rest.remove_prefix(field.size());
  }
  return fields;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::optional<ProcessEntry> parse_process_stat(std::string_view line) {
  constexpr std::size_t kState = 0, kParent = 1, kSession = 3, kThreads = 17;
  const std::vector<std::string_view> fields = fields_behind_name(line);
  ProcessEntry entry;
  long threads = 0;
  if (fields.size() <= kThreads || !parse_number(line.substr(0, line.find(' ')), entry.pid) ||
      !parse_number(fields[kParent], entry.parent) || !parse_number(fields[kSession], entry.session) ||
      !parse_number(fields[kThreads], threads))
    return std::nullopt;
  // The first thread may have ended, and shows as zombie, while others live on and keep the sockets open.
  entry.zombie = fields[kState] == "X" || (fields[kState] == "Z" && threads <= 1);
  return entry;
}

// Through a stream's own functions, which turn a failing read (ESRCH) into a state; its buffer would throw.
std::optional<ProcessEntry> read_process_stat(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::array<char, 2048> line;  // a name of 64 bytes and 52 numbers
  in.read(line.data(), line.size());
  return parse_process_stat({line.data(), static_cast<std::size_t>(in.gcount())});
}

std::vector<ProcessEntry> read_process_table() {
  std::vector<ProcessEntry> table;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    pid_t pid = 0;
    if (!parse_number(at->path().filename().native(), pid)) continue;
    if (const auto entry = read_process_stat(at->path() / "stat")) table.push_back(*entry);
  }
  return table;
}

std::vector<pid_t> live_processes_of(pid_t leader, const std::vector<ProcessEntry>& table) {
  std::set<pid_t> members;
  for (const ProcessEntry& entry : table)
    if (entry.pid == leader || entry.session == leader) members.insert(entry.pid);
  for (bool grown = true; grown;) {
    grown = false;
    for (const ProcessEntry& entry : table)
      if (members.contains(entry.parent)) grown |= members.insert(entry.pid).second;
  }
  for (const ProcessEntry& entry : table)
    if (entry.zombie) members.erase(entry.pid);
  return {members.begin(), members.end()};
}

}  // namespace ordeal::harness
