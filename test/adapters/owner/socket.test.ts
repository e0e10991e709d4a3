/** The owner's socket: who gets in, what goes over it, what happens when a door misbehaves. */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { socketAddress } from '../../../src/adapters/owner/address.js';
import { connectToOwner } from '../../../src/adapters/owner/client.js';
import { takeLock, type LockRecord } from '../../../src/adapters/owner/lock.js';
import { serveOwner } from '../../../src/adapters/owner/server.js';
import { eventRow } from '../../fakes/rows.js';
import { createFakeLog } from '../../fakes/log.js';
import { smallOpenExec } from './small-openexec.js';

const signal = new AbortController().signal;
const until = async (condition: () => boolean) => {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};

describe('the owner’s socket', () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const back of undo.splice(0).reverse()) await back();
  });
  async function served() {
    const dir = mkdtempSync(path.join(tmpdir(), 'openexec-socket-'));
    undo.push(() => rmSync(dir, { recursive: true, force: true }));
    const attempt = await takeLock({ dataDir: dir, door: 'editor', clock: Date, env: {} }, signal);
    if (attempt.state !== 'taken') throw new Error('held');
    const openexec = smallOpenExec();
    const log = createFakeLog();
    const server = await serveOwner({ lock: attempt.lock, openexec, log });
    undo.push(
      () => attempt.lock.release(),
      () => server.close(),
    );
    const door = async (owner: LockRecord = attempt.lock.record) => {
      const connection = await connectToOwner(
        { owner, door: 'terminal', log: createFakeLog(), answerMs: 1000 },
        signal,
      );
      undo.push(() => connection.dispose());
      return connection;
    };
    /** Writes bytes as they are; resolves with what came back when the owner hung up. */
    const raw = (...lines: string[]) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(attempt.lock.record.address);
        let got = '';
        socket.on('data', (chunk) => (got += chunk.toString()));
        socket.on('error', reject);
        socket.on('close', () => resolve(got));
        for (const line of lines) socket.write(`${line}\n`);
      });
    return { record: attempt.lock.record, openexec, server, door, raw, log };
  }
  const hello = (token: string, version = 1) =>
    JSON.stringify({ type: 'hello', version, token, door: 'terminal', pid: 1 });

  it('stands where only its owner may enter', async () => {
    const { record } = await served();
    expect(statSync(record.address).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(record.address)).mode & 0o777).toBe(0o700);
  });

  it('refuses a wrong token, an empty one, another version, and anything before the hello', async () => {
    const { record, door, raw, openexec } = await served();
    await expect(
      door({ ...record, token: record.token.replace(/^./, (c) => (c === '0' ? '1' : '0')) }),
    ).rejects.toMatchObject({ code: 'owner-refused' });
    await expect(door({ ...record, token: '' })).rejects.toMatchObject({ code: 'owner-refused' });
    const request = JSON.stringify({ type: 'request', id: 1, method: 'plan/list', params: {} });
    expect(await raw(hello('wrong'), request)).toBe('{"type":"refused","reason":"token"}\n');
    expect(await raw(hello(record.token, 2), request)).toBe('{"type":"refused","reason":"version"}\n');
    expect(await raw(request)).toBe('{"type":"refused","reason":"token"}\n');
    expect(await raw('x'.repeat(5000))).toBe('');
    expect(openexec.log).toEqual([]);
  });

  it('answers requests, at the same time, with results and typed errors', async () => {
    const { door } = await served();
    const one = await door();
    const [list, put, missing] = await Promise.allSettled([
      one.request('plan/list', {}),
      one.request('blob/put', { text: 'grüße\n'.repeat(1000) }),
      one.request('plan/get', { plan: 'p' }),
    ]);
    expect(list).toMatchObject({ value: [] });
    expect(put).toMatchObject({ value: { hash: '6000'.padStart(64, '0') } });
    expect(missing).toMatchObject({ reason: { name: 'OpenExecError', code: 'plan-not-found', params: { plan: 'p' } } });
  });

  it('carries answers of several MB whole', async () => {
    const { door } = await served();
    const answer = await (await door()).request('blob/text', { hash: 'a'.repeat(64), max: 8_000_000 });
    expect(answer.text).toHaveLength(8_000_000);
  });

  it('says so when an answer is not what the request promises', async () => {
    const { door } = await served();
    await expect((await door()).request('run/list', {})).rejects.toMatchObject({ code: 'internal' });
  });

  it('refuses an unknown request and goes on', async () => {
    const { door, openexec } = await served();
    const one = await door();
    await expect(one.request('plan/burn' as never, {} as never)).rejects.toMatchObject({ code: 'request-invalid' });
    expect(await one.request('plan/list', {})).toEqual([]);
    expect(openexec.log).toEqual(['plan/list']);
  });

  it('cancels at the owner what is cancelled here, and what a door that left had asked', async () => {
    const { door, openexec } = await served();
    const one = await door();
    const controller = new AbortController();
    const asked = one.request('plan/generate', { intent: 'x' }, controller.signal);
    await until(() => openexec.log.length === 1);
    controller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await until(() => openexec.log.length === 2);
    const left = one.request('plan/generate', { intent: 'x' });
    const lost = expect(left).rejects.toMatchObject({ code: 'owner-unreachable' });
    await until(() => openexec.log.length === 3);
    one.dispose();
    await lost;
    await until(() => openexec.log.length === 4);
    expect(openexec.log).toEqual(['plan/generate', 'aborted', 'plan/generate', 'aborted']);
  });

  it('tells every door events in order, progress and changes', async () => {
    const { door, openexec, server } = await served();
    const seen: string[] = [];
    for (const name of ['a', 'b']) {
      const one = await door();
      one.onEvent((event) => seen.push(`${name} event ${event.seq}`));
      one.onProgress((progress) => seen.push(`${name} ${progress.text}`));
      one.onChange((change) => seen.push(`${name} ${change.type}`));
    }
    expect(server.doors).toBe(2);
    for (let seq = 1; seq <= 3; seq++) openexec.events.fire(eventRow('run_1', seq));
    openexec.progress.fire({ run: 'run_1', task: 'T-1', stage: 'lint', kind: 'command', text: 'line' });
    openexec.changes.fire({ type: 'approvals' });
    await until(() => seen.length === 10);
    expect(seen.filter((line) => line.startsWith('a'))).toEqual([
      'a event 1',
      'a event 2',
      'a event 3',
      'a line',
      'a approvals',
    ]);
  });

  it('drops progress for a door that does not read, and cuts it off before memory runs out', async () => {
    const { record, openexec, server, raw } = await served();
    const stuck = connect(record.address);
    stuck.on('error', () => undefined); // it is cut off in the end
    undo.push(() => stuck.destroy());
    stuck.write(`${hello(record.token)}\n`);
    stuck.pause();
    await until(() => server.doors === 1);
    const before = process.memoryUsage().rss;
    const text = 'x'.repeat(100_000);
    for (let i = 0; i < 5000; i++) openexec.progress.fire({ run: 'r', task: 't', stage: 's', kind: 'command', text }); // 500 MB
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    expect(server.doors).toBe(1);
    const heavy = { ...eventRow('r', 1), params: { text: 'y'.repeat(1_000_000) } };
    for (let seq = 1; seq <= 80; seq++) openexec.events.fire({ ...heavy, seq } as never);
    await until(() => server.doors === 0);
    expect(await raw(hello('wrong'))).toContain('refused'); // the owner still serves
  });

  it('cuts off a door that sends no end', async () => {
    const { record, server, raw } = await served();
    const sent = raw(hello(record.token), `{"x":"${'y'.repeat(17 * 1024 * 1024)}`).catch(() => 'reset');
    expect(['reset', expect.stringContaining('welcome')]).toContainEqual(await sent);
    expect(server.doors).toBe(0);
  });

  it('finds a short place for the socket when the data folder lies deep', () => {
    const deep = path.join(tmpdir(), 'd'.repeat(120));
    const address = socketAddress(deep, 'abcd', { platform: 'linux', env: {} });
    expect(Buffer.byteLength(address)).toBeLessThanOrEqual(103);
    expect(statSync(path.dirname(address)).mode & 0o777).toBe(0o700);
    expect(socketAddress('C:\\data', 'abcd', { platform: 'win32', env: {} })).toMatch(
      /^\\\\\.\\pipe\\openexec-[0-9a-f]{16}-abcd$/,
    );
  });

  it('does not use a folder for the socket that others may enter', () => {
    const runtime = mkdtempSync(path.join(tmpdir(), 'rt-'));
    undo.push(() => rmSync(runtime, { recursive: true }));
    mkdirSync(path.join(runtime, `openexec-${process.getuid?.()}`), { mode: 0o755 });
    const address = socketAddress(path.join(tmpdir(), 'd'.repeat(120)), 'abcd', {
      platform: 'linux',
      env: { XDG_RUNTIME_DIR: runtime },
    });
    expect(address.startsWith(runtime)).toBe(false);
  });
});
