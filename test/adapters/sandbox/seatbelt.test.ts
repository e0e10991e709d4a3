/** The profile is text and is tested as text; no macOS is needed, and none is here: what it does there was not run. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSeatbelt, seatbeltProfile, temporaryFolders } from '../../../src/adapters/sandbox/seatbelt.js';
import type { SandboxedCommand } from '../../../src/adapters/sandbox/wrapping.js';
import { createPlatformSandbox } from '../../../src/adapters/sandbox/sandbox.js';

const signal = new AbortController().signal;
const command: SandboxedCommand = {
  root: '/Users/me/app',
  folder: '/Users/me/app/src',
  sandbox: 'workspace-write',
  network: false,
  readable: [],
};
const profile = (over: Partial<SandboxedCommand> = {}, hidden: string[] = []) =>
  seatbeltProfile({ ...command, ...over }, { hidden, temporary: ['/private/tmp'] });
/** What the last rule that names the operation and covers the path says; the language's own order. */
function writes(text: string, path: string): 'allow' | 'deny' {
  let effect: 'allow' | 'deny' = 'allow';
  for (const line of text.split('\n')) {
    const rule = /^\((allow|deny) ([^("]*)(.*)\)$/.exec(line);
    if (!rule || (!rule[2]?.includes('file-write*') && rule[2]?.trim() !== 'default')) continue;
    const paths = [...(rule[3] ?? '').matchAll(/\((subpath|literal) "((?:[^"\\]|\\.)*)"\)/g)].map(
      ([, how, at]) => [how, at?.replace(/\\(.)/g, '$1') ?? ''] as const,
    );
    if (
      paths.length === 0
        ? rule[3] === ''
        : paths.some(([how, at]) => path === at || (how === 'subpath' && path.startsWith(`${at}/`)))
    )
      effect = rule[1] as 'allow' | 'deny';
  }
  return effect;
}

describe('the profile', () => {
  it('lets write the workspace but for its .git, and the temporary folder, and nothing else', () => {
    const text = profile();
    for (const path of ['/Users/me/app/src/a.ts', '/Users/me/app/new', '/private/tmp/x', '/dev/null'])
      expect([path, writes(text, path)]).toEqual([path, 'allow']);
    for (const path of [
      '/Users/me/app/.git/hooks/pre-commit',
      '/Users/me/app/.git',
      '/Users/me/.zshrc',
      '/Users/me/app-evil/x',
      '/etc/hosts',
      '/usr/local/bin/x',
      '/',
    ])
      expect([path, writes(text, path)]).toEqual([path, 'deny']);
    expect(text).toContain('(deny network*)');
  });

  it('lets write nothing of the workspace in the mode that only reads', () => {
    expect(writes(profile({ sandbox: 'read-only' }), '/Users/me/app/src/a.ts')).toBe('deny');
  });

  it('leaves the network when it is allowed', () => expect(profile({ network: true })).not.toContain('network'));

  it('hides our own data, also where the workspace lies in it', () => {
    const data = '/Users/me/data';
    expect(profile({}, [data])).toContain('(deny file-read* file-write* (subpath "/Users/me/data"))');
    const inside = profile({ root: `${data}/worktrees/w1` }, [data]);
    expect(writes(inside, `${data}/worktrees/w1/a.ts`)).toBe('allow');
    expect(writes(inside, `${data}/worktrees/w1/.git`)).toBe('deny');
    expect(writes(inside, `${data}/openexec.db`)).toBe('deny');
  });

  it('takes a path for a path, whatever is in its name', () => {
    const text = profile({ root: '/Users/me/a") (allow file-write* (subpath "/' });
    expect(text).toContain('(subpath "/Users/me/a\\") (allow file-write* (subpath \\"/")');
    expect(writes(text, '/etc/hosts')).toBe('deny');
    expect(profile({ root: '/Users/me/a\\' })).toContain('(subpath "/Users/me/a\\\\")');
  });
});

it('stands back in full access, on other platforms, and where sandbox-exec is missing or broken', async () => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'seatbelt-'));
  const make = (text: string) => {
    writeFileSync(join(folder, 'sandbox-exec'), text, { mode: 0o755 });
    return createSeatbelt({ platform: 'darwin', temporary: [], program: join(folder, 'sandbox-exec') });
  };
  const works = make('#!/bin/sh\nshift 3\nexec "$@"\n');
  expect(await works.wrap({ ...command, sandbox: 'full-access' }, ['/bin/true'], signal)).toEqual({
    by: 'none',
    argv: ['/bin/true'],
  });
  expect(await works.wrap(command, ['/bin/echo', 'a b', '$x'], signal)).toMatchObject({
    by: 'seatbelt',
    argv: [
      join(folder, 'sandbox-exec'),
      '-p',
      seatbeltProfile(command, { temporary: [] }),
      '--',
      '/bin/echo',
      'a b',
      '$x',
    ],
  });
  expect(await make('#!/bin/sh\necho "sandbox_apply: Operation not permitted" >&2; exit 71\n').detect()).toEqual({
    works: false,
    reason: 'sandbox_apply: Operation not permitted',
  });
  expect(await createSeatbelt({ platform: 'linux', temporary: [] }).detect()).toMatchObject({ works: false });
  expect(
    await createSeatbelt({ platform: 'darwin', temporary: [], program: join(folder, 'nothing') }).detect(),
  ).toMatchObject({ works: false });
  expect(temporaryFolders(folder)).toContain(folder);
  expect(temporaryFolders('/')).not.toContain('/');
  expect(temporaryFolders('relative')).toEqual(temporaryFolders(undefined));
  rmSync(folder, { recursive: true });
});

it('is chosen by the platform', async () => {
  const on = (platform: NodeJS.Platform) => createPlatformSandbox({ env: { PATH: '' }, platform, hidden: [] }).detect();
  expect(await on('linux')).toEqual({ works: false, reason: 'bwrap is not installed' });
  expect(await on('darwin')).toEqual({ works: false, reason: '/usr/bin/sandbox-exec is not there' });
  expect(await on('win32')).toMatchObject({ works: false });
});
