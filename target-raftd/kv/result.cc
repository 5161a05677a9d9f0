// The encoding, little-endian; a result has exactly one:
//
//   version u8 = 1 | code u8 | index u64 | flags u8: 1 actual, 2 sum, 4 txn, 8 the transaction succeeded
//   | [actual: length u32, bytes] | [sum u64] | [operations: count u32, each: present u8, [value as below]]
//   value := length u32, bytes | created u64 | modified u64 | version u64

#include "target-raftd/kv/result.h"

#include "target-raftd/kv/bytes.h"

namespace raftd::kv {
namespace {

constexpr std::uint8_t version = 1;

constexpr unsigned with_actual = 1;
constexpr unsigned with_sum = 2;
constexpr unsigned with_txn = 4;
constexpr unsigned txn_succeeded = 8;

void write(Writer& out, const TxnResult& txn) {
  out.u32(txn.operations.size());
  for (const std::optional<Value>& value : txn.operations) {
    out.u8(value ? 1 : 0);
    if (!value) {
      continue;
    }
    out.bytes(value->value);
    out.u64(value->created);
    out.u64(value->modified);
    out.u64(value->version);
  }
}

// Braces evaluate from left to right, so the fields are read in the order in which they stand.
TxnResult read_txn(Reader& in, bool succeeded) {
  TxnResult txn{.succeeded = succeeded, .operations = {}};
  for (std::uint64_t left = in.u32(); left > 0 && in.ok(); --left) {
    txn.operations.emplace_back();
    if (in.boolean()) {
      txn.operations.back() = Value{in.bytes(), in.u64(), in.u64(), in.u64()};
    }
  }
  return txn;
}

}  // namespace

std::string encode(const Result& result) {
  Writer out;
  out.u8(version);
  out.u8(static_cast<std::uint8_t>(result.code));
  out.u64(result.index);
  out.u8((result.actual ? with_actual : 0U) | (result.sum ? with_sum : 0U) | (result.txn ? with_txn : 0U) |
         (result.txn && result.txn->succeeded ? txn_succeeded : 0U));
  if (result.actual) {
    out.bytes(*result.actual);
  }
  if (result.sum) {
    out.u64(static_cast<std::uint64_t>(*result.sum));
  }
  if (result.txn) {
    write(out, *result.txn);
  }
  return out.take();
}

std::optional<Result> decode_result(std::string_view bytes) {
  Reader in(bytes);
  in.require(in.u8() == version);
  Result result;
  const std::uint64_t code = in.u8();
  in.require(code <= static_cast<std::uint64_t>(Code::not_a_number));
  result.code = static_cast<Code>(code);
  result.index = in.u64();
  const std::uint64_t flags = in.u8();
  const bool succeeded = (flags & txn_succeeded) != 0;
  in.require(flags < 16 && (!succeeded || (flags & with_txn) != 0));
  if ((flags & with_actual) != 0) {
    result.actual = in.bytes();
  }
  if ((flags & with_sum) != 0) {
    result.sum = static_cast<std::int64_t>(in.u64());
  }
  if ((flags & with_txn) != 0) {
    result.txn = read_txn(in, succeeded);
  }
  return in.at_end() ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace raftd::kv
