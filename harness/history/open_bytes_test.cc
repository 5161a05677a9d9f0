#include "harness/history/open_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "checker/formats/history_stream.h"
#include "checker/formats/json_lines.h"
#include "checker/testing/awkward_events.h"
#include "harness/history/open_sink.h"
#include "harness/history/raw_bytes.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

std::string all_of(checker::ByteSource& bytes, std::size_t piece = 1000) {
  std::string text, buffer(piece, '\0');
  while (const std::size_t size = bytes.read(buffer)) text.append(buffer, 0, size);
  return text;
}

std::string lines(std::uint64_t events) {
  std::mt19937_64 random(events);
  std::string text;
  for (std::uint64_t i = 0; i < events; ++i) {
    text += checker::write_json_line(checker::awkward_event(random, i)) + "\n";
  }
  return text;
}

class Bytes : public testing::Test {
 protected:
  Bytes() { fs::create_directories(folder_); }
  ~Bytes() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, std::string_view text) const {
    const auto sink = open_sink(file(name));
    sink->write(text.substr(0, text.size() / 2));
    sink->write(text.substr(text.size() / 2));
    sink->finish();
  }
  std::string raw(const std::string& name) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put_raw(const std::string& name, std::string_view bytes) const {
    std::ofstream(file(name), std::ios::binary) << bytes;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("open_bytes_" + std::to_string(::getpid()));
};

TEST_F(Bytes, ComeBackWhateverTheCompressionAndAgainAfterARewind) {
  for (const std::string& text : {std::string(), std::string("x"), lines(3000)}) {
    for (const char* name : {"h.jsonl", "h.jsonl.gz", "h.jsonl.zst"}) {
      SCOPED_TRACE(name);
      write(name, text);
      const auto bytes = open_bytes(file(name));
      EXPECT_EQ(all_of(*bytes), text);
      bytes->rewind();
      EXPECT_EQ(all_of(*bytes, 1), text);
      bytes->rewind();
      char first = 0;
      bytes->read({&first, 1});
      bytes->rewind();
      EXPECT_EQ(all_of(*bytes, 300'000), text);
    }
  }
  write("long.gz", lines(3000));
  EXPECT_LT(raw("long.gz").size(), lines(3000).size() / 2);
}

TEST_F(Bytes, OfSeveralMembersAreOneText) {
  for (const char* name : {"m.gz", "m.zst"}) {
    write(name, "one\n");
    const std::string one = raw(name);
    write(name, "two\n");
    put_raw(name, one + raw(name));
    EXPECT_EQ(all_of(*open_bytes(file(name))), "one\ntwo\n") << name;
  }
}

// Cut at every byte behind the magic, and damaged at every tenth.
TEST_F(Bytes, ThatAreCutOrDamagedAreRefusedWithFileAndByte) {
  const std::string text = lines(20);
  for (const std::string name : {"c.gz", "c.zst"}) {
    write(name, text);
    const std::string whole = raw(name);
    const std::string said = file(name) + ": byte ";
    for (std::size_t size = 4; size < whole.size(); ++size) {
      put_raw(name, std::string_view(whole).substr(0, size));
      try {
        all_of(*open_bytes(file(name)));
        ADD_FAILURE() << name << " accepted when cut at " << size;
      } catch (const checker::FormatError& error) {
        EXPECT_EQ(error.what(), said + std::to_string(size) + " of the " + (name == "c.gz" ? "gzip" : "zstd") +
                                    " data: the data ends in the middle; was the file cut?");
      }
    }
    for (std::size_t at = 30; at < whole.size(); at += 10) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 1);
      put_raw(name, damaged);
      EXPECT_THROW(all_of(*open_bytes(file(name))), checker::FormatError) << name << " " << at;
    }
  }
}

TEST_F(Bytes, OfAPipeAreKeptInMemoryOrInAFile) {
  const std::string text = lines(500);
  write("p", text);
  for (const std::size_t memory : {std::size_t{0}, text.size() / 2, text.size(), SpooledBytes::usual_memory}) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(("cat '" + file("p") + "'").c_str(), "r"), ::pclose);
    ASSERT_TRUE(pipe);
    SpooledBytes bytes(Descriptor(::dup(::fileno(pipe.get()))), "pipe", memory);
    std::string begin(100, '\0');
    begin.resize(bytes.read(begin));
    EXPECT_EQ(begin, text.substr(0, begin.size()));
    bytes.rewind();
    EXPECT_EQ(all_of(bytes), text);
    bytes.rewind();
    EXPECT_EQ(all_of(bytes), text);
  }
}

TEST_F(Bytes, ThatAreNotThereAreNamed) {
  try {
    open_bytes(file("nowhere"));
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith(file("nowhere") + ": cannot be opened; check the path"));
  }
  EXPECT_THROW(open_bytes(folder_.string()), std::system_error);
  EXPECT_THROW(open_sink(file("no/folder")), std::system_error);
}

}  // namespace
}  // namespace ordeal::harness
