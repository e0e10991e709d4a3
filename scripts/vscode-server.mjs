// A real VS Code without a download: VS Code's own server, as the npm package code-server carries it. Installed on first use.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { cleanEnv, freePort, mustRun, run, top } from './lib/process.mjs';

const home = path.join(top, 'scripts', 'vscode');
const program = path.join(home, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js');
export const chromiumPaths = [
  process.env.OPENEXEC_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
export const findChromium = () => chromiumPaths.find((file) => file && existsSync(file));

const systemPackages = [
  { name: 'chromium', present: async () => findChromium() !== undefined, needed: (what) => what === 'browser' },
  {
    name: 'pkg-config',
    present: async () => await succeeds('pkg-config', ['--version']),
    needed: (what) => what === 'server',
  },
  {
    name: 'libkrb5-dev',
    present: async () => succeeds('pkg-config', ['--exists', 'krb5-gssapi']),
    needed: (what) => what === 'server',
  },
];

async function succeeds(name, args) {
  try {
    return (await run(name, args)).code === 0;
  } catch {
    return false; // no such program: that is the answer
  }
}

/** `what`: 'server' (to build VS Code's server) or 'browser'. Installs through apt where that is possible, else says what to install. */
export async function ensureSystem(what) {
  if (process.platform !== 'linux') {
    if (what === 'browser' && !findChromium())
      throw new Error('Chromium was not found. Install Chrome or Chromium, or name its program in OPENEXEC_CHROMIUM.');
    return;
  }
  const missing = [];
  for (const one of systemPackages) if (one.needed(what) && !(await one.present())) missing.push(one.name);
  if (missing.length === 0) return;
  const sentence = `These system packages are missing: ${missing.join(', ')}. Install them (Debian, Ubuntu: apt-get install ${missing.join(' ')}) and try again.`;
  if (process.getuid?.() !== 0 || !(await succeeds('apt-get', ['--version']))) throw new Error(sentence);
  console.log(`Installing ${missing.join(', ')} with apt-get …`);
  const env = cleanEnv({ DEBIAN_FRONTEND: 'noninteractive' });
  await run('apt-get', ['update', '-qq'], { env });
  const installed = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  if (installed.code !== 0) throw new Error(`${sentence}\n${installed.output.slice(-2000)}`);
}

/** Folder that holds Node's `include/`: native parts of the server are compiled against it, without a download of their own. */
async function nodeHeaders() {
  const beside = path.resolve(path.dirname(process.execPath), '..');
  const nested = path.join(top, 'node_modules', 'node', 'node_modules', `node-${process.platform}-${process.arch}`);
  const own = path.join(home, 'headers');
  const inOwn = path.join(own, 'node_modules', `node-${process.platform}-${process.arch}`);
  const fits = async (folder) => {
    const file = path.join(folder, 'include', 'node', 'node_version.h');
    return (
      existsSync(file) &&
      new RegExp(`NODE_MAJOR_VERSION ${process.versions.node.split('.')[0]}\\b`).test(await readFile(file, 'utf8'))
    );
  };
  for (const folder of [nested, beside, inOwn]) if (await fits(folder)) return folder;
  await mkdir(own, { recursive: true });
  await writeFile(path.join(own, 'package.json'), '{ "private": true }\n');
  await mustRun(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      `node-${process.platform}-${process.arch}@${process.versions.node}`,
    ],
    { cwd: own },
  );
  if (await fits(inOwn)) return inOwn;
  return undefined; // node-gyp then looks for headers itself
}

const stamp = path.join(home, 'node_modules', '.installed');

export async function ensureServer() {
  const wanted = await readFile(path.join(home, 'package-lock.json'), 'utf8').catch(() => 'unlocked');
  if (existsSync(program) && (await readFile(stamp, 'utf8').catch(() => '')) === wanted) return program;
  if (Number(process.versions.node.split('.')[0]) < 24)
    throw new Error('VS Code’s server needs Node 24. Start this through npm (npm start, npm test): it brings its own.');
  await ensureSystem('server');
  console.log('Installing VS Code’s server (once, about 600 MB, two to five minutes) …');
  const headers = await nodeHeaders();
  await mustRun(
    'npm',
    [existsSync(path.join(home, 'package-lock.json')) ? 'ci' : 'install', '--no-audit', '--no-fund'],
    {
      cwd: home,
      env: cleanEnv({
        ...(headers && { npm_config_nodedir: headers }),
        npm_config_ignore_scripts: 'false',
        npm_config_omit: '',
      }),
    },
  );
  if (!existsSync(program)) throw new Error(`VS Code’s server was installed, but ${program} is not there.`);
  await writeFile(stamp, await readFile(path.join(home, 'package-lock.json'), 'utf8'));
  return program;
}

const answers = (port) =>
  new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/version', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
    request.on('timeout', () => request.destroy());
  });

