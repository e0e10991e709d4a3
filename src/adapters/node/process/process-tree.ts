/**
 * Finds and ends everything a command started: its process group and session, its descendants, and
 * (Linux) whatever left both, known by the mark in the environment it inherited. SIGTERM first; who
 * is still there after 400 ms gets SIGKILL.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, win32 } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The environment variable that marks what belongs to a command. */
export const markName = 'OPENEXEC_COMMAND';

export interface TreeOwner {
  pid: number;
  mark: string;
  platform: NodeJS.Platform;
}

const politeMs = 400;

/** Resolves when nothing of the tree is left, after 900 ms at the latest. */
export async function endTree(owner: TreeOwner): Promise<void> {
  if (owner.platform === 'win32') {
    await taskkill(owner.pid);
    return;
  }
  const start = performance.now();
  send(await members(owner), owner.pid, 'SIGTERM');
  while (performance.now() - start < politeMs) {
    await wait(20);
    if ((await members(owner)).length === 0) return;
  }
  await endTreeNow(owner, 400);
}

/** SIGKILL at once, again until nothing is found: a fork may race with the search. */
export async function endTreeNow(owner: TreeOwner, atMostMs = 400): Promise<void> {
  if (owner.platform === 'win32') return taskkill(owner.pid);
  const start = performance.now();
  for (;;) {
    const found = await members(owner);
    if (found.length === 0 || performance.now() - start > atMostMs) return;
    send(found, owner.pid, 'SIGKILL');
    await wait(10);
  }
}

function send(pids: readonly number[], group: number, signal: NodeJS.Signals): void {
  for (const target of [...(pids.length > 0 ? [-group] : []), ...pids]) {
    try {
      process.kill(target, signal);
    } catch {
      // it ended in between, or the group did: the next search tells
    }
  }
}

/** Living processes of the tree; zombies do not count, they wait for their parent only. */
async function members(owner: TreeOwner): Promise<number[]> {
  const all = owner.platform === 'linux' ? fromProc(owner) : await fromPs(owner);
  const found = new Set(
    all
      .filter((one) => one.pid === owner.pid || one.group === owner.pid || one.session === owner.pid || one.marked)
      .map((one) => one.pid),
  );
  for (let grew = true; grew; ) {
    grew = false;
    for (const one of all) {
      if (found.has(one.pid) || !found.has(one.parent)) continue;
      found.add(one.pid);
      grew = true;
    }
  }
  const dead = new Set(all.filter((one) => one.zombie).map((one) => one.pid));
  return [...found].filter((pid) => !dead.has(pid) && pid !== process.pid && all.some((one) => one.pid === pid));
}

interface Found {
  pid: number;
  parent: number;
  group: number;
  session: number;
  zombie: boolean;
  marked: boolean;
}

function fromProc(owner: TreeOwner): Found[] {
  const found: Found[] = [];
  const mark = `${markName}=${owner.mark}\0`;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(join('/proc', name, 'stat'), 'latin1');
      // The name in parentheses may hold anything, also ") R 1"; what follows the last parenthesis is numbers.
      const [state, parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const entry = {
        pid: Number(name),
        parent: Number(parent),
        group: Number(group),
        session: Number(session),
        zombie: state === 'Z' || state === 'X',
        marked: false,
      };
      if (entry.pid !== process.pid) entry.marked = `${readEnvironment(name)}\0`.includes(mark);
      found.push(entry);
    } catch {
      // it ended while we looked
    }
  }
  return found;
}

function readEnvironment(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'environ'), 'latin1');
  } catch {
    return ''; // another user's process: not ours
  }
}

function fromPs(owner: TreeOwner): Promise<Found[]> {
  return new Promise((resolve) => {
    execFile('/bin/ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
      if (error)
        return resolve([
          { pid: owner.pid, parent: 0, group: owner.pid, session: owner.pid, zombie: false, marked: false },
        ]); // the group at least
      resolve(readPs(stdout));
    });
  });
}

/** macOS and the BSDs: `pid ppid pgid state`, a process a line. */
export function readPs(output: string): Found[] {
  return output.split('\n').flatMap((line) => {
    const [pid, parent, group, state] = line.trim().split(/\s+/);
    return state === undefined
      ? []
      : [
          {
            pid: Number(pid),
            parent: Number(parent),
            group: Number(group),
            session: 0,
            zombie: state.startsWith('Z'),
            marked: false,
          },
        ];
  });
}

/** Windows keeps no groups; its own tool ends a tree by parents. Its failure means the process was gone already. */
function taskkill(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const [tool, ...args] = taskkillCommand(pid, process.env['SystemRoot']);
    execFile(tool, args, { windowsHide: true }, () => resolve());
  });
}

/** Never looked for on the PATH: what is found there could be anything. */
export const taskkillCommand = (pid: number, systemRoot = 'C:\\Windows'): [string, ...string[]] => [
  win32.join(systemRoot, 'System32', 'taskkill.exe'),
  '/pid',
  String(pid),
  '/t',
  '/f',
];
