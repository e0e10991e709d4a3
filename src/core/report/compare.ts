/**
 * Two runs side by side: what each task came to, and the first point where they part.
 * Ids, times and prices differ between any two runs, so they are compared as numbers, not as differences of the way.
 */
import { canonicalJson } from '../../base/canonical.js';
import { describeEvent } from '../engine/replay/replay-difference.js';
import { readEvents } from '../engine/replay/replay-record.js';
import { foldImages } from '../engine/effects/task-changes.js';
import type { EventBody, RunEvent } from '../model/event.js';
import type { ComparedRun, ComparedTask, Comparison } from '../model/compare.js';
import { applyEvent, emptyRun, runTookMs, taskState, taskTookMs, totalTokens, type RunRecord } from '../model/run.js';
import type { Hasher, Store } from '../ports/ports.js';
import { classWord } from '../view/command-class.js';
import { plain } from '../view/translate.js';

interface Line {
  seq: number;
  hash: string;
}

interface Digest {
  run: ComparedRun;
  tasks: Map<string, ComparedTask & { way: Line[] }>;
}

/** Reads each record once; keeps a hash for each event that is part of the way. */
export async function compareRuns(
  store: Store,
  hasher: Pick<Hasher, 'sha256'>,
  a: RunRecord,
  b: RunRecord,
  signal: AbortSignal,
): Promise<Comparison> {
  const [one, other] = [await digest(store, hasher, a, signal), await digest(store, hasher, b, signal)];
  const ids = [...new Set([...one.tasks.keys(), ...other.tasks.keys()])];
  let parts: Comparison['parts'] = null;
  const tasks: Comparison['tasks'] = [];
  for (const id of ids) {
    const [left, right] = [one.tasks.get(id), other.tasks.get(id)];
    const at = left && right ? firstDifference(left.way, right.way) : 0;
    if (at !== undefined && parts === null) {
      const [here, there] = [left?.way[at], right?.way[at]];
      const [saidA, saidB] = told(
        left && (await eventAt(store, a.id, here)),
        right && (await eventAt(store, b.id, there)),
      );
      parts = { task: id, a: saidA, b: saidB, seqA: here?.seq ?? null, seqB: there?.seq ?? null };
    }
    const row = (digested: typeof left): ComparedTask | null => {
      if (!digested) return null;
      const { way: _way, ...task } = digested;
      return task;
    };
    tasks.push({ id, same: at === undefined, a: row(left), b: row(right), differ: differingFiles(left, right) });
  }
  return { a: one.run, b: other.run, same: parts === null, parts, tasks };
}

function differingFiles(a: ComparedTask | undefined, b: ComparedTask | undefined): string[] {
  const [one, other] = [
    new Map(a?.files.map((file) => [file.path, file.hash])),
    new Map(b?.files.map((file) => [file.path, file.hash])),
  ];
  return [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));
}

function firstDifference(a: readonly Line[], b: readonly Line[]): number | undefined {
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at]?.hash !== b[at]?.hash) return at;
  return undefined;
}

const eventAt = async (store: Store, run: string, line: Line | undefined): Promise<RunEvent | null> =>
  (line ? (await store.events(run, line.seq - 1, 1))[0] : undefined) ?? null;

/**
 * null = the run says nothing more there; undefined = it has no such task.
 * Where a line says the same of both, the fields that differ.
 */
function told(a: RunEvent | null | undefined, b: RunEvent | null | undefined): [string, string] {
  const line = (event: typeof a): string =>
    event ? lineOf(event) : event === null ? 'nothing more' : 'this task is not in the run';
  return a && b && line(a) === line(b) ? [describeEvent(a, b), describeEvent(b, a)] : [line(a), line(b)];
}

function lineOf(event: RunEvent): string {
  switch (event.type) {
    case 'stage-started':
      return `${event.stage} ${event.visit} begins`;
    case 'check-before':
      return event.class
        ? `its check before the work: ${classWord(event.class, plain)}`
        : `its check ${event.red ? 'fails' : 'passes'} before the work`;
    case 'tool-called':
      return `${event.title}: ${event.outcome}${event.summary && `, ${event.summary}`}`;
    case 'approval-requested':
      return `asks: ${event.title}`;
    case 'approval-answered':
      return `the answer is ${event.option ?? event.status}${event.comment && `: ${event.comment}`}`;
    case 'stage-finished':
      return `${event.stage} ${event.visit} ${event.outcome}: ${event.summary}`;
    case 'model-called':
      return `the model answers${event.text && ` “${event.text}”`}${event.tools.length > 0 ? ` and calls ${event.tools.join(', ')}` : ''}`;
    case 'command-run':
      return `${event.command} ${event.timedOut ? 'ran out of time' : `exited ${event.exitCode ?? 'by a signal'}`}`;
    case 'changes-applied':
      return `writes ${event.files.map((file) => `${file.path} (${file.after?.slice(0, 8) ?? 'deleted'})`).join(', ')}`;
    case 'command-changed':
      return `a command changes ${event.files.map((file) => `${file.path} (${file.after?.slice(0, 8) ?? 'deleted'})`).join(', ')}`;
    case 'task-changed':
      return `the task is ${event.status}`;
    default:
      return event.type;
  }
}