/**
 * Starts a server on loopback. `dataDir` must be fresh for a clean editor. `userSettings` are the person's own. `token`: whoever
 * connects must know it. `trust: false` opens every folder as trusted; only for folders that we made ourselves.
 * `smokeTest` lets the address name an extension under development and a test suite. Only the process started here is ever ended.
 */
export async function startServer({
  dataDir,
  port,
  extensionVsix,
  userSettings = {},
  env = {},
  graceSeconds,
  token,
  trust = true,
  smokeTest = false,
}) {
  const main = await ensureServer();
  // As if started from a terminal: extension hosts then keep this environment, in place of one read anew from a login shell (which
  // would put the system's own Node first).
  const own = cleanEnv({ VSCODE_CLI: '1', ...env });
  const extensionsDir = path.join(dataDir, 'extensions');
  await mkdir(path.join(dataDir, 'data', 'Machine'), { recursive: true });
  await mkdir(path.join(dataDir, 'data', 'User'), { recursive: true });
  await writeFile(path.join(dataDir, 'data', 'Machine', 'settings.json'), JSON.stringify(userSettings, null, 2));
  await writeFile(path.join(dataDir, 'data', 'User', 'settings.json'), JSON.stringify(userSettings, null, 2));
  const common = [
    '--accept-server-license-terms',
    '--server-data-dir',
    dataDir,
    '--extensions-dir',
    extensionsDir,
    '--telemetry-level',
    'off',
  ];
  if (extensionVsix) {
    const installed = await run(process.execPath, [main, ...common, '--install-extension', extensionVsix, '--force'], {
      env: own,
    });
    if (installed.code !== 0 || /Error|Failed/.test(installed.output))
      throw new Error(`The extension could not be installed:\n${installed.output.slice(-4000)}`);
  }
  const chosen = port ?? (await freePort());
  const child = spawn(
    process.execPath,
    [
      main,
      '--host',
      '127.0.0.1',
      '--port',
      String(chosen),
      ...(token ? ['--connection-token', token] : ['--without-connection-token']),
      ...(smokeTest ? ['--enable-smoke-test-driver'] : []),
      ...(trust ? [] : ['--disable-workspace-trust']),
      ...(graceSeconds === undefined ? [] : ['--reconnection-grace-time', String(graceSeconds)]),
      ...common,
    ],
    { env: own, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-64_000)));
  let ended = false;
  const exited = new Promise((resolve) =>
    child.on('exit', () => {
      ended = true;
      resolve();
    }),
  );
  const deadline = Date.now() + 60_000;
  while (!(await answers(chosen))) {
    if (ended || Date.now() > deadline) throw new Error(`VS Code’s server did not come up:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  // The whole group: extension hosts are children and would live on.
  const kill = (signal) => {
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  return {
    port: chosen,
    pid: child.pid,
    url: `http://localhost:${chosen}/`,
    token,
    output: () => output,
    exited,
    async stop() {
      kill('SIGTERM');
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 3000))]);
      kill('SIGKILL');
    },
  };
}

/** Address of a folder; `development` runs an extension from its source folder, `tests` a suite inside its extension host. */
export function workbenchUrl(server, folder, { development, tests } = {}) {
  const remote = (file) => `vscode-remote://localhost:${server.port}${file}`;
  const payload = [];
  if (development) payload.push(['extensionDevelopmentPath', remote(development)]);
  if (tests) payload.push(['extensionTestsPath', remote(tests)]);
  const query = folder ? `?folder=${encodeURI(folder)}` : '?ew=true';
  return `${server.url}${query}${server.token ? `&tkn=${server.token}` : ''}${payload.length > 0 ? `&payload=${encodeURIComponent(JSON.stringify(payload))}` : ''}`;
}
