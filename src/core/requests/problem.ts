/** What a folder's engine knows that helps whoever reads the report of a problem. */
import { isOpenExecError } from '../errors.js';
import type { RunEvent } from '../model/event.js';
import type { ProblemFacts, Trouble } from '../model/problem.js';
import type { Handlers } from '../model/requests.js';
import type { RunRecord } from '../model/run.js';
import type { Store } from '../ports/ports.js';
import type { Environment } from './environment.js';

/** Events that are looked at, from the end, and what is told of them. */
const LOOKED_AT = 5000;
const TOLD = 50;
const RUNS = 100_000;
/** A model may have made the name up. */
const NAME_MAX = 60;

export function problemHandlers(env: Environment): Pick<Handlers, 'problem/facts'> {
  const { store, commands } = env.ports;
  return {
    'problem/facts': async (_, signal) => {
      const runs = await store.runs(RUNS);
      return {
        isolation: await commands.isolation(),
        git: await gitWord(env, signal),
        plans: (await store.plans()).length,
        runs: runs.length,
        pending: (await store.pendingApprovals()).length,
        run: runs[0] ? await runFacts(store, runs[0]) : null,
      };
    },
  };
}

async function gitWord({ ports, root }: Environment, signal: AbortSignal): Promise<string> {
  try {
    const state = await ports.git.stateOfHead(root, signal);
    return state.kind === 'ok' ? (state.inProgress ?? 'ok') : state.kind;
  } catch (error) {
    if (!isOpenExecError(error)) throw error;
    return error.code; // may be the very problem
  }
}

async function runFacts(store: Store, run: RunRecord): Promise<NonNullable<ProblemFacts['run']>> {
  const events = await store.events(run.id, Math.max(0, run.lastSeq - LOOKED_AT), LOOKED_AT);
  return {
    id: run.id,
    plan: run.plan ?? null,
    kind: run.kind,
    status: run.status,
    blueprint: run.config.blueprint.id,
    model: run.config.model,
    createdAt: run.createdAt,
    finishedAt: run.finishedAt ?? null,
    tasks: run.tasks.length,
    done: run.done,
    events: events.at(-1)?.seq ?? run.lastSeq,
    trouble: events.flatMap(troubleOf).reduce(foldRepeats, []).slice(-TOLD),
  };
}

function foldRepeats(before: Trouble[], next: Trouble): Trouble[] {
  const last = before.at(-1);
  if (last?.event === next.event && last.where === next.where && last.code === next.code)
    before[before.length - 1] = { ...next, times: last.times + 1 };
  else before.push(next);
  return before;
}

/** Codes and ids alone: sentences of events hold the person's words, names of their files, and their commands. */
function troubleOf(event: RunEvent): Trouble[] {
  const told = (where: string, code: string): Trouble[] => [
    { seq: event.seq, at: event.at, event: event.type, where, code, times: 1 },
  ];
  switch (event.type) {
    case 'run-paused':
      return told(event.task ?? '', event.reason.code);
    case 'run-interrupted':
      return event.rerunFrom === undefined ? told('', event.found ? 'found' : 'stopped') : [];
    case 'run-finished':
      return event.status === 'completed' ? [] : told('', event.reason?.code ?? event.status);
    case 'task-changed':
      return event.reason ? told(event.task, event.reason.code) : [];
    case 'stage-finished':
      return event.outcome === 'failed' ? told(event.step, event.outcome) : [];
    case 'tool-called':
      return event.outcome === 'ok' ? [] : told(event.step, `${event.tool.slice(0, NAME_MAX)} ${event.outcome}`);
    case 'command-run':
      return event.exitCode === 0 ? [] : told(event.step, `${event.purpose} ${exitWord(event)}`);
    case 'decision-made':
      return event.effect === 'deny' ? told(event.step, event.rule) : [];
    case 'warning':
      return told(event.task ?? '', event.code);
    default:
      return []; // all is well with the others
  }
}

const exitWord = ({ exitCode, timedOut }: { exitCode: number | null; timedOut: boolean }): string =>
  timedOut ? 'timed out' : exitCode === null ? 'ended by a signal' : `exit ${exitCode}`;
