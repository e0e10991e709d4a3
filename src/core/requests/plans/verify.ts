/**
 * Verify Plan: every script of a plan run once, without a model and without a run.
 * It says which checks are green and which red now.
 */
import { asOpenExecError, isAbort, OpenExecError } from '../../errors.js';
import { clip } from '../../engine/effects/run-command.js';
import type { CommandClass } from '../../model/command-class.js';
import { findTask, storyNeeds, type PlanDocument, type PlanRecord } from '../../model/plan.js';
import type { Handlers, PlanCheck, ScriptReview } from '../../model/requests.js';
import type { CommandOutcome } from '../../ports/ports.js';
import { classOf } from '../../project/class-of.js';
import { installsByScript } from '../../project/installation.js';
import type { TaskWords } from '../../project/made-by-task.js';
import { listRows, writeRow } from '../../record/small-rows.js';
import { environmentsHere, unsettled } from '../../record/environments.js';
import { environmentName } from '../../view/environment-name.js';
import { classSentence } from '../../view/command-class.js';
import { sentenceOf } from '../../view/sentences.js';
import { plain } from '../../view/translate.js';
import { requirePlan, type Environment } from '../environment.js';
import type { Alone } from '../runs/alone.js';
import { reviewScripts } from './scripts.js';

const TIMEOUT_MS = 10 * 60_000;
const TAIL = 2000;

export interface Checks {
  /**
   * Runs the scripts of a plan, or of some of its tasks and stories.
   * Refused while something else works in the tree: run-active, verify-active.
   */
  run(
    plan: PlanRecord,
    what: { subjects?: readonly string[] | undefined; token?: string | undefined },
    signal: AbortSignal,
  ): Promise<PlanCheck[]>;
  /** Ends what is running, and takes no more. Resolves when nothing is left of it. */
  stop(): Promise<void>;
}

export function createChecks(env: Environment, alone: Alone): Checks {
  const stopping = new AbortController();
  let last: Promise<unknown> | undefined;
  return {
    run: async (plan, { subjects, token }, signal) => {
      const scripts = choose(plan.document, await reviewScripts(env, plan.document), subjects);
      if (scripts.length === 0) throw new OpenExecError('nothing-to-verify', { name: plan.name });
      const either = AbortSignal.any([signal, stopping.signal]);
      try {
        return await alone(plan.name, () => (last = checkAll(env, plan, scripts, token, either)), { verifies: true });
      } finally {
        env.sinks.changes.fire({ type: 'plans' });
      }
    },
    stop: async () => {
      stopping.abort(new OpenExecError('not-owner', {}));
      await Promise.allSettled([last]); // whoever asked hears of a failure
    },
  };
}

export const verifyHandlers = (env: Environment, checks: Checks): Pick<Handlers, 'plan/verify'> => ({
  'plan/verify': async ({ plan, subjects, progressToken: token }, signal) => ({
    checks: await checks.run(await requirePlan(env, plan), { subjects, token }, signal),
  }),
});

/** Last outcome of each script of the plan, as long as it is still the same script. By task or story id. */
export async function planChecks(
  env: Pick<Environment, 'ports'>,
  { id, document }: PlanRecord,
): Promise<Record<string, PlanCheck>> {
  const scripts = new Map(
    document.stories
      .flatMap((story) => [story, ...story.tasks])
      .map((subject) => [subject.id, subject.verification_script]),
  );
  const checks: Record<string, PlanCheck> = {};
  for (const { name, value } of await listRows(env.ports, 'plan-check', id))
    if (value && value.script === scripts.get(name)) checks[name] = value;
  return checks;
}

function choose(
  document: PlanDocument,
  scripts: readonly ScriptReview[],
  subjects: readonly string[] | undefined,
): ScriptReview[] {
  if (!subjects) return [...scripts];
  for (const subject of subjects)
    if (!findTask(document, subject) && !document.stories.some((story) => story.id === subject))
      throw new OpenExecError('task-not-found', { task: subject });
  return scripts.filter((script) => subjects.includes(script.subject));
}

async function checkAll(
  env: Environment,
  plan: PlanRecord,
  scripts: readonly ScriptReview[],
  token: string | undefined,
  signal: AbortSignal,
): Promise<PlanCheck[]> {
  const approved = new Set(plan.approval?.scripts.map((script) => script.hash));
  const { store } = env.ports;
  const checks: PlanCheck[] = [];
  for (const [index, script] of scripts.entries()) {
    signal.throwIfAborted();
    env.sinks.progress.fire({
      run: '',
      ...(token !== undefined && { token }),
      task: script.subject,
      stage: 'verify',
      kind: 'message',
      text: `${index + 1}/${scripts.length} ${script.subject}`,
    });
    const check = await withoutPrograms(env, await checkOne(env, plan, script, approved, signal));
    await store.commit([writeRow('plan-check', [plan.id, script.subject], check)]);
    checks.push(check);
  }
  return checks;
}

