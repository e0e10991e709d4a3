/**
 * What the sandboxes of all platforms have in common:
 * a command goes through a program that was tried once, or as it is.
 */
import { execFile } from 'node:child_process';
import type { Sandbox } from '../../core/model/policy.js';

export interface SandboxedCommand {
  root: string;
  folder: string;
  sandbox: Sandbox;
  network: boolean;
  readable: readonly string[];
  /** Folders of the workspace that stay as they are, but for what is `writable` in them. Real paths. */
  kept?: readonly string[];
  /** Folders that may be written wherever they lie, also in what is hidden; they exist. */
  writable?: readonly string[];
}

export type Detected = { works: true; program: string } | { works: false; reason: string };

export interface Wrapping<By extends string> {
  wrap(
    command: SandboxedCommand,
    argv: readonly string[],
    signal: AbortSignal,
  ): Promise<{ by: By | 'none'; argv: readonly string[]; env?: Readonly<Record<string, string>> }>;
  /** Tried once with a real command; `reason` says what was wrong. */
  detect(): Promise<Detected>;
}

/** `before`: what stands between the program and the command's own words. `env`: what the command is told of it. */
export function createWrapping<By extends string>(
  by: By,
  probe: () => Promise<Detected>,
  before: (command: SandboxedCommand) => readonly string[],
  env?: Readonly<Record<string, string>>,
): Wrapping<By> {
  let detected: Promise<Detected> | undefined;
  const detect = () => (detected ??= probe());
  return {
    detect,
    async wrap(command, argv, signal) {
      signal.throwIfAborted();
      if (command.sandbox === 'full-access') return { by: 'none', argv };
      const found = await detect();
      signal.throwIfAborted();
      return found.works
        ? { by, argv: [found.program, ...before(command), '--', ...argv], ...(env && { env }) }
        : { by: 'none', argv };
    },
  };
}

/** Runs `exit 0` in it. */
export const tryProgram = (program: string, args: readonly string[]): Promise<Detected> =>
  new Promise((resolve) => {
    execFile(
      program,
      [...args, '--', '/bin/sh', '-c', 'exit 0'],
      { timeout: 5000, env: {} },
      (error, _stdout, stderr) => {
        if (!error) resolve({ works: true, program });
        else resolve({ works: false, reason: stderr.trim().split('\n')[0]?.slice(0, 300) || error.message });
      },
    );
  });
