/**
 * Moves a branch, and gets over what a kill in the middle of it left: git's own locks of the branch and of HEAD, which
 * name nobody. So a note beside them says that we are at it. A lock that came after the note of a dead process and
 * holds nothing, or what that process was about to write, is its own; anyone else's stands.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { GitResult } from './git-command.js';
import { isOfDead, ownMark } from './index-lock.js';
import { line } from './git-repository.js';

/** How long a lock must have stood still: git holds one for milliseconds, and a kill may have spared the git of it. */
const STILL_MS = 2000;
const NOTE = 'openexec-moves';

export interface RefMove {
  gitDir: string;
  /** Where `call` runs. */
  cwd: string;
  ref: string;
  to: string;
  /** '' = the branch must not exist yet. */
  from: string;
  /** For the reflog; one line. */
  why: string;
}

/** `call` runs git to its end. Whoever calls holds the lock of the index: no two of ours are here at once. */
export async function moveRef(
  call: (args: readonly string[]) => Promise<GitResult>,
  move: RefMove,
): Promise<GitResult> {
  const note = join(move.gitDir, NOTE);
  const left = noteOf(note);
  if (left?.ref === move.ref && isOfDead(left.mark)) {
    const own = resolve(move.cwd, line(await call(['rev-parse', '--git-path', move.ref])));
    for (const path of [`${own}.lock`, join(move.gitDir, 'HEAD.lock')]) await removeLeft(path, left);
  }
  writeFileSync(note, `${ownMark()}${move.to} ${move.ref}\n`);
  try {
    return await call(['update-ref', '-m', move.why, move.ref, move.to, move.from]);
  } finally {
    rmSync(note, { force: true });
  }
}

interface Note {
  mark: string;
  to: string;
  ref: string;
  at: number;
}

function noteOf(path: string): Note | undefined {
  const text = contentOf(path);
  const match = /^(openexec [^\n]*\n)([0-9a-f]+) (refs\/heads\/[^\n]+)\n$/.exec(text ?? '');
  const at = changedAt(path);
  if (!match || at === undefined) return undefined;
  return { mark: match[1]!, to: match[2]!, ref: match[3]!, at };
}

async function removeLeft(lock: string, note: Note): Promise<void> {
  const at = changedAt(lock);
  if (at === undefined || at < note.at) return;
  for (const start = performance.now(); performance.now() - start < STILL_MS; await wait(50))
    if (changedAt(lock) !== at) return;
  if (['', note.to].includes(contentOf(lock)?.trim() ?? '?')) rmSync(lock, { force: true });
}

/** ms of the file system's clock; undefined = it is not there. */
const changedAt = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

function contentOf(path: string): string | undefined {
  if (changedAt(path) === undefined) return undefined;
  try {
    return readFileSync(path, 'latin1').slice(0, 4096);
  } catch {
    return undefined; // gone in this moment, or a folder: no note and no lock of ours
  }
}