async function checkOne(
  env: Environment,
  plan: PlanRecord,
  script: ScriptReview,
  approved: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<PlanCheck> {
  const { clock, commands, redact, workspace } = env.ports;
  const base = {
    subject: script.subject,
    script: script.script,
    hash: script.hash,
    exitCode: null,
    durationMs: 0,
    tail: '',
    at: clock.now(),
  };
  if (script.decision.effect === 'deny') return { ...base, outcome: 'not-run', reason: script.decision.reason };
  if (script.decision.effect === 'ask' && !approved.has(script.hash))
    return { ...base, outcome: 'not-run', reason: 'it asks first, and the plan with this text of it is not approved' };
  const task = findTask(plan.document, script.subject)?.task;
  const needs = task?.needs ?? needsOfStory(plan.document, script.subject);
  const installs = approved.has(script.hash) && installsByScript(await env.ports.shell.parse(script.script));
  const network = installs || needs.includes('network') || needs.includes('docker');
  try {
    const done = await commands.run(
      {
        root: env.root,
        cwd: script.cwd,
        script: script.script,
        timeoutMs: TIMEOUT_MS,
        sandbox: script.sandbox,
        network,
        ...(installs && { installation: true }),
      },
      (text) => env.sinks.progress.fire({ run: '', task: script.subject, stage: 'verify', kind: 'command', text }),
      signal,
    );
    signal.throwIfAborted();
    const ended = { command: script.script, network, outcome: done };
    const came = await classOf(ended, task ?? storyWords(plan.document, script.subject), env.root, workspace);
    return {
      ...base,
      exitCode: done.exitCode,
      durationMs: done.durationMs,
      tail: redact(clip(done.head + done.tail, TAIL)),
      outcome: outcomeOf(done, came),
      reason: done.timedOut
        ? `it did not end within ${TIMEOUT_MS / 60_000} minutes`
        : done.exitCode === null
          ? 'it was ended by a signal'
          : came
            ? `exited ${done.exitCode}: ${classSentence(came, plain)}`
            : `exited ${done.exitCode}`,
    };
  } catch (error) {
    if (isAbort(error) || signal.aborted) throw error;
    const known = asOpenExecError(error);
    env.ports.log.warn('A check could not be started', { subject: script.subject, code: known.code });
    if (known.code === 'shell-bash-missing' || known.code === 'shell-missing')
      return { ...base, outcome: 'cannot-run', reason: redact(sentenceOf(known.code, known.params)) };
    return { ...base, outcome: 'not-run', reason: redact(`it could not be started (${known.code})`) };
  }
}

function outcomeOf(
  { exitCode, timedOut }: Pick<CommandOutcome, 'exitCode' | 'timedOut'>,
  came: CommandClass | undefined,
): PlanCheck['outcome'] {
  if (came?.kind === 'cannot-run' || came?.kind === 'broken') return came.kind;
  return exitCode === 0 && !timedOut && came === undefined ? 'green' : 'red';
}

/** Of a story's own check: what its tasks are to make. */
function storyWords(document: PlanDocument, id: string): TaskWords {
  const story = document.stories.find((candidate) => candidate.id === id);
  const all = (field: keyof TaskWords): string => (story?.tasks ?? []).map((task) => task[field]).join('\n');
  return {
    title: `${story?.title ?? ''}\n${all('title')}`,
    description: all('description'),
    technical_strategy: all('technical_strategy'),
  };
}

/** A program that was not found, or is another, may be the one that nobody has approved. */
async function withoutPrograms(env: Environment, check: PlanCheck): Promise<PlanCheck> {
  const left = check.outcome === 'green' ? [] : unsettled(await environmentsHere(env.ports, env.root));
  return left.length === 0
    ? check
    : {
        ...check,
        reason: `${check.reason}; without ${left.map((one) => environmentName(one)).join(', ')}: not approved yet`,
      };
}

const needsOfStory = (document: PlanDocument, id: string): string[] => {
  const story = document.stories.find((candidate) => candidate.id === id);
  return story ? storyNeeds(story) : [];
};
