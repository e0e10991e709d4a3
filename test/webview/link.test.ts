import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenExecError } from '../../src/core/errors.js';
import type { RunEvent } from '../../src/core/model/event.js';
import { plain } from '../../src/core/view/sentences.js';
import { toWebviewSchema, type ToWebview } from '../../src/protocol/panel.js';
import { createPanelLink, type PanelFacts } from '../../src/vscode/panel/panel-link.js';
import { ROOT } from './harness/data.js';
import { fakeFacade } from './harness/facade.js';
import { live } from './harness/scenes.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function connect(given: Partial<PanelFacts> & { fails?: OpenExecError } = {}) {
  const posted: ToWebview[] = [];
  const facade = fakeFacade(live());
  const world = {
    posted,
    facade,
    opened: 0,
    performed: [] as unknown[],
    files: [] as unknown[],
    saved: [] as unknown[],
    warnings: [] as string[],
  };
  const link = createPanelLink({
    post: (message) => posted.push(toWebviewSchema.parse(structuredClone(message))),
    openexecFor: () => {
      world.opened += 1;
      return given.fails ? Promise.reject(given.fails) : Promise.resolve(facade);
    },
    facts: () =>
      Promise.resolve({
        trusted: true,
        roots: [{ path: ROOT, name: 'quotes-api' }],
        commands: [],
        locale: 'en',
        l10n: {},
        ...given,
      }),
    saved: () => null,
    save: (state) => world.saved.push(state),
    perform: (...args) => world.performed.push(args),
    openFile: (...args) => world.files.push(args),
    translate: plain,
    pid: 1,
    warn: (message) => world.warnings.push(message),
  });
  const ready = async () => {
    link.receive({ type: 'ready', state: null });
    await vi.advanceTimersByTimeAsync(0);
  };
  return { ...world, world, link, ready, take: () => posted.splice(0) };
}
const event = (seq: number): RunEvent => ({ v: 1, run: 'run_01', seq, at: seq, type: 'run-started' });

