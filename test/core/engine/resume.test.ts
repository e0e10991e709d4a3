/** Pause, cancel, crash and resume: the same records, met again. */
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { edits, submits } from '../../fakes/model.js';
import type { Store } from '../../../src/core/ports/ports.js';
import { blueprintOf } from './fixtures.js';
import { answer, asText, createWorld, nextApproval, planOf, settled, startPlan } from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: lint }
  lint: { type: deterministic, action: lint, on_success: verify, on_failure: fix_lint }
  fix_lint: { type: agentic, toolset: coding, goal: fix it, on_success: lint }
  verify: { type: deterministic, action: verify, on_success: commit }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const plan = planOf({ T1: {}, T2: { after: ['T1'] } });
const model = {
  'T1/implement': edits('a.txt', 'one', 'ONE'),
  'T2/implement': edits('a.txt', 'two', 'TWO'),
  fix_lint: submits(),
};
/** The checks look at the file, as real ones do: the same question has the same answer, however often it is asked. */
const checks = async (script: string, read: (path: string) => Promise<string>) => {
  const wanted = script === 'check T1' ? 'ONE' : script === 'check T2' ? 'TWO' : '';
  return { exitCode: (await read('a.txt')).includes(wanted) ? 0 : 1 };
};

/** A store whose process dies after `n` commits: later ones never settle, as in a killed process. */
function dyingStore(store: Store, n: number): Store {
  let left = n;
  return { ...store, commit: (...given) => (left-- > 0 ? store.commit(...given) : new Promise(() => undefined)) };
}

describe('resuming', () => {
  it('pauses at the next safe point and goes on where it stood', async () => {
    const world = await createWorld({ blueprint, model, run: checks });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    await nextApproval(world);
    await world.openexec.request('run/pause', { run });
    expect(await settled(world, run)).toBe('paused');
    expect(asText(world.events)).toContain('paused: by-operator');
    await answer(world, { status: 'accepted' });
    await world.openexec.request('run/resume', { run });
    await answer(world, { status: 'accepted' });
    expect(await settled(world, run)).toBe('completed');
    expect(world.git.commits).toHaveLength(2);
  });

  it('cancels a command that hangs, keeps what was applied, and never calls it completed', async () => {
    const world = await createWorld({
      blueprint,
      model,
      run: checks,
      commands: { lint: [{ hangs: true }] },
      settings: { approval: 'risky' },
    });
    const run = await startPlan(world, plan);
    while (!asText(world.events).includes('> lint 1') && world.commands.asked.length < 2)
      await new Promise((resolve) => setImmediate(resolve));
    await world.openexec.request('run/cancel', { run });
    expect(await settled(world, run)).toBe('cancelled');
    expect(asText(world.events)).toContain('T1 cancelled');
    expect(new TextDecoder().decode(await world.workspace.read('/work' as never, 'a.txt'))).toBe('ONE\ntwo\n');
    await expect(world.openexec.request('run/resume', { run })).rejects.toMatchObject({ code: 'run-state' });
  });

  it('an answer given while nobody runs is met on resume', async () => {
    const world = await createWorld({ blueprint, model, run: checks });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    const approval = await nextApproval(world);
    const next = await world.restart();
    expect((await next.openexec.request('run/get', { run })).status).toBe('interrupted');
    await next.openexec.request('approval/answer', {
      approval: approval.id,
      answer: { status: 'accepted', by: 'editor', comment: '' },
    });
    await next.openexec.request('run/resume', { run });
    await answer(next, { status: 'accepted' });
    expect(await settled(next, run)).toBe('completed');
  });

  it('reads the events of a run that was cut off once, however many there are, and those that came after', async () => {
    const world = await createWorld({ blueprint, model, run: checks });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    const approval = await nextApproval(world);
    const cut = world.events.at(-1)?.seq ?? 0;
    const reads: number[] = [];
    const next = await world.restart({
      ...world.store,
      events: (id, after, limit) => (reads.push(after), world.store.events(id, after, limit)),
    });
    await next.openexec.request('approval/answer', {
      approval: approval.id,
      answer: { status: 'accepted', by: 'editor', comment: '' },
    });
    await next.openexec.request('run/resume', { run });
    expect(reads).toEqual([0, cut + 1]); // it was found interrupted
    await answer(next, { status: 'accepted' });
    expect(await settled(next, run)).toBe('completed');
    expect((await world.store.events(run, 0, 9999)).map(({ seq }) => seq)).toEqual(
      (await world.store.events(run, 0, 9999)).map((_, n) => n + 1),
    );
  });

  it('the first answer wins, also between two that come at once', async () => {
    const world = await createWorld({ blueprint, model, run: checks });
    await startPlan(world, plan, { onAsk: 'wait' });
    const approval = await nextApproval(world);
    const both = await Promise.allSettled(
      (['accepted', 'rejected'] as const).map((status) =>
        world.openexec.request('approval/answer', {
          approval: approval.id,
          answer: { status, by: 'editor', comment: '' },
        }),
      ),
    );
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('dies after any commit, and a new process ends the run the same: nothing twice, nothing missing', async () => {
    const whole = await createWorld({ blueprint, model, run: checks, settings: { approval: 'risky' } });
    const run = await startPlan(whole, plan);
    await settled(whole, run);
    const expected = new TextDecoder().decode(await whole.workspace.read('/work' as never, 'a.txt'));

    for (let n = 6; n < 40; n++) {
      const store = createMemoryStore();
      const dying = await createWorld({
        blueprint,
        model,
        run: checks,
        settings: { approval: 'risky' },
        store: dyingStore(store, n),
      });
      const started = await Promise.race([
        startPlan(dying, plan),
        new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 100)),
      ]);
      for (let i = 0; i < 300; i++) await new Promise((resolve) => setImmediate(resolve));
      const [record] = await store.runs(1);
      if (!record) continue;
      if (record.status === 'completed') {
        expect(n).toBeGreaterThan(8);
        break;
      }
      // The dead process's workspace and repository stay as they were; its memory is gone.
      const next = await dying.restart(store);
      await next.openexec.request('run/resume', { run: record.id });
      expect([n, started, await settled(next, record.id)]).toEqual([n, started, 'completed']);
      expect(new TextDecoder().decode(await next.workspace.read('/work' as never, 'a.txt'))).toBe(expected);
      expect([n, ...next.git.commits.map((commit) => commit.message.split('\n')[0])]).toEqual([
        n,
        'T1: Do T1',
        'T2: Do T2',
      ]);
      const events = await store.events(record.id, 0, 5000);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter((event) => event.type === 'commit-made')).toHaveLength(2);
      const applied = events.filter((event) => event.type === 'changes-applied').map((event) => event.step);
      expect(new Set(applied).size).toBe(applied.length);
    }
  });
});
