/** Exact replay: any run is said again, event by event, from its record alone; whatever was changed in the record is found and named. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../src/base/canonical.js';
import { encodeUtf8 } from '../../../../src/base/bytes.js';
import { OpenExecError } from '../../../../src/core/errors.js';
import type { RunEvent } from '../../../../src/core/model/event.js';
import type { Result } from '../../../../src/core/model/requests.js';
import type { Store } from '../../../../src/core/ports/ports.js';
import { createMemoryStore } from '../../../fakes/memory-store.js';
import { edits, submits, type ScriptedTurn } from '../../../fakes/model.js';
import { fakeRoot } from '../../../fakes/workspace.js';
import {
  answer,
  createWorld,
  nextApproval,
  planOf,
  settled,
  startPlan,
  type World,
  type WorldInput,
} from '../harness.js';

const blueprint = `
version: 1
id: standard_task
name: Standard Task
defaults: { max_retries: 1 }
start: gather
stages:
  gather: { type: deterministic, action: build_context, on_success: implement }
  implement: { type: agentic, toolset: coding, goal: make it, on_success: lint }
  lint: { type: deterministic, action: lint, on_success: verify, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: lint }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix }
  commit: { type: deterministic, action: commit, on_success: done }
`;
const red = { exitCode: 1, output: 'not yet: naïve\n'.repeat(800) };
const green = { exitCode: 0 };
const one: WorldInput = {
  blueprint,
  model: { implement: edits('a.txt', 'one', 'ONE'), fix: submits() },
  commands: { 'check T1': [red, green] },
};

type ReplayResult = Result<'run/replay'>;

async function replay(world: World, run: string): Promise<ReplayResult> {
  const [asked, ran, written] = [
    world.model.asked.length,
    world.commands.asked.length,
    (await world.store.events(run, 0, 5000)).length,
  ];
  const result = await world.openexec.request('run/replay', { run });
  // Nothing is asked, run or stored.
  expect([
    world.model.asked.length,
    world.commands.asked.length,
    (await world.store.events(run, 0, 5000)).length,
  ]).toEqual([asked, ran, written]);
  return result;
}

async function expectEqual(world: World, run: string): Promise<ReplayResult> {
  const result = await replay(world, run);
  expect(result.divergence).toBeUndefined();
  const events = await world.store.events(run, 0, 5000);
  expect([result.equal, result.events, result.steps]).toEqual([
    true,
    events.length,
    events.filter((event) => event.type === 'stage-finished').length,
  ]);
  await expectEqualWithoutWording(world, run);
  return result;
}

/** As an older version stored it: its questions, and pauses for one, have a title and no code. */
async function expectEqualWithoutWording(world: World, run: string): Promise<void> {
  const { store } = world;
  const now = { events: store.events, approval: store.approval, approvals: store.approvals };
  const older = <T extends object>(row: T): T => {
    const {
      wording: _,
      because: _because,
      ...rest
    } = row as T & {
      wording?: unknown;
      because?: unknown;
      reason?: { asks?: unknown };
    };
    if (typeof rest.reason !== 'object') return rest as T;
    const { asks: _asks, ...reason } = rest.reason;
    return { ...rest, reason } as T;
  };
  Object.assign(store, {
    events: async (...args: Parameters<Store['events']>) => (await now.events(...args)).map(older),
    approvals: async (id: string) => (await now.approvals(id)).map(older),
    approval: async (id: string) => {
      const row = await now.approval(id);
      return row && older(row);
    },
  });
  try {
    expect((await replay(world, run)).divergence).toBeUndefined();
  } finally {
    Object.assign(store, now);
  }
}

