/** The arguments are tested everywhere; what they do only where bubblewrap works, and the name of the test says which it was. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bubblewrapArguments, createSandbox } from '../../../src/adapters/sandbox/bubblewrap.js';
import type { SandboxedCommand } from '../../../src/adapters/sandbox/wrapping.js';
import { createRunnerHarness } from '../node/harness.js';

const signal = new AbortController().signal;
const sandbox = createSandbox({ path: process.env['PATH'], platform: process.platform });
const detected = await sandbox.detect();
const request: SandboxedCommand = {
  root: '/home/me/app',
  folder: '/home/me/app/src',
  sandbox: 'workspace-write',
  network: false,
  readable: [],
};

describe('arguments', () => {
  const text = (
    over: Partial<SandboxedCommand>,
    exists: (path: string) => boolean = () => true,
    hidden: string[] = [],
  ) => bubblewrapArguments({ ...request, ...over }, hidden, exists).join(' ');

  it('make the workspace writable but for .git, everything else read-only, /tmp private, no network', () => {
    expect(text({})).toBe(
      '--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --bind /home/me/app /home/me/app --ro-bind /home/me/app/.git /home/me/app/.git --unshare-pid --unshare-ipc --unshare-uts --unshare-net --die-with-parent --new-session --chdir /home/me/app/src',
    );
  });
  it('leave the network when it is allowed', () => expect(text({ network: true })).not.toContain('--unshare-net'));
  it('make the workspace read-only in that mode', () =>
    expect(text({ sandbox: 'read-only' })).toContain('--ro-bind /home/me/app /home/me/app'));
  it('name no .git where there is none', () => expect(text({}, () => false)).not.toContain('.git'));
  it('hide a folder once more that lies in the workspace', () =>
    expect(text({}, () => true, ['/home/me/app/state'])).toMatch(
      /--bind \/home\/me\/app \/home\/me\/app --tmpfs \/home\/me\/app\/state /,
    ));
  it('hide a folder before the workspace that lies in it is shown', () =>
    expect(text({}, () => true, ['/home/me'])).toMatch(/--tmpfs \/home\/me --bind \/home\/me\/app/));
});

it('stands back in full access, on other platforms, and where bwrap is missing or broken', async () => {
  expect(await sandbox.wrap({ ...request, sandbox: 'full-access' }, ['/bin/true'], signal)).toEqual({
    by: 'none',
    argv: ['/bin/true'],
  });
  expect(await createSandbox({ path: process.env['PATH'], platform: 'darwin' }).detect()).toMatchObject({
    works: false,
  });
  expect(await createSandbox({ path: '/nowhere:.:', platform: 'linux' }).detect()).toEqual({
    works: false,
    reason: 'bwrap is not installed',
  });
  const folder = mkdtempSync(join(tmpdir(), 'bwrap-'));
  writeFileSync(
    join(folder, 'bwrap'),
    '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2; exit 1\n',
    { mode: 0o755 },
  );
  const broken = createSandbox({ path: folder, platform: 'linux' });
  expect(await broken.detect()).toEqual({ works: false, reason: 'bwrap: No permissions to create new namespace' });
  expect(await broken.wrap(request, ['/bin/true'], signal)).toEqual({ by: 'none', argv: ['/bin/true'] });
  rmSync(folder, { recursive: true });
});

describe.skipIf(!detected.works)(
  `with bubblewrap (${detected.works ? 'works here' : `does not work here: ${detected.reason}`})`,
  () => {
    let harness: ReturnType<typeof createRunnerHarness>;
    beforeEach(() => {
      harness = createRunnerHarness({ sandbox });
      mkdirSync(join(harness.root, '.git/hooks'), { recursive: true });
    });
    afterEach(() => harness.dispose());

    it('writes in the workspace, and nowhere else', async () => {
      const name = `sandbox-${process.pid}`;
      const outcome = await harness.run(
        `echo x > inside; echo x > .git/hooks/pre-commit; echo x > ${homedir()}/${name}; echo x > ../beside; echo x > /tmp/${name}; echo private $(cat /tmp/${name})`,
      );
      expect(outcome.sandboxedBy).toBe('bubblewrap');
      expect(outcome.head).toContain('Read-only file system');
      expect(outcome.head).toContain('private x\n');
      expect(existsSync(join(harness.root, 'inside'))).toBe(true);
      for (const path of [
        join(harness.root, '.git/hooks/pre-commit'),
        join(homedir(), name),
        join(harness.base, 'beside'),
        join('/tmp', name),
      ])
        expect(existsSync(path), path).toBe(false);
    });

    it('has no network unless it is allowed', async () => {
      const script = 'ls /sys/class/net 2>/dev/null | wc -l; cat /proc/net/dev | grep -vc "lo:\\|face\\|Inter"';
      expect((await harness.run(script)).head.trim().split('\n').at(-1)).toBe('0');
      const outside = execFileSync('/bin/sh', ['-c', 'cat /proc/net/dev | grep -vc "lo:\\|face\\|Inter" || true'], {
        encoding: 'utf8',
      }).trim();
      expect((await harness.run(script, { network: true })).head.trim().split('\n').at(-1)).toBe(outside);
    });

    it('ends everything with the command, whatever it ignores', async () => {
      const controller = new AbortController();
      const mark = `30${process.pid}.5`;
      const running = harness.run(
        `trap '' TERM; (setsid sh -c "trap '' TERM; sleep ${mark}" &); sleep ${mark}; sleep ${mark}`,
        {},
        undefined,
        controller.signal,
      );
      const count = () =>
        execFileSync('/bin/sh', ['-c', `ps -A -o args= | grep -c "^sleep ${mark}" || true`], {
          encoding: 'utf8',
        }).trim();
      for (let tries = 0; count() !== '2' && tries < 100; tries++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const start = performance.now();
      controller.abort();
      expect(await running).toMatchObject({ cancelled: true, sandboxedBy: 'bubblewrap' });
      expect(performance.now() - start).toBeLessThan(1000);
      expect(count()).toBe('0');
    });

    it('finds the stand-in for node although it lies in /tmp', async () => {
      expect(realpathSync(harness.base).startsWith('/tmp')).toBe(true);
      const none = createRunnerHarness({
        sandbox,
        env: { PATH: '/bin' },
        fallbackNode: { execPath: process.execPath, electron: false },
      });
      expect((await none.run(['node', '-p', '6*7'])).head).toBe('42\n');
      none.dispose();
    });

    it('finds programs of the PATH that lie in /tmp, also through the links of node_modules/.bin', async () => {
      const tools = join(harness.base, 'tools/node_modules');
      mkdirSync(join(tools, '.bin'), { recursive: true });
      mkdirSync(join(tools, 'hello'));
      writeFileSync(join(tools, 'hello/cli.sh'), '#!/bin/sh\necho hello from $(basename "$0")\n', { mode: 0o755 });
      symlinkSync('../hello/cli.sh', join(tools, '.bin/hello'));
      const own = createRunnerHarness({ sandbox, env: { PATH: `${join(tools, '.bin')}:/usr/bin:/bin` } });
      expect((await own.run('hello')).head).toBe('hello from hello\n');
      own.dispose();
    });
  },
);
