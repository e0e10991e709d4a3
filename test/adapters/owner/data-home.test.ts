import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dataHome, resolveDataDir } from '../../../src/adapters/owner/data-home.js';

describe('the data home', () => {
  const top = () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'openexec-home-'));
    made.push(dir);
    return dir;
  };
  const made: string[] = [];
  afterEach(() => made.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })));

  it.each([
    ['linux', { HOME: '/home/ada' }, '/home/ada/.local/share/openexec'],
    ['linux', { HOME: '/home/ada', XDG_DATA_HOME: '/data' }, '/data/openexec'],
    ['linux', { HOME: '/home/ada', XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/openexec'],
    ['darwin', { HOME: '/Users/ada' }, '/Users/ada/Library/Application Support/OpenExec'],
    ['linux', { HOME: '/home/ada', OPENEXEC_HOME: '/elsewhere' }, '/elsewhere'],
  ] as const)('on %s with %o', (platform, env, expected) => expect(dataHome(env, platform)).toBe(expected));

  it.each(['state', './state', '../state', '~/state'])('is not taken from the current folder: %s', (given) => {
    expect(() => dataHome({ HOME: '/home/ada', OPENEXEC_HOME: given }, 'linux')).toThrow(
      expect.objectContaining({ code: 'usage', params: { problem: expect.stringContaining('absolute') } }),
    );
  });

  it('gives every root a folder of its own that only its owner may enter, and names the root in it', async () => {
    const [home, one, two] = [top(), path.join(top(), 'Zitate & Co'), path.join(top(), 'Zitate & Co')];
    for (const root of [one, two]) mkdirSync(root);
    const [a, b] = [
      await resolveDataDir({ root: one, env: {}, home }),
      await resolveDataDir({ root: two, env: { OPENEXEC_HOME: home } }),
    ];
    expect(a).not.toBe(b);
    expect(path.basename(a)).toMatch(/^Zitate-Co-[0-9a-f]{16}$/);
    expect(statSync(a).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(path.join(a, 'root.json'), 'utf8'))).toMatchObject({ v: 1, path: one });
    expect(await resolveDataDir({ root: one, env: {}, home })).toBe(a);
  });

  it('finds the same folder through a link', async () => {
    const [home, root] = [top(), top()];
    const link = path.join(top(), 'link');
    symlinkSync(root, link);
    expect(await resolveDataDir({ root: link, env: {}, home })).toBe(await resolveDataDir({ root, env: {}, home }));
  });

  it('mends a root.json that was cut off', async () => {
    const [home, root] = [top(), top()];
    const dir = await resolveDataDir({ root, env: {}, home });
    writeFileSync(path.join(dir, 'root.json'), '{"v":1,"pa');
    await resolveDataDir({ root, env: {}, home });
    expect(JSON.parse(readFileSync(path.join(dir, 'root.json'), 'utf8'))).toMatchObject({ v: 1, path: root });
  });

  it('refuses a missing root, a home that is a file, and a folder others may write to or that is a link', async () => {
    const [home, root] = [top(), top()];
    await expect(resolveDataDir({ root: path.join(root, 'none'), env: {}, home })).rejects.toMatchObject({
      code: 'root-not-found',
    });
    writeFileSync(path.join(root, 'file'), '');
    await expect(resolveDataDir({ root, env: {}, home: path.join(root, 'file') })).rejects.toMatchObject({
      code: 'store-unwritable',
      params: { reason: 'ENOTDIR' },
    });
    if (process.platform === 'linux')
      await expect(resolveDataDir({ root, env: {}, home: '/proc/none/deep' })).rejects.toMatchObject({
        code: 'store-unwritable',
      });
    const dir = await resolveDataDir({ root, env: {}, home });
    chmodSync(dir, 0o777);
    await expect(resolveDataDir({ root, env: {}, home })).rejects.toMatchObject({ code: 'store-unwritable' });
    rmSync(dir, { recursive: true });
    symlinkSync(top(), dir);
    await expect(resolveDataDir({ root, env: {}, home })).rejects.toMatchObject({ code: 'store-unwritable' });
  });
});
