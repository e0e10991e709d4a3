/** The order of a plan's tasks over the whole façade: any graph, any failures, any pauses. It never hangs, never runs ahead, never claims more than was done. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttentionOption } from '../../../src/core/model/approval.js';
import type { RunEvent } from '../../../src/core/model/event.js';
import { eachTask, type PlanDocument } from '../../../src/core/model/plan.js';
import { settledTask } from '../../../src/core/model/status.js';
import { storyCheckId } from '../../../src/core/model/plain/story-check.js';
import type { Store } from '../../../src/core/ports/ports.js';
import { validatePlan } from '../../../src/core/plan/validate-plan.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { verifyOnly } from './fixtures.js';
import { asText, createWorld, planOf, settled, startPlan, type World } from './harness.js';

/** One stage that is the task's own check: no model, so a task costs a few events. */

type Fate = 'passes' | 'given-up' | 'skipped' | 'passes-on-retry';

interface Case {
  document: PlanDocument;
  fates: Record<string, Fate>;
  /** Pauses asked for after these many events. */
  pauses: number[];
  /** Tasks in worktrees at once; 0 = there is no git, so none. */
  beside: number;
  /** Turns of the event loop that each command takes, in the order they are asked for. */
  delays: number[];
}

/** Stories and tasks in any order of the file, with every dependency that keeps the plan free of errors. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    taskEdges: fc.array(fc.tuple(fc.nat(15), fc.nat(15)), { maxLength: 14 }),
    storyEdges: fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 4 }),
    modes: fc.array(fc.constantFrom('sequential' as const, 'parallel' as const, 'manual' as const), {
      minLength: 4,
      maxLength: 4,
    }),
    pausing: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fates: fc.array(fc.constantFrom<Fate>('passes', 'passes', 'passes', 'given-up', 'skipped', 'passes-on-retry'), {
      minLength: 16,
      maxLength: 16,
    }),
    shuffle: fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }),
    pauses: fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 3 }),
    checks: fc.array(fc.constantFrom<Fate | 'none'>('none', 'none', 'passes', 'given-up', 'passes-on-retry'), {
      minLength: 4,
      maxLength: 4,
    }),
    beside: fc.integer({ min: 0, max: 4 }),
    delays: fc.array(fc.nat(4), { minLength: 1, maxLength: 12 }),
  })
  .map(({ sizes, taskEdges, storyEdges, modes, pausing, fates, shuffle, pauses, checks, beside, delays }) => {
    let next = 0;
    const template = planOf({}).stories[0]!;
    const stories = sizes.map((size, s) => ({
      ...template,
      id: `US-${s + 1}`,
      verification_script: checks[s] === 'none' ? '' : `check ${storyCheckId(`US-${s + 1}`)}`,
      depends_on: [] as string[],
      mode: modes[s] ?? 'sequential',
      pause_after: pausing[s] ?? false,
      tasks: planOf(Object.fromEntries(Array.from({ length: size }, () => [`T${++next}`, { pins: true }]))).stories[0]!
        .tasks,
    }));
    const tasks = stories.flatMap((story) => story.tasks);
    const document: PlanDocument = { ...planOf({}), stories };
    const sound = () => !validatePlan(document).some((problem) => problem.severity === 'error');
    const link = (from: { id: string } | undefined, to: { depends_on: string[] } | undefined) => {
      if (!from || !to || to.depends_on.includes(from.id)) return;
      to.depends_on.push(from.id);
      if (!sound()) to.depends_on.pop();
    };
    for (const [from, to] of storyEdges) link(stories[from % stories.length], stories[to % stories.length]);
    for (const [from, to] of taskEdges) link(tasks[from % tasks.length], tasks[to % tasks.length]);
    stories.sort((a, b) => (shuffle[Number(a.id.slice(3)) - 1] ?? 0) - (shuffle[Number(b.id.slice(3)) - 1] ?? 0));
    const all: Record<string, Fate> = Object.fromEntries(
      tasks.map((task, index) => [task.id, fates[index] ?? 'passes']),
    );
    sizes.forEach((_, s) => {
      const fate = checks[s];
      if (fate !== undefined && fate !== 'none') all[storyCheckId(`US-${s + 1}`)] = fate;
    });
    return { document, fates: all, pauses: [...pauses].sort((a, b) => a - b), beside, delays };
  });

/** Of tasks, and of the checks that stories have. */
const dependenciesOf = (document: PlanDocument): Map<string, string[]> => {
  const partsOf = new Map(
    document.stories.map((story) => [
      story.id,
      [...story.tasks.map((task) => task.id), ...(story.verification_script ? [storyCheckId(story.id)] : [])],
    ]),
  );
  const direct = new Map(
    [...eachTask(document)].map(({ story, task }) => [
      task.id,
      [...task.depends_on, ...story.depends_on.flatMap((id) => partsOf.get(id) ?? [])],
    ]),
  );
  for (const story of document.stories)
    if (story.verification_script)
      direct.set(
        storyCheckId(story.id),
        story.tasks.map((task) => task.id),
      );
  return direct;
};

