#include "checker/formats/binary_writer.h"

#include <stdexcept>

#include "checker/formats/crc32c.h"

namespace ordeal::checker {

using binary::Definition;
using binary::Form;
using binary::Kind;

namespace {

constexpr std::size_t most_numbered_values = std::size_t{1} << 16;  // the reader holds them

void put_byte(std::string& out, unsigned byte) {
  out += static_cast<char>(static_cast<unsigned char>(byte));
}

void put_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) put_byte(out, static_cast<unsigned>(number & 0x7f) | 0x80);
  put_byte(out, static_cast<unsigned>(number));
}

void put_signed(std::string& out, std::int64_t number) {
  put_varint(out, binary::zigzag(number));
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

void put_u32(std::string& out, std::size_t number) {
  if (number > 0xffffffff) throw std::length_error("an event of more than 4 GiB cannot be written");
  for (unsigned shift = 0; shift < 32; shift += 8) put_byte(out, static_cast<unsigned>(number >> shift & 0xff));
}

void put_kind(std::string& out, Kind kind) {
  put_byte(out, static_cast<unsigned>(kind));
}

struct ValueBytes {
  std::string& out;

  void operator()(Nil) const { put_kind(out, Kind::nil); }
  void operator()(bool value) const { put_kind(out, value ? Kind::yes : Kind::no); }
  void operator()(std::int64_t value) const {
    put_kind(out, Kind::integer);
    put_signed(out, value);
  }
  void operator()(double value) const {
    put_kind(out, Kind::real);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    put_u32(out, bits & 0xffffffff);
    put_u32(out, bits >> 32);
  }
  void operator()(const std::string& value) const {
    put_kind(out, Kind::text);
    put_text(out, value);
  }
  void operator()(const List& list) const {
    put_kind(out, Kind::list);
    put_varint(out, list.size());
    for (const Value& item : list) std::visit(*this, item.variant());
  }
  void operator()(const Map& map) const {
    put_kind(out, Kind::map);
    put_varint(out, map.size());
    for (const Field& field : map) {
      put_text(out, field.first);
      std::visit(*this, field.second.variant());
    }
  }
};

bool is_pair_of_integers(const Value& value) {
  const List* list = value.get_if<List>();
  return list != nullptr && list->size() == 2 && (*list)[0].get_if<std::int64_t>() != nullptr &&
         (*list)[1].get_if<std::int64_t>() != nullptr;
}

}  // namespace

BinaryWriter::BinaryWriter(ByteSink& sink, bool nil_reads_say_nothing) : sink_(sink) {
  std::string header(binary::magic);
  put_byte(header, nil_reads_say_nothing ? 1 : 0);
  sink_.write(header);
}

void BinaryWriter::define(Definition definition) {
  put_varint(records_, 0);
  put_byte(records_, static_cast<unsigned>(definition));
}

std::uint32_t BinaryWriter::name(const std::string& text) {
  const auto [found, is_new] = names_.try_emplace(text, static_cast<std::uint32_t>(names_.size()));
  if (is_new) {
    define(Definition::name);
    put_text(records_, text);
  }
  return found->second;
}

std::uint32_t BinaryWriter::slot_of(Process process) {
  const auto [found, is_new] = slot_numbers_.try_emplace(process, static_cast<std::uint32_t>(slots_.size()));
  if (!is_new) return found->second;
  if (free_slots_.empty()) {
    slots_.emplace_back();
  } else {
    found->second = free_slots_.back();
    free_slots_.pop_back();
  }
  define(Definition::slot);
  put_varint(records_, found->second);
  put_signed(records_, process);
  return found->second;
}

std::uint32_t BinaryWriter::shape(const std::string& description) {
  const auto [found, is_new] = shapes_.try_emplace(description, static_cast<std::uint32_t>(shapes_.size()));
  if (is_new) {
    define(Definition::shape);
    records_ += description;
  }
  return found->second;
}

