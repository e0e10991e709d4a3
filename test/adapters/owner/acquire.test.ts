/** Two and more processes on one root. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acquireOrConnect } from '../../../src/adapters/owner/acquire.js';
import type { OpenExec } from '../../../src/core/facade.js';
import { serveOwner } from '../../../src/adapters/owner/server.js';
import { takeLock } from '../../../src/adapters/owner/lock.js';
import { ownIdentity, isAlive } from '../../../src/adapters/owner/process-identity.js';
import { eventRow } from '../../fakes/rows.js';
import { createFakeLog } from '../../fakes/log.js';
import { smallOpenExec } from './small-openexec.js';
import { children, type Children } from './support.js';

const signal = new AbortController().signal;

describe('one owner, many doors', () => {
  let kit: Children;
  beforeAll(async () => void (kit = await children()));
  afterAll(() => kit.done());
  const acquire = (dataDir: string, takeOver = false) =>
    acquireOrConnect({ dataDir, door: 'editor', log: createFakeLog(), takeOver });

  it('lets one of many that come at once own the root, and the others follow it', async () => {
    const dir = kit.folder();
    const all = Array.from({ length: 6 }, () => kit.start(dir));
    const roles = await Promise.all(all.map(async (child) => (await child.first).role));
    expect(roles.filter((role) => role === 'owner')).toHaveLength(1);
    expect(roles.filter((role) => role === 'client')).toHaveLength(5);
    await Promise.all(all.map((child) => child.kill()));
  });

  it('does so, too, on a file system without locks and links', async () => {
    for (let round = 0; round < 3; round++) {
      const dir = kit.folder();
      const dead = kit.start(dir, 'silent');
      await dead.first;
      await dead.kill();
      const all = Array.from({ length: 6 }, () => kit.start(dir, 'no-links'));
      const roles = await Promise.all(all.map(async (child) => (await child.first).role));
      expect(roles.sort()).toEqual(['client', 'client', 'client', 'client', 'client', 'owner']);
      await Promise.all(all.map((child) => child.kill()));
    }
  });

  it('lets one of many take over when all find a dead owner at once', async () => {
    for (let round = 0; round < 3; round++) {
      const dir = kit.folder();
      const dead = kit.start(dir, 'silent');
      await dead.first;
      await dead.kill();
      const all = Array.from({ length: 6 }, () => kit.start(dir));
      const roles = await Promise.all(all.map(async (child) => (await child.first).role));
      expect(roles.filter((role) => role === 'owner')).toHaveLength(1);
      expect(roles.filter((role) => role === 'client')).toHaveLength(5);
      await Promise.all(all.map((child) => child.kill()));
    }
  });

  it('follows a living owner and takes its place at once when it is killed', async () => {
    const dir = kit.folder();
    const owner = kit.start(dir);
    const { pid } = await owner.first;
    const follower = await acquire(dir);
    if (follower.role !== 'client') throw new Error('two owners');
    expect(follower.openexec.holder.pid).toBe(pid);
    expect(await follower.openexec.request('plan/list', {})).toEqual([]);
    const gone = new Promise<unknown>((resolve) => follower.openexec.onChange(resolve));
    await owner.kill();
    expect(await gone).toEqual({ type: 'owner', connected: false });
    await expect(follower.openexec.request('plan/list', {})).rejects.toMatchObject({
      code: 'owner-unreachable',
      params: { pid },
    });
    const start = performance.now();
    const next = await acquire(dir);
    expect(performance.now() - start).toBeLessThan(200);
    expect(next.role).toBe('owner');
    if (next.role === 'owner') next.lock.release();
  });

  it('tells a follower in another process what happens', async () => {
    const dir = kit.folder();
    const place = await acquire(dir);
    if (place.role !== 'owner') throw new Error('not the owner');
    const openexec = smallOpenExec();
    const server = await serveOwner({ lock: place.lock, openexec, log: createFakeLog() });
    const follower = kit.start(dir);
    expect(await follower.first).toMatchObject({ role: 'client', owner: process.pid });
    openexec.events.fire(eventRow('run_1', 1));
    openexec.changes.fire({ type: 'runs' });
    openexec.changes.fire({ type: 'owner', connected: true });
    expect(await follower.next()).toEqual({ event: 1 });
    expect(await follower.next()).toEqual({ change: { type: 'runs' } });
    await server.close();
    expect(await follower.next()).toEqual({ change: { type: 'owner', connected: false } });
    place.lock.release();
  });

  it('answers what was asked before it hangs up, also where the answer is why it ends', async () => {
    const dir = kit.folder();
    const place = await acquire(dir);
    if (place.role !== 'owner') throw new Error('not the owner');
    const small = smallOpenExec();
    let closed: Promise<void> | undefined;
    const openexec: OpenExec = {
      ...small,
      request: (async () => {
        await Promise.resolve(); // a run ends after it was asked to
        closed = server.close();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return [];
      }) as OpenExec['request'],
    };
    const server = await serveOwner({ lock: place.lock, openexec, log: createFakeLog() });
    const door = await acquire(dir);
    if (door.role !== 'client') throw new Error('not a client');
    expect(await door.openexec.request('plan/list', {})).toEqual([]);
    await closed;
    place.lock.release();
  });

  it('takes over from a living owner, which closes first', async () => {
    const dir = kit.folder();
    const owner = kit.start(dir);
    await owner.first;
    const bystander = await acquire(dir);
    const place = await acquire(dir, true);
    expect(place.role).toBe('owner');
    expect(await owner.next()).toEqual({ released: true, log: ['close'] });
    if (bystander.role === 'client')
      await expect(bystander.openexec.request('plan/list', {})).rejects.toMatchObject({ code: 'owner-unreachable' });
    if (place.role === 'owner') place.lock.release();
  });

  it('hands over to another process and no longer holds the lock', async () => {
    const dir = kit.folder();
    const place = await acquire(dir);
    if (place.role !== 'owner') throw new Error('not the owner');
    let held: boolean | undefined;
    const openexec = smallOpenExec({ close: async () => void (held = place.lock.held()) });
    const released = new Promise<void>(
      (resolve) => void serveOwner({ lock: place.lock, openexec, log: createFakeLog(), onReleased: resolve }),
    );
    const taker = kit.start(dir, 'take-over');
    expect(await taker.first).toMatchObject({ role: 'owner' });
    await released;
    expect(held).toBe(true); // while it closed
    expect(place.lock.held()).toBe(false);
  });

  it('says that a living owner does not answer, within its time', async () => {
    const dir = kit.folder();
    const owner = kit.start(dir, 'silent');
    const { pid } = await owner.first;
    const start = performance.now();
    await expect(
      acquireOrConnect({ dataDir: dir, door: 'editor', log: createFakeLog(), answerMs: 300 }),
    ).rejects.toMatchObject({ code: 'owner-unreachable', params: { pid } });
    expect(performance.now() - start).toBeLessThan(1500);
  });

  it('says so, too, when the owner is stopped and its socket still takes connections', async () => {
    const dir = kit.folder();
    const owner = kit.start(dir);
    const { pid } = await owner.first;
    owner.process.kill('SIGSTOP');
    await expect(
      acquireOrConnect({ dataDir: dir, door: 'editor', log: createFakeLog(), answerMs: 300 }),
    ).rejects.toMatchObject({ code: 'owner-unreachable', params: { pid } });
  });

  it('waits for an owner that is only just starting', async () => {
    const dir = kit.folder();
    const attempt = await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal);
    if (attempt.state !== 'taken') throw new Error('held');
    const coming = acquire(dir);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const server = await serveOwner({ lock: attempt.lock, openexec: smallOpenExec(), log: createFakeLog() });
    expect((await coming).role).toBe('client');
    await server.close();
    attempt.lock.release();
  });

  it('is not fooled by a process number that is used again', async () => {
    const dir = kit.folder();
    const other = kit.start(kit.folder(), 'silent');
    const { pid } = await other.first;
    const attempt = await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal);
    if (attempt.state !== 'taken') throw new Error('held');
    const [file = ''] = readdirSync(path.join(dir, 'owner')).filter((name) => name.endsWith('.lock'));
    writeFileSync(
      path.join(dir, 'owner', file),
      JSON.stringify({ ...attempt.lock.record, holder: { ...ownIdentity(), pid, start: '1' } }),
    );
    expect((await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal)).state).toBe('taken');
  });

  it('takes a lock whose file was cut off by a crash, but not before a writer had time', async () => {
    const dir = kit.folder();
    const attempt = await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal);
    if (attempt.state !== 'taken') throw new Error('held');
    attempt.lock.release();
    writeFileSync(path.join(dir, 'owner', '7.lock'), '{"v":1,"hol');
    const start = performance.now();
    const next = await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal);
    expect(next.state).toBe('taken');
    expect(performance.now() - start).toBeGreaterThan(700);
    expect(readdirSync(path.join(dir, 'owner'))).toEqual(['8.lock']);
  });

  it('notices that its lock is gone', async () => {
    const dir = kit.folder();
    const attempt = await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal);
    if (attempt.state !== 'taken') throw new Error('held');
    expect(attempt.lock.held()).toBe(true);
    rmSync(path.join(dir, 'owner'), { recursive: true });
    expect(attempt.lock.held()).toBe(false);
    attempt.lock.release();
  });

  it('keeps lock and token readable for their owner only', async () => {
    const dir = kit.folder();
    const attempt = await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal);
    if (attempt.state !== 'taken') throw new Error('held');
    expect(statSync(path.join(dir, 'owner')).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(dir, 'owner', '1.lock')).mode & 0o777).toBe(0o600);
    expect(attempt.lock.record.token).toMatch(/^[0-9a-f]{64}$/);
    attempt.lock.release();
    expect(readFileSync(path.join(dir, 'owner', '1.lock'), 'utf8')).not.toContain(attempt.lock.record.token);
  });

  it('stops when it is told to', async () => {
    const dir = kit.folder();
    const owner = kit.start(dir, 'silent');
    await owner.first;
    const controller = new AbortController();
    const coming = acquireOrConnect({ dataDir: dir, door: 'editor', log: createFakeLog() }, controller.signal);
    setTimeout(() => controller.abort(new Error('stop')), 50);
    await expect(coming).rejects.toThrow('stop');
  });
});

describe('whether a process lives', () => {
  const own = { pid: process.pid, start: ownIdentity().start, host: 'a', boot: 'b', namespace: 'pid:[4026531836]' };
  it.each([
    ['itself', own, 0, true],
    ['another start time', { ...own, start: `${own.start}1` }, 0, false],
    ['no such process', { ...own, pid: 2 ** 22 + 1 }, 0, false],
    ['an earlier boot of this machine', { ...own, boot: 'c' }, 0, false],
    ['another container, refreshed lately', { ...own, namespace: 'pid:[1]' }, 1000, true],
    ['another container, silent', { ...own, namespace: 'pid:[1]' }, 60_000, false],
    ['another machine, refreshed lately', { ...own, host: 'z', boot: 'z' }, 1000, true],
  ])('%s', (_, other, silentMs, expected) => expect(isAlive(other, silentMs, own)).toBe(expected));
});
