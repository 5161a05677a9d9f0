// What a recorder has recorded, as whoever reads its file sees it. Only tests link this.

#pragma once

#include "checker/event.h"
#include "harness/run/history_tail.h"
#include "harness/run/recorder.h"

namespace ordeal::harness {

inline checker::History recorded(const Recorder& recorder) {
  HistoryTail tail(recorder.file());
  checker::History all;
  while (true) {
    const checker::History& piece = tail.next();
    if (piece.empty()) return all;
    all.insert(all.end(), piece.begin(), piece.end());
  }
}

}  // namespace ordeal::harness
