// The text of a schedule: schedule.jsonl of a run folder, one fault a line. Pure; any thread.
//
//   {"id":1,"at":812000000,"lasting":2100000000,"f":"partition","kind":"halves","draw":8034}
//   {"id":2,"at":5100000000,"lasting":400000000,"f":"kill","target":"leader","draw":991}
//   {"id":3,"at":9000000000,"lasting":400000000,"f":"pause","target":["n1","n3"],"draw":17}
//   {"id":4,"at":9500000000,"lasting":1000000000,"f":"transfer","draw":5}
//   {"id":5,"at":9900000000,"lasting":3000000000,"f":"membership","kind":"replace","least-voters":3,"draw":5}
//   {"id":6,"at":9910000000,"lasting":900000000,"f":"power-failure","target":"all","torn":"draw","draw":5}
//   {"id":7,"at":9920000000,"lasting":900000000,"f":"io-error","target":"one","call":"fsync","error":"EIO","draw":5}
//   {"id":8,"at":9930000000,"lasting":900000000,"f":"slow-disk","target":"one","delay":50000000,"draw":5}
//   {"id":9,"at":9940000000,"lasting":900000000,"f":"disk-full","target":"one","draw":5}
//   {"id":10,"at":9990000000,"lasting":3000000000,"f":"packets","kind":"loss","links":"all","scope":"all",
//    "delay":50000000,"jitter":10000000,"distribution":"normal","delay-correlation":25,"percent":20,"correlation":75,
//    "kbit":1000,"period":500000000,"draw":5}                                                                   (in one
//    line)
//   {"id":11,"at":9945000000,"lasting":900000000,"f":"crash-loop","target":"one","times":4,"alive":[2000000,500000000],
//    "down":[1000000,20000000],"draw":5}   (on one line)
//   {"id":12,"at":9946000000,"lasting":900000000,"f":"starve","target":"one","share":5,"period":50000000,"draw":5}
//   {"id":12,"at":9950000000,"lasting":900000000,"f":"corrupt-file","target":"one","kind":"bit-flip",
//    "beyond-minority":false,"draw":5}   (on one line)
//
// A fault that waits for events has them beside the time from which on it waits:
//   {"id":13,...,"draw":5,"when":[{"event":"fsync","count":3,"at":"leader","text":"snapshot"}],"hold":0,
//    "within":5000000000}   (on one line)
//
// Times are nanoseconds since the load began. harness/config/schedule_file.h reads it back.

#pragma once

#include <string>

#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

std::string to_json_line(const ScheduledFault& fault);  // without the line break
std::string to_json_lines(const Schedule& schedule);    // each line with its line break

}  // namespace ordeal::nemesis
