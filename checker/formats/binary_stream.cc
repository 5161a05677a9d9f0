#include "checker/formats/binary_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "checker/formats/binary_numbers.h"
#include "checker/formats/crc32c.h"
#include "checker/formats/word_scan.h"

namespace ordeal::checker {

using binary::Definition;
using binary::Form;
using binary::Kind;

namespace {

std::uint32_t u32_at(const char* at) {
  std::uint32_t number = 0;
  std::memcpy(&number, at, sizeof number);
  return number;
}

constexpr std::size_t usual_batch = 512;  // fits into the first cache together with what a check of it needs

}  // namespace

BinaryStream::BinaryStream(ByteSource& bytes, std::string file_name, bool may_use_pext)
    : file_name_(std::move(file_name)), use_pext_(may_use_pext && binary::has_pext()), reader_(bytes) {
  begin_file();
}

const std::string& BinaryStream::format() const {
  static const std::string name = "binary";
  return name;
}

void BinaryStream::refuse(const std::string& what) const {
  throw FormatError(fmt::format("{}: in the block at byte {}: {}; write the file again from its source", file_name_,
                                reader_.offset(), what));
}

void BinaryStream::begin_file() {
  while (reader_.available().size() < binary::file_header_size && reader_.more()) {
  }
  const std::string_view head = reader_.available();
  const std::size_t version_at = binary::magic.size() - 1;
  if (head.size() > version_at && head[version_at] != binary::magic[version_at]) {
    throw FormatError(fmt::format("{}: byte {}: found version {} of the binary format; expected version 1", file_name_,
                                  version_at, static_cast<unsigned>(static_cast<unsigned char>(head[version_at]))));
  }
  if (head.substr(0, binary::magic.size()) != binary::magic.substr(0, head.size())) {
    throw FormatError(fmt::format("{}: byte 0: expected the magic of a binary history", file_name_));
  }
  names_.assign(1, "");
  key_of_name_.assign(1, nothing);
  values_.clear();
  shapes_.clear();
  plain_shapes_.fill({});
  lengths_.fill(&binary::lengths_of_nothing);
  slots_.clear();
  full_slots_.clear();
  next_index_ = last_time_ = events_ = 0;
  left_ = 0;
  block_size_ = 0;
  in_block_ = false;
  damage_ = nullptr;
  ended_ = head.size() < binary::file_header_size;
  if (ended_) {
    cut_ = fmt::format("{}: the file was cut at byte {}, before its first event", file_name_, head.size());
    return;
  }
  nil_reads_say_nothing_ = (head[binary::magic.size()] & 1) != 0;
  reader_.consume(binary::file_header_size);
}

void BinaryStream::rewind() {
  reader_.rewind();
  begin_file();
}

bool BinaryStream::begin_block() {
  if (ended_) return false;
  std::size_t size = binary::block_header_size;
  bool has_header = false;
  while (!has_header || reader_.available().size() < size) {
    if (reader_.available().size() >= binary::block_header_size) {
      const char* header = reader_.available().data();
      size = binary::block_header_size + u32_at(header) + u32_at(header + 4);
      has_header = true;
      if (reader_.available().size() >= size) break;
    }
    if (reader_.more()) continue;
    ended_ = true;
    cut_ = fmt::format(
        "{}: the file was cut at byte {}, in the block that begins at byte {}; checked up to there, {} events",
        file_name_, reader_.offset() + reader_.available().size(), reader_.offset(), events_);
    return false;
  }
  const std::string_view block = reader_.available().substr(0, size);
  const std::uint32_t checksum = crc32c(crc32c(0, block.substr(0, 12)), block.substr(binary::block_header_size));
  if (checksum != u32_at(block.data() + 12)) refuse("its checksum is wrong, so the file is damaged here");
  at_ = block.data() + binary::block_header_size;
  times_ = records_end_ = at_ + u32_at(block.data());
  times_end_ = block.data() + size;
  left_ = u32_at(block.data() + 8);
  block_size_ = size;
  if (size > binary::block_header_size || left_ > 0) {
    if (left_ > size) refuse("it says that it holds more events than bytes");
    return true;
  }
  ended_ = true;
  reader_.consume(size);
  if (!reader_.available().empty() || reader_.more()) refuse("bytes behind the end mark");
  return false;
}

void BinaryStream::end_block() {
  if (at_ != records_end_) refuse("its records do not end where its header says");
  if (full_ && times_ != times_end_) refuse("its times do not end where its header says");
  reader_.consume(block_size_);
}

// All seven bits of up to eight bytes at once; the padding behind the buffer lets the word be loaded anywhere.
inline std::uint64_t BinaryStream::varint() {
  const std::uint64_t word = word_at(at_);
  const std::uint64_t ends = ~word & in_each_byte(0x80);
  if ((ends & 0x80) != 0) {
    ++at_;
    return word & 0x7f;
  }
  if (ends == 0) return long_varint();
  const unsigned last = bytes_before(ends);
  at_ += last + 1;
  return binary::joined(word & (ends ^ (ends - 1)) & in_each_byte(0x7f));
}

std::uint64_t BinaryStream::long_varint() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at_++);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return number;
  }
  refuse("a number of more than ten bytes");
}

