// npm run bench: medians of several runs and ratios within one run, as a table. What cannot be measured is said and fails the bench.
//   -- --json FILE     also as {"name": {"value": n, "unit": "ms"}}
//   -- --only PREFIX   the measurements whose name begins so
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';
import { listZip } from './lib/zip.mjs';
import { cleanEnv, mustRun, seconds, temporaryFolder, top } from './lib/process.mjs';

const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string', default: '' } } });
const require = createRequire(import.meta.url);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** One file of test/bench, bundled and run in a Node of its own; it writes a result a line. */
async function bundled(name, env = {}) {
  const wasm = await temporaryFolder('bench-wasm');
  const out = path.join(top, 'out', 'bench', `${name}-${process.pid}.cjs`);
  try {
    await mkdir(path.dirname(out), { recursive: true });
    for (const file of [
      'sql.js/dist/sql-wasm.wasm',
      'web-tree-sitter/web-tree-sitter.wasm',
      '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm',
    ])
      await cp(require.resolve(file), path.join(wasm, path.basename(file)));
    await esbuild.build({
      entryPoints: [path.join(top, 'test', 'bench', `${name}.ts`)],
      outfile: out,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node24',
      logLevel: 'warning',
      // These find their own files at run time.
      external: ['esbuild', 'playwright-core'],
      alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
      define: {
        'import.meta.url': JSON.stringify(import.meta.url),
        'import.meta.dirname': JSON.stringify(path.join(top, 'test', 'webview', 'harness')),
      },
    });
    const lines = await outputOf([out, values.only], {
      OPENEXEC_BENCH_WASM: path.join(wasm, 'sql-wasm.wasm'),
      OPENEXEC_BENCH_WASM_DIR: wasm,
      ...env,
    });
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } finally {
    await rm(out, { force: true });
    await rm(wasm, { recursive: true, force: true });
  }
}

function outputOf(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', ...args], {
      cwd: top,
      env: cleanEnv(env),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      code === 0 ? resolve(output) : reject(new Error(`it ended with ${signal ?? code}`)),
    );
  });
}

const list = (numbers) => numbers.map((ms) => ms.toFixed(0)).join(', ');

async function activation() {
  await mustRun(process.execPath, ['scripts/build.mjs']);
  const { demoCopy, runInHost } = await import('./host-suite.mjs');
  const folder = await demoCopy();
  const own = [];
  const whole = [];
  try {
    for (let round = 0; round < 5; round++) {
      const one = await runInHost({ entry: 'test/bench/activation.ts', folder });
      if (one.alreadyActive) throw new Error('the extension was active before it was measured');
      own.push(one.own);
      whole.push(one.ms);
    }
  } finally {
    await rm(path.dirname(folder), { recursive: true, force: true });
  }
  return [
    {
      name: 'host.activation',
      value: median(own),
      unit: 'ms',
      target: { atMost: 30 },
      note: `reading the bundle and activate(), median of ${own.length}: ${list(own)}; seen from outside, with the host's own round trips: ${list(whole)}`,
    },
  ];
}

async function vsixSize() {
  const { packageExtension } = await import('./package.mjs');
  const file = await packageExtension({ quiet: true });
  const parts = listZip(await readFile(file))
    .sort((a, b) => b.packed - a.packed)
    .slice(0, 5);
  const megabytes = (bytes) => bytes / 1024 / 1024;
  return [
    {
      name: 'vsix.size',
      value: megabytes((await stat(file)).size),
      unit: 'MB',
      target: { atMost: 4 },
      note: parts
        .map((part) => `${part.name.replace('extension/', '')} ${megabytes(part.packed).toFixed(2)}`)
        .join(', '),
    },
  ];
}

async function panel() {
  const { ensureSystem, findChromium } = await import('./vscode-server.mjs');
  await ensureSystem('browser');
  return await bundled('panel', { OPENEXEC_BENCH_CHROMIUM: findChromium() });
}

/** The command line is measured in the form it is shipped in. */
async function resume() {
  let cli = process.env.OPENEXEC_BENCH_CLI;
  if (!cli) {
    await mustRun(process.execPath, ['scripts/build.mjs']);
    cli = path.join(top, 'dist', 'cli.js');
  }
  return await bundled('resume', { OPENEXEC_BENCH_CLI: cli });
}

/** By what the names of its results begin with. */
const measurements = [
  { name: 'host.activation', measure: activation },
  { name: 'vsix.size', measure: vsixSize },
  { name: 'panel.', measure: panel },
  { name: 'engine.', measure: () => bundled('engine') },
  { name: 'engine.re', measure: resume },
  { name: 'patch.', measure: () => bundled('patch') },
  { name: 'policy.', measure: () => bundled('policy') },
  { name: 'sandbox.', measure: () => bundled('sandbox') },
  { name: 'realwork.', measure: () => bundled('realwork') },
];

const rows = [];
const failures = [];
for (const { name, measure } of measurements.filter(
  (one) => one.name.startsWith(values.only) || values.only.startsWith(one.name),
)) {
  const started = Date.now();
  try {
    rows.push(...(await measure()));
  } catch (error) {
    failures.push(`${name} could not be measured: ${error.message}`);
  }
  console.error(`${name}: ${seconds(Date.now() - started)}`);
}
if (rows.length === 0 && failures.length === 0) failures.push(`Nothing that is measured begins with ${values.only}.`);

const met = ({ value, target }) => !target || ('atMost' in target ? value <= target.atMost : value >= target.atLeast);
const wanted = ({ target }) => (!target ? '' : 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`);
const text = (row) => [
  row.name,
  row.value.toFixed(row.value < 10 ? 2 : 0),
  row.unit,
  wanted(row),
  met(row) ? '' : 'missed',
  row.note ?? '',
];
const table = [['name', 'value', 'unit', 'target', '', 'note'], ...rows.map(text)];
const widths = table[0].map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
for (const cells of table)
  console.log(
    cells
      .map((cell, column) =>
        column === 1 ? cell.padStart(widths[1]) : column < cells.length - 1 ? cell.padEnd(widths[column]) : cell,
      )
      .join('  ')
      .trimEnd(),
  );
for (const failure of failures) console.error(failure);
if (values.json)
  await writeFile(
    path.resolve(process.env.INIT_CWD ?? '.', values.json),
    `${JSON.stringify(Object.fromEntries(rows.map(({ name, value, unit }) => [name, { value, unit }])), null, 2)}\n`,
  );
process.exitCode = failures.length === 0 ? 0 : 1;
