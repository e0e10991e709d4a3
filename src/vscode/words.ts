/** Words, icons and numbers as a person reads them. Pure, so that they are tested without VS Code. */
import { assertNever } from '../base/assert-never.js';
import type { Approval } from '../core/model/approval.js';
import type { RunState } from '../core/model/run.js';
import type { RunStatus } from '../core/model/status.js';
import { showLine } from '../core/text/harmless.js';
import { cost, money, tokensOf } from '../core/view/amounts.js';
import { reasonSentence } from '../core/view/reasons.js';
import type { Translate } from '../core/view/sentences.js';
import type { TaskView } from './run-model.js';

export interface StatusLook {
  /** Codicon id. */
  icon: string;
  /** Theme colour id, '' for the default. */
  color: string;
  word: string;
}

const look = (icon: string, color: string, word: string): StatusLook => ({ icon, color, word });

/** `waitsFor`: the first dependency that is not done. A task without a state has never been in a run. */
export function taskLook(task: TaskView | undefined, waitsFor: string | undefined, t: Translate): StatusLook {
  const status = task?.status ?? 'pending';
  switch (status) {
    case 'pending':
    case 'ready':
      return waitsFor === undefined
        ? look('circle-outline', '', t('ready', {}))
        : look('circle-outline', '', t('waits for {task}', { task: waitsFor }));
    case 'running':
      return look('sync', 'charts.blue', runningWord(task, t));
    case 'waiting':
      return task?.waitingFor === 'approval'
        ? look('bell-dot', 'charts.yellow', t('needs you: approval', {}))
        : look(
            'warning',
            'charts.yellow',
            task?.reason ? t('needs you: {reason}', { reason: reasonWord(task.reason.code, t) }) : t('needs you', {}),
          );
    case 'done':
      if (task?.edited) return look('pass', 'charts.yellow', t('done (edited since)', {}));
      return task?.unverified
        ? look('pass', 'charts.yellow', t('done, unverified', {}))
        : look('pass-filled', 'testing.iconPassed', t('done', {}));
    case 'skipped':
      return look('debug-step-over', '', t('skipped', {}));
    case 'failed':
      return look(
        'error',
        'testing.iconFailed',
        task?.reason ? t('failed: {reason}', { reason: reasonWord(task.reason.code, t) }) : t('failed', {}),
      );
    case 'blocked':
      return look(
        'circle-slash',
        'charts.yellow',
        task?.blockedBy ? t('blocked by {task}', { task: task.blockedBy }) : t('blocked', {}),
      );
    case 'cancelled':
      return look('circle-slash', '', t('cancelled', {}));
    case 'rolled-back':
      return look('discard', '', t('rolled back', {}));
    default:
      return assertNever(status, 'task status');
  }
}

function runningWord(task: TaskView | undefined, t: Translate): string {
  if (!task?.stage) return t('running', {});
  return task.attempt > 1
    ? t('{stage}, attempt {attempt}', { stage: task.stage, attempt: task.attempt })
    : t('running · {stage}', { stage: task.stage });
}

/** Codes read as words: `verification-failed` → `verification failed`. */
const reasonWord = (code: string, t: Translate): string => t(code.replaceAll('-', ' '), {});

export function runLook(status: RunStatus, t: Translate): StatusLook {
  switch (status) {
    case 'queued':
      return look('clock', '', t('queued', {}));
    case 'running':
      return look('sync', 'charts.blue', t('running', {}));
    case 'paused':
      return look('debug-pause', 'charts.yellow', t('paused', {}));
    case 'interrupted':
      return look('debug-disconnect', 'charts.yellow', t('interrupted', {}));
    case 'completed':
      return look('pass-filled', 'testing.iconPassed', t('completed', {}));
    case 'failed':
      return look('error', 'testing.iconFailed', t('failed', {}));
    case 'cancelled':
      return look('circle-slash', '', t('cancelled', {}));
    default:
      return assertNever(status, 'run status');
  }
}

export function approvalIcon(kind: Approval['subject']['kind']): string {
  switch (kind) {
    case 'change-set':
      return 'diff-multiple';
    case 'command':
      return 'terminal';
    case 'manual-task':
      return 'person';
    case 'attention':
      return 'warning';
    case 'question':
      return 'question';
    default:
      return assertNever(kind, 'approval kind');
  }
}

export interface StatusLine {
  text: string;
  tooltip: string;
  needsPerson: boolean;
}

/** The one item of the status bar. undefined = nothing to say. `waiting`: approvals that wait, of this or another run. */
export function statusLine(
  run: RunState | undefined,
  waiting: number,
  reducedMotion: boolean,
  t: Translate,
): StatusLine | undefined {
  const tooltip = run ? runSummary(run, t) : t('OpenExec', {});
  if (waiting > 0) {
    const text =
      waiting === 1
        ? t('$(bell-dot) OpenExec: 1 approval', {})
        : t('$(bell-dot) OpenExec: {count} approvals', { count: waiting });
    return { text, tooltip, needsPerson: true };
  }
  if (!run) return undefined;
  const task = run.tasks.get(run.current);
  const progress = `${run.done}/${run.tasks.size}`;
  const spent = run.costUsd === null ? tokensOf(run.tokens, null, t) : money(run.costUsd, t);
  switch (run.status) {
    case 'queued':
    case 'running': {
      const parts = [progress, task?.stage, spent].filter((part) => part);
      return {
        text: `$(${reducedMotion ? 'sync' : 'sync~spin'}) OpenExec ${parts.join(' · ')}`,
        tooltip,
        needsPerson: false,
      };
    }
    case 'paused':
      return { text: t('$(debug-pause) OpenExec paused · {progress}', { progress }), tooltip, needsPerson: false };
    case 'interrupted':
      return {
        text: t('$(debug-disconnect) OpenExec interrupted · {progress}', { progress }),
        tooltip,
        needsPerson: false,
      };
    case 'completed':
      return {
        text: t('$(pass) OpenExec {progress} done · {money}', { progress, money: spent }),
        tooltip,
        needsPerson: false,
      };
    case 'failed':
      return { text: t('$(error) OpenExec failed · {progress}', { progress }), tooltip, needsPerson: false };
    case 'cancelled':
      return { text: t('$(circle-slash) OpenExec cancelled · {progress}', { progress }), tooltip, needsPerson: false };
    default:
      return assertNever(run.status, 'run status');
  }
}

/** Why a run is paused or failed, in a sentence; '' when it goes, or there is nothing to say. */
export const whyStopped = (run: RunState | undefined, t: Translate): string =>
  run?.reason && (run.status === 'paused' || run.status === 'failed') ? reasonSentence(run.reason, t) : '';

export function runSummary(run: RunState, t: Translate): string {
  const lines = [
    `${showLine(run.title)} · ${runLook(run.status, t).word}`,
    whyStopped(run, t),
    t('{done} of {tasks} tasks done', { done: run.done, tasks: run.tasks.size }),
    cost(run.costUsd, run.tokens, t, run.budgetUsd),
    run.recorded ? t('Recorded model (demo)', {}) : showLine(run.model),
  ];
  if (run.commits.length > 0)
    lines.push(run.commits.length === 1 ? t('1 commit', {}) : t('{count} commits', { count: run.commits.length }));
  return lines.filter((line) => line !== '').join('\n');
}

/** A name that leaves room for the status beside it, cut between words; whole in tooltips and for those who hear it. */
export function shortened(text: string, max = 28): string {
  if (text.length <= max) return text;
  const head = text.slice(0, max);
  const space = head.lastIndexOf(' ');
  return `${(space > max / 2 ? head.slice(0, space) : head).trimEnd()}…`;
}