/** Everything that must have ended well first, however far away. */
function ancestors(direct: Map<string, string[]>, id: string): Set<string> {
  const found = new Set<string>();
  const rest = [...(direct.get(id) ?? [])];
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    if (found.has(one)) continue;
    found.add(one);
    rest.push(...(direct.get(one) ?? []));
  }
  return found;
}

const answers: Record<Fate, AttentionOption> = {
  passes: 'retry',
  'given-up': 'give-up',
  skipped: 'skip',
  'passes-on-retry': 'continue',
};

/** Answers every question as the fates say and resumes every pause, until the run has finished. Gives up after a bounded number of turns. */
async function runToTheEnd({
  document,
  fates,
  pauses,
  beside,
  delays,
}: Case): Promise<{ events: RunEvent[]; world: World; run: string }> {
  const retried = new Set<string>();
  const working = new Map<string, number>();
  let asked = 0;
  const world: World = await createWorld({
    blueprint: verifyOnly,
    settings: { approval: 'risky', commits: beside > 0, maxParallel: Math.max(1, beside) },
    run: async (script, _read, root) => {
      working.set(root, (working.get(root) ?? 0) + 1);
      expect([...working.values()].every((count) => count <= 1) && working.size <= beside + 1).toBe(true); // one a tree, and no more trees than allowed
      for (let turns = delays[asked++ % delays.length] ?? 0; turns > 0; turns--) await turn();
      working.delete(root);
      return { exitCode: fates[script.slice('check '.length)] === 'passes' || retried.has(script) ? 0 : 1 };
    },
  });
  const due = [...pauses];
  world.openexec.onEvent((event) => {
    if (due[0] === undefined || event.seq < due[0]) return;
    due.shift();
    // Refused when the run stands already; the pause that matters is the one in the middle of work.
    world.openexec
      .request('run/pause', { run: event.run })
      .catch((error: { code?: string }) => expect(error.code).toBe('run-state'));
  });
  const run = await startPlan(world, document);
  let seen = 0;
  for (let stops = 0; stops < 200; stops++) {
    const stop = await nextStop(world, seen);
    seen = stop.seq;
    if (stop.type === 'run-finished') return { events: world.events, world, run };
    if (stop.type !== 'run-paused') throw new Error(`stopped by ${stop.type}`);
    await gone(world, run);
    const questions = await world.openexec.request('approval/list', {});
    if (questions.length > 0 && stop.reason.code === 'attempts-exhausted') {
      // It goes on with the last of them.
      for (const question of questions) {
        const fate = fates[question.task] ?? 'passes';
        if (fate === 'passes-on-retry') retried.add(`check ${question.task}`);
        await world.openexec.request('approval/answer', {
          approval: question.id,
          answer: { status: 'accepted', by: 'editor', comment: '', option: answers[fate] },
        });
      }
    } else {
      expect(['by-operator', 'after-story']).toContain(stop.reason.code);
      await world.openexec.request('run/resume', { run });
    }
  }
  throw new Error('the run never came to an end');
}

const TURNS = 5000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function nextStop(world: World, after: number): Promise<RunEvent> {
  for (let turns = 0; turns < TURNS; turns++) {
    const stop = world.events.find(
      (event) =>
        event.seq > after &&
        (event.type === 'run-paused' || event.type === 'run-finished' || event.type === 'run-interrupted'),
    );
    if (stop) return stop;
    await turn();
  }
  throw new Error(`nothing happened any more after\n${asText(world.events)}`);
}

/** The loop that paused has left: only then may the run be resumed. */
async function gone(world: World, run: string): Promise<void> {
  for (let turns = 0; turns < TURNS; turns++) {
    const { active } = await world.openexec.request('status', {});
    if (active?.id !== run) return;
    await turn();
  }
  throw new Error('the run stayed alive after its pause');
}

function finalStatuses(events: readonly RunEvent[]): Map<string, { status: string; blockedBy: string | undefined }> {
  const statuses = new Map<string, { status: string; blockedBy: string | undefined }>();
  for (const event of events) {
    if (event.type === 'run-created') {
      for (const task of event.tasks) statuses.set(task.id, { status: 'pending', blockedBy: undefined });
      for (const story of event.stories)
        if (story.check) statuses.set(storyCheckId(story.id), { status: 'pending', blockedBy: undefined });
    }
    if (event.type === 'task-changed') statuses.set(event.task, { status: event.status, blockedBy: event.blockedBy });
  }
  return statuses;
}

