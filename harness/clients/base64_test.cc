#include "harness/clients/base64.h"

#include <gtest/gtest.h>

namespace ordeal::harness {
namespace {

struct Pair {
  std::string bytes, text;
};

TEST(Base64, IsThatOfTheStandard) {
  const Pair pairs[] = {{"", ""},
                        {"f", "Zg=="},
                        {"fo", "Zm8="},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg=="},
                        {"fooba", "Zm9vYmE="},
                        {"foobar", "Zm9vYmFy"},
                        {std::string("\0\xff\xfe", 3), "AP/+"},
                        {std::string(1, '\0'), "AA=="}};
  for (const Pair& pair : pairs) {
    EXPECT_EQ(to_base64(pair.bytes), pair.text);
    EXPECT_EQ(from_base64(pair.text), pair.bytes);
  }
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm9vYg", "Zg==Zg==", "=", "====", "Z===", "Zm9v\n", " Zm9",
                           "Zh==", "Zm9=", "Zm-_", "Zg=a", "Zm\x80v"}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ordeal::harness
