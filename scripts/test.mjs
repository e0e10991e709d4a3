// npm test: everything, from a fresh clone. Each step is timed; a step that fails does not keep the others from running.
//   -- --only NAME   one step (format, lint, types, layers, unit, package, host, e2e, demo); may be given several times
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run, seconds, top } from './lib/process.mjs';

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const results = path.join(top, 'test-results');
await mkdir(results, { recursive: true });

const node = (file, ...args) => run(process.execPath, [file, ...args], { echo: true });
const one = async (running) => ((await running).code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
const both = (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed });
const types = (project) => one(node('node_modules/typescript/bin/tsc', '--noEmit', '-p', project));

/** vitest tells its counts in a file. One that wrote none failed before it could count. */
async function vitest(name, ...args) {
  const report = path.join(results, `${name}.json`);
  await rm(report, { force: true });
  const done = await node(
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  );
  const counts = await readFile(report, 'utf8').then(JSON.parse, () => undefined);
  if (!counts) return { passed: 0, failed: 1 };
  const failed = Math.max(counts.numFailedTests, counts.numFailedTestSuites > 0 && counts.numFailedTests === 0 ? 1 : 0);
  return {
    passed: counts.numPassedTests,
    failed: Math.max(failed, done.code === 0 ? 0 : 1),
    notes: counts.testResults.flatMap(notesOf),
  };
}

/** What to read first when something went wrong: each test that failed, or needed its second go, with the first line of why. */
function notesOf(file) {
  const where = path.relative(top, file.name);
  const firstLine = (text) => String(text ?? '').split('\n')[0];
  const notes = file.assertionResults.flatMap(({ fullName, status, failureMessages }) =>
    failureMessages.length > 0
      ? [
          `${status === 'failed' ? 'failed' : 'passed only on its second go'}: ${where}: ${fullName}: ${firstLine(failureMessages[0])}`,
        ]
      : [],
  );
  return file.status === 'failed' && notes.length === 0 ? [`failed: ${where}: ${firstLine(file.message)}`] : notes;
}

async function host() {
  const { demoCopy, runInHost } = await import('./host-suite.mjs');
  const folder = await demoCopy();
  try {
    const { results: tests } = await runInHost({ entry: 'test/host/index.ts', folder });
    for (const test of tests)
      console.log(
        `${test.error ? 'failed' : 'passed'}  ${test.name} (${test.ms} ms)${test.error ? `\n${test.error}` : ''}`,
      );
    const wrong = tests.filter((test) => test.error);
    return {
      passed: tests.length - wrong.length,
      failed: wrong.length,
      notes: wrong.map((test) => `failed: test/host: ${test.name}: ${test.error.split('\n')[0]}`),
    };
  } finally {
    await rm(path.dirname(folder), { recursive: true, force: true, maxRetries: 5 });
  }
}

const steps = [
  { name: 'format', what: 'Format', do: () => one(node('scripts/format.mjs', '--check')) },
  { name: 'lint', what: 'Lint', do: () => one(node('scripts/lint.mjs', '--fresh')) },
  { name: 'types', what: 'Type check', do: async () => both(await types('.'), await types('tsconfig.core.json')) },
  {
    name: 'layers',
    what: 'Layering',
    do: () =>
      one(
        node(
          'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
          'src',
          'webview-ui',
          '--config',
          '.dependency-cruiser.cjs',
        ),
      ),
  },
  { name: 'unit', what: 'Unit and contract tests', do: () => vitest('unit') },
  { name: 'package', what: 'Build and package', do: () => one(node('scripts/package.mjs')) },
  { name: 'host', what: 'Inside the extension host', needs: ['package'], do: host },
  {
    name: 'e2e',
    what: 'End to end in VS Code',
    needs: ['package'],
    do: () => vitest('e2e', '--config', 'test/e2e/vitest.config.mts'),
  },
  {
    name: 'demo',
    what: 'The demo in the terminal',
    needs: ['package'],
    do: () => one(node('scripts/demo.mjs', '--no-build')),
  },
];

const wanted = new Set(values.only ?? steps.map((step) => step.name));
for (const name of wanted)
  if (!steps.some((step) => step.name === name))
    throw new Error(`There is no step ${name}. Steps: ${steps.map((step) => step.name).join(', ')}`);
for (const step of steps) if (wanted.has(step.name)) for (const needed of step.needs ?? []) wanted.add(needed);

let passed = 0;
let failed = 0;
const summary = [];
const notes = [];
for (const step of steps.filter(({ name }) => wanted.has(name))) {
  console.log(`\n── ${step.what}`);
  const started = Date.now();
  let counts;
  try {
    counts = await step.do();
  } catch (error) {
    console.error(error.stack ?? error);
    counts = { passed: 0, failed: 1 };
  }
  passed += counts.passed;
  failed += counts.failed;
  notes.push(...(counts.notes ?? []));
  summary.push(
    `${counts.failed === 0 ? 'passed' : 'FAILED'}  ${step.what.padEnd(28)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed   ${seconds(Date.now() - started)}`,
  );
}
console.log(
  `\n${summary.join('\n')}\n${notes.map((note) => `\n${note}`).join('')}${notes.length > 0 ? '\n' : ''}\n${passed} passed, ${failed} failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
