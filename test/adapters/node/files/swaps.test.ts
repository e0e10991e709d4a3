/**
 * Between the approval and the write another process swaps the file: for other text, written in place or renamed over it, for a link
 * to the outside, or for nothing. Whatever the moment: what was approved replaces exactly what was expected, or nothing is written.
 * SWAPS says how often (10,000 is the long form), SWAPS_SEED which.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDiskWorkspace, type DiskFs } from '../../../../src/adapters/node/files/workspace.js';
import { encodeUtf8 } from '../../../../src/base/bytes.js';
import { isOpenExecError } from '../../../../src/core/errors.js';
import { asRoot } from '../../../../src/core/model/primitives.js';
import type { FileWrite } from '../../../../src/core/ports/ports.js';
import { random } from '../../../crash/chance.js';

const SWAPS = Number(process.env['SWAPS'] ?? 300);
const SEED = Number(process.env['SWAPS_SEED'] ?? 20_261);
const chance = random(SEED);
const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)]!;
const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** Waits busily, so that the moment is exact to some microseconds, swaps, and says between which two moments it did. */
const SWAPPER = `
const fs = require('fs');
process.on('message', ({ path, kind, text, outside, delayUs }) => {
  const at = process.hrtime.bigint() + BigInt(delayUs) * 1000n;
  if (kind === 'rename') fs.writeFileSync(path + '.other', text);
  while (process.hrtime.bigint() < at);
  const began = process.hrtime.bigint();
  let done = true;
  try {
    if (kind === 'write') { const file = fs.openSync(path, 'r+'); fs.ftruncateSync(file); fs.writeSync(file, text); fs.closeSync(file); }
    else if (kind === 'rename') fs.renameSync(path + '.other', path);
    else if (kind === 'link') { fs.rmSync(path); fs.symlinkSync(outside, path); }
    else fs.rmSync(path);
  } catch (error) { done = false; fs.rmSync(path + '.other', { force: true }); }
  process.send({ began: String(began), ended: String(process.hrtime.bigint()), done });
});
process.send('ready');
`;

let base = '';
let swapper: ChildProcess;
beforeAll(async () => {
  base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'openexec-swaps-')));
  swapper = spawn(process.execPath, ['-e', SWAPPER], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(swapper, 'message');
});
afterAll(() => {
  swapper.disconnect();
  fs.rmSync(base, { recursive: true, force: true });
});

it.skipIf(process.platform === 'win32')(
  `writes no file over what was not approved, in ${SWAPS} swaps`,
  { timeout: 60_000 + SWAPS * 100 },
  async () => {
    const root = asRoot(join(base, 'root'));
    fs.mkdirSync(root);
    const outside = join(base, 'outside.txt');
    fs.writeFileSync(outside, 'outside\n');
    /** When it last looked at the file before it replaced it. */
    let look = 0n;
    let lastLook = 0n;
    let watching = '';
    const watched = {
      ...fs,
      lstatSync: (...args: Parameters<typeof fs.lstatSync>) => {
        if (args[0] === watching) look = process.hrtime.bigint();
        return fs.lstatSync(...args);
      },
      renameSync: (from: string, to: string) => {
        if (to === watching) lastLook ||= look;
        fs.renameSync(from, to);
      },
      unlinkSync: (path: string) => {
        if (path === watching) lastLook ||= look;
        fs.unlinkSync(path);
      },
    } as DiskFs;
    const workspace = createDiskWorkspace({ fs: watched });
    const count = { applied: 0, refused: 0, between: 0 };
    // Steered: later after a refusal, earlier after a write, so that about half of the swaps win however fast the machine is.
    let usualUs = 3000;

    for (let round = 0; round < SWAPS; round++) {
      const name = `file-${round % 7}.txt`;
      const path = join(root, name);
      const before = `before ${round}\n`;
      const theirs = `theirs ${round}\n`;
      const op = pick(['edit', 'edit', 'delete', 'rename'] as const);
      const kind = pick(['write', 'rename', 'link', 'remove'] as const);
      fs.rmSync(root, { recursive: true });
      fs.mkdirSync(root);
      fs.writeFileSync(path, before);
      const other = join(root, 'other.txt');
      fs.writeFileSync(other, 'other\n');
      const own: FileWrite =
        op === 'rename'
          ? { path: 'moved.txt', from: name, before: sha(before), after: encodeUtf8(`after ${round}\n`) }
          : { path: name, before: sha(before), after: op === 'edit' ? encodeUtf8(`after ${round}\n`) : null };
      const writes: FileWrite[] = [own, { path: 'other.txt', before: sha('other\n'), after: encodeUtf8('OTHER\n') }];
      const swapped = once(swapper, 'message') as Promise<[{ began: string; ended: string; done: boolean }]>;
      swapper.send({ path, kind, text: theirs, outside, delayUs: Math.floor(chance() * usualUs * 2) });
      watching = path;
      lastLook = 0n;
      const failed = await workspace
        .apply(root, chance() < 0.5 ? writes : writes.reverse(), 'swap', new AbortController().signal)
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      usualUs = failed ? Math.min(usualUs * 1.1, 200_000) : Math.max(usualUs / 1.1, 100);
      const [swap] = await swapped;

      const what = `round ${round}, seed ${SEED}: ${op}, swapped by ${kind}`;
      const read = (file: string) =>
        fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() ? fs.readFileSync(file, 'utf8') : undefined;
      const isLink = fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
      expect(fs.readFileSync(outside, 'utf8'), what).toBe('outside\n');
      expect(
        fs.readdirSync(root).filter((each) => each.endsWith('.tmp')),
        what,
      ).toEqual([]);
      if (failed) {
        count.refused++;
        if (!isOpenExecError(failed)) throw new Error(what, { cause: failed });
        expect(['file-changed', 'path-outside', 'file-unwritable'], what).toContain(failed.code);
        expect(read(other), what).toBe('other\n');
        expect(read(join(root, 'moved.txt')), what).toBeUndefined();
        // What stands there is theirs, and only theirs.
        expect(isLink ? 'link' : (read(path) ?? 'none'), what).toBe(
          !swap.done ? before : kind === 'link' ? 'link' : kind === 'remove' ? 'none' : theirs,
        );
        continue;
      }
      count.applied++;
      expect(read(other), what).toBe('OTHER\n');
      const mine = read(op === 'rename' ? join(root, 'moved.txt') : path);
      const theirsIsGone =
        op === 'edit'
          ? mine === `after ${round}\n` && swap.done
          : !isLink && swap.done && kind !== 'remove' && read(path) === undefined;
      if (!theirsIsGone) continue;
      // Their text was replaced: only where it came between the last look and the rename, for which there is no system call.
      count.between++;
      expect(BigInt(swap.ended), `stale: ${what}`).toBeGreaterThan(lastLook);
    }
    console.log(
      `swaps: ${SWAPS}, applied ${count.applied}, refused ${count.refused}, in the microseconds of the rename itself ${count.between}`,
    );
    expect(count.refused).toBeGreaterThan(SWAPS * 0.1);
    expect(count.applied).toBeGreaterThan(SWAPS * 0.05);
  },
);
