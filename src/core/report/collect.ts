/**
 * Reads a run's record once, in order, into what a report tells.
 * Memory is bounded: lists have caps, and what did not fit is counted and said.
 */
import { decodeUtf8 } from '../../base/bytes.js';
import { readEvents } from '../engine/replay/replay-record.js';
import { foldImages } from '../engine/effects/task-changes.js';
import { isOpenExecError } from '../errors.js';
import type { EventOf, RunEvent } from '../model/event.js';
import { storySchema, taskSchema } from '../model/plan.js';
import { noTime, timeAt, tookMs, waitedMs, type RunTime } from '../model/plain/run-time.js';
import { applyEvent, emptyRun, runTookMs, totalTokens, type RunRecord, type TaskState } from '../model/run.js';
import { countChanges, unifiedDiff } from '../patch/hunks.js';
import type { Store } from '../ports/ports.js';
import type { ReportData, ReportFile, ReportQuestion, ReportStage } from './report-data.js';
import { count } from '../view/amounts.js';

const MAX = {
  tasks: 1000,
  stages: 4000,
  checks: 1000,
  files: 500,
  questions: 1000,
  decisions: 300,
  warnings: 500,
  commits: 1000,
};
const MAX_DIFF = 60_000;
const MAX_DIFFS = 2_000_000;
const MAX_FILE = 1_000_000;

/** A list with an end: what does not fit is counted. */
function capped<T>(max: number) {
  const items: T[] = [];
  let seen = 0;
  return {
    items,
    get full() {
      return items.length >= max;
    },
    /** undefined counts as one that did not fit. */
    push(item: T | undefined): boolean {
      seen += 1;
      if (item === undefined || items.length >= max) return false;
      items.push(item);
      return true;
    },
    said: (what: string): string[] => (seen > items.length ? [`${count(items.length)} of ${count(seen)} ${what}`] : []),
  };
}

export async function collectReport(
  store: Store,
  run: RunRecord,
  redact: (text: string) => string,
  signal: AbortSignal,
): Promise<ReportData> {
  const state = emptyRun(run.id);
  const gathered = gather();
  await readEvents(
    store,
    run.id,
    (event) => {
      applyEvent(state, event);
      gathered.take(event);
    },
    signal,
  );
  const tasks = capped<ReportData['tasks'][number]>(MAX.tasks);
  for (const task of [...state.tasks.values(), ...state.checks.values()]) {
    signal.throwIfAborted();
    tasks.push(
      tasks.full
        ? undefined
        : await taskOf(store, run, task, state.checks.has(task.id), gathered.stages.get(task.id) ?? []),
    );
  }
  const changed = await filesOf(store, run, redact, signal);
  return {
    run: {
      id: run.id,
      title: state.title,
      kind: run.kind,
      status: state.status,
      reason: state.reason,
      planName: state.planName,
      iteration: run.iteration,
      blueprint: state.blueprint,
      blueprintHash: run.config.blueprint.hash,
      model: state.model,
      recorded: state.recorded,
      sandbox: run.config.sandbox,
      approval: run.config.approval,
      branch: state.branch,
      commitsEnabled: state.commitsEnabled,
      createdAt: state.createdAt,
      startedAt: state.startedAt,
      finishedAt: state.finishedAt,
      durationMs: state.began ? runTookMs(state) : 0,
      events: state.seq,
      rerunOf: run.rerunOf && { run: run.rerunOf.run, step: run.rerunOf.step },
    },
    tasks: tasks.items,
    checks: gathered.checks.items,
    files: changed.files,
    commits: gathered.commits.items,
    spent: {
      costUsd: state.costUsd,
      tokens: state.tokens,
      calls: state.calls,
      budgetUsd: state.budgetUsd,
      budgetTokens: state.budgetTokens,
      models: [...gathered.models.values()],
    },
    questions: gathered.questions.items,
    decisions: { ...gathered.decided, listed: gathered.decisions.items },
    warnings: gathered.warnings.items,
    rollbacks: gathered.rollbacks,
    left: [
      ...tasks.said('tasks'),
      ...gathered.stageCap.said('stage visits'),
      ...gathered.checks.said('commands'),
      ...gathered.commits.said('commits'),
      ...gathered.questions.said('questions'),
      ...gathered.decisions.said('decisions that asked or denied'),
      ...gathered.warnings.said('warnings'),
      ...changed.left,
    ],
  };
}

