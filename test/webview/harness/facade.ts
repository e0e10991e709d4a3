/** The façade over a world of data, for the panel's tests: the requests the panel may make, answered as the product would. */
import { createEmitter } from '../../../src/base/emitter.js';
import { OpenExecError } from '../../../src/core/errors.js';
import type { Change, OpenExec } from '../../../src/core/facade.js';
import type { Progress, RunEvent } from '../../../src/core/model/event.js';
import { requests, type Method, type ParamsInput, type Result } from '../../../src/core/model/requests.js';
import { ROOT, schedule, START, type World } from './data.js';

export interface FakeFacade extends OpenExec {
  tell(event: RunEvent, store?: boolean): void;
  progress(item: Progress): void;
  change(change: Change): void;
  readonly asked: { method: Method; params: unknown }[];
}

export function fakeFacade(world: World, options: { pid?: number; model?: string } = {}): FakeFacade {
  const fail = (error: unknown): void => {
    throw error;
  };
  const events = createEmitter<RunEvent>(fail);
  const progress = createEmitter<Progress>(fail);
  const changes = createEmitter<Change>(fail);
  const asked: FakeFacade['asked'] = [];
  const runOf = (id: string) => {
    const found = world.runs.find((run) => run.record.id === id);
    if (!found) throw new OpenExecError('run-not-found', { run: id });
    return found;
  };
  const answers: { [M in Method]?: (params: never) => unknown } = {
    status: () => ({
      root: ROOT,
      owner: { pid: options.pid ?? 1, door: 'editor', since: START },
      model: options.model ?? 'recorded',
      recorded: (options.model ?? 'recorded') === 'recorded',
      active: null,
      pending: world.approvals.length,
      plan: null,
    }),
    'plan/list': () => [],
    'plan/get': () => ({
      plan: world.plan,
      problems: world.problems,
      progress: world.progress ?? {},
      spent: world.spent,
    }),
    'plan/schedule': () => schedule,
    'plan/edit': ({ document, iteration }: { document: unknown; iteration: number }) => {
      if (!world.plan || iteration !== world.plan.iteration) throw new OpenExecError('plan-stale');
      world.plan = { ...world.plan, iteration: iteration + 1, document: document as never };
      return { plan: world.plan, problems: world.problems };
    },
    'run/list': () => world.runs.map((run) => run.record),
    'run/get': ({ run }: { run: string }) => runOf(run).record,
    'run/events': ({ run, after, limit }: { run: string; after: number; limit: number }) =>
      runOf(run).events.slice(after, after + limit),
    'run/step': ({ step }: { step: string }) => ({ step: world.steps?.get(step) ?? null, calls: [] }),
    'run/pause': () => ({}),
    'run/resume': () => ({}),
    'run/cancel': () => ({}),
    'approval/list': () => world.approvals,
    'blob/text': ({ hash, max }: { hash: string; max: number }) => {
      const text = world.blobs.get(hash);
      if (text === undefined) throw new OpenExecError('blob-missing', { hash });
      return { text: text.slice(0, max), bytes: text.length, binary: false, cut: text.length > max };
    },
  };
  return {
    async request<M extends Method>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
      asked.push({ method, params });
      const answer = answers[method] as ((params: unknown) => unknown) | undefined;
      if (!answer) throw new OpenExecError('request-invalid', { problem: method });
      return (await answer(requests[method].params.parse(params))) as Result<M>;
    },
    onEvent: events.on,
    onProgress: progress.on,
    onChange: changes.on,
    tell(event, store = true) {
      if (store) world.runs.find((run) => run.record.id === event.run)?.events.push(event);
      events.fire(event);
    },
    progress: (item) => progress.fire(item),
    change: (change) => changes.fire(change),
    asked,
    close: () => Promise.resolve(),
    dispose: () => undefined,
  };
}
