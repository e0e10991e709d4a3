import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveDataDir } from '../../../src/adapters/owner/data-home.js';
import { declineMoved, findMoved, nameRoot, readRootFile } from '../../../src/adapters/owner/moved-root.js';

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A home with a folder `old` that has state, and a way to open others in it. */
async function home() {
  const top = mkdtempSync(path.join(tmpdir(), 'openexec-moved-'));
  made.push(top);
  const place = (name: string) => path.join(top, name);
  const open = async (name: string) => resolveDataDir({ root: place(name), env: {}, home: place('home') });
  mkdirSync(place('old'));
  const dir = await open('old');
  writeFileSync(path.join(dir, 'openexec.db'), 'state');
  await nameRoot(dir, place('old'), { firstCommit: 'c0ffee' });
  return { place, open, dir };
}
const commit = (id: string | undefined) => async () => id;

describe('a folder that moved', () => {
  it('is known again on the same disk, also without git', async () => {
    const { place, open, dir } = await home();
    renameSync(place('old'), place('new'));
    expect(await findMoved(await open('new'), place('new'), commit(undefined))).toMatchObject([
      { path: place('old'), dir },
    ]);
  });

  it('is known again by its first commit where it is another folder: cloned, or on another disk', async () => {
    const { place, open } = await home();
    rmSync(place('old'), { recursive: true });
    mkdirSync(place('clone'));
    expect(await findMoved(await open('clone'), place('clone'), commit('c0ffee'))).toMatchObject([
      { path: place('old') },
    ]);
    expect(await findMoved(await open('clone'), place('clone'), commit('beef'))).toEqual([]);
    expect(await findMoved(await open('clone'), place('clone'), commit(undefined))).toEqual([]);
  });

  it('is not a copy: as long as the first is where it was, its state is its own', async () => {
    const { place, open } = await home();
    await cp(place('old'), place('copy'), { recursive: true });
    expect(await findMoved(await open('copy'), place('copy'), commit('c0ffee'))).toEqual([]);
  });

  it('is not offered where it has no state, nor again to a folder that did not want it', async () => {
    const { place, open, dir } = await home();
    renameSync(place('old'), place('new'));
    const fresh = await open('new');
    const offered = await findMoved(fresh, place('new'), commit('c0ffee'));
    await declineMoved(fresh, place('new'), offered);
    expect(await findMoved(await open('new'), place('new'), commit('c0ffee'))).toEqual([]);
    mkdirSync(place('other'));
    expect(await findMoved(await open('other'), place('other'), commit('c0ffee'))).toHaveLength(1);
    rmSync(path.join(dir, 'openexec.db'));
    expect(await findMoved(await open('other'), place('other'), commit('c0ffee'))).toEqual([]);
  });

  it('asks for the first commit only when there is something to compare it with', async () => {
    const { place, open } = await home();
    mkdirSync(place('other'));
    await findMoved(await open('other'), place('other'), () => Promise.reject(new Error('asked')));
  });

  it('keeps what is known of a folder when it is opened again', async () => {
    const { open, place } = await home();
    expect(await readRootFile(await open('old'))).toMatchObject({
      v: 1,
      path: place('old'),
      firstCommit: 'c0ffee',
      identity: expect.stringMatching(/^\d+\/\d+\/\d+$/),
    });
  });
});