function gather() {
  const stages = new Map<string, ReportStage[]>();
  const stageCap = capped<string>(MAX.stages);
  const checks = capped<ReportData['checks'][number]>(MAX.checks);
  const commits = capped<ReportData['commits'][number]>(MAX.commits);
  const questions = capped<ReportQuestion>(MAX.questions);
  let time = noTime;
  const open = new Map<string, { question: ReportQuestion; asked: RunTime }>();
  const decisions = capped<ReportData['decisions']['listed'][number]>(MAX.decisions);
  const decided = { allowed: 0, asked: 0, denied: 0 };
  const warnings = capped<ReportData['warnings'][number]>(MAX.warnings);
  const rollbacks: ReportData['rollbacks'] = [];
  const models = new Map<string, ReportData['spent']['models'][number]>();

  const take = (event: RunEvent): void => {
    time = timeAt(time, event);
    switch (event.type) {
      case 'stage-finished': {
        if (!stageCap.push(event.step)) return;
        const own = stages.get(event.task) ?? [];
        const { attempt, stage, visit, outcome, durationMs, costUsd, summary } = event;
        own.push({ attempt, stage, visit, outcome, durationMs, costUsd, summary });
        stages.set(event.task, own);
        return;
      }
      case 'command-run':
        if (event.purpose !== 'tool') checks.push(checkOf(event));
        return;
      case 'commit-made':
        commits.push({ sha: event.sha, subject: event.subject, task: event.task, at: event.at, files: event.files });
        return;
      case 'model-called': {
        const own = models.get(event.model) ?? { model: event.model, calls: 0, tokens: 0, costUsd: 0 };
        own.calls += 1;
        own.tokens += totalTokens(event.usage);
        own.costUsd = own.costUsd === null || event.costUsd === null ? null : own.costUsd + event.costUsd;
        models.set(event.model, own);
        return;
      }
      case 'approval-requested': {
        const question = questionOf(event);
        if (questions.push(question)) open.set(event.approval, { question, asked: time });
        return;
      }
      case 'approval-answered': {
        const known = open.get(event.approval);
        if (known)
          Object.assign(known.question, {
            answeredAt: event.at,
            waitedMs: waitedMs(known.asked, time),
            status: event.status,
            by: event.by,
            option: event.option ?? '',
            comment: event.comment,
          });
        open.delete(event.approval);
        return;
      }
      case 'decision-made':
        if (event.effect === 'allow') decided.allowed += 1;
        else {
          decided[event.effect === 'ask' ? 'asked' : 'denied'] += 1;
          const { task, subject, effect, rule, reason } = event;
          decisions.push({ task, subject, effect, rule, reason });
        }
        return;
      case 'plan-proposed':
        warnings.push({
          at: event.at,
          task: event.task,
          reason: { code: event.kind, params: { message: event.message } },
        });
        return;
      case 'warning':
        warnings.push({ at: event.at, task: event.task ?? '', reason: { code: event.code, params: event.params } });
        return;
      case 'rolled-back':
      case 'redone':
        rollbacks.push({
          at: event.at,
          what: `${event.type === 'redone' ? 'brought back' : 'taken back'}: ${event.step || event.tasks.join(', ') || 'the run'}`,
          files: event.files.map((file) => file.path),
          commit: event.commit ?? '',
        });
        return;
      default:
    }
  };
  return { take, stages, stageCap, checks, commits, questions, decisions, decided, warnings, rollbacks, models };
}

const questionOf = ({ at, task, kind, title, why }: EventOf<'approval-requested'>): ReportQuestion => ({
  at,
  task,
  kind,
  title,
  why,
  status: 'pending',
  by: '',
  option: '',
  comment: '',
});

const checkOf = (event: EventOf<'command-run'>): ReportData['checks'][number] => ({
  task: event.task,
  purpose: event.purpose,
  command: event.command,
  exitCode: event.exitCode,
  timedOut: event.timedOut,
  durationMs: event.durationMs,
  at: event.at,
  tail: event.exitCode === 0 && !event.timedOut ? '' : event.tail,
});