describe('the panel’s link to the façade', () => {
  it('says where it is once the page is ready, and nothing before', async () => {
    const { link, ready, posted } = connect();
    link.show({ tab: 'run', run: 'run_01' });
    expect(posted).toEqual([]);
    await ready();
    expect(posted).toMatchObject([
      {
        type: 'environment',
        trusted: true,
        root: ROOT,
        problem: null,
        model: { label: 'recorded', recorded: true },
        owner: { ours: true, connected: true },
      },
      { type: 'show', tab: 'run', run: 'run_01' },
    ]);
  });

  it('goes to the folder that what is to be shown lies in, and shows it there', async () => {
    const { link, ready, take } = connect({
      roots: [
        { path: ROOT, name: 'quotes-api' },
        { path: '/other', name: 'other' },
      ],
    });
    await ready();
    take();
    link.show({ tab: 'run', run: 'run_01' }, ROOT);
    expect(take()).toMatchObject([{ type: 'show', run: 'run_01' }]);
    link.show({ tab: 'run', run: 'run_07' }, '/other');
    await vi.advanceTimersByTimeAsync(0);
    expect(take()).toMatchObject([
      { type: 'environment', root: '/other' },
      { type: 'show', tab: 'run', run: 'run_07' },
    ]);
  });

  it('opens nothing in an untrusted workspace', async () => {
    const { ready, posted, world } = connect({ trusted: false });
    await ready();
    expect(posted).toMatchObject([{ type: 'environment', trusted: false, owner: null }]);
    expect(world.opened).toBe(0);
  });

  it('says why the runs cannot be opened, in a sentence', async () => {
    const { ready, posted } = connect({ fails: new OpenExecError('owner-unreachable', { pid: 7 }) });
    await ready();
    expect(posted[0]).toMatchObject({
      problem: { code: 'owner-unreachable', message: expect.stringContaining('Process 7 owns') },
    });
  });

  it('answers only requests on its list, and checks their parameters', async () => {
    const { link, ready, take, facade } = connect();
    await ready();
    take();
    facade.asked.length = 0;
    link.receive({
      type: 'request',
      id: 1,
      method: 'approval/answer',
      params: { approval: 'ap-live', answer: { status: 'accepted', by: 'editor' } },
    });
    link.receive({ type: 'request', id: 2, method: 'run/events', params: { run: 'run_01', after: -1, limit: 10 } });
    link.receive({ type: 'request', id: 3, method: 'run/events', params: { run: 'run_01', after: 2, limit: 1 } });
    await vi.advanceTimersByTimeAsync(0);
    expect(take()).toMatchObject([
      { id: 1, error: { code: 'request-invalid' } },
      { id: 2, error: { code: 'request-invalid' } },
      { id: 3, result: [{ seq: 3 }] },
    ]);
    expect(facade.asked).toHaveLength(1);
  });

  it('runs only commands on its list, with the arguments they declare', async () => {
    const { link, ready, world } = connect();
    await ready();
    link.receive({ type: 'command', id: 'workbench.action.terminal.sendSequence', args: { text: 'x' } });
    link.receive({ type: 'command', id: 'openexec.reviewApproval', args: {} });
    link.receive({ type: 'command', id: 'openexec.reviewApproval', args: { approval: 'a', other: 1 } });
    expect(world.performed).toEqual([['openexec.reviewApproval', { root: ROOT, approval: 'a' }]]);
    expect(world.warnings).toHaveLength(2);
  });

  it('opens only files inside the folder it shows', async () => {
    const { link, ready, world } = connect();
    await ready();
    for (const message of [
      { root: ROOT, path: '../secret' },
      { root: '/etc', path: 'passwd' },
      { root: ROOT, path: 'src/quotes.ts' },
    ])
      link.receive({ type: 'open-file', ...message });
    expect(world.files).toEqual([[ROOT, 'src/quotes.ts', undefined]]);
  });

  it('sends what is new of the watched run in batches, and nothing of others', async () => {
    const { link, ready, take, facade } = connect();
    await ready();
    take();
    link.receive({ type: 'subscribe', run: 'run_01', after: 10 });
    for (const seq of [9, 10, 11, 12]) facade.tell(event(seq), false);
    facade.tell({ ...event(13), run: 'run_02' }, false);
    await vi.advanceTimersByTimeAsync(50);
    const sent = take();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ type: 'events', run: 'run_01', events: [{ seq: 11 }, { seq: 12 }] });
  });

  it('sends progress at most ten times a second, joined and bounded', async () => {
    const { link, ready, take, facade } = connect();
    await ready();
    take();
    link.receive({ type: 'subscribe', run: 'run_01', after: 0 });
    for (let n = 0; n < 1000; n++) {
      facade.progress({ run: 'run_01', task: 'T', stage: 'test', kind: 'command', text: `${n} `.repeat(10) });
      await vi.advanceTimersByTimeAsync(1);
    }
    const sent = take().filter((message) => message.type === 'progress');
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.length).toBeLessThanOrEqual(10);
    expect(Math.max(...sent.map((message) => message.items[0]!.text.length))).toBeLessThanOrEqual(4000);
  });

  it('sends nothing to a hidden page, and starts afresh when it is back', async () => {
    const { link, ready, take, facade } = connect();
    await ready();
    link.receive({ type: 'subscribe', run: 'run_01', after: 0 });
    link.pause();
    take();
    facade.tell(event(1), false);
    facade.change({ type: 'plans' });
    await vi.advanceTimersByTimeAsync(200);
    expect(take()).toEqual([]);
    await ready();
    expect(take()).toMatchObject([{ type: 'environment' }]);
  });

  it('says when the owner is gone', async () => {
    const { ready, take, facade } = connect();
    await ready();
    take();
    facade.change({ type: 'owner', connected: false });
    await vi.advanceTimersByTimeAsync(0);
    expect(take()).toContainEqual(
      expect.objectContaining({ type: 'environment', owner: expect.objectContaining({ connected: false }) }),
    );
  });
});
