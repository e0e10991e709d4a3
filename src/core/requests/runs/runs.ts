/** Starting, resuming, pausing, cancelling and listing runs. */
import { settleEnvironments } from '../../record/environments.js';
import { removeWorktrees } from '../../engine/runs/end-run.js';
import { OpenExecError } from '../../errors.js';
import type { Handlers } from '../../model/requests.js';
import type { RunRecord } from '../../model/run.js';
import type { Alone } from './alone.js';
import { preview } from './before-run.js';
import { requireRun, type Environment } from '../environment.js';
import { blueprintOfRun } from './frozen-blueprint.js';
import { preparePlan, prepareQuickFix, type Prepared } from './prepare-run.js';
import { resumeRun, startOver } from './resume-run.js';
import { cancelRun, createRun } from './start-run.js';
import { inHands } from './run-owner.js';
import { leftoversOf } from './leftovers.js';
import { removeRun } from '../storage.js';

type Methods =
  | 'run/preview'
  | 'run/blueprint'
  | 'run/start-over'
  | 'run/start'
  | 'run/quick-fix'
  | 'run/pause'
  | 'run/resume'
  | 'run/cancel'
  | 'run/leftovers'
  | 'run/list'
  | 'run/get'
  | 'run/delete'
  | 'run/events'
  | 'run/step';

export function runHandlers(env: Environment, alone: Alone): Pick<Handlers, Methods> {
  const { store } = env.ports;
  return {
    'run/preview': (params) => preview(env, params),
    'run/start': async (params) => {
      const prepared = await preparePlan(env, params);
      await settleEnvironments(env.ports, env.root, params.environments, true);
      return await startPrepared(env, alone, prepared);
    },
    'run/quick-fix': async (params) => await startPrepared(env, alone, await prepareQuickFix(env, params)),
    'run/blueprint': async ({ run }) => await blueprintOfRun(env, await requireRun(env, run)),
    'run/start-over': async ({ run, ...asking }) => await startOver(env, alone, await requireRun(env, run), asking),
    'run/pause': async ({ run, now }) => {
      const live = env.live.get(run);
      if (!live) throw new OpenExecError('run-state', { status: (await requireRun(env, run)).status });
      if (now) live.run.signals.stopNow('by-operator');
      else live.run.signals.requestPause('by-operator');
      return {};
    },
    'run/resume': async ({ run, ...asking }) => {
      await resumeRun(env, alone, run, asking);
      return {};
    },
    'run/cancel': async ({ run }) => {
      await cancelRun(env, run);
      return {};
    },
    'run/leftovers': async ({ run }) => await leftoversOf(env, run),
    'run/list': async ({ limit }) => (await store.runs(limit)).map((record) => liveRow(env, record)),
    'run/get': async ({ run }) => liveRow(env, await requireRun(env, run)),
    'run/delete': async ({ run }) => {
      if (env.live.has(run)) throw new OpenExecError('run-state', { status: 'running' });
      if (!(await removeRun(env, await requireRun(env, run)))) throw inHands();
      await removeWorktrees({ ports: env.ports, root: env.root, id: run });
      env.sinks.changes.fire({ type: 'runs' });
      env.sinks.changes.fire({ type: 'approvals' });
      return {};
    },
    'run/events': async ({ run, after, limit }) => await store.events(run, after, limit),
    'run/step': async ({ step }) => ({ step: (await store.step(step)) ?? null, calls: await store.calls(step) }),
  };
}

const startPrepared = async (env: Environment, alone: Alone, prepared: Prepared): Promise<{ run: string }> => ({
  run: await alone(prepared.record.title, () => createRun(env, prepared)),
});

const liveRow = (env: Environment, record: RunRecord): RunRecord => {
  const live = env.live.get(record.id);
  if (!live) return record;
  const { state } = live.run;
  return {
    ...record,
    status: state.status,
    done: state.done,
    costUsd: state.costUsd,
    tokens: state.tokens,
    commits: state.commits.length,
    lastSeq: state.seq,
  };
};