Form BinaryWriter::form_of(const Value& value, const std::string& bytes, bool may_be_same, const Slot& slot) {
  if (value.is_nil()) return Form::nil;
  if (may_be_same && bytes == slot.value) return Form::same;
  if (value.get_if<std::int64_t>() != nullptr) return Form::integer;
  if (is_pair_of_integers(value)) return Form::pair;
  if (value.get_if<List>() != nullptr || value.get_if<Map>() != nullptr) return Form::inline_value;
  if (values_.contains(bytes)) return Form::numbered;
  if (values_.size() == most_numbered_values) return Form::inline_value;
  values_.emplace(bytes, static_cast<std::uint32_t>(values_.size()));
  define(Definition::value);
  records_ += bytes;
  return Form::numbered;
}

void BinaryWriter::put_value(Form form, const Value& value, const std::string& bytes) {
  switch (form) {
    case Form::nil:
    case Form::same:
      break;
    case Form::integer:
      put_signed(records_, *value.get_if<std::int64_t>());
      break;
    case Form::pair:
      for (const Value& part : *value.get_if<List>()) put_signed(records_, *part.get_if<std::int64_t>());
      break;
    case Form::numbered:
      put_varint(records_, values_.at(bytes));
      break;
    case Form::inline_value:
      records_ += bytes;
  }
}

void BinaryWriter::write(const Event& event) {
  std::string bytes;
  std::visit(ValueBytes{bytes}, event.value.variant());
  const std::uint32_t slot_number = slot_of(event.process);
  Slot& slot = slots_[slot_number];
  const std::uint32_t f = name(event.f), node = name(event.node), error = name(event.error);
  const std::int64_t key = event.key ? std::int64_t{name(*event.key)} : -1;
  const bool as_called = slot.f == f && slot.node == node && slot.key == key && !slot.value.empty();
  const Form form = form_of(event.value, bytes, as_called, slot);

  std::string description;
  put_byte(description, static_cast<unsigned>(event.type) | (event.index != next_index_ ? binary::index_bit : 0) |
                            (as_called ? binary::as_called_bit : 0) | (!as_called && event.key ? binary::key_bit : 0));
  put_byte(description, static_cast<unsigned>(form));
  put_varint(description, as_called ? 0 : f);
  put_varint(description, as_called ? 0 : node);
  put_varint(description, error);

  const std::uint32_t shape_number = shape(description);
  put_varint(records_, std::uint64_t{shape_number} + 1);
  put_varint(records_, slot_number);
  if (event.index != next_index_) put_signed(records_, static_cast<std::int64_t>(event.index - next_index_));
  if (!as_called && event.key) put_varint(records_, static_cast<std::uint64_t>(key));
  put_value(form, event.value, bytes);
  const auto time = static_cast<std::uint64_t>(event.time.count());
  put_signed(times_, static_cast<std::int64_t>(time - last_time_));

  slot = {.f = f, .node = node, .key = key, .value = std::move(bytes)};
  next_index_ = event.index + 1;
  last_time_ = time;
  if (event.type == EventType::info && event.process != nemesis_process) {
    slot_numbers_.erase(event.process);
    free_slots_.push_back(slot_number);
  }
  ++events_;
  if (events_ == binary::events_in_a_block || records_.size() + times_.size() >= binary::bytes_in_a_block) put_block();
}

void BinaryWriter::put_block() {
  std::string header;
  put_u32(header, records_.size());
  put_u32(header, times_.size());
  put_u32(header, events_);
  const std::uint32_t checksum = crc32c(crc32c(crc32c(0, header), records_), times_);
  put_u32(header, checksum);
  sink_.write(header);
  sink_.write(records_);
  sink_.write(times_);
  records_.clear();
  times_.clear();
  events_ = 0;
}

void BinaryWriter::finish() {
  if (events_ > 0) put_block();
  put_block();  // of nothing: the end mark
  sink_.finish();
}

}  // namespace ordeal::checker
