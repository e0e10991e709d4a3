/**
 * A new run that shares the records of another up to a step: copied under its own keys, so that the engine meets them
 * as it meets its own after a crash, and goes on live from there. The step itself is done anew.
 */
import { OpenExecError } from '../../errors.js';
import type { RunEvent } from '../../model/event.js';
import type { FileImage, StepRecord } from '../../model/records.js';
import { changesId } from '../effects/command-changes.js';
import { applyEvent, emptyRun, type RunRecord } from '../../model/run.js';
import type { Spend } from '../../model/plain/spend.js';
import type { Hasher, Store, Workspace, Write } from '../../ports/ports.js';
import { MERGE, WORKTREE } from '../places/place.js';
import { copyRow } from '../../record/small-rows.js';
import { lineOf, readEvents } from './replay-record.js';

export interface SharedPast {
  /** Rows and events of the new run; it stands as interrupted, ready to be resumed. */
  writes: Write[];
  /** How every file that the old run touched should stand now. */
  expected: { path: string; hash: string | null }[];
}

/** Errors: step-not-found, step-corrupt. */
export async function sharePast(
  store: Store,
  old: RunRecord,
  stepKey: string,
  fresh: { id: string; at: number; onAsk?: RunRecord['config']['onAsk'] | undefined },
  signal: AbortSignal,
): Promise<SharedPast> {
  const events: RunEvent[] = [];
  await readEvents(store, old.id, (event) => events.push(event), signal);
  const steps = await store.steps(old.id);
  const from = steps.find((step) => step.key === stepKey);
  const cut = from && events.findIndex((event) => event.type === 'stage-started' && event.step === stepKey);
  if (!from || cut === undefined || cut < 0) throw new OpenExecError('step-not-found', { step: stepKey });
  const before = events.slice(0, cut);
  const anew = inWorktree(steps, before);
  const kept = keptSteps(steps, before, from).filter((step) => !anew.has(step.task));
  const keys = new Set(kept.map((step) => step.key));
  const shared = before.filter(
    (event) =>
      !anew.has(lineOf(event)) &&
      (!('step' in event) || typeof event.step !== 'string' || event.step === '' || keys.has(event.step)),
  );
  const finished = new Set(
    shared.flatMap((event) =>
      event.type === 'changes-applied'
        ? [event.changeSet]
        : event.type === 'command-changed'
          ? [changesId(event.call)]
          : [],
    ),
  );
  const asked = new Set(shared.flatMap((event) => (event.type === 'approval-requested' ? [event.approval] : [])));
  const images = await store.fileImages(old.id);

  const rename = <T>(value: T): T => renamed(value, old.id, fresh.id) as T;
  const writes: Write[] = [];
  for (const step of kept) {
    writes.push({ table: 'steps', row: rename(step) });
    for (const call of await store.calls(step.key))
      if (call.status === 'finished') writes.push({ table: 'calls', row: rename(call) });
  }
  for (const approval of await store.approvals(old.id))
    if (asked.has(approval.id)) writes.push({ table: 'approvals', row: rename(approval) });
  for (const changeSet of await store.changeSets(old.id))
    if (finished.has(changeSet.id) || asked.has(changeSet.id))
      writes.push({ table: 'change_sets', row: rename(changeSet) });
  for (const image of images)
    if (finished.has(image.changeSet)) writes.push({ table: 'file_images', row: rename(image) });
  for (const commit of await store.commits(old.id))
    if (keys.has(commit.key)) writes.push({ table: 'commits', row: rename(commit) });
  writes.push(...(await copyRow(store, 'quick-fix', [old.id], [fresh.id])));

  const numbered = [
    ...shared.map(rename),
    {
      type: 'run-interrupted',
      rerunFrom: stepKey.slice(old.id.length + 1),
      v: 1,
      run: fresh.id,
      seq: 0,
      at: fresh.at,
    } satisfies RunEvent,
  ].map((event, index) => ({ ...event, seq: index + 1 }));
  const spent = spentIn(shared);
  const record: RunRecord = {
    ...old,
    id: fresh.id,
    status: 'interrupted',
    createdAt: fresh.at,
    // Until it goes on it cost what it shares, and nothing of its own.
    costUsd: spent.usd,
    tokens: spent.tokens,
    rerunOf: { run: old.id, step: stepKey, shared: spent },
    lastSeq: numbered.length,
    config: { ...old.config, ...(fresh.onAsk && { onAsk: fresh.onAsk }) },
  };
  delete record.finishedAt;
  return {
    writes: [{ table: 'runs', row: record }, ...writes, ...numbered.map((row): Write => ({ table: 'events', row }))],
    expected: expectedFiles(images, finished, old.root),
  };
}

