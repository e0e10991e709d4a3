// npm start: builds and packages the extension, opens a real VS Code with it on the demo (or on a folder), and prints the address.
//   -- --desktop       the desktop VS Code that `code` starts, in place of the server and a browser
//   -- --folder DIR    any folder, in place of a copy of the demo
//   -- --port N        a port of your choice
import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadTs } from './lib/load-ts.mjs';
import { cleanEnv, run, temporaryFolder, top } from './lib/process.mjs';
import { packageExtension } from './package.mjs';
import { ensureServer, startServer, workbenchUrl } from './vscode-server.mjs';

const { values } = parseArgs({
  options: { desktop: { type: 'boolean', default: false }, folder: { type: 'string' }, port: { type: 'string' } },
});

async function chooseFolder() {
  if (values.folder !== undefined) {
    const folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), values.folder);
    if (
      !(await stat(folder).then(
        (found) => found.isDirectory(),
        () => false,
      ))
    )
      throw new Error(`There is no folder ${folder}.`);
    return { folder, demo: false };
  }
  const { copyDemo } = await loadTs('src/adapters/node/demo.ts');
  const folder = path.join(await temporaryFolder('demo'), 'quotes-api');
  const { history } = await copyDemo(path.join(top, 'demo', 'workspace'), folder);
  if (!history) console.log('Git was not found, so the demo has no history and its runs make no commits.');
  return { folder, demo: true };
}

const settings = (demo) => ({
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  ...(demo && { 'openexec.model': 'recorded' }),
});

async function desktop(vsix, { folder, demo }) {
  const data = await temporaryFolder('desktop');
  const own = ['--user-data-dir', path.join(data, 'user'), '--extensions-dir', path.join(data, 'extensions')];
  const code = async (args) => {
    const done = await run('code', args, { env: cleanEnv(), echo: false }).catch((error) => {
      if (error.code === 'ENOENT')
        throw new Error(
          '`code` is not on the PATH. In VS Code: Command Palette, “Shell Command: Install code command in PATH”; or use npm start without --desktop.',
        );
      throw error;
    });
    if (done.code !== 0) throw new Error(`code ${args.join(' ')} exited ${done.code}\n${done.output}`);
  };
  const { mkdir, writeFile } = await import('node:fs/promises');
  await mkdir(path.join(data, 'user', 'User'), { recursive: true });
  await writeFile(path.join(data, 'user', 'User', 'settings.json'), JSON.stringify(settings(demo), null, 2));
  await code([...own, '--install-extension', vsix]);
  await code([...own, '--new-window', folder]);
  console.log(`VS Code opens ${folder}, with settings and extensions of its own in ${data}.`);
}

async function server(vsix, { folder, demo }) {
  const dataDir = await temporaryFolder('server');
  const started = await startServer({
    dataDir,
    extensionVsix: vsix,
    userSettings: settings(demo),
    token: randomBytes(16).toString('hex'),
    // Our own copy of our own demo, in an editor that is thrown away: nothing foreign is trusted by this.
    trust: !demo,
    ...(values.port !== undefined && { port: Number(values.port) }),
    env: { OPENEXEC_HOME: path.join(dataDir, 'openexec') },
  });
  console.log(
    `\nVS Code with OpenExec on ${demo ? 'a copy of the demo' : folder}:\n\n    ${workbenchUrl(started, folder)}\n`,
  );
  if (demo)
    console.log(
      `The folder: ${folder}\nThe model is recorded; everything else is real. Start with the OpenExec icon on the left, or “OpenExec: Plan” in the palette.`,
    );
  console.log('Ctrl-C ends it.');
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await started.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
  await started.exited;
  if (!stopping) throw new Error(`VS Code’s server ended:\n${started.output()}`);
}

try {
  console.log('Building and packaging the extension …');
  const vsix = await packageExtension();
  if (!values.desktop) await ensureServer();
  const chosen = await chooseFolder();
  await (values.desktop ? desktop(vsix, chosen) : server(vsix, chosen));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
