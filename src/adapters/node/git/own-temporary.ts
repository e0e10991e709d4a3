/**
 * A folder for the files of one call of git: in the data folder, beside the worktrees. The system's own for temporary
 * files may be missing, full, or another's (a TMPDIR of a job that has ended), and a commit must not hang on that.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OpenExecError } from '../../../core/errors.js';
import { errnoOf } from '../process/confine.js';

const DAY = 24 * 60 * 60 * 1000;

/** Removed by the caller. What a killed process left there is removed a day later. Errors: store-unwritable. */
export function makeTemporary(worktrees: string): string {
  const folder = join(dirname(worktrees), 'temporary');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      const left = join(folder, name);
      const found = statSync(left, { throwIfNoEntry: false });
      if (found && Date.now() - found.mtimeMs > DAY) rmSync(left, { recursive: true, force: true });
    }
    return mkdtempSync(join(folder, 'git-'));
  } catch (cause) {
    throw new OpenExecError('store-unwritable', { path: folder, reason: errnoOf(cause) ?? 'unknown' }, undefined, {
      cause,
    });
  }
}
