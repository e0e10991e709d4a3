/**
 * The look of an exported report: system fonts, light and dark by the reader's own choice, and on paper.
 * No script, nothing from elsewhere.
 */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --back: #fff;
  --ink: #1f2328;
  --dim: #59636e;
  --line: #d1d9e0;
  --soft: #f6f8fa;
  --good: #1a7f37;
  --bad: #c0232c;
  --warn: #8a5a00;
  --link: #0550ae;
  --add: #dafbe1;
  --cut: #ffebe9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c;
    --ink: #e4e8ee;
    --dim: #9aa4b2;
    --line: #343b46;
    --soft: #1c2129;
    --good: #4fc66a;
    --bad: #ff7b72;
    --warn: #e0a93b;
    --link: #79b8ff;
    --add: #12351f;
    --cut: #46191c;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--back);
  color: var(--ink);
  font:
    15px / 1.55 system-ui,
    -apple-system,
    "Segoe UI",
    Roboto,
    sans-serif;
  overflow-wrap: anywhere;
}
main,
header,
footer {
  max-width: 1040px;
  margin: 0 auto;
  padding: 0 24px;
}
header {
  padding-top: 36px;
}
h1 {
  font-size: 26px;
  line-height: 1.25;
  margin: 0 0 6px;
}
h2 {
  font-size: 19px;
  margin: 40px 0 12px;
  padding-bottom: 6px;
  border-bottom: 1px solid var(--line);
}
h3 {
  font-size: 15px;
  margin: 24px 0 6px;
}
p {
  margin: 6px 0;
  max-width: 78ch;
}
.dim,
footer {
  color: var(--dim);
}
.good {
  color: var(--good);
}
.bad {
  color: var(--bad);
}
.warn {
  color: var(--warn);
}
.word {
  font-weight: 600;
  white-space: nowrap;
}
nav ul {
  list-style: none;
  display: flex;
  flex-wrap: wrap;
  gap: 4px 18px;
  margin: 18px 0 0;
  padding: 0;
}
a {
  color: var(--link);
}
a:focus-visible,
summary:focus-visible,
.scroll:focus-visible {
  outline: 2px solid var(--link);
  outline-offset: 2px;
}
dl.facts {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(150px, 1fr));
  gap: 12px 24px;
  margin: 20px 0 0;
  padding: 16px;
  background: var(--soft);
  border: 1px solid var(--line);
  border-radius: 6px;
}
dl.facts dt {
  color: var(--dim);
  font-size: 13px;
}
dl.facts dd {
  margin: 0;
  font-weight: 600;
}
.scroll {
  overflow-x: auto;
}
table {
  border-collapse: collapse;
  width: 100%;
  font-size: 14px;
}
caption {
  text-align: left;
  color: var(--dim);
  padding-bottom: 6px;
}
th,
td {
  text-align: left;
  vertical-align: top;
  padding: 6px 16px 6px 0;
  border-bottom: 1px solid var(--line);
  min-width: 4em;
  overflow-wrap: break-word;
}
th {
  color: var(--dim);
  font-weight: 600;
  white-space: nowrap;
}
td.number,
th.number {
  text-align: right;
  white-space: nowrap;
  font-variant-numeric: tabular-nums;
}
td.id,
td.time {
  white-space: nowrap;
}
td.wide {
  min-width: 15em;
  overflow-wrap: anywhere;
}
code,
pre {
  font:
    13px / 1.5 ui-monospace,
    SFMono-Regular,
    Menlo,
    Consolas,
    "Liberation Mono",
    monospace;
}
code {
  background: var(--soft);
  border-radius: 4px;
  padding: 1px 4px;
}
pre {
  margin: 8px 0;
  padding: 10px 0;
  background: var(--soft);
  border: 1px solid var(--line);
  border-radius: 6px;
  overflow-x: auto;
  white-space: pre;
  tab-size: 4;
}
pre.text {
  padding: 10px 12px;
  white-space: pre-wrap;
}
pre span {
  display: block;
  padding: 0 12px;
  min-width: max-content;
}
pre .add {
  background: var(--add);
}
pre .cut {
  background: var(--cut);
}
pre .at {
  color: var(--dim);
}
details {
  margin: 6px 0;
}
summary {
  cursor: pointer;
  padding: 3px 0;
}
summary code {
  background: none;
  padding: 0;
  font-weight: 600;
}
.plain {
  list-style: none;
  padding: 0;
  margin: 8px 0;
}
.plain > li {
  padding: 8px 0;
  border-bottom: 1px solid var(--line);
}
blockquote {
  margin: 6px 0;
  padding: 2px 12px;
  border-left: 3px solid var(--line);
  color: var(--dim);
  white-space: pre-wrap;
}
footer {
  padding: 32px 24px 48px;
  font-size: 13px;
}
@media (max-width: 640px) {
  main,
  header,
  footer {
    padding-left: 14px;
    padding-right: 14px;
  }
  h1 {
    font-size: 22px;
  }
  th,
  td {
    padding-right: 12px;
  }
}
@media print {
  :root {
    --back: #fff;
    --ink: #000;
    --dim: #444;
    --line: #bbb;
    --soft: #f6f6f6;
    --good: #0b5a20;
    --bad: #8e0f17;
    --warn: #6a4500;
    --link: #000;
    --add: #e4f7e8;
    --cut: #fdeceb;
    color-scheme: light;
  }
  body {
    font-size: 11px;
  }
  main,
  header,
  footer {
    max-width: none;
    padding: 0;
  }
  nav {
    display: none;
  }
  .scroll,
  pre {
    overflow: visible;
  }
  pre,
  pre span {
    white-space: pre-wrap;
    min-width: 0;
  }
  h2,
  h3,
  summary {
    break-after: avoid;
  }
  tr,
  .plain > li {
    break-inside: avoid;
  }
  details::details-content {
    content-visibility: visible;
    block-size: auto;
  }
}
`;