// Within values and definitions, of which there may be more than the padding allows to read ahead.
std::uint64_t BinaryStream::checked_varint() {
  if (at_ >= records_end_) refuse("a record that goes beyond the records");
  return varint();
}

std::uint32_t BinaryStream::number_below(std::uint64_t bound, const char* what) {
  const std::uint64_t number = checked_varint();
  if (number >= bound) refuse(fmt::format("{} {} is not defined", what, number));
  return static_cast<std::uint32_t>(number);
}

std::string BinaryStream::text() {
  const std::uint64_t size = checked_varint();
  if (at_ > records_end_ || size > static_cast<std::uint64_t>(records_end_ - at_)) {
    refuse("a text that goes beyond the records");
  }
  std::string out(at_, static_cast<std::size_t>(size));
  at_ += size;
  return out;
}

Value BinaryStream::value(int depth) {
  if (depth > binary::deepest_value) refuse(fmt::format("more than {} levels of nesting", binary::deepest_value));
  switch (static_cast<Kind>(checked_varint())) {
    case Kind::nil:
      return Nil();
    case Kind::no:
      return false;
    case Kind::yes:
      return true;
    case Kind::integer:
      return binary::unzigzag(checked_varint());
    case Kind::real: {
      if (records_end_ - at_ < 8) refuse("a number that goes beyond the records");
      const std::uint64_t bits = word_at(at_);
      at_ += 8;
      return std::bit_cast<double>(bits);
    }
    case Kind::text:
      return text();
    case Kind::list: {
      List list;
      for (std::uint64_t left = checked_varint(); left > 0; --left) list.push_back(value(depth + 1));
      return list;
    }
    case Kind::map: {
      Map map;
      for (std::uint64_t left = checked_varint(); left > 0; --left) {
        std::string name = text();
        map.emplace_back(std::move(name), value(depth + 1));
      }
      return map;
    }
  }
  refuse("a value of an unknown kind");
}

void BinaryStream::define_slot() {
  const std::uint32_t slot = number_below(slots_.size() + 1, "slot");
  const std::int64_t process = binary::unzigzag(checked_varint());
  if (process < nemesis_process) refuse(fmt::format("process {}", process));
  if (slot == slots_.size()) {
    slots_.emplace_back();
    if (full_) full_slots_.emplace_back();
  }
  slots_[slot].process = process;
}

void BinaryStream::define_shape() {
  const std::uint64_t bits = checked_varint(), form = checked_varint();
  if (bits > 31 || form > static_cast<std::uint64_t>(Form::inline_value)) refuse("a shape of an unknown kind");
  Shape shape{.type = static_cast<EventType>(bits & binary::type_bits),
              .has_index = (bits & binary::index_bit) != 0,
              .as_called = (bits & binary::as_called_bit) != 0,
              .has_key = (bits & binary::key_bit) != 0,
              .form = static_cast<Form>(form)};
  shape.f_name = number_below(names_.size(), "name");
  shape.node = number_below(names_.size(), "name");
  shape.error = number_below(names_.size(), "name");
  shape.mismatch = names_[shape.error] == "mismatch";
  if (!shape.as_called) {
    try {
      shape.f = vocabulary_.verb(names_[shape.f_name]);
    } catch (const std::length_error& error) {
      refuse(error.what());
    }
  }
  shapes_.push_back(shape);
  const bool is_plain =
      !shape.has_index && (shape.form == Form::nil || shape.form == Form::integer || shape.form == Form::same);
  if (shapes_.size() >= plain_shapes_.size() || !is_plain) return;
  const bool same = shape.form == Form::same;
  const KeyAndVerb function = shape.as_called ? 0 : KeyAndVerb{shape.f} << LastWord::verb_at;
  plain_shapes_[shapes_.size()] = {.keys = binary::all_if(shape.has_key && !shape.as_called),
                                   .values = binary::all_if(shape.form == Form::integer),
                                   .same_value = binary::all_if(same),
                                   .second = same ? 0 : Atom::absent().bits(),
                                   .as_called = shape.as_called ? as_called_part : 0,
                                   .fixed = function |
                                            KeyAndVerb{static_cast<std::uint8_t>(shape.type)} << LastWord::type_at |
                                            KeyAndVerb{shape.mismatch} << LastWord::mismatch_at};
  lengths_[shapes_.size()] =
      &binary::all_lengths[1U + (shape.has_key && !shape.as_called) + (shape.form == Form::integer)];
}