async function digest(
  store: Store,
  hasher: Pick<Hasher, 'sha256'>,
  run: RunRecord,
  signal: AbortSignal,
): Promise<Digest> {
  const state = emptyRun(run.id);
  const tasks: Digest['tasks'] = new Map();
  const of = (id: string) => {
    const known = tasks.get(id);
    if (known) return known;
    const fresh: ComparedTask & { way: Line[] } = {
      status: 'pending',
      attempts: 1,
      durationMs: 0,
      costUsd: 0,
      tokens: 0,
      stages: [],
      commands: [],
      files: [],
      commits: [],
      way: [],
    };
    tasks.set(id, fresh);
    return fresh;
  };
  await readEvents(
    store,
    run.id,
    (event) => {
      applyEvent(state, event);
      if (event.type === 'run-created') for (const task of event.tasks) of(task.id);
      const line = lineOfWay(event);
      if (!line) return;
      const own = of(line.task);
      own.way.push({
        seq: event.seq,
        hash: hasher.sha256(canonicalJson(line.what).replaceAll(`${run.id}/`, '')).slice(0, 24),
      });
      if (event.type === 'stage-finished')
        own.stages.push({
          stage: event.stage,
          visit: event.visit,
          attempt: event.attempt,
          outcome: event.outcome,
          durationMs: event.durationMs,
        });
      if (event.type === 'command-run' && event.purpose !== 'tool')
        own.commands.push({ purpose: event.purpose, command: event.command, exitCode: event.exitCode });
      if (event.type === 'commit-made') own.commits.push(event.sha);
      if (event.type === 'model-called') own.tokens += totalTokens(event.usage);
    },
    signal,
  );
  const images = (await store.fileImages(run.id)).filter(
    (image) => image.written !== undefined && image.root === run.root,
  );
  for (const [id, task] of tasks) {
    const own = taskState(state, id);
    if (own)
      Object.assign(task, {
        status: own.status,
        attempts: own.attempt,
        costUsd: own.costUsd,
        durationMs: own.began === undefined ? 0 : taskTookMs(state, own),
      });
    task.files = foldImages(images.filter((image) => image.task === id)).map((change) => ({
      path: change.path,
      hash: change.after,
    }));
  }
  return {
    run: {
      id: run.id,
      title: state.title,
      status: state.status,
      model: state.model,
      blueprint: state.blueprint,
      durationMs: state.began ? runTookMs(state) : 0,
      costUsd: state.costUsd,
      tokens: state.tokens,
      commits: state.commits.length,
    },
    tasks,
  };
}

/** What counts as the way a task went: what it came to at each point, not when, nor under which id. */
function lineOfWay(event: RunEvent): { task: string; what: unknown } | undefined {
  switch (event.type) {
    case 'stage-started':
    case 'check-before':
    case 'tool-called':
    case 'approval-requested':
    case 'approval-answered':
      return { task: event.task, what: bare(event, ['durationMs', 'output', 'why', 'hash']) };
    case 'stage-finished':
      return {
        task: event.task,
        what: bare(event, ['durationMs', 'costUsd', ...(event.stage === 'commit' ? ['summary'] : [])]),
      };
    case 'model-called':
      return {
        task: event.task,
        what: { type: event.type, stop: event.stop, tools: event.tools, response: event.response },
      };
    case 'command-run':
      return {
        task: event.task,
        what: {
          type: event.type,
          purpose: event.purpose,
          command: event.command,
          exitCode: event.exitCode,
          timedOut: event.timedOut,
        },
      };
    case 'changes-applied':
    case 'command-changed':
      return { task: event.task, what: { type: event.type, files: event.files } };
    case 'task-changed':
      return { task: event.task, what: bare(event, []) };
    default:
      return undefined;
  }
}

function bare(
  event: EventBody & { v?: unknown; run?: unknown; seq?: unknown; at?: unknown },
  without: readonly string[],
): unknown {
  const hidden = new Set(['v', 'run', 'seq', 'at', ...without]);
  return Object.fromEntries(Object.entries(event).filter(([name]) => !hidden.has(name)));
}
