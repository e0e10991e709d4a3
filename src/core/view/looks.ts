/**
 * How a task, a run and a question look: an icon (codicon id), a tone that each door paints in its own colours, and a
 * word, so that no colour says anything alone.
 */
import { assertNever } from '../../base/assert-never.js';
import type { Approval } from '../model/approval.js';
import type { TaskState } from '../model/run.js';
import type { ApprovalStatus, RunStatus, TaskStatus } from '../model/status.js';
import { plain, safely, type Translate } from './translate.js';

export type Tone = 'plain' | 'live' | 'good' | 'bad' | 'care' | 'dim';

export interface Look {
  icon: string;
  tone: Tone;
  word: string;
}

/** What of a task its look depends on. */
export type LookedAt = Pick<TaskState, 'status' | 'attempt' | 'stage'> &
  Partial<Pick<TaskState, 'waitingFor' | 'blockedBy' | 'unverified' | 'reason'>> & {
    /** Done, and edited since. */
    edited?: boolean | undefined;
  };

const look = (icon: string, tone: Tone, word: string): Look => ({ icon, tone, word });

/** `waitsFor`: the first dependency that is not done. A task without a state has never been in a run. */
export function taskLook(task: LookedAt | undefined, waitsFor?: string, translate: Translate = plain): Look {
  const t = safely(translate);
  if (!task) return readyLook(waitsFor, t);
  const { status } = task;
  switch (status) {
    case 'pending':
    case 'ready':
      return readyLook(waitsFor, t);
    case 'running':
      return look('sync', 'live', runningWord(task, t));
    case 'waiting':
      return waitingLook(task, t);
    case 'done':
      return doneLook(task, t);
    case 'skipped':
      return look('debug-step-over', 'dim', t('skipped'));
    case 'failed':
      return look('error', 'bad', failedWord(task, t));
    case 'blocked':
      return look(
        'circle-slash',
        'care',
        task.blockedBy ? t('blocked by {task}', { task: task.blockedBy }) : t('blocked'),
      );
    case 'cancelled':
      return look('circle-slash', 'dim', t('cancelled'));
    case 'rolled-back':
      return look('discard', 'dim', t('rolled back'));
    default:
      return assertNever(status, 'task status');
  }
}

/** Where there are no icons. */
export const taskSign = (status: TaskStatus): string => taskSigns[status];
const taskSigns: Record<TaskStatus, string> = {
  pending: '○',
  ready: '○',
  running: '↻',
  waiting: '?',
  done: '✓',
  skipped: '–',
  failed: '✗',
  blocked: '∅',
  cancelled: '–',
  'rolled-back': '↺',
};

const readyLook = (waitsFor: string | undefined, t: Translate): Look =>
  look('circle-outline', 'dim', waitsFor === undefined ? t('ready') : t('waits for {task}', { task: waitsFor }));

function runningWord({ stage, attempt }: LookedAt, t: Translate): string {
  if (!stage) return t('running');
  const named = stageWord(stage, t);
  return attempt > 1
    ? t('{stage}, attempt {attempt}', { stage: named, attempt })
    : t('running · {stage}', { stage: named });
}

/** The engine's own stages have names no person gave them. */
export const stageWord = (stage: string, t: Translate = plain): string =>
  stage === '@merge' ? t('merge into your tree') : stage;

function waitingLook(task: LookedAt, t: Translate): Look {
  if (task.waitingFor === 'approval') return look('bell-dot', 'care', t('needs you: approval'));
  const { reason } = task;
  return look(
    'warning',
    'care',
    reason ? t('needs you: {reason}', { reason: reasonWord(reason.code, t) }) : t('needs you'),
  );
}

function doneLook({ edited, unverified }: LookedAt, t: Translate): Look {
  if (edited) return look('pass', 'care', t('done (edited since)'));
  return unverified ? look('pass', 'care', t('done, unverified')) : look('pass-filled', 'good', t('done'));
}

const failedWord = ({ reason }: LookedAt, t: Translate): string =>
  reason ? t('failed: {reason}', { reason: reasonWord(reason.code, t) }) : t('failed');

/** Codes read as words: `verification-failed` → `verification failed`. */
const reasonWord = (code: string, t: Translate): string => t(code.replaceAll('-', ' '));

/** In a list: one whose work was all taken back is that, whatever it was before. */
export function runRowLook(
  run: { status: RunStatus; done: number; rolledBack?: number | undefined },
  t: Translate = plain,
): Look {
  const back = (run.rolledBack ?? 0) > 0 && run.done === 0 && run.status !== 'running' && run.status !== 'queued';
  return back ? look('discard', 'dim', t('rolled back')) : runLook(run.status, t);
}

export function runLook(status: RunStatus, t: Translate = plain): Look {
  switch (status) {
    case 'queued':
      return look('clock', 'dim', t('queued'));
    case 'running':
      return look('sync', 'live', t('running'));
    case 'paused':
      return look('debug-pause', 'care', t('paused'));
    case 'interrupted':
      return look('debug-disconnect', 'care', t('interrupted'));
    case 'completed':
      return look('pass-filled', 'good', t('completed'));
    case 'failed':
      return look('error', 'bad', t('failed'));
    case 'cancelled':
      return look('circle-slash', 'dim', t('cancelled'));
    default:
      return assertNever(status, 'run status');
  }
}

const questionIcons: Record<Approval['subject']['kind'], string> = {
  'change-set': 'diff-multiple',
  command: 'terminal',
  'manual-task': 'person',
  attention: 'warning',
  question: 'question',
};

/** A question by what it is about and how it was answered. */
export function approvalLook(kind: Approval['subject']['kind'], status: ApprovalStatus, t: Translate = plain): Look {
  const icon = questionIcons[kind];
  switch (status) {
    case 'pending':
      return look(icon, 'care', t('needs you'));
    case 'accepted':
      return look(icon, 'good', t('accepted'));
    case 'partly':
      return look(icon, 'care', t('partly accepted'));
    case 'rejected':
      return look(icon, 'bad', t('rejected'));
    case 'cancelled':
      return look(icon, 'dim', t('cancelled'));
    default:
      return assertNever(status, 'approval status');
  }
}
