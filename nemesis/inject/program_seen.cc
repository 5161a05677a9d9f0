#include "nemesis/inject/program_seen.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace ordeal::nemesis {
namespace {

// The texts between the zeros; nullopt: the process is gone.
std::optional<std::vector<std::string>> texts_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return std::nullopt;
  std::string all;
  std::array<char, 4096> block;
  do {  // by read(), which does not throw when the process ends meanwhile
    in.read(block.data(), block.size());
    all.append(block.data(), static_cast<std::size_t>(in.gcount()));
  } while (in);
  std::vector<std::string> texts;
  for (std::size_t from = 0; from < all.size();) {
    const std::size_t end = std::min(all.find('\0', from), all.size());
    texts.push_back(all.substr(from, end - from));
    from = end + 1;
  }
  return texts;
}

// What stands in `these` more often than in `those`.
std::vector<std::string> only_in(const std::vector<std::string>& these, std::vector<std::string> those) {
  std::vector<std::string> only;
  for (const std::string& text : these) {
    const auto same = std::ranges::find(those, text);
    if (same == those.end()) {
      only.push_back(text);
    } else {
      those.erase(same);
    }
  }
  return only;
}

void add(std::string& text, std::string_view what, const std::vector<std::string>& words) {
  if (words.empty()) return;
  text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, fmt::join(words, " "));
}

}  // namespace

std::optional<ProgramSeen> program_of(pid_t process) {
  const std::filesystem::path folder = fmt::format("/proc/{}", process);
  std::error_code error;
  const std::filesystem::path executable = std::filesystem::read_symlink(folder / "exe", error);
  if (error) return std::nullopt;
  auto words = texts_of(folder / "cmdline");
  auto settings = texts_of(folder / "environ");
  if (!words || words->empty() || !settings) return std::nullopt;
  std::ranges::sort(*settings);
  return ProgramSeen{executable, std::move(*words), std::move(*settings)};
}

std::string difference(const ProgramSeen& before, const ProgramSeen& now) {
  std::string text;
  if (now.executable != before.executable) text = fmt::format("{} instead of {}", now.executable, before.executable);
  add(text, "with", only_in(now.words, before.words));
  add(text, "without", only_in(before.words, now.words));
  add(text, "with", only_in(now.settings, before.settings));
  add(text, "without", only_in(before.settings, now.settings));
  if (text.empty() && now != before) text = "its words in another order";
  return text;
}

}  // namespace ordeal::nemesis
