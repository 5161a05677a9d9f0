#include "harness/targets/explain.h"

#include <gmock/gmock.h>

namespace ordeal::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Explain, SaysInWordsWhatTheFileOfRaftdSays) {
  EXPECT_THAT(explain(load_target("raftd", CONFIGS)),
              AllOf(HasSubstr("  program      raftd\n"), HasSubstr("--cluster=${nodes:{id}={ip}:7100}"),
                    HasSubstr("when GET http://${ip}:8100/status answers 200, within 10 s\n"),
                    HasSubstr("when in the answer of GET http://${ip}:8100/status role is leader; its term is term"),
                    HasSubstr("can be listed, added, removed and promoted"), HasSubstr("talk on TCP port 7100"),
                    HasSubstr("upgrade      the same program, with --no-pre-vote"),
                    HasSubstr("knob         timing: fast, slow, tight, usual"), HasSubstr("by SIGTERM")));
}

TEST(Explain, SaysWhatAFileDoesNotSay) {
  EXPECT_THAT(explain(parse_target("name: x\nbinary: x\ncommand: [x]\nready: {tcp: \"${ip}:1\"}\nclient: raftd\n"
                                   "endpoint: ${ip}:1\nstop_signal: SIGINT\n"
                                   "setup: [{when: first-ready, command: [x, init], matches: done}]\n",
                                   "x.yaml")),
              AllOf(HasSubstr("when connecting to ${ip}:1 succeeds"), HasSubstr("nobody knows the leader"),
                    HasSubstr("none can be added or removed"), HasSubstr("nothing that a node writes is a finding"),
                    HasSubstr("when the first node is ready, before the others start, until x init ends with exit "
                              "status 0, with what matches done, at most 10 s"),
                    HasSubstr("by SIGINT")));
}

}  // namespace
}  // namespace ordeal::harness
