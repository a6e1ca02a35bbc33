"""How a report's page looks, on a screen and printed on A4."""

STYLE = """\
/* Khmer stacks signs above and below the line, so its lines stand further apart. */
:root { --ink: #1c2430; --soft: #4d5866; --line: #cfd5dc; --blue: #1d4268; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; overflow-wrap: anywhere;
  font-family: "Samleng Khmer", "Samleng", sans-serif; font-size: 1rem; line-height: 1.5; }
:lang(en) { font-family: "Samleng", "Samleng Khmer", sans-serif; }
:lang(km) { font-family: "Samleng Khmer", "Samleng", sans-serif; line-height: 1.75; }
main { max-width: 58rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.7rem; color: var(--blue); margin: 1.5rem 0 1rem; }
h2 { font-size: 1.3rem; color: var(--blue); border-bottom: 2px solid var(--blue); margin: 2.5rem 0 1rem; }
h3 { font-size: 1.1rem; color: var(--blue); margin: 2rem 0 .5rem; }
h1 span, h2 span, h3 span, caption span, th span, td span, dt span, dd span, figcaption span,
blockquote span { display: block; }
span + span:lang(en), p + p:lang(en) { color: var(--soft); }
h1 span + span, h2 span + span, h3 span + span { font-size: .8em; font-weight: 400; }
.voices { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 0 1.5rem; margin: .5rem 0; }
.voices p { margin: .2rem 0; }
.soft, .note { color: var(--soft); font-size: .92rem; }
.note { margin: 0 0 1.5rem; }
dl { margin: 1rem 0; border-top: 1px solid var(--line); }
dl div { display: grid; grid-template-columns: minmax(9rem, 2fr) 3fr; gap: 1rem;
  border-bottom: 1px solid var(--line); padding: .3rem 0; }
dt { font-weight: 700; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 .3rem; font-size: .95rem; }
caption { text-align: left; font-weight: 700; padding: .2rem 0; }
caption span + span { font-weight: 400; }
th, td { border-top: 1px solid var(--line); padding: .25rem .5rem .25rem 0; vertical-align: top; text-align: right; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 400; } thead th { font-weight: 700; vertical-align: bottom; }
tfoot th, tfoot td { border-top: 2px solid var(--blue); font-weight: 700; }
td { overflow-wrap: normal; } td:first-child { overflow-wrap: anywhere; }
thead th { overflow-wrap: normal; }
td.bar { width: 32%; padding-top: .55rem; }
table.bars { table-layout: fixed; } table.bars thead > tr > :first-child { width: 42%; }
table.bars thead > tr > :nth-child(2) { width: 28%; }
td.bar svg { display: block; width: 100%; height: .9rem; }
.wide { overflow-x: auto; }
.wide td:not(:first-child), .wide thead th { min-width: 4.5rem; }
figure { margin: 1rem 0; }
figcaption { font-weight: 700; }
svg.tiles { display: block; width: 100%; min-width: 32rem; max-width: 44rem; }
svg.tiles text { text-anchor: middle; fill: var(--ink); }
svg.tiles .name { font-size: 14px; } svg.tiles .count { font-size: 15px; font-weight: 700; }
blockquote { margin: .8rem 0; padding: .2rem 0 .2rem 1rem; border-left: 4px solid var(--blue); }
blockquote p { margin: 0; } blockquote footer { padding: 0; font-size: .9rem; color: var(--soft); text-align: left; }
body > footer { max-width: 58rem; margin: 0 auto; padding: 1rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) {
  table.bars thead > tr > :nth-child(2) { width: 18%; }
  h1 { font-size: 1.35rem; } dl div { grid-template-columns: 1fr; gap: 0; }
}
@page { size: A4; margin: 16mm 15mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); } }
@media print {
  body { font-size: 10pt; } main { max-width: none; padding: 0; } body > footer { display: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .new-page { break-before: page; } h2, h3, caption, figcaption { break-after: avoid; }
  tr, figure, blockquote, .voices, table.short { break-inside: avoid; }
  thead { display: table-header-group; } tfoot { display: table-row-group; }
  .wide { overflow: visible; } svg.tiles { min-width: 0; }
}"""
