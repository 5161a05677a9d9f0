#include "harness/report/report_style.h"

namespace ordeal::harness {

// Hues are those that people with any kind of colour vision can tell apart; none of them carries a meaning alone.
const std::string_view report_style = R"css(
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1b1f27; --soft: #5b6472; --edge: #dde1e8; --row: #f3f5f8;
  --blue: #1f6fb8; --green: #12805c; --orange: #c25e00; --red: #c2261c; --purple: #8a4fa8; --teal: #0d7f86; --amber: #a67c00;
  --valid: #12704f; --invalid: #b3201a; --unavailable: #a63c06; --unknown: #6a5410; --not-exercised: #55516b; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12151a; --card: #1a1f26; --ink: #e6e9ee; --soft: #9aa4b2; --edge: #303844; --row: #20262f;
  --blue: #62aef0; --green: #4cc79a; --orange: #f0984a; --red: #ff7468; --purple: #c695e0; --teal: #4cc3c9; --amber: #e0b84a;
  --valid: #0f6246; --invalid: #a02019; --unavailable: #93400f; --unknown: #665217; --not-exercised: #4b4866; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans",
  sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 20px 16px 60px; }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 18px 22px; margin: 16px 0; }
h2 { font-size: 18px; margin: 0 0 10px; } h3 { font-size: 15px; margin: 18px 0 6px; } h3 code { font-size: inherit; }
p { margin: 6px 0; max-width: 86ch; } .caption, caption { color: var(--soft); font-size: 13px; }
a { color: var(--blue); } code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 13px; }
pre { background: var(--row); border: 1px solid var(--edge); border-radius: 6px; padding: 10px 12px; margin: 6px 0;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.copy { user-select: all; }
header { border-radius: 10px; padding: 22px 26px; color: #fff; }
header h1 { font-size: 40px; line-height: 1.1; letter-spacing: .02em; margin: 0 0 6px; }
header p { font-size: 17px; margin: 2px 0; max-width: none; } header .run { font-size: 14px; opacity: .88; margin-top: 10px; }
.valid { background: var(--valid); } .invalid { background: var(--invalid); } .unavailable { background: var(--unavailable); }
.unknown { background: var(--unknown); } .not-exercised { background: var(--not-exercised); }
.badge { display: inline-block; color: #fff; border-radius: 5px; padding: 1px 9px; font-size: 13px; font-weight: 600; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 16px 0; padding: 0; }
.figures div { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 10px 14px; }
.figures dt { color: var(--soft); font-size: 13px; } .figures dd { margin: 0; font-size: 21px; font-weight: 600; }
.figures .note { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }
.finding { border-top: 1px solid var(--edge); padding: 10px 0 6px; } .finding:first-of-type { border-top: 0; padding-top: 0; }
.finding h3 { margin: 0 0 2px; } .finding ul { margin: 4px 0 6px; padding-left: 20px; }
.witness { border-left: 4px solid var(--red); padding-left: 16px; margin: 12px 0 4px; }
.witness .explanation { font-size: 16px; white-space: pre-line; }
.scroll { overflow-x: auto; margin: 6px 0; } .from-end { direction: rtl; } .from-end svg { direction: ltr; }
table { border-collapse: collapse; width: 100%; font-size: 14px; margin: 4px 0 10px; }
caption { text-align: left; padding-bottom: 4px; } th { text-align: left; white-space: nowrap; color: var(--soft); font-weight: 600; font-size: 13px; }
th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--edge); vertical-align: top; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; } td.number { font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
tr.sum td { font-weight: 600; } tr.bad td { color: var(--red); } tr.weak td { color: var(--soft); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 4px 40px; }
details { margin: 8px 0; } summary { cursor: pointer; color: var(--soft); } .logs { columns: 3 220px; padding-left: 18px; }
svg { display: block; font-family: inherit; } svg text { fill: var(--ink); font-size: 11px; }
svg .axis, svg .small { fill: var(--soft); } svg .panel-name { font-size: 12px; font-weight: 600; } svg .muted { fill: var(--soft); font-style: italic; }
.guide { stroke: var(--edge); stroke-width: 1; } .level { stroke: var(--edge); stroke-dasharray: 2 4; } .frame { stroke: var(--soft); }
.row { fill: var(--row); stroke: var(--card); stroke-width: 3; } svg .lane { font-size: 12px; font-weight: 600; }
.bar { rx: 5; stroke-width: 1.5; } svg .bar-text { font-size: 12px; }
.bar.write { fill: var(--blue); fill-opacity: .22; stroke: var(--blue); }
.bar.read { fill: var(--green); fill-opacity: .22; stroke: var(--green); }
.bar.failed { fill: var(--card); stroke: var(--soft); }
.bar.open { fill: var(--amber); fill-opacity: .18; stroke: var(--amber); stroke-dasharray: 6 4; }
.bar.culprit { fill: var(--red); fill-opacity: .25; stroke: var(--red); stroke-width: 3; }
.verdict-line { stroke: var(--red); stroke-width: 2; stroke-dasharray: 5 3; } svg .culprit-text { fill: var(--red); font-weight: 600; }
.phase { fill: var(--row); stroke: var(--card); stroke-width: 2; } .phase.load { fill: var(--blue); fill-opacity: .16; }
.fault { rx: 3; fill-opacity: .3; stroke-width: 1.2; --hue: var(--soft); fill: var(--hue); stroke: var(--hue); }
.fault.kill, .fault.crash-loop { --hue: var(--red); } .fault.stop { --hue: var(--orange); } .fault.pause, .fault.starve { --hue: var(--purple); }
.fault.partition { --hue: var(--blue); } .fault.transfer { --hue: var(--amber); } .fault.membership { --hue: var(--green); } .fault.power-failure { --hue: var(--red); } .fault.io-error, .fault.disk-full, .fault.slow-disk { --hue: var(--amber); } .fault.packets { --hue: var(--blue); }
.fault.clock { --hue: var(--teal); } .fault.upgrade { --hue: var(--green); } .fault.many { stroke: none; fill-opacity: .65; rx: 0; } .fault.many.without-effect { fill-opacity: .2; }
.fault.without-effect:not(.many) { fill-opacity: 0; stroke-dasharray: 4 3; }
.point { fill: var(--ink); }
.shadow { fill: var(--soft); fill-opacity: .08; } .exit-mark { fill: var(--red); }
.violation { stroke: var(--red); stroke-width: 1.6; stroke-dasharray: 5 3; }
.ok-area { fill: var(--green); fill-opacity: .35; stroke: var(--green); stroke-width: 1; }
.fail-column, .fail-key { fill: var(--orange); } .info-column, .info-key { fill: var(--purple); }
.p50-line, .p99-line { fill: none; stroke-width: 1.6; } .p50-line { stroke: var(--green); } .p99-line { stroke: var(--blue); }
.max-dot, .max-key { fill: var(--red); } .p50-key { fill: var(--green); } .p99-key { fill: var(--blue); }
.readout { fill: var(--ink); fill-opacity: 0; } .readout:hover { fill-opacity: .1; }
@media print { body { background: #fff; } section, header { break-inside: avoid; } }
)css";

}  // namespace ordeal::harness
