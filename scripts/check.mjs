// npm run check: what is known of a change within a minute, before npm run unit and npm test. Formatting, lint, types, layers, the tests beside
// what changed, and those that read the project as text. A step that fails does not keep the others from running.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { mustRun, run, seconds, top } from './lib/process.mjs';

const npm = (...words) => run('npm', ['run', '--silent', ...words], { echo: true });
const vitest = (...words) => run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...words], { echo: true });
const lines = async (...words) => (await mustRun('git', words)).split('\n').filter((line) => line !== '');

/** Since this branch left main, committed or not. */
async function changed() {
  let base = 'HEAD';
  for (const main of ['main', 'origin/main']) {
    const found = await run('git', ['merge-base', 'HEAD', main]);
    if (found.code === 0) base = found.output.trim();
  }
  return [
    ...(await lines('diff', '--name-only', '--diff-filter=d', base)),
    ...(await lines('ls-files', '--others', '--exclude-standard')),
  ];
}

/** test mirrors src. What reads texts from the disk is no import and beside nothing, so that it is always there. */
function testsBeside(files) {
  const folders = files.flatMap((file) => {
    if (/\.test\.tsx?$/.test(file) && !/^test\/(host|e2e)\//.test(file)) return [file];
    const [, folder] = /^(?:src|(?=webview-ui\/))(.+)\/[^/]+$/.exec(file) ?? [];
    const mirrored = folder === undefined ? '' : `test/${folder.replace(/^\/|-ui.*$/g, '')}/`;
    return existsSync(path.join(top, mirrored)) && mirrored !== '' ? [mirrored] : [];
  });
  return [...new Set([...folders, 'test/vscode/', 'test/scripts/'])];
}

const steps = [
  ['Format', () => npm('format', '--', '--check')],
  ['Lint', () => npm('lint')],
  ['Types', () => npm('typecheck')],
  ['Layers', () => npm('layers')],
  ['Tests beside what changed', async () => vitest(...testsBeside(await changed()))],
];
const summary = [];
for (const [name, step] of steps) {
  console.log(`\n── ${name}`);
  const started = Date.now();
  const { code } = await step();
  if (code !== 0) process.exitCode = 1;
  summary.push(`${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(28)} ${seconds(Date.now() - started)}`);
}
console.log(`\n${summary.join('\n')}`);
