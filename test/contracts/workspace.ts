/** What every Workspace keeps, fake or real. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../src/base/bytes.js';
import { isOpenExecError, type ErrorCode } from '../../src/core/errors.js';
import type { Root } from '../../src/core/model/primitives.js';
import type { FileWrite, Workspace } from '../../src/core/ports/ports.js';

export interface WorkspaceUnderTest {
  workspace: Workspace;
  root: Root;
  /** As the person would, past the port. */
  put(path: string, text: string): Promise<void>;
  /** Every file, as text. */
  dump(): Promise<Record<string, string>>;
  dispose(): Promise<void>;
}

export const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
export const edit = (path: string, before: string | null, after: string | null, from?: string): FileWrite => ({
  path,
  ...(from === undefined ? {} : { from }),
  before: before === null ? null : sha(before),
  after: after === null ? null : encodeUtf8(after),
});
export const codeOf = async (work: Promise<unknown>): Promise<ErrorCode | 'none'> =>
  work.then(
    () => 'none' as const,
    (error: unknown) => {
      if (isOpenExecError(error)) return error.code;
      throw error;
    },
  );

export function workspaceContract(name: string, make: () => Promise<WorkspaceUnderTest>): void {
  describe(`workspace: ${name}`, () => {
    let subject: WorkspaceUnderTest;
    const signal = new AbortController().signal;
    beforeEach(async () => {
      subject = await make();
      await subject.put('src/a.ts', 'one\n');
      await subject.put('src/b.ts', 'two\n');
    });
    afterEach(() => subject.dispose());
    const apply = (...writes: FileWrite[]) => subject.workspace.apply(subject.root, writes, 'a change', signal);

    it('reads bytes as they are, and tells a missing file from an empty one', async () => {
      await subject.put('empty', '');
      expect(await subject.workspace.read(subject.root, 'src/a.ts')).toEqual(encodeUtf8('one\n'));
      expect(await subject.workspace.read(subject.root, 'empty')).toEqual(encodeUtf8(''));
      expect(await subject.workspace.read(subject.root, 'src/none.ts')).toBeUndefined();
      expect(await subject.workspace.read(subject.root, 'no/such/folder.ts')).toBeUndefined();
    });

    it.each([
      ['../../etc/passwd', 'path-outside'],
      ['src/../../../etc/passwd', 'path-outside'],
      ['src/../../x', 'path-outside'],
      ['/root/../etc/x', 'path-outside'],
      ['/etc/passwd', 'path-outside'],
      ['..\\..\\windows', 'path-outside'],
      ['', 'path-invalid'],
      ['a\0b', 'path-invalid'],
      ['src\\a.ts', 'path-invalid'],
      ['src//a.ts', 'path-invalid'],
      ['./src', 'path-invalid'],
      ['src', 'path-invalid'],
    ] as const)('refuses to read %j: %s', async (path, code) => {
      expect(await codeOf(subject.workspace.read(subject.root, path))).toBe(code);
    });

    it('refuses a file over the limit', async () => {
      expect(await codeOf(subject.workspace.read(subject.root, 'src/a.ts', 3))).toBe('file-too-large');
      expect(await subject.workspace.read(subject.root, 'src/a.ts', 4)).toHaveLength(4);
    });

    it('says what stands at a path', async () => {
      expect(await subject.workspace.stat(subject.root, 'src/a.ts')).toMatchObject({
        kind: 'file',
        size: 4,
        realPath: 'src/a.ts',
        viaLink: false,
      });
      expect(await subject.workspace.stat(subject.root, 'src')).toMatchObject({ kind: 'directory', realPath: 'src' });
      expect(await subject.workspace.stat(subject.root, '')).toMatchObject({ kind: 'directory', realPath: '' });
      expect(await subject.workspace.stat(subject.root, 'none')).toBeUndefined();
    });

    it.skipIf(process.platform === 'win32')(
      'says whether a file may be run, and keeps it through a write and a rename',
      async () => {
        const stat = async (path: string) => (await subject.workspace.stat(subject.root, path))?.executable;
        await apply({ ...edit('run.sh', null, 'x'), executable: true }, edit('src/a.ts', 'one\n', 'ONE\n'));
        expect([await stat('run.sh'), await stat('src/a.ts'), await stat('src')]).toEqual([true, false, undefined]);
        await apply(edit('run.sh', 'x', 'y'));
        await apply(edit('go.sh', 'y', 'z', 'run.sh'));
        expect(await stat('go.sh')).toBe(true);
        await apply({ ...edit('go.sh', 'z', 'plain'), executable: false });
        expect(await stat('go.sh')).toBe(false);
        await apply({ ...edit('go.sh', 'plain', 'z'), executable: true });
        await apply(edit('go.sh', 'z', null));
        await apply(edit('go.sh', null, 'new'));
        expect(await stat('go.sh')).toBe(false);
      },
    );

    it('lists one level, sorted, folders with a slash', async () => {
      await subject.put('z.md', '');
      await subject.put('a.md', '');
      expect(await subject.workspace.list(subject.root, '')).toEqual(['a.md', 'src/', 'z.md']);
      expect(await subject.workspace.list(subject.root, 'src')).toEqual(['a.ts', 'b.ts']);
      expect(await subject.workspace.list(subject.root, 'none')).toEqual([]);
    });

    it('lists files without node_modules and .git, at most the limit, and says when it cut', async () => {
      await subject.put('node_modules/x/index.js', '');
      await subject.put('packages/p/node_modules/y.js', '');
      expect(await subject.workspace.files(subject.root, 10, signal)).toEqual({
        paths: ['src/a.ts', 'src/b.ts'],
        truncated: false,
      });
      expect(await subject.workspace.files(subject.root, 1, signal)).toEqual({ paths: ['src/a.ts'], truncated: true });
    });

    it('writes, creates, deletes and renames in one change, and tells what stands there afterwards', async () => {
      await subject.put('old.ts', 'old\n');
      const outcomes = await apply(
        edit('src/a.ts', 'one\n', 'ONE\n'),
        edit('new/deep/file.ts', null, 'new\n'),
        edit('src/b.ts', 'two\n', null),
        edit('moved.ts', 'old\n', 'moved\n', 'old.ts'),
      );
      expect(outcomes).toEqual([
        { path: 'src/a.ts', written: sha('ONE\n') },
        { path: 'new/deep/file.ts', written: sha('new\n') },
        { path: 'src/b.ts', written: null },
        { path: 'moved.ts', written: sha('moved\n') },
      ]);
      expect(await subject.dump()).toEqual({ 'moved.ts': 'moved\n', 'new/deep/file.ts': 'new\n', 'src/a.ts': 'ONE\n' });
    });

    it.each([
      ['a file that changed', [edit('src/b.ts', 'two\n', 'TWO\n'), edit('src/a.ts', 'other\n', 'x')], 'file-changed'],
      [
        'a new file where one stands',
        [edit('src/b.ts', 'two\n', 'TWO\n'), edit('src/a.ts', null, 'x')],
        'file-changed',
      ],
      ['a file that is gone', [edit('src/b.ts', 'two\n', 'TWO\n'), edit('src/c.ts', 'c', 'x')], 'file-changed'],
      ['a rename onto another file', [edit('src/a.ts', 'two\n', 'x', 'src/b.ts')], 'file-changed'],
      ['a path outside', [edit('src/b.ts', 'two\n', 'TWO\n'), edit('../x', null, 'x')], 'path-outside'],
      ['a path that is a folder', [edit('src/b.ts', 'two\n', 'TWO\n'), edit('src', null, 'x')], 'file-unwritable'],
      ['a path below a file', [edit('src/b.ts', 'two\n', 'TWO\n'), edit('src/a.ts/x', null, 'x')], 'file-unwritable'],
    ] as const)('changes nothing when one of the files is %s', async (_what, writes, code) => {
      const before = await subject.dump();
      expect(await codeOf(apply(...writes))).toBe(code);
      expect(await subject.dump()).toEqual(before);
    });

    it('changes nothing when it is cancelled first', async () => {
      const before = await subject.dump();
      await expect(
        subject.workspace.apply(subject.root, [edit('src/a.ts', 'one\n', 'x')], 'a change', AbortSignal.abort()),
      ).rejects.toThrow();
      expect(await subject.dump()).toEqual(before);
    });
  });
}
