/**
 * Exact replay: the same engine on a store in memory, with ports that only answer from the record.
 * It proves the machine, not the tree: no model, command, file, repository or network is touched.
 */
import { OpenExecError } from '../../errors.js';
import type { Blueprint } from '../../model/blueprint.js';
import { storySchema, taskSchema } from '../../model/plan.js';
import type { ReplayResult } from '../../model/requests.js';
import type { RunRecord } from '../../model/run.js';
import type { Ports } from '../../ports/ports.js';
import { createMemoryStore } from './memory-store.js';
import { createSource, readEvidence, type RunEvidence } from './replay-record.js';
import { createTape, type ReplayTape } from './replay-tape.js';
import { beginRun, runPlan } from '../runs/run-plan.js';
import type { LiveRun } from '../../record/live-run.js';
import { CHECK } from '../tasks/start-attempt.js';
import type { TaskSnapshot } from '../../record/step-context.js';

export interface ReplayInput {
  run: RunRecord;
  ports: Pick<Ports, 'hasher' | 'redact' | 'store'>;
  /** The recorded text, read. */
  parse(text: string): Blueprint;
  /** For tasks that ended before their text was recorded with them: the plan as it was at that time. */
  planned(task: string, at: number): Promise<TaskSnapshot | undefined>;
  onProgress(done: number, total: number): void;
}

/** Rejects only for an abort, or a record that cannot be read (step-corrupt, blob-missing). */
export async function replayRun(
  { run, ports, parse, planned, onProgress }: ReplayInput,
  signal: AbortSignal,
): Promise<ReplayResult> {
  const source = createSource(ports.store);
  const evidence = await readEvidence(source.store, run, signal);
  const tape = createTape(evidence, createMemoryStore(ports.hasher), ports, source, signal, (told) =>
    onProgress(told, evidence.events.length),
  );
  const { blueprint } = run.config;
  const actual = ports.hasher.sha256(blueprint.text);
  for (const [what, recorded] of [
    ['the text of the blueprint and its hash', blueprint.hash],
    ['the text of the blueprint and the hash the run began with', evidence.created.blueprintHash],
  ] as const)
    if (actual !== recorded) tape.diverge({ kind: 'blueprint', seq: 1, what, then: recorded, now: actual });
  const work = tape.divergence ? undefined : parse(blueprint.text);
  await tape.skipTo(evidence.segments[0]?.start ?? evidence.events.length);
  for (const [index, segment] of evidence.segments.entries()) {
    if (tape.divergence || !work) break;
    const again = await tape.open(segment);
    if (!(await begins(again, tape))) break;
    await runPlan(again, {
      blueprint: work,
      created: evidence.created,
      snapshot: (task, attempt) => snapshotOf(tape, task, attempt, planned),
      progressRow: async () => undefined,
    });
    signal.throwIfAborted();
    tape.close();
    if (!tape.divergence) await tape.skipTo(evidence.segments[index + 1]?.start ?? evidence.events.length);
  }
  const { divergence } = tape;
  return {
    equal: !divergence,
    steps: tape.steps,
    events: tape.told,
    stateHash: tape.stateHash(),
    ...(divergence && { divergence }),
  };
}

async function begins(run: LiveRun, tape: ReplayTape): Promise<boolean> {
  try {
    await beginRun(run);
    return true;
  } catch (error) {
    if (!tape.divergence) throw error;
    return false; // the record begins this stretch otherwise
  }
}

/** The task as the attempt that begins now was given it: recorded with its first step, else as the plan said then. */
async function snapshotOf(
  tape: ReplayTape,
  task: string,
  attempt: number | undefined,
  planned: ReplayInput['planned'],
): Promise<TaskSnapshot | undefined> {
  const done = new Set(
    (await tape.store.steps(tape.evidence.run.id, task))
      .filter((step) => step.status !== 'running')
      .map((step) => step.key),
  );
  const all = firstSteps(tape.evidence, task);
  // An attempt that ended at the question about its check has a record without an end.
  const next = all.find((step) => step.attempt === attempt) ?? all.find((step) => !done.has(step.key));
  if (!next) return leftOut(tape.evidence, task) ? undefined : await planned(task, tape.evidence.run.createdAt);
  const kept = next.result as { task?: unknown; story?: unknown } | undefined;
  if (kept === undefined) return await planned(task, next.startedAt);
  const [own, story] = [taskSchema.safeParse(kept.task), storySchema.safeParse(kept.story)];
  if (!own.success || !story.success) throw new OpenExecError('step-corrupt', { step: next.key });
  return { task: own.data, story: story.data };
}

/** It ended without a step of its own: it was no longer in the plan, or its story was not whole. */
const leftOut = ({ events }: RunEvidence, task: string): boolean =>
  events.some(
    (event) =>
      event.type === 'task-changed' &&
      event.task === task &&
      event.status === 'skipped' &&
      ['task-removed', 'story-open'].includes(event.reason?.code ?? ''),
  );

/** The steps before the first stage of each attempt: they hold the text of the task. */
const firstSteps = (evidence: RunEvidence, task: string) =>
  [...evidence.steps.values()]
    .filter((step) => step.task === task && step.stage === CHECK)
    .sort((a, b) => a.attempt - b.attempt);