describe('any plan, with any failures and any pauses', () => {
  it('comes to an end that says what is left and why, and never runs ahead of a dependency', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const { events } = await runToTheEnd(one);
        const direct = dependenciesOf(one.document);

        // Never before its dependencies.
        const standing = new Map<string, string>();
        for (const event of events) {
          if (event.type !== 'task-changed') continue;
          if (event.status === 'running' || event.status === 'waiting')
            for (const dependency of direct.get(event.task) ?? [])
              expect([event.task, dependency, settledTask(standing.get(dependency) ?? 'pending')]).toEqual([
                event.task,
                dependency,
                true,
              ]);
          standing.set(event.task, event.status);
        }

        const statuses = finalStatuses(events);
        const end = events.at(-1);
        const left = [...statuses].filter(([, { status }]) => !settledTask(status));
        expect(end).toMatchObject({ type: 'run-finished', status: left.length === 0 ? 'completed' : 'failed' });
        expect(events.filter((event) => event.type === 'run-finished')).toHaveLength(1);

        for (const [id, { status, blockedBy }] of statuses) {
          const before = ancestors(direct, id);
          const failed = [...before].filter(
            (other) => one.fates[other] === 'given-up' && statuses.get(other)?.status === 'failed',
          );
          if (failed.length > 0) {
            expect([id, status]).toEqual([id, 'blocked']);
            expect(failed).toContain(blockedBy);
          } else
            expect([id, status]).toEqual([
              id,
              { passes: 'done', 'passes-on-retry': 'done', skipped: 'skipped', 'given-up': 'failed' }[
                one.fates[id] ?? 'passes'
              ],
            ]);
        }
      }),
      { numRuns: 120 },
    );
  }, 120_000);

  it('gives the same events for the same plan and answers', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const [first, second] = [await runToTheEnd({ ...one, pauses: [] }), await runToTheEnd({ ...one, pauses: [] })];
        expect(second.events).toEqual(first.events);
        const other = await runToTheEnd({ ...one, pauses: [], delays: one.delays.map((delay) => (delay * 5 + 3) % 5) });
        // Each task’s own work is the same whatever the others’ pace; only stops that another’s question makes come elsewhere.
        const stops = new Set(['run-paused', 'approval-requested', 'approval-answered']);
        const isStop = (event: RunEvent) =>
          stops.has(event.type) ||
          (event.type === 'task-changed' && (event.status === 'running' || event.status === 'waiting'));
        const part = (events: readonly RunEvent[], task: string) =>
          events.flatMap((event) =>
            'task' in event && event.task === task && !isStop(event) ? [{ ...event, seq: 0, at: 0 }] : [],
          );
        for (const task of dependenciesOf(one.document).keys())
          expect(part(other.events, task)).toEqual(part(first.events, task));
        const stored = await first.world.openexec.request('run/events', { run: first.run, after: 0, limit: 5000 });
        expect(stored).toEqual(first.events.map((event) => ({ ...event })));
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  it('pausing changes when things happen, not what', async () => {
    const what = (events: readonly RunEvent[]) => [...finalStatuses(events)];
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const straight = await runToTheEnd({ ...one, pauses: [] });
        const paused = await runToTheEnd(one);
        expect(what(paused.events)).toEqual(what(straight.events));
        // No task's check is counted twice for it.
        const visits = (events: readonly RunEvent[]) =>
          events.flatMap((event) => (event.type === 'stage-finished' ? [event.step] : []));
        expect(visits(paused.events).sort()).toEqual(visits(straight.events).sort());
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});

const order = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'task-changed' && event.status === 'running' ? [event.task] : []));
const fatesOf = (document: PlanDocument, given: Record<string, Fate> = {}): Case => ({
  document,
  pauses: [],
  beside: 0,
  delays: [0],
  fates: Object.fromEntries([...eachTask(document)].map(({ task }) => [task.id, given[task.id] ?? 'passes'])),
});
const pinned = (after: string[] = []) => ({ after, pins: true });

/** A store whose commits and run rows take their time, as those of a disk do. */
const slow = (store: Store): Store => ({
  ...store,
  commit: async (...given) => (await turn(), await store.commit(...given)),
  run: async (id) => (await turn(), await store.run(id)),
});

