// The tables of report.html, each an HTML fragment; empty where there is nothing to tell. Pure; any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/report/fault_spans.h"
#include "harness/report/report_html.h"
#include "harness/report/results.h"

namespace ordeal::harness {

// Untrusted text of at most so many characters, ready for a page.
std::string shown(std::string_view text, std::size_t most = 400);

std::string operation_table(const Results& results);
std::string error_table(const Results& results);
std::string fault_count_table(const Results& results);
std::string fault_table(const std::vector<FaultSpan>& spans);  // every single one, as the chart shows them
std::string exit_table(const Results& results, const ReportLinks& links);
// The copies that were made at a violation, with links into them.
std::string frozen_table(const Results& results, const ReportLinks& links);
// Links to the logs of every node that the history or an exit names.
std::string node_links(const Results& results, const HistoryDigest& history, const ReportLinks& links);

}  // namespace ordeal::harness
