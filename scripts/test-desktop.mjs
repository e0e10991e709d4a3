// npm run test:desktop: the in-host suite in a desktop VS Code that @vscode/test-electron downloads. For machines with internet.
//   -- --prepare   only makes what .vscode/launch.json starts the suite with, under .vscode-test/suite
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { bundleSuite, demoCopy } from './host-suite.mjs';
import { mustRun, temporaryFolder, top } from './lib/process.mjs';

const { values } = parseArgs({ options: { prepare: { type: 'boolean', default: false } } });

/** Into `dir`, which is empty: a copy of the demo, the person's settings, and what the suite is told in its environment. */
async function prepare(dir) {
  const folder = await demoCopy(dir);
  const user = path.join(dir, 'user');
  await mkdir(path.join(user, 'User'), { recursive: true });
  await writeFile(path.join(user, 'User', 'settings.json'), JSON.stringify({ 'openexec.model': 'recorded' }));
  const tests = await bundleSuite('test/host/index.ts');
  const result = path.join(dir, 'result.json');
  return {
    folder,
    user,
    tests,
    result,
    env: { OPENEXEC_HOME: path.join(dir, 'openexec'), OPENEXEC_TEST_RESULT: result, OPENEXEC_TEST_FOLDER: folder },
  };
}

async function runSuite(dir) {
  const { folder, user, tests, result, env } = await prepare(dir);
  try {
    const code = await runTests({
      extensionDevelopmentPath: top,
      extensionTestsPath: tests,
      launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust', '--user-data-dir', user],
      extensionTestsEnv: env,
    });
    const { results } = JSON.parse(await readFile(result, 'utf8'));
    for (const test of results)
      console.log(`${test.error ? 'failed' : 'passed'}  ${test.name}${test.error ? `\n${test.error}` : ''}`);
    return code;
  } catch (error) {
    console.error(`The desktop VS Code could not be downloaded or the suite failed: ${error.message ?? error}`);
    return 1;
  }
}

await mustRun(process.execPath, ['scripts/build.mjs', ...(values.prepare ? ['--dev'] : [])]);
if (values.prepare) {
  const dir = path.join(top, '.vscode-test', 'suite');
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(dir, { recursive: true });
  await prepare(dir);
} else {
  const dir = await temporaryFolder('desktop');
  try {
    process.exitCode = await runSuite(dir);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
