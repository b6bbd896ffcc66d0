"""How a page looks: by day, by night, on a phone, on paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --quiet: #59636e; --link: #0757a8;
  --before: #8b949e; --after: #0969da; --more: #bc4c00; --less: #0969da;
  --critical: #a40e26; --high: #9a4400; --medium: #6d5200; --low: #4d5661; --good: #116329;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --panel: #161b22; --line: #3d444d; --text: #e6edf3; --quiet: #9da7b1; --link: #79b8ff;
    --before: #7d8590; --after: #58a6ff; --more: #f0883e; --less: #58a6ff;
    --critical: #ff9a94; --high: #ffb077; --medium: #e3c04a; --low: #b1bac4; --good: #7ee787;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 68rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 {
  font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line);
}
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
ul { margin: .5rem 0; padding-left: 1.2rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
code { font: .875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; unicode-bidi: isolate; }
td, th, li, dd { unicode-bidi: isolate; }
.quiet { color: var(--quiet); }
.kept { display: inline-block; }
.tiles {
  display: grid; gap: .75rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
}
.tiles div {
  background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem;
}
.tiles dt { color: var(--quiet); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.15rem; font-weight: 600; line-height: 1.35; }
.tiles dd small { display: block; font-size: .85rem; font-weight: 400; color: var(--quiet); }
.card {
  border: 1px solid var(--line); border-left: 6px solid var(--grade); border-radius: 8px;
  padding: .75rem 1rem; margin: .75rem 0; background: var(--panel);
}
.card h3 { margin: 0 0 .25rem; }
.card p { margin: .25rem 0; }
.critical { --grade: var(--critical); } .high { --grade: var(--high); }
.medium { --grade: var(--medium); } .low { --grade: var(--low); } .good { --grade: var(--good); }
.grade { color: var(--grade); font-weight: 700; }
.scroll { overflow-x: auto; margin: 1rem 0; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible {
  outline: 3px solid var(--after); outline-offset: 2px;
}
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
th, td {
  text-align: left; vertical-align: top; padding: .4rem 1.25rem .4rem 0;
  border-bottom: 1px solid var(--line);
}
th:last-child, td:last-child { padding-right: 0; }
td ul { margin: 0; padding: 0; list-style: none; }
td small { display: block; color: var(--quiet); }
thead th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
.op { display: inline-block; min-width: 4.2em; font-weight: 700; }
.op.delete, .op.replace { color: var(--critical); }
.op.create { color: var(--good); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; margin: .25rem 0; }
pre .added { color: var(--good); } pre .removed { color: var(--critical); }
.scroll th, .scroll td { overflow-wrap: normal; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; padding: .25rem .75rem; }
details details { border: 0; padding: 0; }
summary { cursor: pointer; padding: .35rem 0; font-weight: 600; }
.charts {
  display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
}
figure { margin: .5rem 0; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: .25rem; }
svg { display: block; width: 100%; overflow: visible; }
svg text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--text); }
svg .value { font-variant-numeric: tabular-nums; }
svg .none { fill: var(--quiet); }
svg .before { fill: var(--before); } svg .after { fill: var(--after); }
svg .more { fill: var(--more); } svg .less { fill: var(--less); }
svg .axis { stroke: var(--quiet); stroke-width: 1; }
.key { display: flex; gap: 1rem; margin: 0 0 .5rem; padding: 0; list-style: none; font-size: .85rem; }
.key i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; }
.key .before { background: var(--before); } .key .after { background: var(--after); }
.key .more { background: var(--more); } .key .less { background: var(--less); }
@media (max-width: 30rem) {
  body { padding: 1rem .75rem 3rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .5rem; }
  .tiles dd { font-size: 1rem; }
}
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  nav { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .card, figure, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
  .before, .after, .more, .less, .key i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
""".strip()
