// Small things the scripts share: running a program with Node 24 first on its PATH, free ports, temporary folders.
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The environment of this process with the project's own tools first on the PATH, less what npm and VS Code leave behind. */
export function cleanEnv(more = {}) {
  const env = { ...process.env, ...more };
  for (const name of Object.keys(env))
    if (
      /^(npm_config_user_agent|npm_config_npm_version|npm_package_.*|npm_lifecycle_.*|VSCODE_.*|ELECTRON_RUN_AS_NODE|NODE_OPTIONS|NODE_TEST_CONTEXT|VITEST.*)$/.test(
        name,
      ) &&
      !(name in more)
    )
      delete env[name];
  env.PATH = [path.dirname(process.execPath), path.join(top, 'node_modules', '.bin'), process.env.PATH ?? ''].join(
    path.delimiter,
  );
  return env;
}

/** Resolves with exit code and output; with `echo` the output is shown as it comes. Rejects only when the program cannot be started. */
export function run(program, args, { cwd = top, env = cleanEnv(), echo = false, timeoutMs = 0 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    const take = (stream, to) =>
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (echo) to.write(text);
      });
    take(child.stdout, process.stdout);
    take(child.stderr, process.stderr);
    const timer = timeoutMs > 0 ? setTimeout(() => child.kill('SIGKILL'), timeoutMs) : undefined;
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, signal, output });
    });
  });
}

export async function mustRun(program, args, options) {
  const result = await run(program, args, options);
  if (result.code !== 0)
    throw new Error(
      `${program} ${args.join(' ')} exited ${result.code}${options?.echo ? '' : `\n${result.output.slice(-4000)}`}`,
    );
  return result.output;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export const temporaryFolder = (name) => mkdtemp(path.join(os.tmpdir(), `openexec-${name}-`));

export const seconds = (ms) =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
