// npm run check: what is quickly known about a change, before npm test. Formatting, lint, types, layers, the tests that a changed file takes
// part in, and those that read the project as text. A step that fails does not keep the others from running.
import { mustRun, run, seconds } from './lib/process.mjs';

const npm = (...words) => run('npm', ['run', '--silent', ...words], { echo: true });
const vitest = (...words) => run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...words], { echo: true });

/** Where this branch left main; HEAD, where there is no main to compare with. */
async function base() {
  for (const main of ['origin/main', 'main']) {
    const found = await run('git', ['merge-base', 'HEAD', main]);
    if (found.code === 0) return found.output.trim();
  }
  return (await mustRun('git', ['rev-parse', 'HEAD'])).trim();
}

const steps = [
  ['Format', () => npm('format', '--', '--check')],
  ['Lint', () => npm('lint')],
  ['Types', () => npm('typecheck')],
  ['Layers', () => npm('layers')],
  // What a test reads from the disk is no import, so that these are never found by what changed.
  ['Project as text', () => vitest('test/vscode', 'test/scripts')],
  ['Tests of what changed', async () => vitest('--changed', await base(), '--passWithNoTests')],
];
const lines = [];
for (const [name, step] of steps) {
  console.log(`\n── ${name}`);
  const started = Date.now();
  const { code } = await step();
  if (code !== 0) process.exitCode = 1;
  lines.push(`${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(24)} ${seconds(Date.now() - started)}`);
}
console.log(`\n${lines.join('\n')}`);
