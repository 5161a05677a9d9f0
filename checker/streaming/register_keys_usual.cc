// The calls of writes and the oks of reads and writes, of which nearly every history consists.
//
// A call of a write says no more than that its value may be read from now on. So between two unusual events all of them
// come first, and then all oks; a read is held to have been too early when the write of its value is later than it
// (is_early). What is left is to do for an ok what see() does, for the ok of a read and of a write, of a value that is
// seen for the first time or again, without asking which it is: all of it is as likely as not, and nobody can predict
// it. What is rare is asked at once, and left to complete().

#include <algorithm>

#include "checker/streaming/register_keys.h"
#include "checker/streaming/register_keys_steps.h"

namespace ordeal::checker {

void RegisterKeys::add_usual(std::span<const PairedEvent> writes, std::span<const PairedEvent> oks) {
  for (const PairedEvent& event : writes) {
    Key& key = keys_[event.key];
    if (key.status != Status::followed || write(key, event, event.value, Atom::absent())) [[likely]]
      continue;
    const auto later = std::find_if(oks.begin(), oks.end(), [&](const auto& ok) { return ok.now > event.now; });
    add_oks({oks.begin(), later});
    oks = {later, oks.end()};
    give_up_repeated(key, event);
  }
  add_oks(oks);
}

void RegisterKeys::add_oks(std::span<const PairedEvent> oks) {
  for (const PairedEvent& event : oks) {
    Key& key = keys_[event.key];
    if (key.status != Status::followed) [[unlikely]] {
      complete({.event = event});
      continue;
    }
    const StageId id = find(key, event.key, event.value);
    Stage& stage = table_[id];
    if ((id == no_stage) | is_early(stage, event.now) | !stage.is_plain() |
        (nil_reads_say_nothing_ & event.value.is_nil())) [[unlikely]] {
      complete({.event = event});
      continue;
    }
    stage.open &= event.f == verb::read;
    stage.first_return = std::min(stage.first_return, event.now);
    const bool is_raised = event.called > stage.last_call;
    stage.last_call = std::max(stage.last_call, event.called);
    note_call(key, id, stage.last_call);
    if (is_raised & (last_call_of_others(key, id) >= stage.first_return)) [[unlikely]] {
      now_ = event.now;
      called_ = event.called;
      check_raised(key, id, event.called);
    }
  }
}

}  // namespace ordeal::checker
