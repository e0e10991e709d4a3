/** Operator attention: the run pauses and asks how a task is to go on. */
import type { AttentionOption } from '../../model/approval.js';
import type { Reason } from '../../model/primitives.js';
import type { RunConfig } from '../../model/run.js';
import { ask } from '../../record/ask.js';
import type { Machine, Move } from '../../blueprint/machine.js';
import type { LiveRun } from '../../record/live-run.js';
import type { Wording } from '../../view/question-text.js';

export type TaskEnd =
  | { status: 'done'; unverified: boolean }
  | { status: 'skipped'; reason: Reason }
  | { status: 'failed'; reason: Reason };

export const skippedByOperator: TaskEnd = { status: 'skipped', reason: { code: 'skipped-by-operator', params: {} } };

/** `again`: a new attempt. `enter`: the machine says which stage. */
export type Turn = TaskEnd | 'again' | 'enter';

/** Ends, questions and new attempts; `enter` when a stage is to be visited. */
export async function settleMove(run: LiveRun, task: string, attempt: number, machine: Machine): Promise<Turn> {
  const move = machine.move();
  if (move.type === 'enter') return 'enter';
  if (move.type === 'done') return { status: 'done', unverified: !move.evidence };
  if (move.type === 'attempt-failed') return await attemptFailed(run, task, attempt, machine, move);
  return await afterAttention(run, task, attempt, machine, move, {
    code: move.code,
    params: move.about ?? { stage: move.stage, failures: move.failures },
  });
}

/** A fresh attempt while there are any left, else the person decides. `after` is the key of the step that failed. */
export async function attemptFailed(
  run: LiveRun,
  task: string,
  attempt: number,
  machine: Machine,
  failed: { stage: string; after: string },
): Promise<Turn> {
  if (attempt < run.config.maxAttempts) return 'again';
  return await afterAttention(
    run,
    task,
    attempt,
    machine,
    { ...failed, code: 'attempts-exhausted' },
    { code: 'attempt-failed', params: { stage: failed.stage, attempt } },
  );
}

async function afterAttention(
  run: LiveRun,
  task: string,
  attempt: number,
  machine: Machine,
  move: { code: Why; stage: string; after: string },
  reason: Reason,
): Promise<Turn> {
  const options: AttentionOption[] =
    move.code === 'stage-cannot-run'
      ? ['retry', 'continue', 'accept', 'edit', 'skip', 'give-up']
      : ['retry', 'continue', 'edit', 'skip', 'give-up'];
  const answer = await ask(run, {
    id: `${move.after}/${move.code === 'stage-cannot-run' ? 'cannot-run' : 'attention'}`,
    task,
    stage: move.stage,
    attempt,
    wording: attentionWording(run.config, task, move, reason),
    subject: { kind: 'attention', code: move.code, params: { ...reason.params, task }, options },
  });
  switch (answer.option ?? (answer.status === 'rejected' ? 'give-up' : 'retry')) {
    case 'skip':
      return skippedByOperator;
    case 'give-up':
      return { status: 'failed', reason };
    case 'edit':
      return 'again';
    case 'continue':
    case 'accept':
      if (machine.move().type !== 'attention') return 'again';
      machine.answer(answer.option === 'accept' && move.code === 'stage-cannot-run' ? 'accept' : 'continue');
      return 'enter';
    case 'retry':
      if (machine.move().type !== 'attention') return 'again';
      machine.answer('retry');
      return 'enter';
  }
}

type Why = Extract<Move, { type: 'attention' }>['code'] | 'attempts-exhausted';

function attentionWording(
  config: RunConfig,
  task: string,
  { code, stage }: { code: Why; stage: string },
  { params }: Reason,
): Wording {
  switch (code) {
    case 'stage-cannot-run':
      return {
        code,
        params: {
          task,
          stage,
          command: String(params['command']),
          why: String(params['why']),
          what: String(params['what']),
          output: String(params['output']),
        },
      };
    case 'retries-exhausted':
    case 'paused-by-blueprint':
      return { code, params: { task, stage } };
    case 'total-retries-exhausted':
      return { code, params: { task, stage, max: config.maxTotalRetries } };
    case 'attempts-exhausted':
      return { code, params: { task, stage, max: config.maxAttempts } };
  }
}
