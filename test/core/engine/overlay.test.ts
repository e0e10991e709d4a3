/** Edits of a stage before they are written: however they follow one another, each name stands in the change once, and as the disk needs it. */
import { describe, expect, it } from 'vitest';
import { createOverlay } from '../../../src/core/engine/effects/overlay.js';
import { decodeLossy, encodeUtf8 } from '../../../src/base/bytes.js';
import { createHasher } from '../../../src/adapters/node/hasher.js';
import { createFakeWorkspace, fakeRoot } from '../../fakes/workspace.js';

const { sha256 } = createHasher();
type Edit = [path: string, after: string | null, from?: string];

/** Plays the edits, shows what would be written, and writes it. */
async function check(edits: readonly Edit[], writes: readonly string[], tree: Record<string, string>): Promise<void> {
  const workspace = createFakeWorkspace({ 'a.txt': 'A', 'b.txt': 'B' });
  const overlay = createOverlay(workspace, fakeRoot);
  for (const [path, after, from] of edits) await overlay.set(path, after === null ? null : encodeUtf8(after), from);
  const resumed = createOverlay(workspace, fakeRoot);
  resumed.restore(overlay.changed());
  for (const one of [overlay, resumed]) {
    expect(
      one
        .changed()
        .map(
          ({ path, from, before, after }) =>
            `${from ? `${from} > ` : ''}${path}: ${before ? decodeLossy(before) : '-'} ${after ? decodeLossy(after) : '-'}`,
        ),
    ).toEqual(writes);
    for (const path of ['a.txt', 'b.txt', 'c.txt', 'd.txt'])
      expect((await one.read(path)) && decodeLossy((await one.read(path))!), path).toBe(tree[path]);
  }
  await workspace.apply(
    fakeRoot,
    overlay.changed().map((file) => ({
      path: file.path,
      before: file.before && sha256(file.before),
      after: file.after,
      ...(file.from && { from: file.from }),
    })),
    '',
    new AbortController().signal,
  );
  expect(workspace.dump()).toEqual(tree);
}

describe('edits of one stage', () => {
  it('edited, then moved: one rename', () =>
    check(
      [
        ['a.txt', 'A2'],
        ['c.txt', 'A2', 'a.txt'],
      ],
      ['a.txt > c.txt: A A2'],
      { 'b.txt': 'B', 'c.txt': 'A2' },
    ));
  it('moved, then edited', () =>
    check(
      [
        ['c.txt', 'A', 'a.txt'],
        ['c.txt', 'A2'],
      ],
      ['a.txt > c.txt: A A2'],
      { 'b.txt': 'B', 'c.txt': 'A2' },
    ));
  it('moved twice', () =>
    check(
      [
        ['c.txt', 'A', 'a.txt'],
        ['d.txt', 'A', 'c.txt'],
      ],
      ['a.txt > d.txt: A A'],
      { 'b.txt': 'B', 'd.txt': 'A' },
    ));
  it('moved and moved back', () =>
    check(
      [
        ['c.txt', 'A', 'a.txt'],
        ['a.txt', 'A', 'c.txt'],
      ],
      [],
      { 'a.txt': 'A', 'b.txt': 'B' },
    ));
  it('moved, then deleted', () =>
    check(
      [
        ['c.txt', 'A', 'a.txt'],
        ['c.txt', null],
      ],
      ['a.txt: A -'],
      { 'b.txt': 'B' },
    ));
  it('created, then moved', () =>
    check(
      [
        ['c.txt', 'C'],
        ['d.txt', 'C', 'c.txt'],
      ],
      ['d.txt: - C'],
      { 'a.txt': 'A', 'b.txt': 'B', 'd.txt': 'C' },
    ));
  it('moved away, and a new file in its place', () =>
    check(
      [
        ['c.txt', 'A', 'a.txt'],
        ['a.txt', 'new'],
      ],
      ['a.txt: A new', 'c.txt: - A'],
      { 'a.txt': 'new', 'b.txt': 'B', 'c.txt': 'A' },
    ));
  it('moved to the place of one that was deleted', () =>
    check(
      [
        ['b.txt', null],
        ['b.txt', 'A', 'a.txt'],
      ],
      ['a.txt: A -', 'b.txt: B A'],
      { 'b.txt': 'A' },
    ));
});
