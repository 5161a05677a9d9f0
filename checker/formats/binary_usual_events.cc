// The events of binary_format.h that fit into one word, which nearly all do.
//
// The numbers of an event are told apart by the high bits of the word: `ends` has a bit at the last byte of each. The
// lowest is that of the shape, the next that of the slot, and whether the next ones are of a key and of a value is for
// the shape to say. So an event is taken without a branch that depends on what it is. What takes time is to know where
// the next one begins; hence two short look-ups for that. All else is done meanwhile.

#include <algorithm>
#include <cstddef>

#include "checker/formats/binary_numbers.h"
#include "checker/formats/binary_stream.h"

namespace ordeal::checker {

using binary::up_to;

// Stops at the first event that is not usual, or not in order, or the nemesis's.
template <typename Number>
[[gnu::always_inline]] inline void BinaryStream::take_events_by() {
  constexpr std::uint64_t digits = in_each_byte(0x7f) - 0x7f;  // of all but the shape
  const char *at = at_, *const records_end = records_end_;
  const PlainShape* const shapes = plain_shapes_.data();
  const binary::Lengths* const* const lengths = lengths_.data();
  Slot* const slots = slots_.data();
  const std::size_t slot_count = slots_.size(), name_count = key_of_name_.size();
  const KeyAndVerb* const key_of_name = key_of_name_.data();
  CompactEvent* out = into_.data();
  std::uint64_t index = next_index_;
  const auto most = static_cast<std::uint32_t>(std::min<std::size_t>(left_, into_.size()));
  const std::uint64_t end = index + most;
  for (; index != end; ++index) {
    const std::uint64_t word = word_at(at);
    const std::uint64_t length = Number::length(word, *lengths[static_cast<unsigned char>(*at)]);
    const char* const next = at + length;
    if (length == 0 || next > records_end) [[unlikely]]
      break;
    const PlainShape& shape = shapes[word & 0x7f];
    // Adding a mask of all bits is to subtract 1; so the lowest end is taken away, if there is such a number.
    const std::uint64_t slot_ends = ~word & binary::ends_behind_first;
    const std::uint64_t key_ends = slot_ends & (slot_ends + shape.keys);
    const std::uint64_t value_ends = key_ends & (key_ends + shape.values);
    const std::uint64_t slot_mask = up_to(slot_ends) & digits, key_mask = up_to(key_ends) & digits,
                        value_mask = up_to(value_ends) & digits;
    const std::uint64_t slot_number = Number::of(word, slot_mask), name = Number::of(word, key_mask ^ slot_mask);
    if (slot_number >= slot_count || name >= name_count) [[unlikely]]
      break;
    Slot& slot = slots[slot_number];
    const KeyAndVerb of = (key_of_name[name] & shape.keys) | (slot.of & shape.as_called) | shape.fixed;
    const Process process = slot.process;
    if ((of & nothing) != 0 || process == nemesis_process) [[unlikely]]
      break;
    at = next;

    const Atom number = Atom::integer(binary::unzigzag(Number::of(word, value_mask ^ key_mask)));
    // What is stored is not read again: a load of two words that were stored one by one would have to wait for both.
    const Atom value = Atom::of_bits((number.bits() & shape.values) | (slot.value.bits() & shape.same_value));
    const Atom second = Atom::of_bits((slot.second.bits() & shape.same_value) | shape.second);
    slot.value = value;
    slot.second = second;
    slot.of = of;
    out->index = index;
    out->process = process;
    out->value = value;
    out->second = second;
    set_last_word(*out, of);
    ++out;
  }
  const auto taken = static_cast<std::uint32_t>(index - next_index_);
  at_ = at;
  next_index_ = index;
  events_ += taken;
  left_ -= taken;
  into_ = into_.subspan(taken);
}

#if defined(__x86_64__)
__attribute__((target("bmi,bmi2"))) void BinaryStream::take_events_by_pext() {
  take_events_by<binary::NumberByPext>();
}

void BinaryStream::take_events() {
  use_pext_ ? take_events_by_pext() : take_events_by<binary::NumberByShifts>();
}
#else
void BinaryStream::take_events() {
  take_events_by<binary::NumberByShifts>();
}
#endif

}  // namespace ordeal::checker