describe('schedules by example', () => {
  it('runs a chain in its order, and a diamond with its ends at the ends', async () => {
    expect(
      order((await runToTheEnd(fatesOf(planOf({ C: pinned(['B']), B: pinned(['A']), A: pinned() })))).events),
    ).toEqual(['A', 'B', 'C']);
    const diamond = order(
      (await runToTheEnd(fatesOf(planOf({ D: pinned(['B', 'C']), C: pinned(['A']), B: pinned(['A']), A: pinned() }))))
        .events,
    );
    expect([diamond[0], diamond[3], diamond.length]).toEqual(['A', 'D', 4]);
  });

  it('never runs what depends on a failure, and names the failed task through a chain of blocked ones', async () => {
    const { events } = await runToTheEnd(
      fatesOf(planOf({ A: pinned(), B: pinned(['A']), C: pinned(['B']) }), { A: 'given-up' }),
    );
    expect(order(events)).not.toContain('B');
    expect(asText(events).split('\n').slice(-4)).toEqual([
      'A failed attempt 3: attempt-failed',
      'B blocked(by A)',
      'C blocked(by A)',
      'finished: failed',
    ]);
  });

  it('holds a story until every task of the one before it is done, whatever the order in the file', async () => {
    const document = planOf({ T1: pinned(), T2: pinned() });
    const [first] = document.stories;
    const second = {
      ...first!,
      id: 'US-000',
      depends_on: ['US-001'],
      tasks: planOf({ T0: pinned() }).stories[0]!.tasks,
    };
    const { events } = await runToTheEnd(fatesOf({ ...document, stories: [second, first!] }));
    expect(order(events)).toEqual(['T1', 'T2', 'T0']);
  });

  it('refuses a ring and an unknown dependency by name, and an empty plan, before anything runs', async () => {
    for (const [document, named] of [
      [planOf({ A: pinned(['B']), B: pinned(['A']) }), /A.*B|B.*A/],
      [planOf({ A: pinned(['GHOST']) }), /GHOST/],
    ] as const) {
      const world = await createWorld({ blueprint: verifyOnly });
      await expect(startPlan(world, document)).rejects.toMatchObject({
        code: 'plan-invalid',
        params: { first: expect.stringMatching(named) as unknown },
      });
      expect(world.events).toEqual([]);
    }
    const world = await createWorld({ blueprint: verifyOnly });
    await expect(startPlan(world, { ...planOf({}), goals: [], stories: [] })).rejects.toMatchObject({
      code: 'nothing-to-run',
    });
  });

  it('rests with a name where the record leaves no way on, and does not call it failed', async () => {
    const world = await createWorld({ blueprint: verifyOnly, commands: { 'check A': [{ hangs: true }] } });
    const run = await startPlan(world, planOf({ A: pinned(), B: pinned(['A']) }));
    while (world.commands.asked.length === 0) await turn();
    await world.openexec.request('run/pause', { run, now: true });
    await gone(world, run);
    const ring = (event: RunEvent): RunEvent =>
      event.type === 'run-created'
        ? { ...event, tasks: event.tasks.map((task) => ({ ...task, dependsOn: task.id === 'A' ? ['B'] : ['A'] })) }
        : event;
    const next = await world.restart({
      ...world.store,
      events: async (...asked) => (await world.store.events(...asked)).map(ring),
    });
    await next.openexec.request('run/resume', { run });
    expect(await settled(next, run)).toBe('paused');
    expect(next.events.at(-1)).toMatchObject({
      type: 'run-paused',
      task: 'A',
      reason: { code: 'schedule-stuck', params: { task: 'A' } },
    });
  });

  it('lets one run at a time work in a tree, also when two are asked for at once', async () => {
    const world = await createWorld({
      blueprint: verifyOnly,
      commands: { 'check A': [{ hangs: true }] },
      store: slow(createMemoryStore()),
    });
    const run = await startPlan(world, planOf({ A: pinned() }));
    const [plan] = await world.openexec.request('plan/list', {});
    await expect(world.openexec.request('run/start', { plan: plan!.id })).rejects.toMatchObject({ code: 'run-active' });
    await world.openexec.request('run/cancel', { run });
    const both = await Promise.allSettled([
      world.openexec.request('run/start', { plan: plan!.id }),
      world.openexec.request('run/start', { plan: plan!.id }),
    ]);
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'run-active' });
  });

  it('resumes a run once, also when two doors ask at once', async () => {
    const world = await createWorld({
      blueprint: verifyOnly,
      commands: { 'check A': [{ hangs: true }] },
      store: slow(createMemoryStore()),
    });
    const run = await startPlan(world, planOf({ A: pinned() }));
    while (world.commands.asked.length === 0) await turn();
    await world.openexec.request('run/pause', { run, now: true });
    await gone(world, run);
    const both = await Promise.allSettled([
      world.openexec.request('run/resume', { run }),
      world.openexec.request('run/resume', { run }),
    ]);
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    await world.openexec.request('run/cancel', { run });
  });
});
