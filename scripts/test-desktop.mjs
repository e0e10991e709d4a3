// npm run test:desktop: the in-host suite in a desktop VS Code that @vscode/test-electron downloads. For machines with internet.
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { bundleSuite, demoCopy } from './host-suite.mjs';
import { mustRun, temporaryFolder, top } from './lib/process.mjs';

await mustRun(process.execPath, ['scripts/build.mjs']);
const dataDir = await temporaryFolder('desktop');
const folder = await demoCopy();
const result = path.join(dataDir, 'result.json');
const settings = path.join(dataDir, 'user', 'User');
const { mkdir, writeFile } = await import('node:fs/promises');
await mkdir(settings, { recursive: true });
await writeFile(path.join(settings, 'settings.json'), JSON.stringify({ 'openexec.model': 'recorded' }));
try {
  const code = await runTests({
    extensionDevelopmentPath: top,
    extensionTestsPath: await bundleSuite('test/host/index.ts'),
    launchArgs: [
      folder,
      '--disable-extensions',
      '--disable-workspace-trust',
      '--user-data-dir',
      path.join(dataDir, 'user'),
    ],
    extensionTestsEnv: {
      OPENEXEC_HOME: path.join(dataDir, 'openexec'),
      OPENEXEC_TEST_RESULT: result,
      OPENEXEC_TEST_FOLDER: folder,
    },
  });
  const { results: tests } = JSON.parse(await readFile(result, 'utf8'));
  for (const test of tests)
    console.log(`${test.error ? 'failed' : 'passed'}  ${test.name}${test.error ? `\n${test.error}` : ''}`);
  process.exitCode = code;
} catch (error) {
  console.error(`The desktop VS Code could not be downloaded or the suite failed: ${error.message ?? error}`);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  await rm(path.dirname(folder), { recursive: true, force: true, maxRetries: 5 });
}
