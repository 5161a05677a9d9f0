// Reads binary_format.h in pieces, a block at a time.  Not thread-safe.
//
// A file that was cut is read up to its last whole block, and a warning says so; a block that is damaged is an error,
// as is one whose checksum holds and whose content cannot be.
//
// Nearly every event is at most eight bytes of four numbers: shape, slot, key, value. Those are taken from one word
// without a branch that depends on what they are, because which event comes next nobody can predict (take_events). All
// others, and all complaints, go the plain way (begin_event), which the tests hold to be the same.

#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checker/formats/binary_format.h"
#include "checker/formats/binary_numbers.h"
#include "checker/formats/history_stream.h"
#include "checker/formats/piece_reader.h"

namespace ordeal::checker {

class BinaryStream final : public HistoryStream {
 public:
  // `bytes` must outlive it and be at their begin. Throws FormatError when they do not begin with the magic and a
  // version that this program reads. Without `may_use_pext` it does without an instruction that not every processor
  // has.
  BinaryStream(ByteSource& bytes, std::string file_name, bool may_use_pext = true);

  const std::string& format() const override;
  bool nil_reads_say_nothing() const override { return nil_reads_say_nothing_; }
  std::span<const CompactEvent> next() override;
  std::size_t next_into(std::span<CompactEvent> into) override;
  void rewind() override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  Vocabulary& vocabulary() override { return vocabulary_; }
  void for_each(const std::function<bool(const Event&)>& visit) override;
  History fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) override;
  std::vector<std::string> warnings() const override;

 private:
  struct Shape {
    EventType type = EventType::invoke;
    bool has_index = false, as_called = false, has_key = false, mismatch = false;
    binary::Form form = binary::Form::nil;
    Verb f = 0;
    std::uint32_t f_name = 0, node = 0, error = 0;
  };
  // Of an event of a client or a slot: the key, and above it the function; of an event also its type and whether it is
  // a mismatch (last_word() of a CompactEvent). A word that stands for nothing has the highest
  // bit set.
  using KeyAndVerb = std::uint64_t;
  static constexpr KeyAndVerb nothing = std::uint64_t{1} << 63;
  struct Slot {  // the last event in it
    Process process = 0;
    Atom value = {}, second = Atom::absent();
    KeyAndVerb of = nothing;  // as long as there was none
    KeyId key() const { return static_cast<KeyId>(of); }
    Verb f() const { return static_cast<Verb>(of >> LastWord::verb_at); }
    void set(KeyId key, Verb f) { of = key | KeyAndVerb{f} << LastWord::verb_at; }
    bool is_used() const { return of != nothing; }
  };
  struct FullSlot {  // what else is known of it when full_ is set
    std::uint32_t f_name = 0, node = 0;
    std::int64_t key_name = -1;
    // Its value: `full`, or the value of this number. Values may be long, and slots many.
    Value full = {};
    std::int64_t full_number = -1;
  };
  // A shape whose events take_events() may decode. Masks are all bits or none, except where it is said.
  struct alignas(64) PlainShape {
    std::uint64_t keys = 0, values = 0;  // whether there is a number of that kind in the event
    std::uint64_t same_value = 0;        // whether its value is that of the slot
    std::uint64_t second = 0;            // the bits of its second value unless it is that of the slot
    std::uint64_t as_called = 0;         // as_called_part, if its key and function are those of the slot
    KeyAndVerb fixed = 0;                // what the shape itself says
  };
  static constexpr KeyAndVerb as_called_part = nothing | 0xffULL << LastWord::verb_at | 0xffffffff;
  struct Numbered {
    Value value;
    Atom atom;
  };

  void begin_file();
  bool begin_block();  // false: the end
  bool begin_event();  // decodes the next event into shape_, slot_ and index_; false: the block has no more
  void end_block();
  void fill();
  void take_events();  // as many as it can, into into_
  void take_events_by_pext();
  template <typename Number>
  void take_events_by();
  void begin_call();
  void define();
  void define_slot();
  void define_shape();
  void read_value(const Shape& shape, Slot& slot);
  void set_value(Slot& slot, const Value& value);
  Atom atom_of(std::int64_t number);
  CompactEvent compact_event() const;
  Event full_event();
  template <typename Visit>
  void visit_full(const Visit& visit);

  std::uint64_t varint();
  std::uint64_t long_varint();
  std::uint64_t checked_varint();
  std::uint32_t number_below(std::uint64_t bound, const char* what);
  std::string text();
  Value value(int depth);
  [[noreturn]] void refuse(const std::string& what) const;

  std::string file_name_;
  bool use_pext_;
  PieceReader reader_;
  Vocabulary vocabulary_;
  std::vector<CompactEvent> batch_;  // of next()
  std::span<CompactEvent> into_;     // what is left of where the next events go
  bool nil_reads_say_nothing_ = false, full_ = false, ended_ = false, in_block_ = false;
  std::optional<std::string> cut_;
  std::exception_ptr damage_;  // behind the events that were given out

  std::vector<std::string> names_;
  std::vector<KeyAndVerb> key_of_name_;  // `nothing` as long as it was none
  std::vector<Numbered> values_;
  std::vector<Shape> shapes_;
  // By the number in an event, which is 0 for none: those that take_events() may decode. By the first byte of an event:
  // how long it is then.
  std::array<PlainShape, 128> plain_shapes_;
  std::array<const binary::Lengths*, 256> lengths_;
  std::vector<Slot> slots_;
  std::vector<FullSlot> full_slots_;
  std::uint64_t next_index_ = 0, last_time_ = 0, events_ = 0;

  // The block: what is left of its records and times, and of its events.
  const char *at_ = nullptr, *records_end_ = nullptr, *times_ = nullptr, *times_end_ = nullptr;
  std::size_t block_size_ = 0;
  std::uint32_t left_ = 0;
  // The event.
  const Shape* shape_ = nullptr;
  Slot* slot_ = nullptr;
  FullSlot* full_slot_ = nullptr;  // when full_ is set
  std::uint64_t index_ = 0;
};

}  // namespace ordeal::checker