/** What the shared calls cost: the old run paid for them. */
function spentIn(events: readonly RunEvent[]): Spend {
  const state = emptyRun('');
  for (const event of events) applyEvent(state, event);
  return { usd: state.costUsd, tokens: state.tokens };
}

/**
 * Tasks whose work was in a worktree and not merged yet:
 * the worktree belongs to the old run, so they begin anew as a whole.
 */
function inWorktree(steps: readonly StepRecord[], before: readonly RunEvent[]): Set<string> {
  const merged = new Set(
    before.flatMap((event) =>
      event.type === 'stage-finished' && event.stage === MERGE && event.outcome === 'succeeded' ? [event.task] : [],
    ),
  );
  return new Set(steps.filter((step) => step.stage === WORKTREE && !merged.has(step.task)).map((step) => step.task));
}

/**
 * Steps that had ended by then, and those before the first stage of attempts that had begun.
 * One that was in the middle is done anew.
 */
function keptSteps(steps: readonly StepRecord[], before: readonly RunEvent[], from: StepRecord): StepRecord[] {
  const ended = new Set(before.flatMap((event) => (event.type === 'stage-finished' ? [event.step] : [])));
  const begun = new Set(
    before.flatMap((event) => (event.type === 'stage-started' ? [`${event.task}/${event.attempt}`] : [])),
  );
  begun.add(`${from.task}/${from.attempt}`);
  return steps.filter(
    (step) =>
      step.status !== 'running' &&
      (ended.has(step.key) ||
        (step.stage.startsWith('@') && step.order < from.order && begun.has(`${step.task}/${step.attempt}`))),
  );
}

/** Keys hold the run's id as their first part; every string that is such a key, or the id itself, gets the new one. */
function renamed(value: unknown, old: string, fresh: string): unknown {
  if (typeof value === 'string')
    return value === old ? fresh : value.startsWith(`${old}/`) ? `${fresh}${value.slice(old.length)}` : value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, old, fresh));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renamed(inner, old, fresh)]));
}

/** What was written last up to the cut; else what stood there before the old run touched it first after the cut. */
function expectedFiles(
  images: readonly FileImage[],
  finished: ReadonlySet<string>,
  root: string,
): SharedPast['expected'] {
  const expected = new Map<string, string | null>();
  const inTree = images
    .filter((image) => image.root === root && image.written !== undefined)
    .sort((a, b) => a.order - b.order);
  for (const image of inTree.filter((one) => finished.has(one.changeSet))) {
    if (image.from) expected.set(image.from, null);
    expected.set(image.path, image.written ?? null);
  }
  for (const image of inTree.filter((one) => !finished.has(one.changeSet))) {
    if (image.from && !expected.has(image.from)) expected.set(image.from, image.before);
    if (!expected.has(image.path)) expected.set(image.path, image.from ? null : image.before);
  }
  return [...expected].map(([path, hash]) => ({ path, hash })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Files that are not as they were then. */
export async function differingFiles(
  workspace: Pick<Workspace, 'read'>,
  hasher: Pick<Hasher, 'sha256'>,
  root: RunRecord['root'],
  expected: SharedPast['expected'],
  signal: AbortSignal,
): Promise<string[]> {
  const differing: string[] = [];
  for (const { path, hash } of expected) {
    signal.throwIfAborted();
    const bytes = await workspace.read(root, path);
    if ((bytes ? hasher.sha256(bytes) : null) !== hash) differing.push(path);
  }
  return differing;
}
