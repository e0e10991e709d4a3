import { afterEach, expect, it } from 'vitest';
import { createShell, type Shell } from './harness.js';

let shell: Shell;
afterEach(() => shell.dispose());
const disk = { 'openexec.yaml': '', 'src/a.ts': 'one\r\ntwo\r\n', 'b.ts': 'b\n' };
const patch =
  '--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n--- /dev/null\n+++ b/new/c.ts\n@@ -0,0 +1 @@\n+c\n';

it('applies a patch whole, keeping line endings', async () => {
  shell = await createShell({ disk });
  const done = await shell.run('patch apply -', { input: patch });
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toBe(
    'src/a.ts, hunk 1: fits at line 1 (line endings differed).\nnew/c.ts: fits.\nChanged 2 files.\n',
  );
  expect(await shell.read('src/a.ts')).toBe('one\r\n2\r\n');
  expect(await shell.read('new/c.ts')).toBe('c\n');
});
it('writes nothing with --check', async () => {
  shell = await createShell({ disk });
  const done = await shell.run('patch apply --check --json -', { input: patch });
  expect(done.code).toBe(0);
  expect(done.json).toMatchObject({
    ok: true,
    written: false,
    form: 'unified',
    files: [
      { path: 'src/a.ts', op: 'modify' },
      { path: 'new/c.ts', op: 'create' },
    ],
  });
  expect(await shell.read('src/a.ts')).toBe('one\r\ntwo\r\n');
});
it('changes nothing when a part does not fit, and says which: exit code 1', async () => {
  shell = await createShell({ disk });
  const done = await shell.run('patch apply -', {
    input: `${patch}--- a/b.ts\n+++ b/b.ts\n@@ -1 +1 @@\n-nothing\n+x\n`,
  });
  expect(done.code).toBe(1);
  expect(done.out).toContain('b.ts, hunk 1: its lines are not in the file.');
  expect(done.out).toContain('Nothing was changed');
  expect(await shell.read('src/a.ts')).toBe('one\r\ntwo\r\n');
});
it('takes search/replace as JSON, and renames and deletes', async () => {
  shell = await createShell({ disk });
  expect(await shell.run('patch apply -', { input: '[{"path":"b.ts","search":"b","replace":"B"}]' })).toMatchObject({
    code: 0,
  });
  expect(await shell.read('b.ts')).toBe('B\n');
  const done = await shell.run('patch apply -', {
    input:
      '*** Begin Patch\n*** Update File: b.ts\n*** Move to: lib/b.ts\n@@\n-B\n+moved\n*** Delete File: src/a.ts\n*** End Patch\n',
  });
  expect(done.code).toBe(0);
  expect(await shell.read('lib/b.ts')).toBe('moved\n');
  await expect(shell.read('b.ts')).rejects.toThrow();
  await expect(shell.read('src/a.ts')).rejects.toThrow();
});
it('refuses paths outside, and a patch that is none', async () => {
  shell = await createShell({ disk });
  expect(await shell.run('patch apply -', { input: '[{"path":"../x","content":""}]' })).toMatchObject({
    code: 1,
    out: expect.stringContaining('not a path inside the workspace') as string,
  });
  expect(await shell.run('patch apply -', { input: 'hello' })).toMatchObject({ code: 1 });
  expect(await shell.run('patch apply missing.diff')).toMatchObject({ code: 2 });
});
it.each(['.git/config', '.GIT/hooks/pre-commit', '.env', 'keys/id_rsa'])(
  'refuses to write %s, whoever made the patch',
  async (path) => {
    shell = await createShell({ disk: { ...disk, '.git/config': 'bare = false\n' } });
    const input = JSON.stringify([
      { path: 'b.ts', search: 'b', replace: 'B' },
      { path, content: 'x\n' },
    ]);
    for (const check of ['', '--check '])
      expect(await shell.run(`patch apply ${check}-`, { input })).toMatchObject({
        code: 1,
        err: expect.stringContaining('is protected') as string,
      });
    expect(await shell.read('b.ts')).toBe('b\n');
    expect(await shell.read('.git/config')).toBe('bare = false\n');
  },
);
