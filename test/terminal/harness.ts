/** The command line in this process: the real commands on the real façade over the ports' fakes, a scripted person at the keyboard. */
import { mkdtemp, mkdir, realpath, rm, writeFile, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { OpenExec } from '../../src/core/facade.js';
import type { Settings } from '../../src/core/ports/ports.js';
import { createDiskWorkspace } from '../../src/adapters/node/files/workspace.js';
import { makeFolder } from '../../src/adapters/owner/data-home.js';
import { createNodeTerminal } from '../../src/terminal/node-terminal.js';
import { runCli } from '../../src/terminal/program.js';
import type { Terminal } from '../../src/terminal/terminal.js';
import { createFakeShellParser } from '../fakes/shell-parser.js';
import { createWorld, planOf, type World, type WorldInput } from '../core/engine/harness.js';

export interface Shell {
  folder: string;
  world: World;
  /** Settings as the last `open` gave them. */
  settings(): Promise<Settings>;
  run(args: string, options?: Partial<Person>): Promise<Outcome>;
  interrupt(): void;
  read(file: string): Promise<string>;
  dispose(): Promise<void>;
}
export interface Person {
  /** A person at a terminal answers these, in order; a function gets the prompt and may do something first. */
  types: readonly (string | ((prompt: string) => string | Promise<string>))[];
  tty: boolean;
  input: string;
  env: Record<string, string>;
  cwd: string;
}
export interface Outcome {
  code: number;
  out: string;
  err: string;
  json: unknown;
  /** Prompts shown. */
  asked: string[];
}

const notHere = () => Promise.reject(new Error('the façade of this terminal has no state on disk'));
const noState: Terminal['state'] = { restore: notHere, moved: async () => [], adopt: notHere, startFresh: notHere };

/** The real one gives the files; what a person sees and types is stood in for. */
const nodeTerminal = createNodeTerminal(
  {
    version: '1.2.3',
    home: '',
    workspace: async () => createDiskWorkspace(),
    judgeWorld: async (root) => ({
      root,
      workspace: createDiskWorkspace(),
      shell: createFakeShellParser(),
      locate: async () => undefined,
    }),
    open: () => Promise.reject(new Error('not opened')),
    serveLanguage: () => Promise.reject(new Error('not served')),
    state: noState,
  },
  makeFolder,
);

export async function createShell(
  input: WorldInput & { disk?: Readonly<Record<string, string>> } = {},
): Promise<Shell> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'openexec-cli-')));
  for (const [name, text] of Object.entries(input.disk ?? { 'openexec.yaml': 'version: 1\n' })) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const world = await createWorld(input);
  const interrupts = new Set<() => void>();
  let settings: (() => Promise<Settings>) | undefined;
  // The façade outlives a command here, as that of an owner in another process would.
  const borrowed: OpenExec = { ...world.openexec, close: () => Promise.resolve(), dispose: () => undefined };

  return {
    folder,
    world,
    settings: () => (settings ? settings() : Promise.reject(new Error('nothing was opened'))),
    interrupt: () => interrupts.forEach((listener) => listener()),
    read: (file) => readFile(path.join(folder, file), 'utf8'),
    dispose: async () => {
      await world.openexec.close();
      await rm(folder, { recursive: true, force: true });
    },
    async run(args, person = {}) {
      const written = { out: '', err: '' };
      const asked: string[] = [];
      const typed = [...(person.types ?? [])];
      const tty = person.tty ?? person.types !== undefined;
      const sink = (name: 'out' | 'err') => ({
        write: (text: string) => void (written[name] += text),
        isTTY: tty,
        columns: 100,
      });
      const terminal: Terminal = {
        ...nodeTerminal,
        home: path.join(folder, '.home'),
        open: async (request) => {
          settings = request.settings;
          return borrowed;
        },
        cwd: person.cwd ?? folder,
        env: { NO_COLOR: '1', ...person.env },
        pid: 1,
        out: sink('out'),
        err: sink('err'),
        interactive: tty,
        readInput: () => Promise.resolve(person.input ?? ''),
        async *inputLines() {
          yield (person.input ?? '').split('\n').filter((line, at, all) => at < all.length - 1 || line !== '');
        },
        async ask(prompt, signal) {
          asked.push(prompt);
          const next = typed.shift();
          if (next !== undefined) return typeof next === 'string' ? next : next(prompt);
          // A person who says nothing more: until the question is taken away.
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
        },
        onInterrupt(listener) {
          interrupts.add(listener);
          return { dispose: () => void interrupts.delete(listener) };
        },
      };
      const code = await runCli(terminal, words(args));
      return {
        code,
        ...written,
        asked,
        get json() {
          return JSON.parse(written.out) as unknown;
        },
      };
    },
  };
}

/** Splits at spaces; double quotes keep what is in them together. */
const words = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? (match[2] as string));

export async function importPlan(
  shell: Shell,
  document = planOf({ 'T-1': {}, 'T-2': { after: ['T-1'] } }),
): Promise<void> {
  await shell.run('plan import - --name Work', { input: JSON.stringify(document) });
  await shell.run('plan approve --yes');
}
