/** The Plan tab of a plan whose runs are over: how its tasks stand comes with the plan, no run is read for it. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TaskProgress } from '../../src/core/model/requests.js';
import type { Environment } from '../../src/protocol/panel.js';
import type { Host } from '../../webview-ui/host.js';
import { taskLook } from '../../webview-ui/parts/status.js';
import { lazyTaskStates } from '../../webview-ui/plan/task-states.js';
import { createPanel } from '../../webview-ui/store/panel.js';
import { record, ROOT, START, type World } from './harness/data.js';
import { fakeFacade } from './harness/facade.js';
import { failed, live } from './harness/scenes.js';

afterEach(() => vi.unstubAllGlobals());

const progress = (more: Partial<TaskProgress>): TaskProgress => ({
  status: 'done',
  run: 'run_00',
  at: START,
  unverified: false,
  commit: '',
  costUsd: 0.1,
  durationMs: 1000,
  taskHash: 'a'.repeat(64),
  edited: false,
  ...more,
});

async function opened(world: World) {
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => setTimeout(draw));
  const facade = fakeFacade(world);
  let tell: (environment: Environment) => void = () => undefined;
  const never = () => ({ dispose: () => undefined });
  const environment: Environment = {
    type: 'environment',
    trusted: true,
    roots: [{ path: ROOT, name: 'quotes-api' }],
    root: ROOT,
    problem: null,
    model: null,
    owner: null,
    commands: [],
    locale: 'en',
    l10n: {},
    state: null,
  };
  const host: Host = {
    request: (method, params) => facade.request(method, params),
    command: () => undefined,
    send: () => undefined,
    saved: null,
    save: () => undefined,
    ready: () => tell(environment),
    onEnvironment: (listener) => ((tell = listener), never()),
    onEvents: never,
    onProgress: never,
    onChange: never,
    onShow: never,
  };
  const panel = createPanel(host);
  await vi.waitFor(() => {
    const { planView, runs, caughtUp } = panel.snapshot();
    expect(planView && runs && caughtUp).toBe(true);
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const word = (task: string): string => taskLook(lazyTaskStates(panel.snapshot()).get(task)).word;
  const read = facade.asked.flatMap(({ method, params }) =>
    method === 'run/events' ? [(params as { run: string }).run] : [],
  );
  return { word, read: [...new Set(read)], states: lazyTaskStates(panel.snapshot()) };
}

describe('a plan whose runs are over', () => {
  it('says what was edited since and why a task failed, and reads no run’s events but the watched one’s', async () => {
    const world = failed();
    const other = { plan: 'plan_02', title: 'Another plan', status: 'completed' as const, finishedAt: START };
    world.runs = [
      { record: record('run_09', { ...other, tasks: ['T-9'] }), events: [] },
      ...world.runs.map((run) => ({ ...run, record: { ...run.record, finishedAt: START } })),
    ];
    world.progress = {
      'T-US-001-001': progress({ edited: true }),
      'T-US-002-003': progress({ status: 'failed', reason: { code: 'attempts-exhausted', params: {} } }),
    };
    const { word, read, states } = await opened(world);
    expect(word('T-US-001-001')).toBe('done (edited since)');
    expect(word('T-US-002-003')).toBe('failed: attempts exhausted');
    expect(states.get('T-US-001-001')).toMatchObject({ costUsd: 0.1, run: 'run_00' });
    expect(read).toEqual(['run_09']);
  });

  it('follows a run of the plan that goes on beside the watched one', async () => {
    const world = live();
    const over = { plan: 'plan_02', title: 'Another plan', status: 'completed' as const, finishedAt: START };
    world.runs = [{ record: record('run_09', { ...over, tasks: ['T-9'] }), events: [] }, ...world.runs];
    const { word, read } = await opened(world);
    expect(read.toSorted()).toEqual(['run_01', 'run_09']);
    expect(word('T-US-001-001')).toBe('done');
  });
});
