// What a target's YAML wants done before a node starts: files to write, commands to run.

#pragma once

#include "harness/cluster/node_description.h"
#include "harness/config/target.h"

namespace ordeal::harness {

// The node as it is about to be started, with `variables`. Not its first start: only the files of each start. Throws
// ClusterError, saying what could not be written, or what the command wrote.
void prepare_start(const Target& target, const NodeDescription& node, const NodeVariables& variables, bool first);

// One question to a node, with its values. Throws ClusterError when its program is not found.
NodeQuestion question_to(const Target& target, const Question& question, const NodeDescription& node,
                         const NodeVariables& variables);

}  // namespace ordeal::harness
