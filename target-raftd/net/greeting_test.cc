#include "target-raftd/net/greeting.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace raftd::net {
namespace {

TEST(Greeting, AnObjectionNamesWhatDiffersOnBothSidesAndTheCure) {
  struct Case {
    Hello theirs;
    std::string objection;
  };
  const std::vector<Case> cases = {
      {make_hello("alpha", 7, 2, 1), ""},
      {make_hello("alpha", 0, 2, 1), ""},
      {make_hello("beta", 7, 2, 1),
       "it belongs to a cluster of another name: \"beta\", not \"alpha\"; check --cluster-name"},
      {make_hello("al\npha\"", 7, 2, 1),
       "it belongs to a cluster of another name: \"al\\x0apha\\x22\", not \"alpha\"; check --cluster-name"},
      {make_hello("alpha", 0x1f, 2, 1),
       "it belongs to incarnation 1f of the cluster, this server to 7; check its data folder"},
      {make_hello("alpha", 7, 2, 3), "it wants to reach server 3, this is server 1; check --id and --cluster"},
      {Hello{.version = 1, .cluster_name = "beta", .from = 9, .to = 9},
       fmt::format("it speaks protocol version 1, this server {}; run the same raftd everywhere", protocol_version)},
  };
  for (const Case& one : cases) EXPECT_EQ(objection(one.theirs, make_hello("alpha", 7, 1, 2)), one.objection);
}

TEST(Greeting, AServerThatDoesNotKnowItsIncarnationYetTakesAny) {
  EXPECT_EQ(objection(make_hello("alpha", 7, 2, 1), make_hello("alpha", 0, 1, 2)), "");
}

TEST(Greeting, NamesThatDifferBehindWhatIsCarriedAreToldApart) {
  const std::string start(max_cluster_name, 'x');
  const Hello theirs = make_hello(start + "a", 0, 2, 1);
  EXPECT_EQ(theirs.cluster_name, start);
  EXPECT_NE(objection(theirs, make_hello(start + "b", 0, 1, 2)), "");
}

}  // namespace
}  // namespace raftd::net
