#include "harness/run/failure.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <exception>

#include "checker/formats/history_reader.h"
#include "checker/history.h"
#include "harness/cli/exit_code.h"
#include "harness/config/config_error.h"

namespace ordeal::harness {
namespace {

int fail(ExitCode code, const std::exception& error) {
  fmt::print(stderr, "ordeal: error: {}\n", error.what());
  return static_cast<int>(code);
}

}  // namespace

int report_failure(const std::function<int()>& body) {
  try {
    return body();
  } catch (const ConfigError& error) {
    return fail(ExitCode::usage, error);
  } catch (const checker::FormatError& error) {
    return fail(ExitCode::usage, error);
  } catch (const checker::MalformedHistory& error) {
    return fail(ExitCode::usage, error);
  } catch (const std::exception& error) {
    if (const auto log = spdlog::get("ordeal")) log->error("{}", error.what());  // once there is a run folder
    return fail(ExitCode::harness_failure, error);
  }
}

}  // namespace ordeal::harness
