// Where this program and its configs are. Any thread.

#pragma once

#include <filesystem>
#include <string>

namespace ordeal::harness {

std::filesystem::path program_file();   // this executable
std::filesystem::path config_folder();  // of the source tree or installation that it was built in
std::filesystem::path mutant_folder();  // of the patches that plant bugs into raftd
std::string program_as_typed();         // how to call it again from the working directory

}  // namespace ordeal::harness