/** Its text as it was worked on stands with its first step. */
async function taskOf(
  store: Store,
  run: RunRecord,
  task: TaskState,
  isCheck: boolean,
  stages: ReportStage[],
): Promise<ReportData['tasks'][number]> {
  const first = (await store.steps(run.id, task.id)).findLast(
    (step) => step.stage === '@check' && step.result !== undefined,
  );
  const kept = first?.result as { task?: unknown; story?: unknown } | undefined;
  const text = taskSchema.safeParse(kept?.task);
  const story = storySchema.safeParse(kept?.story);
  return {
    id: task.id,
    title: task.title,
    story: task.story,
    storyTitle: story.success ? story.data.title : task.storyTitle,
    isCheck,
    description: text.success ? text.data.description : '',
    strategy: text.success ? text.data.technical_strategy : '',
    verification: text.success ? text.data.verification_script : '',
    status: task.status,
    unverified: task.unverified ?? false,
    reason: task.reason,
    blockedBy: task.blockedBy,
    attempts: task.attempt,
    durationMs: task.began === undefined ? 0 : tookMs(task.began, task.ended ?? task.began),
    costUsd: task.costUsd,
    tokens: task.tokens,
    commit: task.commit ?? '',
    stages,
  };
}

/**
 * What stands in the person's tree because of the run, whoever took part of it back:
 * first text before, last text after.
 */
async function filesOf(
  store: Store,
  run: RunRecord,
  redact: (text: string) => string,
  signal: AbortSignal,
): Promise<{ files: ReportFile[]; left: string[] }> {
  const images = (await store.fileImages(run.id)).filter(
    (image) => image.written !== undefined && image.root === run.root,
  );
  const changes = foldImages(images);
  const files = capped<ReportFile>(MAX.files);
  let room = MAX_DIFFS;
  let undiffed = 0;
  for (const change of changes) {
    signal.throwIfAborted();
    if (files.full) {
      files.push(undefined);
      continue;
    }
    const [before, after] = [await textOf(store, change.before), await textOf(store, change.after)];
    const base = { path: change.path, from: change.from, before: change.before, after: change.after };
    if (typeof before !== 'string' && before !== null)
      files.push({ ...base, added: 0, removed: 0, diff: '', note: before.why });
    else if (typeof after !== 'string' && after !== null)
      files.push({ ...base, added: 0, removed: 0, diff: '', note: after.why });
    else {
      // Redacted as whole texts: a key over several lines is none any more once it is cut into the lines of a diff.
      const [old, fresh] = [before === null ? null : redact(before), after === null ? null : redact(after)];
      const diff = unifiedDiff(change.path, old, fresh, change.from ? { from: change.from } : {});
      const kept = diff.length <= MAX_DIFF ? diff : diff.slice(0, diff.lastIndexOf('\n', MAX_DIFF) + 1);
      const shown = kept.length <= room ? kept : '';
      room -= shown.length;
      if (shown.length < diff.length) undiffed += 1;
      files.push({
        ...base,
        ...countChanges(before ?? '', after ?? ''),
        diff: shown,
        note:
          shown === diff
            ? ''
            : shown
              ? `The rest of the diff was left out: ${count(diff.length - shown.length)} characters.`
              : 'The diff was left out: the report would be too long.',
      });
    }
  }
  return {
    files: files.items,
    left: [
      ...files.said('changed files'),
      ...(undiffed > 0 ? [`the whole diff of ${count(undiffed)} of ${count(changes.length)} files`] : []),
    ],
  };
}

async function textOf(store: Store, hash: string | null): Promise<string | null | { why: string }> {
  if (hash === null) return null;
  try {
    const bytes = await store.blob(hash);
    if (bytes.length > MAX_FILE) return { why: `A large file (${count(bytes.length)} bytes): no diff.` };
    const text = decodeUtf8(bytes);
    return text === undefined || text.includes('\0') ? { why: 'Not text: no diff.' } : text;
  } catch (error) {
    if (isOpenExecError(error, 'blob-missing')) return { why: 'Its text is no longer kept: no diff.' };
    throw error;
  }
}