void BinaryStream::define() {
  switch (static_cast<Definition>(checked_varint())) {
    case Definition::name:
      names_.push_back(text());
      key_of_name_.push_back(nothing);
      return;
    case Definition::value: {
      Value defined = value(0);
      const Atom atom = vocabulary_.atom(defined);
      values_.push_back({std::move(defined), atom});
      return;
    }
    case Definition::slot:
      return define_slot();
    case Definition::shape:
      return define_shape();
  }
  refuse("a definition of an unknown kind");
}

inline Atom BinaryStream::atom_of(std::int64_t number) {
  if (number >= Atom::smallest_integer && number <= Atom::largest_integer) return Atom::integer(number);
  return vocabulary_.atom(number);
}

void BinaryStream::set_value(Slot& slot, const Value& value) {
  const List* pair = slot.f() == verb::cas ? value.get_if<List>() : nullptr;
  if (pair != nullptr && pair->size() == 2) {
    slot.value = vocabulary_.atom((*pair)[0]);
    slot.second = vocabulary_.atom((*pair)[1]);
  } else if (slot.process != nemesis_process) {
    slot.value = vocabulary_.atom(value);
  }
}

inline void BinaryStream::read_value(const Shape& shape, Slot& slot) {
  if (shape.form == Form::same) return;
  slot.second = Atom::absent();
  if (full_) full_slot_->full_number = -1;
  switch (shape.form) {
    case Form::nil:
    case Form::same:
      slot.value = Atom();
      if (full_) full_slot_->full = Nil();
      return;
    case Form::integer: {
      const std::int64_t number = binary::unzigzag(varint());
      slot.value = atom_of(number);
      if (full_) full_slot_->full = number;
      return;
    }
    case Form::pair: {
      const std::int64_t first = binary::unzigzag(varint()), second = binary::unzigzag(varint());
      if (full_ || slot.f() != verb::cas) {
        const Value list = List{first, second};
        if (slot.f() != verb::cas) set_value(slot, list);
        if (full_) full_slot_->full = list;
      }
      if (slot.f() == verb::cas) {
        slot.value = atom_of(first);
        slot.second = atom_of(second);
      }
      return;
    }
    case Form::numbered: {
      const std::uint32_t number = number_below(values_.size(), "value");
      slot.value = values_[number].atom;
      if (full_) full_slot_->full_number = number;
      return;
    }
    case Form::inline_value: {
      Value read = value(0);
      set_value(slot, read);
      if (full_) full_slot_->full = std::move(read);
    }
  }
}

// An event that says itself which function, node and key it is of.
void BinaryStream::begin_call() {
  KeyId key = no_key;
  std::int64_t key_name = -1;
  if (shape_->has_key) {
    const std::uint32_t name = number_below(names_.size(), "name");
    if (key_of_name_[name] == nothing) key_of_name_[name] = vocabulary_.key(names_[name]);
    key = static_cast<KeyId>(key_of_name_[name]);
    key_name = name;
  }
  slot_->set(key, shape_->f);
  if (!full_) return;
  full_slot_->f_name = shape_->f_name;
  full_slot_->node = shape_->node;
  full_slot_->key_name = key_name;
}

