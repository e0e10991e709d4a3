// npm run demo: the main job with no window. Copies the demo, plans, approves and runs it through the command line with the recorded model.
//   -- --keep     leave the copy where it is (its place is printed)
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadTs } from './lib/load-ts.mjs';
import { cleanEnv, mustRun, run, temporaryFolder, top } from './lib/process.mjs';

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, build: { type: 'boolean', default: true } },
  allowNegative: true,
});
const INTENT = 'People can add quotes over HTTP, find them by id and author, and cannot flood the service.';

const home = await temporaryFolder('demo');
const folder = path.join(home, 'quotes-api');
const env = cleanEnv({ OPENEXEC_HOME: path.join(home, 'data'), OPENEXEC_MODEL: 'recorded' });

/** One command of the command line, shown as a person would type it, with its output as it comes. */
function openexec(args) {
  console.log(`\n$ openexec ${args.map((arg) => (/\s/.test(arg) ? `"${arg}"` : arg)).join(' ')}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(top, 'dist', 'cli.js'), ...args], {
      cwd: folder,
      env,
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function demo() {
  if (values.build) await mustRun(process.execPath, ['scripts/build.mjs']);
  const { copyDemo } = await loadTs('src/adapters/node/demo.ts');
  const { history } = await copyDemo(path.join(top, 'demo', 'workspace'), folder);
  console.log(`A copy of the demo: ${folder}${history ? '' : ' (without git, so without commits)'}`);
  console.log('The model is recorded. Everything else is real: patches, git, lint, tests, verification.');
  for (const args of [
    ['generate', INTENT],
    ['plan', 'approve', '--yes'],
    ['run', '--approve', 'all'],
  ]) {
    const code = await openexec(args);
    if (code !== 0) return code;
  }
  const shown = await openexec(['show']);
  if (history)
    console.log(`\n$ git log --oneline\n${(await run('git', ['log', '--oneline'], { cwd: folder })).output.trim()}`);
  return shown;
}

const started = Date.now();
try {
  process.exitCode = await demo();
  console.log(
    `\n${process.exitCode === 0 ? 'Done' : `Ended with exit code ${process.exitCode}`} after ${Math.round((Date.now() - started) / 1000)} s.`,
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (values.keep) console.log(`The copy is kept: ${folder}`);
  else await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
