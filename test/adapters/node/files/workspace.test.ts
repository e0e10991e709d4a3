/** What only a disk has: links, pipes, modes, full disks, git. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitCommand } from '../../../../src/adapters/node/git/git-command.js';
import { createDiskWorkspace, type DiskFs } from '../../../../src/adapters/node/files/workspace.js';
import { decodeLossy } from '../../../../src/base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../../../src/core/errors.js';
import { asRoot, type Root } from '../../../../src/core/model/primitives.js';
import { codeOf, edit, sha } from '../../../contracts/workspace.js';

const signal = new AbortController().signal;
let base: string;
let root: Root;
const at = (path: string) => join(root, path);
const put = (path: string, text: string) => {
  fs.mkdirSync(join(at(path), '..'), { recursive: true });
  fs.writeFileSync(at(path), text);
};
const snapshot = (folder: string = base): Record<string, string> =>
  Object.fromEntries(
    (fs.readdirSync(folder, { recursive: true }) as string[]).sort().map((path) => {
      const stat = fs.lstatSync(join(folder, path));
      return [
        path,
        stat.isFile()
          ? `${(stat.mode & 0o777).toString(8)} ${fs.readFileSync(join(folder, path), 'latin1')}`
          : stat.isSymbolicLink()
            ? `-> ${fs.readlinkSync(join(folder, path))}`
            : 'other',
      ];
    }),
  );
const failing = async (work: Promise<unknown>): Promise<OpenExecError> =>
  work.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => (isOpenExecError(error) ? error : expect.fail(String(error))),
  );

beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'disk-')));
  root = asRoot(join(base, 'app'));
  fs.mkdirSync(root);
  fs.mkdirSync(join(base, 'app-evil'));
  fs.writeFileSync(join(base, 'app-evil/secret'), 'outside');
  put('a.txt', 'one\n');
  put('b.txt', 'two\n');
});
afterEach(() => fs.rmSync(base, { recursive: true }));

describe('links', () => {
  const workspace = createDiskWorkspace();

  it.each([
    ['a file outside', '../app-evil/secret'],
    ['an absolute path outside', '/etc/passwd'],
    ['a place outside that does not exist yet', '../app-evil/new'],
    ['another link that leads outside', 'second'],
  ])('does not read or write through a link to %s', async (_what, target) => {
    fs.symlinkSync('../app-evil/secret', at('second'));
    fs.symlinkSync(target, at('notes.md'));
    const before = snapshot();
    expect(await codeOf(workspace.read(root, 'notes.md'))).toBe('path-outside');
    expect(await workspace.stat(root, 'notes.md')).toEqual({
      kind: 'other',
      size: 0,
      realPath: undefined,
      viaLink: true,
    });
    expect(await codeOf(workspace.apply(root, [edit('notes.md', null, 'x')], '', signal))).toBe('path-outside');
    expect(await codeOf(workspace.apply(root, [edit('notes.md', 'outside', null)], '', signal))).toBe('path-outside');
    expect(snapshot()).toEqual(before);
  });

  it('does not write below a folder that is a link to the outside, nor to a sibling whose name starts like the root', async () => {
    fs.symlinkSync('../app-evil', at('docs'));
    expect(await codeOf(workspace.read(root, 'docs/secret'))).toBe('path-outside');
    expect(await codeOf(workspace.list(root, 'docs'))).toBe('path-outside');
    expect(await codeOf(workspace.apply(root, [edit('docs/new.md', null, 'x')], '', signal))).toBe('path-outside');
    expect(fs.readdirSync(join(base, 'app-evil'))).toEqual(['secret']);
  });

  it('reads through a link that stays inside and names the real file; a write must name it too', async () => {
    put('real/x.ts', 'x');
    fs.symlinkSync('real', at('alias'));
    expect(decodeLossy((await workspace.read(root, 'alias/x.ts'))!)).toBe('x');
    expect(await workspace.stat(root, 'alias/x.ts')).toMatchObject({
      kind: 'file',
      realPath: 'real/x.ts',
      viaLink: true,
    });
    const error = await failing(workspace.apply(root, [edit('alias/x.ts', 'x', 'y')], '', signal));
    expect(error).toMatchObject({
      code: 'file-unwritable',
      params: { reason: 'a symbolic link leads to real/x.ts; name that instead' },
    });
  });

  it('ends on links that turn in a circle', async () => {
    fs.symlinkSync('loop-b', at('loop-a'));
    fs.symlinkSync('loop-a', at('loop-b'));
    expect(await codeOf(workspace.read(root, 'loop-a'))).toBe('path-invalid');
  });

  it('notices a file that became a link between the first check and the write', async () => {
    let swapped = false;
    const swapping: DiskFs = {
      ...fs,
      promises: {
        ...fs.promises,
        open: async (...args: Parameters<typeof fs.promises.open>) => {
          if (!swapped) {
            swapped = true; // after the hashes were compared, before anything is in place
            fs.rmSync(at('a.txt'));
            fs.symlinkSync(join(base, 'app-evil/secret'), at('a.txt'));
          }
          return fs.promises.open(...args);
        },
      },
    };
    const before = fs.readFileSync(join(base, 'app-evil/secret'), 'utf8');
    expect(
      await codeOf(
        createDiskWorkspace({ fs: swapping }).apply(
          root,
          [edit('b.txt', 'two\n', 'TWO'), edit('a.txt', 'one\n', 'evil')],
          '',
          signal,
        ),
      ),
    ).toBe('path-outside');
    expect(fs.readFileSync(join(base, 'app-evil/secret'), 'utf8')).toBe(before);
    expect(fs.readFileSync(at('b.txt'), 'utf8')).toBe('two\n');
    expect(fs.readdirSync(root).sort()).toEqual(['a.txt', 'b.txt']);
  });

  it('replaces one name of a file with several, and leaves the others', async () => {
    fs.linkSync(join(base, 'app-evil/secret'), at('hard.txt'));
    expect(await workspace.stat(root, 'hard.txt')).toMatchObject({ links: 2 });
    await workspace.apply(root, [edit('hard.txt', 'outside', 'mine')], '', signal);
    expect(fs.readFileSync(at('hard.txt'), 'utf8')).toBe('mine');
    expect(fs.readFileSync(join(base, 'app-evil/secret'), 'utf8')).toBe('outside');
  });
});

it('never opens a pipe, a device or a folder as a file', { timeout: 3000 }, async () => {
  execFileSync('mkfifo', [at('pipe')]);
  const workspace = createDiskWorkspace();
  expect(await codeOf(workspace.read(root, 'pipe'))).toBe('path-invalid');
  expect(await codeOf(workspace.read(asRoot('/dev'), 'zero'))).toBe('path-invalid');
  expect(await workspace.stat(root, 'pipe')).toMatchObject({ kind: 'other' });
  expect(await failing(workspace.apply(root, [edit('pipe', null, 'x')], '', signal))).toMatchObject({
    code: 'file-unwritable',
    params: { reason: 'it is not a plain file' },
  });
});

it('refuses names that Windows would take for something else, only there', async () => {
  const windows = createDiskWorkspace({ platform: 'win32' });
  for (const path of ['NUL', 'src/con.txt', 'a.txt:stream', 'a.txt.', 'a.txt ', 'COM1'])
    expect(await codeOf(windows.read(root, path)), path).toBe('path-invalid');
  expect(await codeOf(windows.read(root, 'C:\\x'))).toBe('path-outside');
  put('con.txt', 'x');
  expect(await createDiskWorkspace().read(root, 'con.txt')).toHaveLength(1);
});

describe('writing', () => {
  it('keeps the mode of a file, also when it is renamed', async () => {
    put('run.sh', '#!/bin/sh\n');
    fs.chmodSync(at('run.sh'), 0o754);
    const workspace = createDiskWorkspace();
    await workspace.apply(root, [edit('run.sh', '#!/bin/sh\n', '#!/bin/sh\ntrue\n')], '', signal);
    expect(fs.statSync(at('run.sh')).mode & 0o777).toBe(0o754);
    await workspace.apply(root, [edit('go.sh', '#!/bin/sh\ntrue\n', 'x', 'run.sh')], '', signal);
    expect(fs.statSync(at('go.sh')).mode & 0o777).toBe(0o754);
  });

  it.skipIf(process.platform === 'win32')(
    'makes a file executable, or no longer, for whoever may read it',
    async () => {
      put('run.sh', 'old\n');
      fs.chmodSync(at('run.sh'), 0o640);
      const workspace = createDiskWorkspace();
      await workspace.apply(
        root,
        [
          { ...edit('run.sh', 'old\n', 'new\n'), executable: true },
          { ...edit('new.sh', null, 'x'), executable: true },
          { ...edit('plain.sh', null, 'x'), executable: false },
        ],
        '',
        signal,
      );
      expect(fs.statSync(at('run.sh')).mode & 0o777).toBe(0o750);
      expect(fs.statSync(at('new.sh')).mode & 0o100).toBe(0o100);
      expect(fs.statSync(at('plain.sh')).mode & 0o111).toBe(0);
      await workspace.apply(root, [{ ...edit('run.sh', 'new\n', 'newer\n'), executable: false }], '', signal);
      expect(fs.statSync(at('run.sh')).mode & 0o777).toBe(0o640);
    },
  );

  const errno = (code: string) => Object.assign(new Error(code), { code });
  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EACCES', 'file-unwritable'],
    ['EROFS', 'file-unwritable'],
    ['EIO', 'apply-failed'],
  ] as const)('leaves every byte as it was when writing the second file fails with %s', async (code, expected) => {
    let opens = 0;
    const faulty: DiskFs = {
      ...fs,
      promises: {
        ...fs.promises,
        open: async (...args: Parameters<typeof fs.promises.open>) => {
          const file = await fs.promises.open(...args);
          if (++opens === 2) file.sync = () => Promise.reject(errno(code));
          return file;
        },
      },
    };
    const before = snapshot();
    expect(
      await codeOf(
        createDiskWorkspace({ fs: faulty }).apply(
          root,
          [edit('a.txt', 'one\n', 'x'), edit('new/deep/c.txt', null, 'y')],
          '',
          signal,
        ),
      ),
    ).toBe(expected);
    expect(snapshot()).toEqual(before);
  });

  it('leaves every byte, mode and folder as it was, whichever step fails (property)', async () => {
    const kinds = ['edit', 'create', 'delete', 'rename', 'nested'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...kinds], { minLength: 1 }),
        fc.nat(30),
        fc.constantFrom('ENOSPC', 'EACCES', 'EIO'),
        async (chosen, failAt, code) => {
          fs.rmSync(root, { recursive: true });
          for (const [path, text] of [
            ['edit.txt', 'é\r\n'],
            ['delete.txt', ''],
            ['rename.txt', 'r\n'],
          ] as const)
            put(path, text);
          fs.chmodSync(at('edit.txt'), 0o640);
          const writes = {
            edit: edit('edit.txt', 'é\r\n', 'new'),
            create: edit('create.txt', null, 'c'),
            delete: edit('delete.txt', '', null),
            rename: edit('renamed.txt', 'r\n', 'R\n', 'rename.txt'),
            nested: edit('x/y/z.txt', null, 'z'),
          };
          const before = snapshot();
          let calls = 0;
          const counted =
            <A extends unknown[], R>(call: (...args: A) => R) =>
            (...args: A): R => {
              if (calls++ === failAt) throw errno(code);
              return call(...args);
            };
          const faulty = {
            ...fs,
            renameSync: counted(fs.renameSync),
            unlinkSync: counted(fs.unlinkSync),
            mkdirSync: counted(fs.mkdirSync),
            promises: {
              ...fs.promises,
              open: async (...args: Parameters<typeof fs.promises.open>) => counted(fs.promises.open)(...args),
            },
          } as DiskFs;
          try {
            await createDiskWorkspace({ fs: faulty }).apply(
              root,
              chosen.map((kind) => writes[kind]),
              '',
              signal,
            );
          } catch (error) {
            expect(isOpenExecError(error)).toBe(true);
            expect(snapshot()).toEqual(before);
            return;
          }
          expect(Object.keys(snapshot()).filter((path) => path.endsWith('.tmp'))).toEqual([]);
          if (chosen.includes('nested')) expect(fs.readFileSync(at('x/y/z.txt'), 'utf8')).toBe('z');
        },
      ),
      { numRuns: 150 },
    );
  });

  it('renames over no file that another process makes in the middle of the change', async () => {
    const crowded: DiskFs = {
      ...fs,
      renameSync: (from, to) => {
        fs.renameSync(from, to);
        if (!fs.existsSync(at('c.txt'))) fs.writeFileSync(at('c.txt'), 'theirs');
      },
    };
    const error = await failing(
      createDiskWorkspace({ fs: crowded }).apply(
        root,
        [edit('b.txt', 'two\n', 'y'), edit('c.txt', 'one\n', 'x', 'a.txt')],
        '',
        signal,
      ),
    );
    expect(error).toMatchObject({ code: 'file-changed', params: { path: 'c.txt' } });
    expect(
      fs
        .readdirSync(root)
        .sort()
        .map((name) => [name, fs.readFileSync(at(name), 'utf8')]),
    ).toEqual([
      ['a.txt', 'one\n'],
      ['b.txt', 'two\n'],
      ['c.txt', 'theirs'],
    ]);
  });

  it('gives a file another spelling where a disk ignores case', async () => {
    /** Under either spelling there is the one file, as on such a disk. */
    const one = (place: fs.PathLike) =>
      String(place).endsWith('/README.md') && !fs.existsSync(place) ? at('Readme.md') : place;
    put('Readme.md', 'old\n');
    const ignoring = {
      ...fs,
      lstatSync: (place: fs.PathLike, options: object) => fs.lstatSync(one(place), options),
      openSync: (place: fs.PathLike, ...more: [number]) => fs.openSync(one(place), ...more),
      existsSync: (place: fs.PathLike) => fs.existsSync(one(place)),
    } as unknown as DiskFs;
    await createDiskWorkspace({ fs: ignoring }).apply(
      root,
      [edit('README.md', 'old\n', 'new\n', 'Readme.md')],
      '',
      signal,
    );
    expect(fs.readdirSync(root).sort()).toEqual(['README.md', 'a.txt', 'b.txt']);
    expect(fs.readFileSync(at('README.md'), 'utf8')).toBe('new\n');
  });

  it('says which files could not be put back', async () => {
    let renames = 0;
    const faulty: DiskFs = {
      ...fs,
      renameSync: (from, to) => {
        if (++renames >= 2) throw errno('EIO');
        fs.renameSync(from, to);
      },
    };
    const error = await failing(
      createDiskWorkspace({ fs: faulty }).apply(
        root,
        [edit('a.txt', 'one\n', 'x'), edit('b.txt', 'two\n', 'y')],
        '',
        signal,
      ),
    );
    expect(error).toMatchObject({
      code: 'apply-failed',
      params: { path: 'b.txt', restored: expect.stringContaining('a.txt') },
    });
  });

  it('removes the temporary files of a killed process, and nobody else’s', async () => {
    const gone = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
    put(`.openexec-${gone}-00ff.tmp`, 'left');
    put(`.openexec-${process.ppid}-00ff.tmp`, 'alive');
    await createDiskWorkspace().apply(root, [edit('a.txt', 'one\n', 'x')], '', signal);
    expect(fs.readdirSync(root).sort()).toEqual([`.openexec-${process.ppid}-00ff.tmp`, 'a.txt', 'b.txt']);
  });

  it('tells what stands on disk afterwards', async () => {
    expect(await createDiskWorkspace().apply(root, [edit('a.txt', 'one\n', 'ONE\n')], '', signal)).toEqual([
      { path: 'a.txt', written: sha('ONE\n') },
    ]);
  });
});

