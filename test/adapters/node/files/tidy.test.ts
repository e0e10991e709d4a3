/** What a process that was killed in the middle of a change leaves beside the files, and who takes it away. */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDiskWorkspace } from '../../../../src/adapters/node/files/workspace.js';
import { asRoot } from '../../../../src/core/model/primitives.js';

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'openexec-tidy-')));
  mkdirSync(path.join(folder, 'made'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('takes away the second names of a dead process, and those of no other', async () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const file = path.join(folder, 'made', 'new.txt');
  const own = `.openexec-${process.pid}-0123456789ab.tmp`;
  writeFileSync(file, 'new\n');
  linkSync(file, path.join(folder, 'made', `.openexec-${dead}-0123456789ab.tmp`));
  writeFileSync(path.join(folder, 'made', own), 'at work\n');
  writeFileSync(path.join(folder, 'made', '.openexec-notes.tmp'), 'the person’s\n');
  await createDiskWorkspace().tidy(asRoot(folder), ['made/new.txt', 'gone/old.txt']);
  expect(readdirSync(path.join(folder, 'made')).sort()).toEqual([own, '.openexec-notes.tmp', 'new.txt'].sort());
  expect(statSync(file).nlink).toBe(1);
});
