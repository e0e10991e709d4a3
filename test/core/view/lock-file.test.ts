/** A lock file is told by its packages. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { diffHunks } from '../../../src/core/patch/hunks.js';
import { createDiff, startReview } from '../../../src/core/view/review.js';
import { isLockFile, lockChange, lockLines } from '../../../src/core/view/lock-file.js';
import { plain } from '../../../src/core/view/translate.js';

const npm = (...packages: [string, string][]) =>
  JSON.stringify(
    {
      lockfileVersion: 3,
      packages: Object.fromEntries([
        ['', { name: 'p', version: '1.0.0' }],
        ...packages.map(([name, version]) => [
          `node_modules/${name}`,
          { version, resolved: `https://registry.example.org/${name}.tgz` },
        ]),
      ]),
    },
    null,
    2,
  );
const toml = (...packages: [string, string][]) =>
  packages.map(([name, version]) => `[[package]]\nname = "${name}"\nversion = "${version}"\n`).join('\n');

describe('a lock file', () => {
  it.each<[string, string, string]>([
    ['package-lock.json', npm(['a', '1.0.0'], ['@s/b', '2.0.0']), npm(['a', '1.1.0'], ['is-number', '7.0.0'])],
    [
      'web/yarn.lock',
      'a@^1.0.0:\n  version "1.0.0"\n\n"@s/b@^2.0.0":\n  version "2.0.0"\n',
      'a@^1.0.0:\n  version "1.1.0"\n\nis-number@^7:\n  version "7.0.0"\n',
    ],
    [
      'pnpm-lock.yaml',
      "packages:\n\n  a@1.0.0:\n    resolution: {}\n\n  '@s/b@2.0.0':\n    resolution: {}\n",
      'packages:\n\n  a@1.1.0:\n    resolution: {}\n\n  is-number@7.0.0:\n    resolution: {}\n',
    ],
    ['Cargo.lock', toml(['a', '1.0.0'], ['@s/b', '2.0.0']), toml(['a', '1.1.0'], ['is-number', '7.0.0'])],
    [
      'uv.lock',
      toml(['a', '1.0.0'], ['@s/b', '2.0.0']).replaceAll('\n', '\r\n'),
      toml(['a', '1.1.0'], ['is-number', '7.0.0']),
    ],
    [
      'Gemfile.lock',
      'GEM\n  specs:\n    a (1.0.0)\n    @s/b (2.0.0)\n',
      'GEM\n  specs:\n    a (1.1.0)\n    is-number (7.0.0)\n',
    ],
  ])('%s tells packages added, changed and removed', (path, before, after) =>
    expect(lockChange(path, before, after)).toMatchObject({
      added: ['is-number 7.0.0'],
      changed: ['a 1.0.0 → 1.1.0'],
      removed: ['@s/b 2.0.0'],
    }),
  );

  it('names a host that is new, and nothing where no package changed', () => {
    const before = npm(['a', '1.0.0']);
    const after = npm(['a', '1.0.1']).replace('registry.example.org', 'elsewhere.example');
    expect(lockLines(lockChange('package-lock.json', before, after)!, plain)).toEqual([
      '1 changed: a 1.0.0 → 1.0.1',
      'from hosts that it did not name before: elsewhere.example',
    ]);
    expect(lockChange('package-lock.json', before, before.replace('.tgz', '.tar'))).toBeUndefined();
    expect(lockChange('toString', before, after)).toBeUndefined();
    expect([isLockFile('a/package-lock.json'), isLockFile('package.json'), isLockFile('constructor')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is decided as a whole where a command changed it, and by hunk where it was edited', () => {
    const [before, after] = [npm(['a', '1.0.0']), npm(['a', '1.0.1'])];
    const [old, fresh] = ['1'.repeat(64), '2'.repeat(64)];
    const file = {
      path: 'package-lock.json',
      before: old,
      after: fresh,
      op: 'modify',
      text: true,
      added: 1,
      removed: 1,
    } as const;
    const diff = createDiff(diffHunks, { sha256: (text) => createHash('sha256').update(text).digest('hex') });
    expect(startReview({ ...file, found: fresh }, before, after, diff).level).toBe('file');
    expect(startReview(file, before, after, diff).level).toBe('hunks');
  });

  it('is short however many packages there are, and found in time', () => {
    const many = npm(...Array.from({ length: 3000 }, (_, n): [string, string] => [`p${n}`, '1.0.0']));
    const [line] = lockLines(lockChange('package-lock.json', npm(), many)!, plain);
    expect(line!.length).toBeLessThan(300);
    expect(line).toContain('3000 added: p0 1.0.0; ');
  });
});