bool BinaryStream::begin_event() {
  if (left_ == 0) {
    while (at_ < records_end_) {  // definitions that nothing here uses
      if (varint() != 0) refuse("more events than it says");
      define();
    }
    return false;
  }
  std::uint64_t number = varint();
  for (; number == 0; number = varint()) {
    if (at_ >= records_end_) refuse("fewer events than it says");
    define();
  }
  if (number > shapes_.size()) refuse(fmt::format("shape {} is not defined", number - 1));
  shape_ = &shapes_[number - 1];
  const std::uint64_t slot = varint();
  if (slot >= slots_.size()) refuse(fmt::format("slot {} is not defined", slot));
  slot_ = &slots_[slot];
  index_ = next_index_;
  if (shape_->has_index) index_ += static_cast<std::uint64_t>(binary::unzigzag(varint()));
  if (full_) full_slot_ = &full_slots_[slot];
  if (!shape_->as_called) {
    begin_call();
  } else if (!slot_->is_used()) {
    refuse(fmt::format("an event as the one before it in slot {}, where none is", slot));
  }
  read_value(*shape_, *slot_);
  if (at_ > records_end_) refuse("a record that goes beyond the records");
  next_index_ = index_ + 1;
  --left_;
  ++events_;
  return true;
}

inline CompactEvent BinaryStream::compact_event() const {
  return {.index = index_,
          .process = slot_->process,
          .value = slot_->value,
          .second = slot_->second,
          .key = slot_->key(),
          .f = slot_->f(),
          .type = shape_->type,
          .mismatch = shape_->mismatch};
}

Event BinaryStream::full_event() {
  const FullSlot& slot = *full_slot_;
  return {.index = index_,
          .time = std::chrono::nanoseconds(static_cast<std::int64_t>(last_time_)),
          .process = slot_->process,
          .type = shape_->type,
          .f = names_[slot.f_name],
          .key = slot.key_name < 0 ? std::nullopt : std::optional(names_[static_cast<std::size_t>(slot.key_name)]),
          .value = slot.full_number < 0 ? slot.full : values_[static_cast<std::size_t>(slot.full_number)].value,
          .node = names_[slot.node],
          .error = names_[shape_->error]};
}

std::span<const CompactEvent> BinaryStream::next() {
  batch_.resize(usual_batch);
  return {batch_.data(), next_into(batch_)};
}

// What is damaged is complained about behind all events before it, however many fit into `into`.
std::size_t BinaryStream::next_into(std::span<CompactEvent> into) {
  if (damage_) std::rethrow_exception(damage_);
  into_ = into;
  try {
    while (into_.size() == into.size() && (in_block_ || begin_block())) fill();
  } catch (...) {
    if (into_.size() == into.size()) throw;
    damage_ = std::current_exception();
  }
  return into.size() - into_.size();
}

// Until into_ is full, or the block ends.
void BinaryStream::fill() {
  in_block_ = true;
  while (in_block_ && !into_.empty()) {
    take_events();
    if (into_.empty()) return;
    in_block_ = begin_event();
    if (!in_block_) {
      end_block();
    } else if (slot_->process != nemesis_process) {
      into_.front() = compact_event();
      into_ = into_.subspan(1);
    }
  }
}

// `visit` says whether to go on.
template <typename Visit>
void BinaryStream::visit_full(const Visit& visit) {
  full_ = true;
  rewind();
  bool go_on = true;
  while (go_on && begin_block()) {
    while (go_on && begin_event()) {
      if (times_ >= times_end_) refuse("fewer times than events");
      std::swap(at_, times_);
      last_time_ += static_cast<std::uint64_t>(binary::unzigzag(varint()));
      std::swap(at_, times_);
      go_on = visit();
    }
    if (go_on) end_block();
  }
  full_ = false;
  rewind();
}

void BinaryStream::for_each(const std::function<bool(const Event&)>& visit) {
  visit_full([&] { return visit(full_event()); });
}

History BinaryStream::fetch(const std::function<bool(const CompactEvent&)>& wanted, std::uint64_t last) {
  History out;
  visit_full([&] {
    if (index_ > last) return false;
    if (slot_->process != nemesis_process && wanted(compact_event())) out.push_back(full_event());
    return true;
  });
  return out;
}

std::vector<std::string> BinaryStream::warnings() const {
  if (cut_) return {*cut_};
  return {};
}

}  // namespace ordeal::checker
