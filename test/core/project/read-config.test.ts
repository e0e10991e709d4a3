/** The settings of a project on a real disk: what is there and cannot be taken whole is told, never passed over. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiskWorkspace } from '../../../src/adapters/node/files/workspace.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import { configError, findConfig } from '../../../src/core/project/read-config.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'openexec-config-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const put = (name: string, content: string | Uint8Array) => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
};
const find = () => findConfig(createDiskWorkspace(), asRoot(folder));
const told = async () =>
  (await find()).problems.map((one) => `${one.severity} ${String(one.params['file'])}: ${one.message}`);
const good = 'commands: { lint: eslint . }\n';

describe('openexec.yaml of a folder', () => {
  it('is read at the root, else in .openexec; two of them are told, and the first counts', async () => {
    expect(await find()).toEqual({ problems: [] });
    put('.openexec/openexec.yaml', 'commands: { lint: other }\n');
    expect(await find()).toMatchObject({ file: '.openexec/openexec.yaml', config: { commands: { lint: ['other'] } } });
    put('openexec.yaml', good);
    expect(await find()).toMatchObject({ file: 'openexec.yaml', config: { commands: { lint: ['eslint .'] } } });
    expect(await told()).toEqual([
      'warning .openexec/openexec.yaml: It counts for nothing, because openexec.yaml is there, too. Keep one of them.',
    ]);
  });

  it.each<[string, () => void, string]>([
    ['a folder of its name', () => mkdirSync(path.join(folder, 'openexec.yaml')), 'It is not an ordinary file.'],
    [
      'a link that leads nowhere',
      () => symlinkSync('gone.yaml', path.join(folder, 'openexec.yaml')),
      'It is a link that leads nowhere.',
    ],
    [
      'a link that leads out',
      () => symlinkSync('/etc/hostname', path.join(folder, 'openexec.yaml')),
      'It leads outside',
    ],
    [
      'UTF-16 with its mark',
      () => put('openexec.yaml', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good, 'utf16le')])),
      'It is not text in UTF-8. Save it as UTF-8.',
    ],
    [
      'UTF-16 without one',
      () => put('openexec.yaml', Buffer.from(good, 'utf16le')),
      'It is not text in UTF-8. Save it as UTF-8.',
    ],
    ['Latin-1', () => put('openexec.yaml', Buffer.from('# gr\xfc\xdfe\n', 'latin1')), 'It is not text in UTF-8.'],
    ['a huge file', () => put('openexec.yaml', '#'.repeat(20_000_000)), 'It is larger than 64 KiB.'],
    ['a large file', () => put('openexec.yaml', '#'.repeat(100_000)), 'It is larger than 64 KiB.'],
    [
      'its name with yml',
      () => put('openexec.yml', good),
      'It is not read under this name. Rename it to openexec.yaml.',
    ],
    ['a broken one in .openexec', () => put('.openexec/openexec.yaml', 'comands: {}'), 'There is no “comands” here.'],
  ])('%s is an error', async (_name, make, message) => {
    make();
    const found = await find();
    expect(found.config).toBeUndefined();
    expect(found.problems[0]).toMatchObject({ severity: 'error', message: expect.stringContaining(message) as string });
    expect(configError(found)).toMatchObject({ code: 'config-invalid', params: { line: 1, column: 1, count: 1 } });
  });

  it.skipIf(process.getuid?.() === 0)('one that may not be read is an error', async () => {
    put('openexec.yaml', good);
    chmodSync(path.join(folder, 'openexec.yaml'), 0);
    expect(await told()).toEqual(['error openexec.yaml: It could not be read (EACCES).']);
  });

  it('a BOM, nothing, and comments alone are fine', async () => {
    for (const text of ['\uFEFFversion: 1\n', '', '# nothing yet\n']) {
      put('openexec.yaml', text);
      expect(await find()).toMatchObject({ problems: [], config: { gates: [] } });
    }
  });
});