describe('files', () => {
  const git = createGitCommand({ env: process.env, platform: process.platform });
  const call = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: root,
      stdio: 'pipe',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    });
  const fill = () => {
    put('.gitignore', '*.log\n/dist\n');
    put('src/.gitignore', '!keep.log\n');
    for (const path of [
      'x.log',
      'dist/out.js',
      'src/keep.log',
      'src/y.log',
      'src/naïve name.ts',
      'node_modules/z.js',
      'dist2/in.js',
    ])
      put(path, '');
  };
  const expected = [
    '.gitignore',
    'a.txt',
    'b.txt',
    'dist2/in.js',
    'src/.gitignore',
    'src/keep.log',
    'src/naïve name.ts',
  ];

  it('are the same with and without git', async () => {
    fill();
    expect((await createDiskWorkspace({ git }).files(root, 100, signal)).paths).toEqual(expected);
    call('init', '-q');
    call('add', 'a.txt', 'b.txt');
    fs.rmSync(at('b.txt'));
    expect((await createDiskWorkspace({ git }).files(root, 100, signal)).paths).toEqual(
      expected.filter((path) => path !== 'b.txt'),
    );
    expect((await createDiskWorkspace({ git }).files(asRoot(at('src')), 100, signal)).paths).toEqual([
      '.gitignore',
      'keep.log',
      'naïve name.ts',
    ]);
  });

  it('runs nothing that the repository’s own configuration names', async () => {
    call('init', '-q');
    call('add', '.');
    call('config', 'core.fsmonitor', `touch ${join(base, 'ran')}; false`);
    await createDiskWorkspace({ git }).files(root, 100, signal);
    expect(fs.existsSync(join(base, 'ran'))).toBe(false);
  });
});
