import { describe, expect, it } from 'vitest';
import { createEmitter } from '../../src/base/emitter.js';
import type { Change, OpenExec } from '../../src/core/facade.js';
import type { EventBody, RunEvent } from '../../src/core/model/event.js';
import type { Method, ParamsInput } from '../../src/core/model/requests.js';
import { applyEvent, emptyRun } from '../../src/core/model/run.js';
import { createRunModel, type ModelChange } from '../../src/vscode/run-model.js';

const fail = (error: unknown) => {
  throw error;
};
const task = (id: string, dependsOn: string[] = []) => ({
  id,
  title: id,
  story: 'US-001',
  storyTitle: 'S',
  dependsOn,
  mode: 'sequential' as const,
});
const created: EventBody = {
  type: 'run-created',
  title: 'Quotes',
  kind: 'plan',
  plan: 'p',
  planName: 'Quotes',
  blueprint: 'standard_task',
  blueprintHash: 'a'.repeat(64),
  model: 'recorded',
  recorded: true,
  tasks: [task('T-1'), task('T-2', ['T-1'])],
  stories: [],
  budgetUsd: 5,
  budgetTokens: null,
  branch: 'main',
  commits: true,
};

/** A façade that stores what it is told and answers from it. */
function facade() {
  const events = createEmitter<RunEvent>(fail);
  const changes = createEmitter<Change>(fail);
  const stored: RunEvent[] = [];
  const asked: string[] = [];
  const runs = () =>
    [...new Set(stored.map((event) => event.run))]
      .reverse()
      .map((id) => ({ id, plan: 'p', tasks: ['T-1', 'T-2'], title: id, status: 'running', createdAt: 0 }));
  const answers: Partial<Record<Method, (params: never) => unknown>> = {
    'plan/list': () => [],
    'plan/get': () => ({
      plan: { id: 'p', document: { goals: [], stories: [] } },
      problems: [],
      progress: {},
      proposals: door.proposals,
    }),
    'run/list': runs,
    'approval/list': () => [],
    status: () => ({ owner: { pid: process.pid, door: 'editor', since: 0 } }),
    'run/events': ({ run, after, limit }: ParamsInput<'run/events'>) =>
      stored.filter((event) => event.run === run && event.seq > after).slice(0, limit),
  };
  const openexec = {
    request: (method: Method, params: never) => {
      asked.push(method);
      return Promise.resolve(answers[method]?.(params));
    },
    onEvent: events.on,
    onProgress: () => ({ dispose() {} }),
    onChange: changes.on,
    close: () => Promise.resolve(),
    dispose() {},
  } as unknown as OpenExec;
  const store = (run: string, body: EventBody): RunEvent => {
    const event = {
      v: 1,
      run,
      seq: stored.filter((each) => each.run === run).length + 1,
      at: stored.length,
      ...body,
    } as RunEvent;
    stored.push(event);
    return event;
  };
  const door = {
    openexec,
    asked,
    store,
    tell: (run: string, body: EventBody) => events.fire(store(run, body)),
    changes,
    proposals: 0,
  };
  return door;
}

async function opened(door: ReturnType<typeof facade>) {
  const heard: ModelChange[] = [];
  const model = createRunModel(door.openexec, { applyEvent, emptyRun }, (_what, error) => fail(error), 1);
  model.onChange((change) => heard.push(change));
  await model.refresh();
  return { model, heard };
}
const rest = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('the model of the views', () => {
  it('folds events as they come, without asking for anything again', async () => {
    const door = facade();
    door.store('r', created);
    const { model } = await opened(door);
    door.asked.length = 0;
    door.tell('r', { type: 'run-started' });
    door.tell('r', { type: 'task-changed', task: 'T-1', status: 'running', attempt: 1 });
    expect(model.live?.status).toBe('running');
    expect(model.task('T-1')?.status).toBe('running');
    expect(door.asked).toEqual([]);
    model.dispose();
  });
  it('reads what it missed after a gap', async () => {
    const door = facade();
    door.store('r', created);
    const { model } = await opened(door);
    door.store('r', { type: 'run-started' });
    door.tell('r', { type: 'task-changed', task: 'T-1', status: 'done', attempt: 1 });
    await model.settled();
    expect(model.state('r')?.done).toBe(1);
    expect(model.state('r')?.status).toBe('running');
    model.dispose();
  });
  it('names only the rows that changed: the task, and those that wait for it', async () => {
    const door = facade();
    door.store('r', created);
    const { model, heard } = await opened(door);
    await rest();
    heard.length = 0;
    door.tell('r', {
      type: 'stage-started',
      step: 's',
      task: 'T-2',
      attempt: 1,
      stage: 'lint',
      visit: 1,
      stageType: 'deterministic',
    });
    await rest();
    expect(heard.map((change) => [[...change.tasks], change.plan])).toEqual([[['T-2'], false]]);
    door.tell('r', { type: 'task-changed', task: 'T-1', status: 'done', attempt: 1 });
    await rest();
    expect([...(heard[1]?.tasks ?? [])]).toEqual(['T-1', 'T-2']);
    model.dispose();
  });
  it('tells a flood of events once', async () => {
    const door = facade();
    door.store('r', created);
    const { model, heard } = await opened(door);
    await rest();
    heard.length = 0;
    for (let n = 0; n < 500; n++) door.tell('r', { type: 'warning', task: 'T-1', code: 'x', params: {} });
    await rest();
    expect(heard.length).toBe(1);
    expect(model.state('r')?.warnings).toBe(500);
    model.dispose();
  });
  it('shows a new run as soon as it is told of', async () => {
    const door = facade();
    const { model } = await opened(door);
    expect(model.live).toBeUndefined();
    door.tell('r', created);
    door.changes.fire({ type: 'runs' });
    await model.settled();
    expect(model.live?.title).toBe('Quotes');
    model.dispose();
  });

  it('knows how many proposed changes wait, and asks again when a task proposes one', async () => {
    const door = facade();
    door.store('r', created);
    const { model, heard } = await opened(door);
    expect(model.proposals).toBe(0);
    await rest();
    heard.length = 0;
    door.proposals = 1;
    door.tell('r', {
      type: 'plan-proposed',
      call: 'c',
      step: 's',
      task: 'T-1',
      plan: 'p',
      proposal: 'c',
      kind: 'scope-discovery',
      message: 'More.',
      added: ['Another'],
      changed: [],
    });
    await model.settled();
    await rest();
    expect(model.proposals).toBe(1);
    expect(heard.some((change) => change.plan)).toBe(true);
    model.dispose();
  });
});
