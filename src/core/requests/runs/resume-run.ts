/** A run that rests goes on with the blueprint it froze, or is started over with today's. */
import { standsStill } from '../../engine/runs/end-run.js';
import { OpenExecError } from '../../errors.js';
import type { RunConfig, RunRecord } from '../../model/run.js';
import { finishedRun, settledTask } from '../../model/status.js';
import type { Alone } from './alone.js';
import type { Environment } from '../environment.js';
import { blueprintOfRun, frozenQuestion, frozenQuestionId, readFrozen, unreadable } from './frozen-blueprint.js';
import { loadLiveRun, takenAnswers } from './load-live-run.js';
import { preparePlan, prepareQuickFix, type Prepared } from './prepare-run.js';
import { quickFixOf } from './quick-fix.js';
import { orRelease, owning, requireClaim } from './run-owner.js';
import { cancelRun, createRun, requireUnfinished, startRun } from './start-run.js';

/** What a run that goes on is to do with its questions; absent = as before. */
export interface Asking {
  onAsk?: RunConfig['onAsk'] | undefined;
  answers?: string[] | undefined;
}

/** Errors: run-not-found, run-state, run-active, blueprint-unreadable. */
export async function resumeRun(env: Environment, alone: Alone, id: string, asking: Asking = {}): Promise<void> {
  if (env.live.has(id)) throw new OpenExecError('run-state', { status: 'running' });
  const record = await requireUnfinished(env, id);
  const frozen = readFrozen(env, record);
  if ('problem' in frozen) return await afterUnreadable(env, alone, record, frozen.problem);
  const { now, state } = await blueprintOfRun(env, record);
  const news = state === 'changed' && now && record.blueprintSeen !== now.hash ? { blueprintSeen: now.hash } : {};
  await alone(record.title, async () => {
    const claim = await requireClaim(env.owners, id);
    await orRelease(claim, async () => {
      const claimed = await requireUnfinished(env, id); // somebody may have ended it before this had it
      const { run, created } = await loadLiveRun(
        env,
        { ...claimed, ...news, config: await configOf(env, claimed, asking) },
        claim.ports,
      );
      const { id: blueprint, hash } = record.config.blueprint;
      if (news.blueprintSeen)
        run.journal.note(
          [],
          [{ type: 'warning', code: 'blueprint-differs', params: { id: blueprint, hash: hash.slice(0, 12) } }],
        );
      await startRun(env, run, created, frozen.blueprint, claim);
    });
  });
}

/** Answers that questions have taken keep their places, so that those given now follow them. */
async function configOf(env: Environment, { id, config }: RunRecord, { onAsk, answers }: Asking): Promise<RunConfig> {
  const given = answers && [
    ...(config.answers ?? []).slice(0, takenAnswers(await env.ports.store.approvals(id))),
    ...answers,
  ];
  return { ...config, ...(onAsk && { onAsk }), ...(given && { answers: given }) };
}

/** Asks once; the answer comes back through here. */
async function afterUnreadable(env: Environment, alone: Alone, record: RunRecord, problem: string): Promise<void> {
  const asked = await env.ports.store.approval(frozenQuestionId(record.id));
  if (asked?.answer?.option === 'retry') return void (await startOver(env, alone, record));
  if (asked?.answer) return await cancelRun(env, record.id);
  if (!asked) {
    const question = frozenQuestion(env, record, problem);
    const { params } = question.subject as { params: Record<string, string> };
    await owning(env.owners, record.id, async (ports) => {
      const { run } = await loadLiveRun(env, await requireUnfinished(env, record.id), ports);
      await run.journal.commit(
        [{ table: 'approvals', row: question }, ...standsStill(run, 'paused')],
        [
          {
            type: 'approval-requested',
            approval: question.id,
            task: '',
            stage: '',
            kind: 'attention',
            title: question.title,
            why: question.why,
            ...(question.wording && { wording: question.wording }),
            files: [],
          },
          { type: 'run-paused', reason: { code: 'blueprint-unreadable', params } },
        ],
      );
    });
    env.sinks.changes.fire({ type: 'runs' });
    env.sinks.changes.fire({ type: 'approvals' });
  }
  throw unreadable(record, problem);
}

/** The new run is prepared whole, and everything that could refuse it looked at; only then is the old one given up. */
export async function startOver(
  env: Environment,
  alone: Alone,
  record: RunRecord,
  { onAsk = record.config.onAsk, answers }: Asking = {},
): Promise<{ run: string }> {
  if (!env.live.has(record.id) && finishedRun(record.status))
    throw new OpenExecError('run-state', { status: record.status });
  const prepare = async (): Promise<Prepared> => {
    const blueprint = record.config.blueprint.id;
    if (record.kind === 'quick-fix')
      return await prepareQuickFix(env, { ...(await quickFixOf(env, record)), onAsk, answers, blueprint });
    const state = env.live.get(record.id)?.run.state ?? (await loadLiveRun(env, record)).run.state;
    const tasks = record.tasks.filter((task) => !settledTask(state.tasks.get(task)?.status ?? 'pending'));
    return await preparePlan(env, {
      plan: record.plan ?? '',
      tasks,
      onAsk,
      answers,
      again: false,
      verifyCommit: record.config.verifyCommit === 'always',
      blueprint,
      environments: [],
    });
  };
  const next = await prepare();
  const run = await alone(
    next.record.title,
    async () => {
      // One that goes is ended first: its commits must not come onto the new run's
      // branch, and it may have done a task meanwhile.
      const going = env.live.has(record.id);
      if (going) await cancelRun(env, record.id);
      return await createRun(env, going ? await prepare() : next, going ? undefined : record.id);
    },
    { instead: record.id },
  );
  return { run };
}
