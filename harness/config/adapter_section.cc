#include "harness/config/adapter_section.h"

#include <fmt/format.h>

#include <filesystem>

#include "harness/config/plain_text.h"

namespace ordeal::harness {

std::vector<std::string> adapter_command_of(const Setting& setting) {
  constexpr std::string_view variable = "${here}";
  std::vector<std::string> command;
  for (const Setting& item : items_of(setting, "[python3, \"${here}/adapters/redis.py\"]")) {
    const std::string here = std::filesystem::absolute(item.node.place.origin).parent_path().string();
    std::string word = text_of(item);
    for (std::size_t at = 0; (at = word.find(variable, at)) != std::string::npos; at += here.size()) {
      word.replace(at, variable.size(), here);
    }
    const std::size_t other = word.find("${");
    if (other != std::string::npos) {
      refuse(item, fmt::format("{} uses a variable other than ${{here}}; one adapter serves all nodes and is told "
                               "the node with each call",
                               described(item)));
    }
    command.push_back(std::move(word));
  }
  return command;
}

}  // namespace ordeal::harness