describe('exact replay', () => {
  it('says a finished run again, and twice gives the same state', async () => {
    const world = await createWorld(one);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect((await expectEqual(world, run)).stateHash).toBe((await expectEqual(world, run)).stateHash);
  });

  it('says again what healed, what was asked, rejected and commented', async () => {
    const world = await createWorld({
      ...one,
      settings: { approval: 'changes' },
      commands: { 'check T1': [red, green], lint: [red, green] },
      model: { implement: [...edits('a.txt', 'one', 'ONE'), ...submits()], fix: edits('a.txt', 'two', 'TWO') },
    });
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    await answer(world, { status: 'rejected', comment: 'not like that' });
    await answer(world, { status: 'accepted' });
    expect(await settled(world, run)).toBe('completed');
    await expectEqual(world, run);
  });

  it('says again a run that paused instead of asking, whose question can be said in any language', async () => {
    const world = await createWorld({ ...one, settings: { approval: 'changes' } });
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'pause' });
    expect(await settled(world, run)).toBe('paused');
    expect(world.events.find((event) => event.type === 'run-paused')).toMatchObject({
      reason: {
        code: 'needs-operator',
        params: { title: 'implement wants to change a.txt' },
        asks: { code: 'change-set', params: { stage: 'implement', files: 1, path: 'a.txt', what: '' } },
      },
    });
    await expectEqual(world, run);
  });

  it('says again a run that was paused by a person, and by a question, and resumed', async () => {
    const world = await createWorld({ ...one, commands: { 'check T1': [red, green], lint: [red, red, red, green] } });
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    await nextApproval(world);
    await world.openexec.request('run/pause', { run });
    await settled(world, run);
    await expectEqual(world, run);
    await world.openexec.request('run/resume', { run, onAsk: 'accept' });
    expect(await settled(world, run)).toBe('paused'); // retries are used up
    await expectEqual(world, run);
    await answer(world, { status: 'accepted', option: 'retry' });
    expect(await settled(world, run)).toBe('completed');
    await expectEqual(world, run);
  });

  it('says again a run whose model failed, and one that was cancelled in a command', async () => {
    const failing: ScriptedTurn[] = [
      { fails: new OpenExecError('model-overloaded', { tries: 0 }) },
      ...edits('a.txt', 'one', 'ONE'),
    ];
    const world = await createWorld({ ...one, model: { implement: failing } });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    await expectEqual(world, run);

    const hanging = await createWorld({ ...one, commands: { 'check T1': [red, green], lint: [{ hangs: true }] } });
    const cancelled = await startPlan(hanging, planOf({ T1: {} }));
    while (!hanging.events.some((event) => event.type === 'stage-started' && event.stage === 'lint'))
      await new Promise((resolve) => setImmediate(resolve));
    await hanging.openexec.request('run/cancel', { run: cancelled });
    expect(await settled(hanging, cancelled)).toBe('cancelled');
    await expectEqual(hanging, cancelled);
  });

  it('says again a run whose budget was used up and granted again', async () => {
    const world = await createWorld({
      ...one,
      settings: { budget: { usd: null, tokens: null, wallMs: null, calls: 1 } },
      model: { implement: [{ say: 'thinking' }, ...edits('a.txt', 'one', 'ONE')] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    await expectEqual(world, run);
    await answer(world, { status: 'accepted', option: 'continue' });
    expect(await settled(world, run)).toBe('completed');
    await expectEqual(world, run);
  });

  it('says again a run that removed a script, also once it is rolled back', async () => {
    const removes = [
      {
        tools: [
          { name: 'write_file', input: { path: 'a.txt', content: 'ONE\n' } },
          { name: 'delete_file', input: { path: 'run.sh' } },
          { name: 'submit_result', input: { summary: 'x' } },
        ],
      },
    ];
    const world = await createWorld({
      ...one,
      files: { 'a.txt': 'one\n', 'run.sh': 'x\n' },
      model: { implement: removes },
    });
    world.workspace.executable.add(`${fakeRoot}/run.sh`);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect((await world.store.fileImages(run)).map(({ path, executableBefore }) => [path, executableBefore])).toEqual([
      ['a.txt', undefined],
      ['run.sh', true],
    ]);
    await expectEqual(world, run);
    const { token } = await world.openexec.request('rollback/preview', { run });
    await world.openexec.request('rollback/apply', { run, token });
    await expectEqual(world, run);
  });

  it('says again a run that failed over several attempts and blocked what waits for it', async () => {
    const world = await createWorld({
      ...one,
      blueprint: blueprint.replace(', on_failure: fix }\n  commit', ' }\n  commit'),
      commands: { 'check T1': [red] },
    });
    const run = await startPlan(world, planOf({ T1: {}, T2: { after: ['T1'] } }));
    await settled(world, run);
    await answer(world, { status: 'accepted', option: 'give-up' });
    expect(await settled(world, run)).toBe('failed');
    await expectEqual(world, run);
  });

  it('takes the order between parallel tasks from the record', async () => {
    const world = await createWorld({
      blueprint,
      files: Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.txt`, 'one\n'])),
      model: Object.fromEntries(
        ['a', 'b', 'c', 'd'].map((name, index) => [`T${index + 1}/implement`, edits(`${name}.txt`, 'one', 'ONE')]),
      ),
      commands: Object.fromEntries([1, 2, 3, 4].map((n) => [`check T${n}`, [red, green]])),
      settings: { maxParallel: 3 },
    });
    const run = await startPlan(world, planOf({ T1: {}, T2: {}, T3: {}, T4: {} }, { mode: 'parallel' }));
    expect(await settled(world, run)).toBe('completed');
    const lines = (await world.store.events(run, 0, 5000)).flatMap((event) =>
      'task' in event && event.task ? [event.task] : [],
    );
    expect(lines.lastIndexOf('T1')).toBeGreaterThan(lines.indexOf('T2')); // they did work side by side
    await expectEqual(world, run);
  });

  it('says again what a merge left out, carried over and was given up at', async () => {
    for (const option of ['give-up', 'skip', undefined] as const) {
      const texts = { 'a.txt': 'one\n', 'b.txt': 'one\n', 'only.sh': 'x\n' };
      const tree = fakeRoot;
      const world: World = await createWorld({
        blueprint,
        files: texts,
        model: { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('b.txt', 'one', 'ONE') },
        run: async (script, read, root) => {
          const path = { 'check T1': 'a.txt', 'check T2': 'b.txt' }[script];
          const passed = path === undefined || (await read(path)).includes('ONE');
          if (script === 'check T2' && passed && root !== tree) {
            world.workspace.set('huge.iso', 'x'.repeat(51 * 1024 * 1024), root);
            world.workspace.set('run.sh', 'new\n', root);
            for (const each of ['run.sh', 'only.sh']) world.git.executable.add(`${root}/${each}`);
            if (option) world.workspace.set('b.txt', 'mine\n');
          }
          return passed ? green : red;
        },
      });
      const run = await startPlan(world, planOf({ T1: {}, T2: {} }, { mode: 'parallel' }));
      if (option) {
        expect(await settled(world, run)).toBe('paused');
        await answer(world, { status: 'accepted', option });
      }
      expect(await settled(world, run)).toBe(option === 'give-up' ? 'failed' : 'completed');
      const warnings = (await world.store.events(run, 0, 5000)).flatMap((event) =>
        event.type === 'warning' ? [event.code] : [],
      );
      expect(warnings).toEqual(option ? [] : ['merge-unread', 'merge-modes']);
      await expectEqual(world, run);
    }
  });

  it('says again every run of a process that died after any commit', async () => {
    const plan = planOf({ T1: {}, T2: { after: ['T1'] } });
    const model = { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('a.txt', 'two', 'TWO') };
    const run = async (script: string, read: (path: string) => Promise<string>) => ({
      exitCode: (await read('a.txt')).includes({ 'check T1': 'ONE', 'check T2': 'TWO' }[script] ?? '') ? 0 : 1,
    });
    let replayed = 0;
    for (let n = 6; n < 44; n += 1) {
      const store = createMemoryStore();
      let left = n;
      const dying: Store = {
        ...store,
        commit: (...given) => (left-- > 0 ? store.commit(...given) : new Promise(() => undefined)),
      };
      const world = await createWorld({ blueprint, model, run, settings: { approval: 'risky' }, store: dying });
      void startPlan(world, plan).catch(() => undefined);
      for (let i = 0; i < 300; i++) await new Promise((resolve) => setImmediate(resolve));
      const [record] = await store.runs(1);
      if (!record || record.status === 'completed') continue;
      const next = await world.restart(store);
      await expectEqual(next, record.id); // also while it stands interrupted
      await next.openexec.request('run/resume', { run: record.id });
      expect([n, await settled(next, record.id)]).toEqual([n, 'completed']);
      await expectEqual(next, record.id);
      replayed += 1;
    }
    expect(replayed).toBeGreaterThan(20);
  });
});

describe('a record that was changed', () => {
  /** A finished run on a store whose answers can be bent. */
  async function bent(change: (store: Store) => Partial<Store>): Promise<NonNullable<ReplayResult['divergence']>> {
    const store = createMemoryStore();
    const view: Store = { ...store };
    const world = await createWorld({ ...one, store: view });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    await expectEqual(world, run);
    Object.assign(view, change(store));
    const result = await world.openexec.request('run/replay', { run });
    expect(result.equal).toBe(false);
    expect(result.divergence).toBeDefined();
    return result.divergence as NonNullable<ReplayResult['divergence']>;
  }
  const inEvents =
    (change: (event: RunEvent) => RunEvent | undefined) =>
    (store: Store): Partial<Store> => ({
      events: async (run, after, limit) =>
        (await store.events(run, after, limit)).flatMap((event) => change(structuredClone(event)) ?? []),
    });

  it('is found in a model’s answer', async () => {
    const found = await bent((store) => ({
      blob: async (hash) => {
        const text = new TextDecoder().decode(await store.blob(hash));
        return encodeUtf8(text.includes('"stop":"tool-use"') ? text.replace('ONE', 'EINS') : text);
      },
    }));
    expect(found).toMatchObject({ kind: 'blob', what: 'a stored text is not what its name says' });
    expect(found.then).not.toBe(found.now);
  });

  it('is found in a command’s result, with the step, the call and both values', async () => {
    const found = await bent((store) => ({
      calls: async (step) =>
        (await store.calls(step)).map((call) =>
          call.kind === 'command' && step.includes('/lint/')
            ? { ...call, result: { ...(call.result as object), exitCode: 7 } }
            : call,
        ),
    }));
    expect(found).toMatchObject({ kind: 'call', task: 'T1', then: '0', now: '7' });
    expect(found.step).toContain('/lint/1');
    expect(found.call).toContain('/lint/1/1');
    expect(found.what).toContain('the exit code');
  });

  it('is found in what a call was asked', async () => {
    const found = await bent((store) => ({
      calls: async (step) =>
        (await store.calls(step)).map((call) => (call.kind === 'model' ? { ...call, input: 'f'.repeat(64) } : call)),
    }));
    expect(found).toMatchObject({ kind: 'call', then: 'f'.repeat(64), what: 'what was asked of model scripted' });
  });

  it('is found in an event, of any type', async () => {
    const world = await createWorld(one);
    const run = await startPlan(world, planOf({ T1: {} }));
    await settled(world, run);
    const events = await world.store.events(run, 0, 5000);
    for (const target of events.filter((event) => event.type !== 'run-created')) {
      const found = await bent(inEvents((event) => (event.seq === target.seq ? bend(event) : event)));
      expect([target.type, Math.abs(found.seq - target.seq) <= 1 || found.kind === 'call']).toEqual([
        target.type,
        true,
      ]);
    }
  });

  it('is found where an event is missing', async () => {
    const found = await bent(
      inEvents((event) => (event.type === 'stage-finished' && event.stage === 'gather' ? undefined : event)),
    );
    expect(found).toMatchObject({ kind: 'event', task: 'T1' });
    expect(found.now).toContain('stage-finished');
  });

  it('is found in the blueprint', async () => {
    const found = await bent((store) => ({
      run: async (id) => {
        const run = await store.run(id);
        return (
          run && {
            ...run,
            config: {
              ...run.config,
              blueprint: { ...run.config.blueprint, text: run.config.blueprint.text.replace('make it', 'break it') },
            },
          }
        );
      },
    }));
    expect(found).toMatchObject({ kind: 'blueprint', what: 'the text of the blueprint and its hash' });
  });

  it('is found in a step’s record', async () => {
    const found = await bent((store) => ({
      steps: async (run, task) =>
        (await store.steps(run, task)).map((step) => (step.stage === 'verify' ? { ...step, evidence: false } : step)),
    }));
    expect(found).toMatchObject({ kind: 'step', what: 'the record of this step' });
    expect(found.step).toContain('/verify/1');
  });
});

/** The same type, with something else in it. */
function bend(event: RunEvent): RunEvent {
  switch (event.type) {
    case 'task-changed':
      return { ...event, attempt: event.attempt + 1 };
    case 'run-started':
      return { ...event, type: 'run-resumed' };
    case 'run-finished':
      return { ...event, status: 'failed' };
    case 'check-before':
      return { ...event, red: !event.red };
    case 'stage-started':
      return { ...event, visit: 9 };
    case 'stage-finished':
      return { ...event, summary: `${event.summary}.` };
    case 'model-called':
      return { ...event, tools: ['grep'] };
    case 'tool-called':
      return { ...event, summary: 'other' };
    case 'command-run':
      return { ...event, exitCode: 3 };
    case 'decision-made':
      return { ...event, subject: 'other' };
    case 'approval-requested':
      return { ...event, title: 'other' };
    case 'approval-answered':
      return { ...event, comment: 'other' };
    case 'commit-made':
      return { ...event, sha: 'other' };
    case 'changes-applied':
      return { ...event, files: [] };
    default:
      throw new Error(`no way to bend ${canonicalJson(event)}`);
  }
}
