// Runs test/host inside the extension host of a real VS Code, the extension loaded from this folder. Gives what the suite wrote to its result file.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import esbuild from 'esbuild';
import { chromium } from 'playwright-core';
import { browserArguments, slowIfAsked } from './lib/browser.mjs';
import { loadTs } from './lib/load-ts.mjs';
import { temporaryFolder, top } from './lib/process.mjs';
import { ensureServer, ensureSystem, findChromium, startServer, workbenchUrl } from './vscode-server.mjs';

export async function bundleSuite(entry) {
  const out = path.join(top, 'out', 'host', `${path.basename(entry, '.ts')}.js`);
  await mkdir(path.dirname(out), { recursive: true });
  await esbuild.build({
    entryPoints: [path.join(top, entry)],
    outfile: out,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return out;
}

/** In a folder of its own, or in `dir`. */
export async function demoCopy(dir) {
  const { copyDemo } = await loadTs('src/adapters/node/demo.ts');
  const folder = path.join(dir ?? (await temporaryFolder('host')), 'quotes-api');
  await copyDemo(path.join(top, 'demo', 'workspace'), folder);
  return folder;
}

/** undefined while there is none, or only a part of it. */
async function readResult(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // still being written
    throw error;
  }
}

/** `settings` are the person's own. Resolves with the parsed result file; rejects when the suite does not write one in time. */
export async function runInHost({ entry, folder, settings = {}, env = {}, timeoutMs = 600_000, extensionVsix }) {
  await ensureSystem('browser');
  await ensureServer();
  const tests = await bundleSuite(entry);
  const dataDir = await temporaryFolder('host-server');
  const result = path.join(dataDir, 'result.json');
  const server = await startServer({
    dataDir,
    smokeTest: true,
    trust: false,
    graceSeconds: 1,
    ...(extensionVsix && { extensionVsix }),
    userSettings: { 'workbench.startupEditor': 'none', 'openexec.model': 'recorded', ...settings },
    env: {
      OPENEXEC_HOME: path.join(dataDir, 'openexec'),
      OPENEXEC_TEST_RESULT: result,
      OPENEXEC_TEST_FOLDER: folder,
      ...env,
    },
  });
  const browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  try {
    const page = await browser.newPage();
    await slowIfAsked(page);
    await page.goto(workbenchUrl(server, folder, { tests, development: top }));
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const written = await readResult(result);
      if (written !== undefined) return written;
      if (Date.now() > deadline)
        throw new Error(
          `The suite in the extension host wrote no result in ${timeoutMs / 1000} s.\n${server.output().slice(-4000)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await browser.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
