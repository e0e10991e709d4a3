// npm run bench: medians and ratios, as a table.
//   -- --json FILE     also as {"name": {"value": n, "unit": "ms"}}
//   -- --only PREFIX   the measurements whose name begins so
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadTs } from './lib/load-ts.mjs';
import { listZip } from './lib/zip.mjs';
import { mustRun, seconds } from './lib/process.mjs';

const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string', default: '' } } });
const require = createRequire(import.meta.url);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Each gives rows: name, value, unit, target and a note. */
const measurements = [
  {
    name: 'host.activation',
    async measure() {
      await mustRun(process.execPath, ['scripts/build.mjs']);
      const { demoCopy, runInHost } = await import('./host-suite.mjs');
      const folder = await demoCopy();
      const times = [];
      try {
        for (let round = 0; round < 5; round++) {
          const { ms, alreadyActive } = await runInHost({ entry: 'test/bench/activation.ts', folder });
          if (alreadyActive) throw new Error('the extension was active before it was measured');
          times.push(ms);
        }
      } finally {
        await rm(path.dirname(folder), { recursive: true, force: true });
      }
      return [{ name: 'host.activation', value: median(times), unit: 'ms', target: 30, note: `median of ${times.length}: ${times.map((ms) => ms.toFixed(0)).join(', ')}` }];
    },
  },
  {
    name: 'vsix.size',
    async measure() {
      const { packageExtension } = await import('./package.mjs');
      const file = await packageExtension({ quiet: true });
      const parts = listZip(await readFile(file)).sort((a, b) => b.packed - a.packed).slice(0, 5);
      const megabytes = (bytes) => bytes / 1024 / 1024;
      return [{ name: 'vsix.size', value: megabytes((await stat(file)).size), unit: 'MB', target: 4, note: parts.map((part) => `${part.name.replace('extension/', '')} ${megabytes(part.packed).toFixed(2)}`).join(', ') }];
    },
  },
  {
    name: 'engine.step',
    async measure() {
      const { engineStep } = await loadTs('test/bench/engine-step.ts');
      const { step, transaction, steps } = await engineStep(require.resolve('sql.js/dist/sql-wasm.wasm'));
      return [
        { name: 'engine.step', value: step, unit: 'ms', note: `${steps} stages a run, median of 5; ${(step / transaction).toFixed(1)} durable transactions of node:sqlite` },
        { name: 'engine.transaction', value: transaction, unit: 'ms', note: 'node:sqlite, WAL, synchronous=FULL, same folder' },
      ];
    },
  },
];

const rows = [];
let failed = 0;
for (const { name, measure } of measurements.filter((one) => one.name.startsWith(values.only))) {
  const started = Date.now();
  try {
    rows.push(...(await measure()));
  } catch (error) {
    failed += 1;
    console.error(`${name} could not be measured: ${error.message}`);
  }
  console.error(`${name}: ${seconds(Date.now() - started)}`);
}

const text = (row) => [row.name, row.value.toFixed(row.value < 10 ? 2 : 0), row.unit, row.target === undefined ? '' : `≤ ${row.target}`, row.note ?? ''];
const table = [['name', 'value', 'unit', 'target', 'note'], ...rows.map(text)];
const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((cells) => cells[column].length)));
for (const cells of table) console.log(cells.map((cell, column) => (column === 1 ? cell.padStart(widths[1]) : column < 4 ? cell.padEnd(widths[column]) : cell)).join('  ').trimEnd());
if (values.json) await writeFile(path.resolve(process.env.INIT_CWD ?? '.', values.json), `${JSON.stringify(Object.fromEntries(rows.map(({ name, value, unit }) => [name, { value, unit }])), null, 2)}\n`);
process.exitCode = failed === 0 && rows.length > 0 ? 0 : 1;
